/** DuckDB chunks in, batches out: copies many chunks of 2048 rows into the columns of one batch. */

import type { DuckDBType } from '@duckdb/node-api'
import type Raw from '@duckdb/node-bindings'
import type { Column, Dictionary } from '../../core/batch/column.ts'
import { bitmapBytes, valuesConstructor } from '../../core/batch/column.ts'
import { concatColumn, dictionaryText, emptyColumn } from '../../core/batch/concat-column.ts'
import { type Arena, allocInt32, allocUint8, heapArena } from '../../core/batch/slab.ts'
import { DataError } from '../../core/errors.ts'
import {
  type ColumnType,
  decimalPrecision,
  isDecimal,
  isDuration,
  isText,
  itemsPerCell,
} from '../../core/types/column-type.ts'
import { isNested, type NestedType } from '../../core/types/nested-type.ts'
import type { Field, Schema } from '../../core/types/schema.ts'
import { uniqueId } from '../../core/unique-id.ts'
import { type Chunk, type ChunkColumn, copyBits, setBits } from './chunk.ts'
import { type FlatReader, NestedCells } from './nested-cells.ts'
import { PlainText, TextDictionary } from './text-cells.ts'
import { decimalWidth, enumValues, enumWidth, TypeId } from './types.ts'
import { type NestedShape, type VectorShape, vectorShape } from './vector-shape.ts'

/** Distinct texts beyond which a utf8 column is read as plain text: grouping by it gains nothing from codes. */
const LARGEST_DICTIONARY = 1 << 16

/** What the columns of one query have in common for all readers of its chunks: types, and text dictionaries. */
export interface ChunkFormat {
  readonly schema: Schema
  readonly shapes: readonly VectorShape[]
  readonly typeIds: readonly number[]
  /** By column: the growing dictionary of a text column, the fixed one of an ENUM. */
  readonly texts: readonly (TextDictionary | undefined)[]
  readonly enums: readonly (Dictionary | undefined)[]
}

/**
 * The format of a query's chunks.
 *
 * @param schema the types of the columns: those of `types` without a cast, where utf8 and dictionary are one
 * @param types the query's result types, in the same order; may be longer: the rest is not read into batches
 */
export function chunkFormat(raw: typeof Raw, schema: Schema, types: readonly DuckDBType[]): ChunkFormat {
  const typeIds = types.map(type => type.typeId as number)
  return {
    schema,
    typeIds,
    shapes: types.map(vectorShape),
    texts: schema.map((field, i) =>
      isText(field.type) && typeIds[i] === TypeId.VARCHAR ? new TextDictionary(raw) : undefined,
    ),
    enums: types.map(enumDictionary),
  }
}

const encoder = new TextEncoder()
const enumIds = new Map<string, string>()

function enumDictionary(type: DuckDBType): Dictionary | undefined {
  if (type.typeId !== TypeId.ENUM) return undefined
  const values = enumValues(type)
  const encoded = values.map(value => encoder.encode(value))
  const offsets = new Int32Array(new SharedArrayBuffer((values.length + 1) * 4))
  for (let i = 0; i < encoded.length; i++) offsets[i + 1] = offsets[i]! + encoded[i]!.length
  const bytes = new Uint8Array(new SharedArrayBuffer(offsets[values.length]!))
  for (let i = 0; i < encoded.length; i++) bytes.set(encoded[i]!, offsets[i])
  // Equal ENUMs are one dictionary, wherever they are read.
  const key = JSON.stringify(values)
  let id = enumIds.get(key)
  if (!id) {
    id = `duckdb-enum-${uniqueId()}`
    enumIds.set(key, id)
  }
  return { id, length: values.length, values: bytes, offsets }
}

/** The columns of the batch being filled. One per batch in progress; dictionaries are shared through the format. */
export class ChunkReader {
  readonly #format: ChunkFormat
  readonly #columns: ColumnReader[]
  #rows = 0
  #arena: Arena | undefined

  constructor(raw: typeof Raw, format: ChunkFormat) {
    this.#format = format
    this.#columns = format.schema.map((field, i) => {
      const enumeration = format.enums[i]
      if (enumeration) return new EnumReader(field.type, enumeration)
      const text = format.texts[i]
      if (text) return new TextReader(field.type, text, raw)
      return columnReader(raw, field, format.shapes[i]!)
    })
  }

  /** Rows in the batch so far. */
  get rows(): number {
    return this.#rows
  }

  /** Starts a batch of at most `capacity` rows. */
  begin(arena: Arena, capacity: number): void {
    this.#arena = arena
    this.#rows = 0
    for (const column of this.#columns) column.begin(arena, capacity)
  }

  /** Copies rows `from` to `from + count` of the chunk. */
  append(chunk: Chunk, from: number, count: number): void {
    for (let i = 0; i < this.#columns.length; i++) {
      this.#columns[i]!.append(chunk.columns[i]!, from, count, this.#rows)
    }
    this.#rows += count
  }

  /** The batch's columns; the next one starts with {@link begin}. */
  finish(): Column[] {
    const columns = this.#columns.map(column => column.finish(this.#arena!, this.#rows))
    this.#arena = undefined
    return columns
  }

  get schema(): Schema {
    return this.#format.schema
  }
}

/** A reader of cells that have no dictionary. */
function columnReader(raw: typeof Raw, field: Field, shape: VectorShape): ColumnReader {
  const { type } = field
  if (isNested(type)) return new NestedReader(raw, type, field.name, shape as NestedShape)
  if (type === 'bool') return new BoolReader()
  if (type === 'binary' || isText(type)) return new BytesReader(type, raw)
  if (isDuration(type) && shape === INTERVAL_BYTES) return new IntervalReader(field)
  if (isDecimal(type) && decimalPrecision(type) <= 9)
    return new NarrowDecimalReader(type, decimalWidth(decimalPrecision(type)))
  return new FixedReader(type)
}

const INTERVAL_BYTES = 16

abstract class ColumnReader {
  readonly type: ColumnType
  #validity: Uint8Array | undefined
  #capacity = 0
  #arena: Arena | undefined

  constructor(type: ColumnType) {
    this.type = type
  }

  begin(arena: Arena, capacity: number): void {
    this.#arena = arena
    this.#capacity = capacity
    this.#validity = undefined
    this.start(arena, capacity)
  }

  append(column: ChunkColumn, from: number, count: number, at: number): void {
    const { data, validity } = column
    if (validity || this.#validity) {
      if (!this.#validity) {
        this.#validity = allocUint8(this.#arena!, bitmapBytes(this.#capacity))
        setBits(this.#validity, 0, at)
      }
      if (validity) copyBits(validity, from, this.#validity, at, count)
      else setBits(this.#validity, at, count)
    }
    this.copy(data, validity, from, count, at, column)
  }

  finish(arena: Arena, rows: number): Column {
    const column = this.end(arena, rows)
    return this.#validity ? { ...column, validity: this.#validity.subarray(0, bitmapBytes(rows)) } : column
  }

  protected abstract start(arena: Arena, capacity: number): void
  protected abstract copy(
    data: Uint8Array,
    validity: Uint8Array | undefined,
    from: number,
    count: number,
    at: number,
    column: ChunkColumn,
  ): void
  protected abstract end(arena: Arena, rows: number): Column
}

/** Numbers, dates and timestamps: the same bits on both sides, so bytes are copied. */
class FixedReader extends ColumnReader {
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #width: number

  constructor(type: ColumnType) {
    super(type)
    this.#width = valuesConstructor(type).BYTES_PER_ELEMENT * itemsPerCell(type)
  }

  protected start(arena: Arena, capacity: number): void {
    this.#bytes = allocUint8(arena, capacity * this.#width)
  }

  protected copy(data: Uint8Array, _validity: unknown, from: number, count: number, at: number): void {
    const width = this.#width
    this.#bytes.set(
      from === 0 && count * width === data.length
        ? data
        : data.subarray(from * width, (from + count) * width),
      at * width,
    )
  }

  protected end(_arena: Arena, rows: number): Column {
    const { byteOffset } = this.#bytes
    const buffer = this.#bytes.buffer as ArrayBuffer
    const items = rows * itemsPerCell(this.type)
    return { type: this.type, values: new (valuesConstructor(this.type))(buffer, byteOffset, items) }
  }
}

/** Cells that become eight bytes from fewer or more. */
abstract class WordsReader extends ColumnReader {
  protected words32 = new Int32Array(0)

  protected start(arena: Arena, capacity: number): void {
    // Aligned for what they are read as.
    const { buffer, byteOffset } = arena.allocate(capacity * 8)
    this.words32 = new Int32Array(buffer as ArrayBuffer, byteOffset, capacity * 2)
  }

  protected end(_arena: Arena, rows: number): Column {
    const { buffer, byteOffset } = this.words32
    return { type: this.type, values: new BigInt64Array(buffer, byteOffset, rows) }
  }
}

/** DuckDB has decimals of up to 4 digits in 16 bits, of up to 9 in 32. */
class NarrowDecimalReader extends WordsReader {
  readonly #width: number

  constructor(type: ColumnType, width: number) {
    super(type)
    this.#width = width
  }

  protected copy(data: Uint8Array, _validity: unknown, from: number, count: number, at: number): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    const width = this.#width
    const { words32 } = this
    for (let i = 0; i < count; i++) {
      const place = (from + i) * width
      const value = width === 2 ? view.getInt16(place, true) : view.getInt32(place, true)
      words32[2 * (at + i)] = value
      words32[2 * (at + i) + 1] = value >> 31
    }
  }
}

const DAY_US = 86_400_000_000n

/** Intervals without months, as microseconds. */
class IntervalReader extends WordsReader {
  readonly #name: string

  constructor({ name, type }: Schema[number]) {
    super(type)
    this.#name = name
  }

  protected copy(
    data: Uint8Array,
    validity: Uint8Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    const { words32 } = this
    const values = new BigInt64Array(words32.buffer, words32.byteOffset, words32.length >> 1)
    for (let i = 0; i < count; i++) {
      const row = from + i
      if (validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
      const months = view.getInt32(row * 16, true)
      const days = view.getInt32(row * 16 + 4, true)
      if (months !== 0) throw monthsIn(this.#name, months)
      const micros = BigInt(days) * DAY_US + view.getBigInt64(row * 16 + 8, true)
      if (BigInt.asIntN(64, micros) !== micros)
        throw new DataError(
          'OVERFLOW',
          `column ${JSON.stringify(this.#name)} holds an interval of ${days} days`,
        )
      values[at + i] = micros
    }
  }
}

const monthsIn = (name: string, months: number): DataError =>
  new DataError(
    'VALUE_TYPE',
    `column ${JSON.stringify(name)} holds an interval of ${months} months, which is no duration: months differ in length`,
    { hint: 'cast it in SQL: CAST(… AS VARCHAR), or datediff() of the two times' },
  )

/** Bytes, and texts within lists and structs. */
class BytesReader extends ColumnReader {
  readonly #plain: PlainText

  constructor(type: ColumnType, raw: typeof Raw) {
    super(type)
    this.#plain = new PlainText(raw)
  }

  protected start(_arena: Arena, capacity: number): void {
    this.#plain.begin(capacity)
  }

  protected copy(
    data: Uint8Array,
    validity: Uint8Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    this.#plain.append(data, validity, from, count, at)
  }

  protected end(arena: Arena, rows: number): Column {
    if (this.type !== 'dictionary') return plainColumn(this.type, this.#plain, rows, arena)
    const plain = plainColumn('utf8', this.#plain, rows, arena)
    return { ...dictionaryText(plain, rows, arena), type: this.type }
  }
}

/** The rows read so far, in memory of the arena. */
function plainColumn(type: ColumnType, plain: PlainText, rows: number, arena: Arena): Column {
  const offsets = allocInt32(arena, rows + 1)
  offsets.set(plain.offsets.subarray(0, rows + 1))
  const values = allocUint8(arena, plain.used)
  values.set(plain.bytes.subarray(0, plain.used))
  return { type, values, offsets }
}

/** Lists, structs and maps: each stretch of a chunk as a column of its own, put together at the end. */
class NestedReader extends ColumnReader {
  readonly #cells: NestedCells
  #pieces: Column[] = []
  #rows: { length: number }[] = []

  constructor(raw: typeof Raw, type: NestedType, name: string, shape: NestedShape) {
    super(type)
    const flat: FlatReader = (field, shape, column, from, count) => {
      const reader = columnReader(raw, field, shape)
      reader.begin(heapArena, count)
      reader.append(column, from, count, 0)
      return reader.finish(heapArena, count)
    }
    this.#cells = new NestedCells(type, name, shape, flat)
  }

  protected start(): void {
    this.#pieces = []
    this.#rows = []
  }

  protected copy(
    _data: unknown,
    _validity: unknown,
    from: number,
    count: number,
    _at: number,
    column: ChunkColumn,
  ): void {
    this.#pieces.push(this.#cells.read(column, from, count))
    this.#rows.push({ length: count })
  }

  protected end(arena: Arena, rows: number): Column {
    if (rows === 0) return emptyColumn(this.type, arena)
    const { validity: _own, ...cells } = concatColumn(this.#pieces, this.#rows, rows, arena)
    return cells
  }
}

/** DuckDB has a byte a boolean, we have a bit. */
class BoolReader extends ColumnReader {
  #bits: Uint8Array = new Uint8Array(0)

  constructor() {
    super('bool')
  }

  protected start(arena: Arena, capacity: number): void {
    this.#bits = allocUint8(arena, bitmapBytes(capacity))
    this.#bits.fill(0)
  }

  protected copy(data: Uint8Array, _validity: unknown, from: number, count: number, at: number): void {
    const bits = this.#bits
    for (let i = 0; i < count; i++) {
      if (data[from + i]! & 1) bits[(at + i) >> 3]! |= 1 << ((at + i) & 7)
    }
  }

  protected end(_arena: Arena, rows: number): Column {
    return { type: 'bool', values: this.#bits.subarray(0, bitmapBytes(rows)) }
  }
}

class EnumReader extends ColumnReader {
  readonly #dictionary: Dictionary
  readonly #width: number
  #codes: Int32Array = new Int32Array(0)

  constructor(type: ColumnType, dictionary: Dictionary) {
    super(type)
    this.#dictionary = dictionary
    this.#width = enumWidth(dictionary.length)
  }

  protected start(arena: Arena, capacity: number): void {
    this.#codes = allocInt32(arena, capacity)
  }

  protected copy(data: Uint8Array, _validity: unknown, from: number, count: number, at: number): void {
    const width = this.#width
    const codes = this.#codes
    for (let i = 0; i < count; i++) {
      const p = (from + i) * width
      let code = data[p]!
      if (width > 1) code |= data[p + 1]! << 8
      if (width > 2) code |= (data[p + 2]! << 16) | (data[p + 3]! << 24)
      codes[at + i] = code
    }
  }

  protected end(_arena: Arena, rows: number): Column {
    return { type: this.type, values: this.#codes.subarray(0, rows), dictionary: this.#dictionary }
  }
}

/** Codes into the column's dictionary while it is small; plain text from the batch after it has grown too large. */
class TextReader extends ColumnReader {
  readonly #dictionary: TextDictionary
  readonly #plain: PlainText
  #codes: Int32Array | undefined

  constructor(type: ColumnType, dictionary: TextDictionary, raw: typeof Raw) {
    super(type)
    this.#dictionary = dictionary
    this.#plain = new PlainText(raw)
  }

  protected start(arena: Arena, capacity: number): void {
    if (this.type === 'dictionary' || this.#dictionary.length <= LARGEST_DICTIONARY) {
      this.#codes = allocInt32(arena, capacity)
    } else {
      this.#codes = undefined
      this.#plain.begin(capacity)
    }
  }

  protected copy(
    data: Uint8Array,
    validity: Uint8Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    if (this.#codes) this.#dictionary.encode(data, validity, from, count, this.#codes, at)
    else this.#plain.append(data, validity, from, count, at)
  }

  protected end(arena: Arena, rows: number): Column {
    if (this.#codes) {
      const dictionary = this.#dictionary.snapshot()
      return { type: this.type, values: this.#codes.subarray(0, rows), dictionary }
    }
    return plainColumn(this.type, this.#plain, rows, arena)
  }
}
