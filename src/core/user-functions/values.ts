/** Between cells and the JavaScript values that user functions are given and give back: those of rows. */

import { durationUnits, exactTimeOfDay } from '../batch/build-words.ts'
import { binaryString, bytesOfBinaryString } from '../batch/bytes.ts'
import { unitsPerMs } from '../batch/cells.ts'
import { DataError } from '../errors.ts'
import { clockText } from '../types/clock-time.ts'
import {
  type ColumnType,
  type DecimalType,
  type DurationType,
  decimalPrecision,
  decimalScale,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  type TimestampType,
  unitOfTime,
} from '../types/column-type.ts'
import { decimalOf, decimalText, exactUnits, maxUnits } from '../types/decimal.ts'
import {
  elementType,
  isList,
  isNested,
  isStruct,
  type ListType,
  type MapType,
  mapTypes,
  type NestedType,
  type StructType,
  structFields,
} from '../types/nested-type.ts'

/** A cell without null: timestamps as units since 1970, dates as days. */
type Cell = boolean | number | bigint | string

const DAY_MS = 86_400_000
const MOST_DATE_MS = 8.64e15

/** What a function is given for the cells of a type. It throws DataError `DATE_RANGE` for a time that no Date can hold. */
export function valueReader(type: ColumnType): (cell: Cell) => unknown {
  if (type === 'date') return cell => dateOf((cell as number) * DAY_MS)
  if (isDecimal(type)) {
    const scale = decimalScale(type)
    return units => decimalText(units as bigint, scale)
  }
  if (isTimeOfDay(type)) return units => clockText(units as bigint, unitOfTime(type))
  if (isDuration(type)) return units => Number(units) / unitsPerMs(type)
  if (type === 'binary') return bytes => bytesOfBinaryString(bytes as string)
  if (!isTimestamp(type)) return cell => cell
  const perMs = unitsPerMs(type)
  if (perMs < 1) return units => dateOf(Number(units) / perMs)
  const bigPerMs = BigInt(perMs)
  return units => {
    if (typeof units === 'number') return dateOf(Math.floor(units / perMs))
    const [quotient, rest] = [(units as bigint) / bigPerMs, (units as bigint) % bigPerMs]
    return dateOf(Number(rest < 0n ? quotient - 1n : quotient))
  }
}

function dateOf(ms: number): Date {
  if (Math.abs(ms) <= MOST_DATE_MS) return new Date(ms)
  throw new DataError('DATE_RANGE', 'a function is given a time that no Date can hold', {
    hint: 'Dates reach from 271,821 BC to 275,760: filter such rows out',
  })
}

/** What a result may be, as messages say it. */
const TAKES: Partial<Record<ColumnType, string>> = {
  bool: 'true or false',
  int53: 'whole numbers within ±(2^53 - 1)',
  int64: 'bigints, or safe whole numbers',
  uint64: 'bigints from 0, or safe whole numbers',
  float32: 'numbers',
  float64: 'numbers',
  utf8: 'texts without lone surrogates',
  date: 'Dates at midnight UTC',
  binary: 'Uint8Arrays',
}

/** What results of a type may be, for messages. */
export const takes = (type: ColumnType): string =>
  TAKES[type] ??
  nestedTakes(type) ??
  (isDecimal(type)
    ? "texts such as '12.30', numbers or bigints"
    : isTimeOfDay(type)
      ? "texts such as '13:05:00'"
      : isDuration(type)
        ? 'numbers of milliseconds'
        : isTimestamp(type)
          ? 'Dates, or bigints of its units'
          : `whole numbers that fit ${type}`)

const nestedTakes = (type: ColumnType): string | undefined =>
  isList(type)
    ? `arrays of ${takes(elementType(type))}`
    : isStruct(type)
      ? 'objects of its fields'
      : isNested(type)
        ? 'Maps'
        : undefined

const RANGES: Partial<Record<ColumnType, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
}

/** The largest double that rounds to a finite float32. */
const FLOAT32_MAX = 3.4028235677973362e38

/**
 * Cells of results: null for null and undefined; undefined for what the type cannot hold. Of lists, structs and maps the
 * value itself, once it has been looked through.
 */
export type CellReader = (value: unknown) => Cell | null | undefined

/** Makes cells of a type of what functions give. */
export function cellReader(type: ColumnType): CellReader {
  const some = someReader(type)
  return value => (value === null || value === undefined ? null : some(value))
}

function someReader(type: ColumnType): (value: unknown) => Cell | undefined {
  switch (type) {
    case 'float64':
      return value => (typeof value === 'number' ? value : undefined)
    case 'float32':
      return value => {
        const misfit = typeof value !== 'number' || (Math.abs(value) > FLOAT32_MAX && Number.isFinite(value))
        return misfit ? undefined : Math.fround(value)
      }
    case 'bool':
      return value => (typeof value === 'boolean' ? value : undefined)
    case 'utf8':
    case 'dictionary':
      return value => (typeof value === 'string' && value.isWellFormed() ? value : undefined)
    case 'date':
      return dayOf
    case 'int53':
      return value => {
        const number = typeof value === 'bigint' ? Number(value) : value
        return Number.isSafeInteger(number) ? (number as number) : undefined
      }
    case 'int64':
      return value => wholeOf(value, -(2n ** 63n), 2n ** 63n - 1n)
    case 'uint64':
      return value => wholeOf(value, 0n, 2n ** 64n - 1n)
    case 'binary':
      return value => (value instanceof Uint8Array ? binaryString(value) : undefined)
    default:
      if (isNested(type)) return nestedReader(type)
      if (isDecimal(type)) return decimalReader(type)
      if (isTimeOfDay(type))
        return value => (typeof value === 'string' ? exactTimeOfDay(value, unitOfTime(type)) : undefined)
      if (isDuration(type)) return durationReader(type)
      return isTimestamp(type) ? unitsReader(type) : smallReader(RANGES[type]!)
  }
}

function nestedReader(type: NestedType): (value: unknown) => Cell | undefined {
  const holds = isList(type) ? holdsList(type) : isStruct(type) ? holdsStruct(type) : holdsMap(type)
  return value => (holds(value) ? (value as Cell) : undefined)
}

function holdsList(type: ListType): (value: unknown) => boolean {
  const read = cellReader(elementType(type))
  return value => {
    const list = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
    if (!list) return false
    const elements = value as ArrayLike<unknown>
    for (let i = 0; i < elements.length; i++) if (read(elements[i]) === undefined) return false
    return true
  }
}

function holdsStruct(type: StructType): (value: unknown) => boolean {
  const fields = structFields(type).map(({ name, type }) => ({ name, read: cellReader(type) }))
  return value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    if (value instanceof Date || value instanceof Map) return false
    const of = value as Readonly<Record<string, unknown>>
    // `constructor` and the like are fields only where the object itself has them.
    const absent = (name: string) => name in Object.prototype && !Object.hasOwn(of, name)
    return fields.every(({ name, read }) => absent(name) || read(of[name]) !== undefined)
  }
}

function holdsMap(type: MapType): (value: unknown) => boolean {
  const { key, value: of } = mapTypes(type)
  const [readKey, readValue] = [cellReader(key), cellReader(of)]
  return value => {
    if (!(value instanceof Map)) return false
    for (const [key, of] of value) {
      const misfit = key === null || key === undefined || readKey(key) === undefined
      if (misfit || readValue(of) === undefined) return false
    }
    return true
  }
}

function decimalReader(type: DecimalType): (value: unknown) => bigint | undefined {
  const scale = decimalScale(type)
  const most = maxUnits(decimalPrecision(type))
  return value => {
    const decimal = decimalOf(value)
    const units = decimal && exactUnits(decimal, scale)
    return units === undefined || units > most || units < -most ? undefined : units
  }
}

const durationReader = (type: DurationType) => (value: unknown) => {
  if (typeof value !== 'number') return undefined
  const units = durationUnits(value, unitsPerMs(type))
  return units === undefined ? undefined : BigInt(units)
}

const smallReader =
  ([least, most]: readonly [number, number]) =>
  (value: unknown): number | undefined =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : undefined

function wholeOf(value: unknown, least: bigint, most: bigint): bigint | undefined {
  if (typeof value === 'bigint') return value >= least && value <= most ? value : undefined
  if (!Number.isSafeInteger(value)) return undefined
  const whole = BigInt(value as number)
  return whole >= least ? whole : undefined
}

function dayOf(value: unknown): number | undefined {
  const days = value instanceof Date ? value.getTime() / DAY_MS : Number.NaN
  return Number.isInteger(days) ? days : undefined
}

function unitsReader(type: TimestampType): (value: unknown) => bigint | undefined {
  const perMs = unitsPerMs(type)
  return value => {
    if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : undefined
    const ms = value instanceof Date ? value.getTime() : Number.NaN
    const units = perMs < 1 ? ms / 1000 : ms * perMs
    if (Number.isSafeInteger(units)) return BigInt(units)
    if (Number.isNaN(ms) || perMs < 1) return undefined
    const exact = BigInt(ms) * BigInt(perMs)
    return BigInt.asIntN(64, exact) === exact ? exact : undefined
  }
}
