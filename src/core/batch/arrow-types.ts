/**
 * Column types and those of apache-arrow. Columns have Arrow's layout, so that most become views of the same memory in both
 * directions: `to-arrow.ts`, `from-arrow.ts`.
 *
 * | Arrow | here |
 * |---|---|
 * | Bool, Int8 … Int64, Uint8 … Uint64, Float32, Float64 | the type of that name |
 * | Int64 with field metadata `millrace.type` = `int53` | `int53` |
 * | Utf8; LargeUtf8 and Utf8View, copied | `utf8` |
 * | Dictionary of text, any width of index | `dictionary`; its values are copied once and made distinct |
 * | Binary; LargeBinary and FixedSizeBinary, copied | `binary` |
 * | Decimal of up to 38 digits | `decimal(p, s)`; up to 18 digits, and those of 256 bits, copied |
 * | Date (day) | `date` |
 * | Date (millisecond) | `timestamp[ms]` |
 * | Timestamp | `timestamp[unit]` or `timestamp[unit, zone]` |
 * | List, LargeList, FixedSizeList | `list<T>` |
 * | Struct | `struct<…>` |
 * | Map | `map<K, V>` |
 * | Time | `time[unit]`; of 32 bits copied |
 * | Duration | `duration[unit]` |
 *
 * Loading this module loads apache-arrow, which takes a while: import it when it is needed.
 */

import * as arrow from 'apache-arrow'
import { JobError, PlanError } from '../errors.ts'
import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  decimalType,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  MAX_PRECISION,
  type TimeUnit,
  timestampUnit,
  timestampZone,
  unitOfTime,
} from '../types/column-type.ts'
import { listType, mapType, type NestedType, structType } from '../types/nested-type.ts'
import { type Field, type Schema, schemaOf } from '../types/schema.ts'
import { isTimeZone } from '../types/time-zone.ts'

/** Field metadata that keeps a type Arrow has no word for. */
const TYPE_KEY = 'millrace.type'

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

/** Arrow's type of columns that are not nested. */
export function arrowType(type: Exclude<ColumnType, NestedType>): arrow.DataType {
  switch (type) {
    case 'bool':
      return new arrow.Bool()
    case 'int8':
      return new arrow.Int8()
    case 'int16':
      return new arrow.Int16()
    case 'int32':
      return new arrow.Int32()
    case 'int53':
    case 'int64':
      return new arrow.Int64()
    case 'uint8':
      return new arrow.Uint8()
    case 'uint16':
      return new arrow.Uint16()
    case 'uint32':
      return new arrow.Uint32()
    case 'uint64':
      return new arrow.Uint64()
    case 'float32':
      return new arrow.Float32()
    case 'float64':
      return new arrow.Float64()
    case 'utf8':
      return new arrow.Utf8()
    case 'dictionary':
      return new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
    case 'date':
      return new arrow.DateDay()
    case 'binary':
      return new arrow.Binary()
    default:
      return arrowScalarType(type)
  }
}

function arrowScalarType(type: ColumnType): arrow.DataType {
  if (isTimestamp(type))
    return new arrow.Timestamp(UNITS.indexOf(timestampUnit(type)), timestampZone(type) ?? null)
  if (isDecimal(type)) return new arrow.Decimal(decimalScale(type), decimalPrecision(type), 128)
  if (isDuration(type)) return new arrow.Duration(UNITS.indexOf(unitOfTime(type)))
  if (!isTimeOfDay(type)) throw new JobError('INTERNAL', `${type} has no type in Arrow`)
  const unit = unitOfTime(type)
  return new arrow.Time(UNITS.indexOf(unit), unit === 's' || unit === 'ms' ? 32 : 64)
}

/** A field of a type that `arrowColumns` gave. */
export const arrowField = ({ name, type }: Field, own: arrow.DataType): arrow.Field =>
  new arrow.Field(name, own, true, type === 'int53' ? new Map([[TYPE_KEY, type]]) : null)

/**
 * The schema that an Arrow schema's columns have here.
 *
 * @throws {PlanError} `UNSUPPORTED_TYPE`, `DUPLICATE_COLUMN`
 */
export function fromArrowSchema(schema: arrow.Schema): Schema {
  return schemaOf(schema.fields.map(field => ({ name: field.name, type: columnTypeOf(field) })))
}

/** The column type of an Arrow field; see {@link fromArrowSchema}. */
export function columnTypeOf({ name, type, metadata }: arrow.Field): ColumnType {
  const { DataType } = arrow
  if (DataType.isBool(type)) return 'bool'
  if (DataType.isInt(type)) {
    if (type.bitWidth === 64 && type.isSigned && metadata.get(TYPE_KEY) === 'int53') return 'int53'
    return `${type.isSigned ? '' : 'u'}int${type.bitWidth}` as ColumnType
  }
  if (DataType.isFloat(type) && type.precision !== arrow.Precision.HALF)
    return type.precision === arrow.Precision.SINGLE ? 'float32' : 'float64'
  if (isArrowText(type)) return 'utf8'
  if (DataType.isDictionary(type) && isArrowText(type.dictionary)) return 'dictionary'
  if (DataType.isDate(type)) return type.unit === arrow.DateUnit.DAY ? 'date' : 'timestamp[ms]'
  if (DataType.isTimestamp(type)) {
    const zone = type.timezone
    const named = `timestamp[${UNITS[type.unit]}${zone ? `, ${zone}` : ''}]` as ColumnType
    // A zone the type's grammar does not take cannot be carried.
    if (isTimestamp(named) && (!zone || (/^[A-Za-z0-9_+\-/:]+$/.test(zone) && isTimeZone(zone)))) return named
  }
  if (isArrowBytes(type)) return 'binary'
  if (DataType.isDecimal(type) && type.precision <= MAX_PRECISION && type.scale >= 0)
    return decimalType(Math.max(type.precision, type.scale), type.scale)
  if (DataType.isTime(type)) return `time[${UNITS[type.unit]!}]`
  if (DataType.isDuration(type)) return `duration[${UNITS[type.unit]!}]`
  const nested = nestedTypeOf(type, name)
  if (nested) return nested
  throw new PlanError(
    'UNSUPPORTED_TYPE',
    `column ${JSON.stringify(name)} is ${safeTypeName(type)} in Arrow`,
    {
      hint: castHint(type),
    },
  )
}

function nestedTypeOf(type: arrow.DataType, path: string): NestedType | undefined {
  const { DataType } = arrow
  const inner = (field: arrow.Field, place: string) =>
    columnTypeOf(new arrow.Field(path + place, field.type, field.nullable, field.metadata))
  if (isArrowList(type)) return listType(inner(type.children[0]!, '[]'))
  if (DataType.isStruct(type) && type.children.length > 0) {
    const fields = type.children.map(field => ({ name: field.name, type: inner(field, `.${field.name}`) }))
    // As for columns: two fields of one name are refused.
    return structType(schemaOf(fields))
  }
  if (!DataType.isMap(type)) return undefined
  const [key, value] = type.children[0]!.type.children as unknown as [arrow.Field, arrow.Field]
  return mapType(inner(key, '[].key'), inner(value, '[].value'))
}

const isArrowList = (type: arrow.DataType): type is arrow.List | arrow.LargeList | arrow.FixedSizeList =>
  arrow.DataType.isList(type) || arrow.DataType.isLargeList(type) || arrow.DataType.isFixedSizeList(type)

const isArrowText = (type: arrow.DataType): boolean =>
  arrow.DataType.isUtf8(type) || arrow.DataType.isLargeUtf8(type) || arrow.DataType.isUtf8View(type)

const isArrowBytes = (type: arrow.DataType): boolean =>
  arrow.DataType.isBinary(type) ||
  arrow.DataType.isLargeBinary(type) ||
  arrow.DataType.isFixedSizeBinary(type)

/** Arrow's name of a type, kept short and on one line: it may hold the names of a struct's fields. */
const safeTypeName = (type: arrow.DataType): string => JSON.stringify(String(type).slice(0, 80)).slice(1, -1)

function castHint(type: arrow.DataType): string {
  const { DataType } = arrow
  if (DataType.isDecimal(type))
    return 'decimals have up to 38 digits; cast it to float64, or to utf8 to keep it exact'
  if (DataType.isFloat(type)) return 'cast it to float32'
  if (DataType.isInterval(type)) return 'cast it to a duration: a month is no fixed time'
  if (DataType.isStruct(type)) return 'leave the column out: a struct has at least one field'
  if (DataType.isTimestamp(type)) return 'give it a zone of the tz database, or none'
  if (DataType.isDictionary(type)) return `decode it to ${safeTypeName(type.dictionary)} first`
  if (DataType.isNull(type)) return 'cast it to the type its values would have'
  return 'leave the column out, or cast it to utf8 (JSON)'
}
