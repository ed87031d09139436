/** Batches as apache-arrow has them; `arrow-types.ts` says which type becomes which. Loads apache-arrow. */

import * as arrow from 'apache-arrow'
import { type ColumnType, isWideDecimal } from '../types/column-type.ts'
import {
  elementType,
  entryType,
  isList,
  isNested,
  isStruct,
  type NestedType,
  structFields,
} from '../types/nested-type.ts'
import type { Schema } from '../types/schema.ts'
import { arrowField, arrowType } from './arrow-types.ts'
import { type Batch, rowCount } from './batch.ts'
import type { Column, Dictionary } from './column.ts'
import { heapArena } from './slab.ts'
import { compact, dictionaryText, plainText, unifyDictionaries } from './take.ts'

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
