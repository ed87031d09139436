/**
 * To and from apache-arrow. Columns have Arrow's layout, so most become views of the same memory in both directions.
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
import { DataError, JobError, PlanError } from '../errors.ts'
import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  decimalType,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  isWideDecimal,
  itemsPerCell,
  MAX_PRECISION,
  type TimeUnit,
  timestampUnit,
  timestampZone,
  unitOfTime,
} from '../types/column-type.ts'
import {
  elementType,
  entryType,
  isList,
  isNested,
  isStruct,
  listType,
  mapType,
  type NestedType,
  structFields,
  structType,
} from '../types/nested-type.ts'
import { type Field, type Schema, schemaOf } from '../types/schema.ts'
import { isTimeZone } from '../types/time-zone.ts'
import { type Batch, rowCount } from './batch.ts'
import { clearTail, copyBits } from './bitmap.ts'
import { columnFrom } from './build.ts'
import { showValue } from './cells.ts'
import { bitAt, bitmapBytes, type Column, type Dictionary, NO_VALUES } from './column.ts'
import { emptyColumn } from './concat-column.ts'
import { checkListSize } from './list-offsets.ts'
import { heapArena } from './slab.ts'
import { compact, dictionaryText, plainText, unifyDictionaries } from './take.ts'
import { TextInterner } from './text-interner.ts'

/** Field metadata that keeps a type Arrow has no word for. */
const TYPE_KEY = 'millrace.type'

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

// ---- to Arrow

/**
 * An Arrow table of the batches' rows that count. It shares the memory of batches whose rows all count: give it
 * copies ({@link copyToHeap}) when the batches are pooled. `utf8` becomes Utf8 and `dictionary` Dictionary<Utf8, Int32>
 * however the cells are held; one dictionary serves all batches.
 */
export function toArrowTable(schema: Schema, batches: readonly Batch[]): arrow.Table {
  const whole = batches
    .filter(batch => rowCount(batch) > 0)
    .map(batch => (batch.selection ? compact(batch, heapArena) : batch))
  const columns = schema.map(({ type }, c) =>
    arrowColumns(
      type,
      whole.map(batch => batch.columns[c]!),
      whole.map(batch => batch.length),
    ),
  )
  const fields = schema.map((field, c) => arrowField(field, columns[c]!.type))
  const arrowSchema = new arrow.Schema(fields)
  const records = whole.map(
    ({ length }, b) =>
      new arrow.RecordBatch(
        arrowSchema,
        arrow.makeData({
          type: new arrow.Struct(fields),
          length,
          nullCount: 0,
          children: columns.map(column => column.data[b]!),
        }),
      ),
  )
  return new arrow.Table(arrowSchema, records)
}

/** A field of a type that {@link arrowColumns} gave. */
export const arrowField = ({ name, type }: Field, own: arrow.DataType): arrow.Field =>
  new arrow.Field(name, own, true, type === 'int53' ? new Map([[TYPE_KEY, type]]) : null)

/** A column of all batches as Arrow has it. */
interface ArrowColumn {
  readonly type: arrow.DataType
  /** By batch. */
  readonly data: readonly arrow.Data[]
}

/** One column of all batches as Arrow data of one type. */
export function arrowColumns(
  type: ColumnType,
  columns: readonly Column[],
  lengths: readonly number[],
): ArrowColumn {
  if (isNested(type)) return arrowNested(type, columns, lengths)
  const own = arrowType(type)
  if (type !== 'dictionary')
    return { type: own, data: columns.map((column, b) => arrowData(own, column, lengths[b]!)) }
  if (columns.length === 0) return { type: own, data: [] }
  const coded = columns.map((column, b) => dictionaryText(column, lengths[b]!, heapArena))
  const { dictionary, codes } = unifyDictionaries(coded.map(column => column.dictionary!))
  const values = arrow.makeVector(
    arrow.makeData({
      type: new arrow.Utf8(),
      length: dictionary.length,
      nullCount: 0,
      valueOffsets: dictionary.offsets.subarray(0, dictionary.length + 1),
      data: dictionary.values.subarray(0, dictionary.offsets[dictionary.length]!),
    }),
  )
  const data = coded.map((column, b) =>
    arrow.makeData({
      type: own as arrow.Dictionary<arrow.Utf8, arrow.Int32>,
      length: lengths[b]!,
      data: validCodes(column, lengths[b]!, dictionary, codes[b]),
      dictionary: values,
      ...arrowValidity(column),
    }),
  )
  return { type: own, data }
}

function arrowNested(type: NestedType, columns: readonly Column[], lengths: readonly number[]): ArrowColumn {
  const sizes = isStruct(type) ? lengths : columns.map((column, b) => column.offsets![lengths[b]!]!)
  const child = (of: ColumnType, c: number) =>
    arrowColumns(
      of,
      columns.map(column => column.children![c]!),
      sizes,
    )
  const fields = isStruct(type) ? structFields(type) : []
  const children = isStruct(type)
    ? fields.map((field, f) => child(field.type, f))
    : [isList(type) ? child(elementType(type), 0) : child(entryType(type), 0)]
  const own = isStruct(type)
    ? new arrow.Struct(fields.map((field, f) => arrowField(field, children[f]!.type)))
    : isList(type)
      ? new arrow.List(arrowField({ name: 'item', type: elementType(type) }, children[0]!.type))
      : arrowMap(children[0]!.type)
  const data = columns.map((column, b) => {
    const props = { type: own, length: lengths[b]!, ...arrowValidity(column) }
    const inner = children.map(({ data }) => data[b]!)
    // makeData's overloads want each type by name.
    if (!column.offsets) return arrow.makeData({ ...props, children: inner } as any) as arrow.Data
    const valueOffsets = column.offsets.subarray(0, lengths[b]! + 1)
    return arrow.makeData({ ...props, valueOffsets, child: inner[0] } as any) as arrow.Data
  })
  return { type: own, data }
}

/** The codes under another dictionary. Nulls may hold any bits here, but other tools look codes up regardless. */
function validCodes(
  column: Column,
  length: number,
  dictionary: Dictionary,
  map: Int32Array | undefined,
): Int32Array {
  const codes = column.values as Int32Array
  if (!map && !column.validity) return codes
  const out = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const code = map ? map[codes[i]!] : codes[i]!
    out[i] = code !== undefined && code >= 0 && code < dictionary.length ? code : 0
  }
  return out
}

const arrowValidity = ({ validity }: Column) =>
  validity ? { nullBitmap: validity, nullCount: -1 } : { nullCount: 0 }

function arrowData(type: arrow.DataType, column: Column, length: number): arrow.Data {
  const plain = plainText(column, length, heapArena)
  const props = { type, length, data: arrowValues(type, plain, length), ...arrowValidity(column) }
  // makeData's overloads want each type by name.
  return arrow.makeData(
    (plain.offsets ? { ...props, valueOffsets: plain.offsets } : props) as any,
  ) as arrow.Data
}

/** The cells as Arrow has them: most as they are. */
function arrowValues(type: arrow.DataType, { type: own, values }: Column, length: number): ArrayBufferView {
  const { DataType } = arrow
  if (DataType.isDecimal(type)) {
    const wide = isWideDecimal(own) ? values : signExtended(values as BigInt64Array, length)
    return new Uint32Array(wide.buffer, wide.byteOffset, length * 4)
  }
  if (!DataType.isTime(type) || type.bitWidth === 64) return values
  return Int32Array.from((values as BigInt64Array).subarray(0, length), Number)
}

/** Integers of 64 bits as ones of 128. */
function signExtended(values: BigInt64Array, length: number): BigInt64Array {
  const wide = new BigInt64Array(2 * length)
  for (let i = 0; i < length; i++) {
    wide[2 * i] = values[i]!
    wide[2 * i + 1] = values[i]! >> 63n
  }
  return wide
}

/** A map of entries: Arrow's keys are not nullable. */
function arrowMap(entries: arrow.DataType): arrow.DataType {
  const [key, value] = entries.children
  const struct = new arrow.Struct([new arrow.Field('key', key!.type, false, key!.metadata), value!])
  return new arrow.Map_(new arrow.Field('entries', struct, false) as arrow.Field<any>)
}

function arrowType(type: Exclude<ColumnType, NestedType>): arrow.DataType {
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

// ---- from Arrow

/**
 * Batches over an Arrow table's memory, or a record batch's: views where the layouts agree (see above), copies
 * elsewhere. Positions count the rows from 0 in split 0.
 *
 * @throws {PlanError} `UNSUPPORTED_TYPE` naming the column and its Arrow type, `DUPLICATE_COLUMN` for two columns of
 *   one name.
 * @throws {DataError} `CORRUPT_ARROW` for dictionary codes without a value.
 */
export function fromArrowTable(table: arrow.Table | arrow.RecordBatch): { schema: Schema; batches: Batch[] } {
  const schema = fromArrowSchema(table.schema)
  const records = arrow.RecordBatch.isRecordBatch(table) ? [table] : (table as arrow.Table).batches
  return { schema, batches: fromArrowRecords(schema, records) }
}

/** The record batches under a schema whose types are those of {@link fromArrowSchema}. */
export function fromArrowRecords(schema: Schema, records: readonly arrow.RecordBatch[]): Batch[] {
  const dictionaries: ReadDictionaries = new Map()
  const batches: Batch[] = []
  let offset = 0
  for (const record of records) {
    const length = record.numRows
    if (length === 0) continue
    const columns = schema.map((field, c) =>
      fromArrowData(field, record.data.children[c]!, length, dictionaries),
    )
    batches.push({ schema, length, columns, position: { split: 0, offset } })
    offset += length
  }
  return batches
}

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

/** Dictionaries already read, by their Arrow vector. */
export type ReadDictionaries = Map<arrow.Vector, { dictionary: Dictionary; codes: Int32Array | undefined }>

/**
 * One column of a record batch, of the type that {@link columnTypeOf} says.
 *
 * @param dictionaries those read before; record batches of one file share them
 * @throws {DataError} `CORRUPT_ARROW`, `TEXT_SIZE`, `VALUE_TYPE`
 */
export function fromArrowData(
  field: Field,
  data: arrow.Data,
  length: number,
  dictionaries: ReadDictionaries,
): Column {
  const { type } = field
  const { DataType } = arrow
  const arrowType: arrow.DataType = data.type
  if (DataType.isDictionary(arrowType)) return fromArrowDictionary(field, data, length, dictionaries)
  const validity = validityOf(data, length)
  const nulls = validity ? { validity } : {}
  if (isNested(type)) return { ...fromArrowNested({ ...field, type }, data, length, dictionaries), ...nulls }
  if (type === 'bool')
    return { type, values: bitsAt(data.values as Uint8Array, data.offset, length), ...nulls }
  if (DataType.isUtf8(arrowType) || DataType.isBinary(arrowType)) {
    // An empty vector may come without any offsets.
    const offsets = data.valueOffsets as Int32Array
    return {
      type,
      values: data.values as Uint8Array,
      offsets: offsets?.length > length ? offsets.subarray(0, length + 1) : new Int32Array(length + 1),
      ...nulls,
    }
  }
  if (DataType.isFixedSizeBinary(arrowType))
    return { type, ...fixedSizeBytes(data, arrowType.byteWidth, length), ...nulls }
  if (DataType.isDecimal(arrowType))
    return { type, values: decimalValues(field, data, arrowType.bitWidth, length), ...nulls }
  if (DataType.isTime(arrowType) && arrowType.bitWidth === 32)
    return {
      type,
      values: BigInt64Array.from(data.values as Int32Array, BigInt).subarray(0, length),
      ...nulls,
    }
  if (DataType.isLargeUtf8(arrowType) || DataType.isLargeBinary(arrowType))
    return {
      type,
      ...narrowText(field.name, data as unknown as arrow.Data<arrow.LargeUtf8>, length),
      ...nulls,
    }
  if (DataType.isUtf8View(arrowType)) return columnFrom(type, [...new arrow.Vector([data])], heapArena, field)
  return { type, values: fixedWidth(type, data.values, length), ...nulls }
}

function fromArrowNested(
  { name, type }: { name: string; type: NestedType },
  data: arrow.Data,
  length: number,
  dictionaries: ReadDictionaries,
): Column {
  const child = (of: Field, c: number, rows: number) =>
    fromArrowData(of, data.children[c]!, rows, dictionaries)
  if (isStruct(type)) {
    const children = structFields(type).map((field, f) =>
      child({ name: `${name}.${field.name}`, type: field.type }, f, length),
    )
    return { type, values: NO_VALUES, children }
  }
  const offsets = listOffsets(name, data, length)
  const inner = { name: `${name}[]`, type: isList(type) ? elementType(type) : entryType(type) }
  const children = [
    data.children[0] ? child(inner, 0, data.children[0].length) : emptyColumn(inner.type, heapArena),
  ]
  return { type, values: NO_VALUES, offsets, children }
}

/** Offsets into the child of lists and maps; those of equally long lists are counted out. */
function listOffsets(name: string, data: arrow.Data, length: number): Int32Array {
  const offsets = new Int32Array(length + 1)
  const type: arrow.DataType = data.type
  if (arrow.DataType.isFixedSizeList(type)) {
    checkListSize(length * type.listSize)
    for (let i = 0; i <= length; i++) offsets[i] = i * type.listSize
    return offsets
  }
  // An empty vector may come without any offsets.
  const own = data.valueOffsets as unknown as Int32Array | BigInt64Array | undefined
  if (!own || own.length <= length) return offsets
  if (own instanceof Int32Array) return checkedOffsets(name, own.subarray(0, length + 1), data)
  checkListSize(Number(own[length]!))
  for (let i = 0; i <= length; i++) offsets[i] = Number(own[i]!)
  return checkedOffsets(name, offsets, data)
}

/** Reading beyond a child would read other rows' memory as values. */
function checkedOffsets(name: string, offsets: Int32Array, data: arrow.Data): Int32Array {
  let last = offsets[0]!
  let ascending = last >= 0
  for (let i = 1; i < offsets.length; i++) {
    if (offsets[i]! < last) ascending = false
    last = offsets[i]!
  }
  if (ascending && last <= (data.children[0]?.length ?? 0)) return offsets
  throw new DataError('CORRUPT_ARROW', `column ${JSON.stringify(name)} has lists beyond its elements`)
}

/** The first `length` values; eight-byte ones as BigInts, which is how columns hold them. */
function fixedWidth(type: ColumnType, values: ArrayBufferView, length: number): Column['values'] {
  if ((isTimestamp(type) || isDuration(type) || isTimeOfDay(type)) && !(values instanceof BigInt64Array)) {
    const { buffer, byteOffset } = values
    return new BigInt64Array(buffer as ArrayBuffer, byteOffset, length)
  }
  return (values as Int32Array).subarray(0, length)
}

/** Cells of one width, as bytes with offsets. */
function fixedSizeBytes(data: arrow.Data, width: number, length: number) {
  const offsets = new Int32Array(length + 1)
  for (let i = 0; i <= length; i++) offsets[i] = i * width
  return { values: (data.values as Uint8Array).subarray(0, length * width), offsets }
}

/**
 * Units of decimals: 128 bits as they are, for types of up to 18 digits their lower half.
 *
 * @throws {DataError} `VALUE_TYPE` for a value that has more digits than its type
 */
function decimalValues(
  { name, type }: Field,
  data: arrow.Data,
  bitWidth: number,
  length: number,
): BigInt64Array {
  const { buffer, byteOffset } = data.values as Uint32Array
  if (bitWidth === 32) {
    const narrow = new Int32Array(buffer as ArrayBuffer, byteOffset, length)
    const items = itemsPerCell(type)
    return BigInt64Array.from({ length: length * items }, (_, i) =>
      i % items === 0 ? BigInt(narrow[i / items]!) : BigInt(narrow[(i - 1) / items]! >> 31),
    )
  }
  const perCell = bitWidth / 64
  const given =
    byteOffset % 8 === 0
      ? new BigInt64Array(buffer as ArrayBuffer, byteOffset, length * perCell)
      : new BigInt64Array((buffer as ArrayBuffer).slice(byteOffset, byteOffset + length * 8 * perCell))
  if (perCell === 2 && isWideDecimal(type)) return given
  const items = itemsPerCell(type)
  const values = new BigInt64Array(length * items)
  for (let i = 0; i < length; i++) {
    for (let item = 0; item < items; item++) values[i * items + item] = given[i * perCell + item]!
    const sign = values[i * items + items - 1]! >> 63n
    for (let item = items; item < perCell; item++) {
      if (given[i * perCell + item] === sign || (data.nullBitmap?.byteLength && !data.getValid(i))) continue
      throw new DataError('VALUE_TYPE', `column ${JSON.stringify(name)}, row ${i}: not a value of ${type}`)
    }
  }
  return values
}

/** Validity from bit 0, absent when nothing is null. */
function validityOf(data: arrow.Data, length: number): Uint8Array | undefined {
  const bits = data.nullBitmap
  if (!bits || bits.byteLength === 0 || data.nullCount === 0) return undefined
  return bitsAt(bits, data.offset, length)
}

/** A bitmap's bits from `offset` on: a view if that is a whole byte. */
function bitsAt(bits: Uint8Array, offset: number, length: number): Uint8Array {
  if ((offset & 7) === 0) return bits.subarray(offset >> 3, (offset + length + 7) >> 3)
  const shifted = new Uint8Array(bitmapBytes(length))
  copyBits(bits, offset, shifted, 0, length)
  return shifted
}

function narrowText(
  name: string,
  { values, valueOffsets }: arrow.Data<arrow.LargeUtf8>,
  length: number,
): { values: Uint8Array; offsets: Int32Array } {
  const wide = valueOffsets as unknown as BigInt64Array
  const offsets = new Int32Array(length + 1)
  if (wide.length <= length) return { values: new Uint8Array(0), offsets }
  const start = Number(wide[0]!)
  const end = Number(wide[length]!)
  if (end - start > 2 ** 31 - 1)
    throw new DataError(
      'TEXT_SIZE',
      `column ${JSON.stringify(name)} holds ${end - start} bytes in one batch`,
      {
        hint: 'smaller record batches: columns hold up to 2 GiB of text',
      },
    )
  for (let i = 0; i <= length; i++) offsets[i] = Number(wide[i]!) - start
  return { values: (values as Uint8Array).subarray(start, end), offsets }
}

function fromArrowDictionary(
  { name, type }: Field,
  data: arrow.Data,
  length: number,
  dictionaries: ReadDictionaries,
): Column {
  const vector = data.dictionary!
  let read = dictionaries.get(vector)
  if (!read) {
    read = readDictionary(name, vector)
    dictionaries.set(vector, read)
  }
  const { dictionary, codes: map } = read
  const validity = validityOf(data, length)
  const indices = data.values as ArrayLike<number | bigint>
  const known = map ? map.length : dictionary.length
  const values = indices instanceof Int32Array && !map ? indices.subarray(0, length) : new Int32Array(length)
  const copied = values.buffer !== (indices as Int32Array).buffer
  let valid = validity
  for (let i = 0; i < length; i++) {
    if (validity && !bitAt(validity, i)) continue
    const index = Number(indices[i]!)
    if (!(index >= 0 && index < known))
      throw new DataError(
        'CORRUPT_ARROW',
        `column ${JSON.stringify(name)}, row ${i}: dictionary index ${showValue(index)}, the dictionary has ${known} values`,
      )
    const code = map ? map[index]! : index
    if (code < 0) {
      if (valid === validity) {
        valid = new Uint8Array(bitmapBytes(length)).fill(255)
        if (validity) valid.set(validity.subarray(0, valid.length))
        clearTail(valid, length)
      }
      valid![i >> 3]! &= ~(1 << (i & 7))
    } else if (copied) values[i] = code
  }
  return valid ? { type, values, dictionary, validity: valid } : { type, values, dictionary }
}

/** The values of an Arrow dictionary made distinct; `codes` where theirs differ, -1 for a null among the values. */
function readDictionary(
  name: string,
  vector: arrow.Vector,
): { dictionary: Dictionary; codes: Int32Array | undefined } {
  const texts = new TextInterner(vector.length)
  const codes = new Int32Array(vector.length)
  let next = 0
  let same = true
  for (const data of vector.data) {
    const column = fromArrowData({ name, type: 'utf8' }, data, data.length, new Map())
    const bytes = column.values as Uint8Array
    const offsets = column.offsets!
    for (let i = 0; i < data.length; i++) {
      const valid = !column.validity || bitAt(column.validity, i)
      const code = valid ? texts.code(bytes, offsets[i]!, offsets[i + 1]!) : -1
      if (code !== next) same = false
      codes[next++] = code
    }
  }
  return { dictionary: texts.dictionary(), codes: same ? undefined : codes }
}
