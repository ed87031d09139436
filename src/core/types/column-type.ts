/**
 * Column types are plain strings, so that a schema is JSON, prints as it is written and compares with `===`.
 *
 * | type | JavaScript value | memory (Arrow layout) |
 * |---|---|---|
 * | `bool` | boolean | bitmap |
 * | `int8` … `int32`, `uint8` … `uint32`, `float32`, `float64` | number | typed array |
 * | `int53` | number | `BigInt64Array`; an int64 whose values are safe integers: counts and sums of integers |
 * | `int64`, `uint64` | bigint | `BigInt64Array`, `BigUint64Array` |
 * | `utf8` | string | bytes and `Int32Array` offsets, or codes into a dictionary |
 * | `dictionary` | string | `Int32Array` codes into a utf8 dictionary |
 * | `binary` | Uint8Array | as utf8: bytes and offsets |
 * | `decimal(p, s)`, p up to 38 | string, `12.30` | `BigInt64Array` of units of 10^-s; over 18 digits two items per cell, the low one first |
 * | `date` | Date (UTC midnight) | `Int32Array` of days since 1970-01-01 |
 * | `timestamp[unit]`, `timestamp[unit, zone]` | Date (cut to milliseconds) | `BigInt64Array` of units since 1970-01-01 UTC |
 * | `time[unit]` | string, `13:05:00.25` | `BigInt64Array` of units since midnight |
 * | `duration[unit]` | number of milliseconds, with a fraction | `BigInt64Array` of units |
 * | `list<T>`, `struct<a: T, …>`, `map<K, V>` | array, object, Map | columns in `children`: see `nested-type.ts` |
 */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import { isNested, MAX_DEPTH, type NestedType, parseNested, structFields, structType } from './nested-type.ts'
import { timeZone } from './time-zone.ts'

/** Digits a timestamp keeps: seconds, milli-, micro- or nanoseconds. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

export type IntegerType = 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'
export type WideType = 'int53' | 'int64' | 'uint64'
export type FloatType = 'float32' | 'float64'
export type TimestampType = `timestamp[${TimeUnit}]` | `timestamp[${TimeUnit}, ${string}]`
/** Digits in all, and digits after the point: `decimal(10, 2)`. */
export type DecimalType = `decimal(${number}, ${number})`
/** A time of day. */
export type TimeType = `time[${TimeUnit}]`
/** How long something takes, of either sign. */
export type DurationType = `duration[${TimeUnit}]`
/** The type of a column; see the table above. `timestamp[us, Europe/Paris]` has a zone. */
export type ColumnType =
  | 'bool'
  | IntegerType
  | WideType
  | FloatType
  | 'utf8'
  | 'dictionary'
  | 'binary'
  | DecimalType
  | 'date'
  | TimestampType
  | TimeType
  | DurationType
  | NestedType

/**
 * A type in words: a {@link ColumnType}; `timestamp`, `time` and `duration` for those in microseconds; a decimal without the
 * space, or without digits after the point.
 */
export type ColumnTypeName =
  | ColumnType
  | 'timestamp'
  | 'time'
  | 'duration'
  | `decimal(${number},${number})`
  | `decimal(${number})`

/**
 * What a user may write for a type in a schema: a {@link ColumnTypeName}, `['utf8']` for a list, `{ name: 'utf8' }` for a
 * struct.
 */
export type ColumnTypeSpec =
  | ColumnTypeName
  | readonly [ColumnTypeSpec]
  | { readonly [field: string]: ColumnTypeSpec }

const TIMESTAMP = /^timestamp\[(s|ms|us|ns)(?:, ([A-Za-z0-9_+\-/:]+))?\]$/
const SIMPLE: ReadonlySet<string> = new Set([
  'bool',
  'int8',
  'int16',
  'int32',
  'int53',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'utf8',
  'dictionary',
  'binary',
  'date',
])
const UNITS_OF_TIME = /^(?:time|duration)\[(s|ms|us|ns)\]$/
const DECIMAL = /^decimal\((\d{1,2})(?:, ?(\d{1,2}))?\)$/

/** The most digits of a decimal. */
export const MAX_PRECISION = 38
/** The most digits of a decimal that eight bytes hold. */
const NARROW_PRECISION = 18

/** Names that TypeScript, SQL and other libraries have for column types. */
const KNOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  string: "'utf8'",
  str: "'utf8'",
  text: "'utf8'",
  varchar: "'utf8'",
  number: "'float64', or 'int32'",
  float: "'float32'",
  double: "'float64'",
  int: "'int32'",
  integer: "'int32'",
  bigint: "'int64'",
  boolean: "'bool'",
  datetime: "'timestamp'",
  categorical: "'dictionary'",
  enum: "'dictionary'",
  uuid: "'utf8'",
  decimal: "'decimal(18, 3)', with its digits and those after the point",
  numeric: "'decimal(18, 3)', with its digits and those after the point",
  money: "'decimal(18, 2)'",
  hugeint: "'decimal(38, 0)'",
  bytes: "'binary'",
  blob: "'binary'",
  bytea: "'binary'",
  varbinary: "'binary'",
  interval: "'duration'",
  timedelta: "'duration'",
  timestamptz: "'timestamp[us, UTC]'",
}

/**
 * The column type that a user's name, `[element]` or `{ field: type }` stands for.
 *
 * @param of what an error begins with: which column it is of
 * @throws {PlanError} `COLUMN_TYPE` when it is not a type, or a struct has no field or two of one name; `TIME_ZONE` for a
 * timestamp of a zone that there is not
 * @example
 * columnType('timestamp') // 'timestamp[us]'
 * columnType({ name: 'utf8', tags: ['utf8'] }) // 'struct<name: utf8, tags: list<utf8>>'
 */
export function columnType(given: ColumnTypeSpec, of = ''): ColumnType {
  try {
    return typeAt(given, 0)
  } catch (error) {
    if (of === '' || !(error instanceof PlanError) || error.code !== 'COLUMN_TYPE') throw error
    const [problem] = error.message.split('\n  HINT: ')
    throw new PlanError('COLUMN_TYPE', of + problem, error.hint === undefined ? {} : { hint: error.hint })
  }
}

function typeAt(given: unknown, depth: number): ColumnType {
  if (depth > MAX_DEPTH)
    throw new PlanError('COLUMN_TYPE', `a column type has over ${MAX_DEPTH} types within each other`, {
      hint: 'keep what is deeper as text (JSON)',
    })
  if (typeof given === 'string') return simpleType(given) ?? nestedType(given, depth)
  if (Array.isArray(given)) {
    if (given.length === 1) return `list<${typeAt(given[0], depth + 1)}>`
  } else if (typeof given === 'object' && given !== null) {
    const fields = Object.entries(given).map(([name, type]) => ({ name, type: typeAt(type, depth + 1) }))
    return checkedStruct(fields.length > 0 ? structType(fields) : 'struct<>')
  }
  throw unknownType(given)
}

function simpleType(name: string): ColumnType | undefined {
  if (name === 'timestamp' || name === 'time' || name === 'duration') return `${name}[us]`
  if (SIMPLE.has(name) || UNITS_OF_TIME.test(name)) return name as ColumnType
  const timestamp = TIMESTAMP.exec(name)
  if (timestamp) {
    if (timestamp[2] !== undefined) timeZone(timestamp[2])
    return name as ColumnType
  }
  const decimal = DECIMAL.exec(name)
  return decimal ? checkedDecimal(Number(decimal[1]), Number(decimal[2] ?? 0)) : undefined
}

function nestedType(name: string, depth: number): ColumnType {
  const type = parseNested(name, inner => typeAt(inner, depth + 1))
  if (type) return checkedStruct(type)
  throw unknownType(name)
}

function checkedStruct(type: NestedType): NestedType {
  if (!type.startsWith('struct<')) return type
  const names = new Set<string>()
  const fields = type === 'struct<>' ? [] : structFields(type as `struct<${string}>`)
  for (const { name } of fields) {
    if (names.has(name))
      throw new PlanError('COLUMN_TYPE', `two fields of a struct are called ${JSON.stringify(name)}`)
    names.add(name)
  }
  if (names.size > 0) return type
  throw new PlanError('COLUMN_TYPE', 'a struct has at least one field', {
    hint: "{ name: 'utf8' } is a struct with one",
  })
}

function unknownType(given: unknown): PlanError {
  const meant =
    typeof given === 'string' && Object.hasOwn(KNOWN_ELSEWHERE, given.toLowerCase())
      ? `did you mean ${KNOWN_ELSEWHERE[given.toLowerCase()]}? `
      : ''
  return new PlanError('COLUMN_TYPE', `no column type is called ${shown(given)}`, {
    hint: `${meant}the types are ${[...SIMPLE].join(', ')}, decimal(p, s), time, duration and timestamp[s|ms|us|ns] with an optional zone; ['utf8'] is a list, { name: 'utf8' } a struct, map<utf8, int32> a map`,
  })
}

function checkedDecimal(precision: number, scale: number): DecimalType {
  if (precision >= 1 && precision <= MAX_PRECISION && scale <= precision) return decimalType(precision, scale)
  throw new PlanError('COLUMN_TYPE', `decimal(${precision}, ${scale}) is not a type`, {
    hint: `a decimal has 1 to ${MAX_PRECISION} digits, and at most as many after the point`,
  })
}

/** The decimal type of so many digits, of which `scale` come after the point. */
export const decimalType = (precision: number, scale: number): DecimalType =>
  `decimal(${precision}, ${scale})`

/** The digits of a decimal type. */
export const decimalPrecision = (type: DecimalType): number => digitsOf(type)[0]

/** The digits after the point of a decimal type. */
export const decimalScale = (type: DecimalType): number => digitsOf(type)[1]

/** By type: a plan has few, and their digits are asked for in loops. */
const digits = new Map<string, readonly [number, number]>()

function digitsOf(type: DecimalType): readonly [number, number] {
  let known = digits.get(type)
  if (!known) {
    const [, precision, scale] = DECIMAL.exec(type)!
    known = [Number(precision), Number(scale ?? 0)]
    digits.set(type, known)
  }
  return known
}

/** The unit of a timestamp, time or duration type. */
export const unitOfTime = (type: TimestampType | TimeType | DurationType): TimeUnit =>
  /\[(\w+)/.exec(type)![1] as TimeUnit

/** The unit of a timestamp type. */
export function timestampUnit(type: TimestampType): TimeUnit {
  // Asked for every batch: the first letter tells them apart.
  return UNITS[type['timestamp['.length]!]!
}

const UNITS: Readonly<Record<string, TimeUnit>> = { s: 's', m: 'ms', u: 'us', n: 'ns' }

/** The zone of a timestamp type, if it has one. */
export function timestampZone(type: TimestampType): string | undefined {
  return TIMESTAMP.exec(type)![2]
}

/** How many of `unit` make one second. */
export const UNITS_PER_SECOND: Readonly<Record<TimeUnit, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 }

export const isTimestamp = (type: ColumnType): type is TimestampType => type.startsWith('timestamp')
export const isWide = (type: ColumnType): type is WideType =>
  type === 'int53' || type === 'int64' || type === 'uint64'
export const isFloat = (type: ColumnType): type is FloatType => type === 'float32' || type === 'float64'
export const isInteger = (type: ColumnType): type is IntegerType => /^u?int(8|16|32)$/.test(type)
export const isNumeric = (type: ColumnType): boolean => isInteger(type) || isWide(type) || isFloat(type)
export const isText = (type: ColumnType): boolean => type === 'utf8' || type === 'dictionary'
/** Types whose cells are any number of bytes: text and binary. Such columns may be held as codes into a dictionary. */
export const isBytes = (type: ColumnType): boolean => isText(type) || type === 'binary'
export const isDecimal = (type: ColumnType): type is DecimalType => type.startsWith('decimal(')
/** Decimals whose cells are sixteen bytes: over 18 digits. */
export const isWideDecimal = (type: ColumnType): type is DecimalType =>
  isDecimal(type) && digitsOf(type)[0] > NARROW_PRECISION
export const isTimeOfDay = (type: ColumnType): type is TimeType => type.startsWith('time[')
export const isDuration = (type: ColumnType): type is DurationType => type.startsWith('duration[')
/** Types whose cells are whole numbers of a unit of time. */
export type TypeOfTime = 'date' | TimestampType | TimeType | DurationType
export const isOfTime = (type: ColumnType): type is TypeOfTime =>
  type === 'date' || isTimestamp(type) || isTimeOfDay(type) || isDuration(type)
/** Numbers, decimals among them. */
export const isNumber = (type: ColumnType): boolean => isNumeric(type) || isDecimal(type)
/**
 * Types whose cells are eight bytes read as two 32-bit words: int53, int64, uint64, timestamps, times, durations, and
 * decimals of up to 18 digits.
 */
export const isEightByteInteger = (type: ColumnType): boolean =>
  isWide(type) ||
  isTimestamp(type) ||
  isTimeOfDay(type) ||
  isDuration(type) ||
  (isDecimal(type) && digitsOf(type)[0] <= NARROW_PRECISION)
/**
 * Types whose cells folds keep as the bytes of `batch/nested-bytes.ts`: lists, structs and maps, binary, and decimals of
 * sixteen bytes.
 */
export const isKeptAsBytes = (type: ColumnType): boolean =>
  isNested(type) || type === 'binary' || isWideDecimal(type)
/** Items of `values` that a cell of fixed width takes. */
export const itemsPerCell = (type: ColumnType): 1 | 2 => (isWideDecimal(type) ? 2 : 1)
/** Whether cells are bigints where expressions are evaluated. */
export const isBigCell = (type: ColumnType): boolean =>
  type === 'int64' ||
  type === 'uint64' ||
  isTimestamp(type) ||
  isDecimal(type) ||
  isTimeOfDay(type) ||
  isDuration(type)
