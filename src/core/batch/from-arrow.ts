/** Batches over the memory of apache-arrow; `arrow-types.ts` says which type becomes which. Loads apache-arrow. */

import * as arrow from 'apache-arrow'
import { DataError } from '../errors.ts'
import {
  type ColumnType,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  isWideDecimal,
  itemsPerCell,
} from '../types/column-type.ts'
import {
  elementType,
  entryType,
  isList,
  isNested,
  isStruct,
  type NestedType,
  structFields,
} from '../types/nested-type.ts'
import type { Field, Schema } from '../types/schema.ts'
import { fromArrowSchema } from './arrow-types.ts'
import type { Batch } from './batch.ts'
import { clearTail, copyBits } from './bitmap.ts'
import { columnFrom } from './build.ts'
import { showValue } from './cells.ts'
import { bitAt, bitmapBytes, type Column, type Dictionary, NO_VALUES } from './column.ts'
import { emptyColumn } from './concat-column.ts'
import { checkListSize } from './list-offsets.ts'
import { heapArena } from './slab.ts'
import { TextInterner } from './text-interner.ts'

/**
 * Batches over an Arrow table's memory, or a record batch's: views where the layouts agree (`arrow-types.ts`), copies
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
