/** Takes batches apart into the numbers of a frame: where in which memory each column lies. */

import type { Batch, Origin } from '../core/batch/batch.ts'
import type { Column, Dictionary, Values } from '../core/batch/column.ts'
import type { RowMeta } from '../core/batch/meta.ts'
import { retire } from '../core/batch/spare-memory.ts'
import type { FrameReader, FrameWriter } from './frame.ts'
import { ConstantSlots, MemorySlots } from './slots.ts'

/** The memory of a request, in the order in which its frame names it: a reply may lie in it. */
export type RequestMemory = readonly ArrayBufferLike[]

/** Where a piece of memory is to be found: in a slot, attached for a slot, attached as a copy, in the request. */
const [KNOWN, NEW, COPIED, REQUESTED] = [0, 1, 2, 3]

/** In place of where an array's memory is: its numbers follow. */
const INLINE = -1
/** Arrays that are not shared and no longer than this are written as numbers: a port would take longer. */
const MAX_INLINE = 512

/** What a column has besides its values. */
const [OFFSETS, VALIDITY, DICTIONARY, CHILDREN] = [1, 2, 4, 8]
/** What a batch has besides its columns. */
const [SELECTION, META, ORIGIN, ENCODED_ROWS] = [1, 2, 4, 8]
/** A column that travels with the rows and is not among the batch's own. */
const NOT_A_COLUMN = -1

const KINDS = [
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
] as const
/** Whether an array is written as numbers, which 64-bit integers are not. */
const isInline = (array: Values): boolean =>
  array.length === 0 ||
  (array.length <= MAX_INLINE &&
    !(array.buffer instanceof SharedArrayBuffer) &&
    !(array instanceof BigInt64Array || array instanceof BigUint64Array))

const kindNumbers = new Map<unknown, number>(KINDS.map((Kind, i) => [Kind, i]))

/** Writes what messages consist of. */
export class Packer {
  readonly #slots = new MemorySlots()
  readonly #constants = new ConstantSlots()
  #frame!: FrameWriter
  #memory: ArrayBufferLike[] = []
  #request: RequestMemory = []

  /** Bytes of shared memory that the other end is known to have. */
  get sentBytes(): number {
    return this.#slots.bytes
  }

  /** @param request memory that the other end has sent and knows by its place */
  begin(frame: FrameWriter, request: RequestMemory): void {
    this.#frame = frame
    this.#memory = []
    this.#request = request
    // Before any slot is filled anew.
    frame.putAll(this.#slots.drop())
  }

  /** The memory that the frame names. */
  get memory(): RequestMemory {
    return this.#memory
  }

  put(value: number): void {
    this.#frame.put(value)
  }

  putAll(values: ArrayLike<number>): void {
    this.#frame.putAll(values)
  }

  /** A value that never changes, and comes again. */
  constant(value: unknown): void {
    const slot = this.#constants.find(value)
    if (slot !== undefined) {
      this.#frame.put(slot)
      return
    }
    // Negative: it comes with this frame.
    this.#frame.put(-1 - this.#constants.add(value))
    this.#frame.attach(value)
  }

  batches(batches: readonly Batch[]): void {
    this.put(batches.length)
    for (const batch of batches) this.batch(batch)
  }

  batch({ schema, length, columns, selection, position, meta, origin, encodedRows }: Batch): void {
    this.constant(schema)
    this.put(length)
    this.put(position.split)
    this.put(position.offset)
    this.put(
      (selection ? SELECTION : 0) |
        (meta ? META : 0) |
        (origin ? ORIGIN : 0) |
        (encodedRows === undefined ? 0 : ENCODED_ROWS),
    )
    this.#columns(columns)
    if (selection) this.view(selection)
    if (meta) this.#meta(meta, columns)
    if (origin) this.#origin(origin)
    if (encodedRows !== undefined) this.put(encodedRows)
  }

  view(array: Values): void {
    this.put(kindNumbers.get(array.constructor)!)
    if (isInline(array)) {
      this.put(INLINE)
      this.putAll(array as ArrayLike<number>)
      return
    }
    this.#place(array.buffer)
    this.put(array.byteOffset)
    this.put(array.length)
  }

  #columns(columns: readonly Column[]): void {
    this.put(columns.length)
    for (const column of columns) this.#column(column)
  }

  #column({ type, values, offsets, validity, dictionary, children }: Column): void {
    this.constant(type)
    this.put(
      (offsets ? OFFSETS : 0) |
        (validity ? VALIDITY : 0) |
        (dictionary ? DICTIONARY : 0) |
        (children ? CHILDREN : 0),
    )
    this.view(values)
    if (offsets) this.view(offsets)
    if (validity) this.view(validity)
    if (dictionary) this.#dictionary(dictionary)
    if (children) this.#columns(children)
  }

  #dictionary({ id, length, values, offsets }: Dictionary): void {
    this.constant(id)
    this.put(length)
    this.view(values)
    this.view(offsets)
  }

  #meta(meta: RowMeta, columns: readonly Column[]): void {
    const names = Object.keys(meta)
    this.put(names.length)
    for (const name of names) {
      const column = meta[name]!
      const index = columns.indexOf(column)
      this.constant(name)
      this.put(index)
      if (index === NOT_A_COLUMN) this.#column(column)
    }
  }

  /** One for each file. */
  #origin(origin: Origin): void {
    this.#frame.attach(origin)
  }

  /** The memory's place among that of the frame; at its first mention also where it is to be found. */
  #place(buffer: ArrayBufferLike): void {
    const place = this.#memory.indexOf(buffer)
    if (place >= 0) {
      this.put(place)
      return
    }
    this.put(this.#memory.push(buffer) - 1)
    const requested = this.#request.indexOf(buffer)
    if (requested >= 0) this.#found(REQUESTED, requested)
    else if (buffer instanceof SharedArrayBuffer) this.#shared(buffer)
    else {
      this.#found(COPIED, 0)
      this.#frame.attach(buffer)
    }
  }

  #shared(memory: SharedArrayBuffer): void {
    const known = this.#slots.find(memory)
    if (known !== undefined) {
      this.#found(KNOWN, known)
      return
    }
    this.#found(NEW, this.#slots.add(memory))
    this.#frame.attach(memory)
  }

  #found(where: number, number: number): void {
    this.put(where)
    this.put(number)
  }
}

/** Reads what a {@link Packer} wrote. */
export class Unpacker {
  readonly #slots: (SharedArrayBuffer | undefined)[] = []
  readonly #constants: unknown[] = []
  #frame!: FrameReader
  #memory: ArrayBufferLike[] = []
  #request: RequestMemory = []

  /** Bytes of shared memory that this end keeps. */
  get keptBytes(): number {
    return this.#slots.reduce((sum, memory) => sum + (memory?.byteLength ?? 0), 0)
  }

  /** @param request memory that this end has sent and the other knows by its place */
  begin(frame: FrameReader, request: RequestMemory): void {
    this.#frame = frame
    this.#memory = []
    this.#request = request
    for (const slot of frame.takeAll()) {
      const memory = this.#slots[slot]
      this.#slots[slot] = undefined
      // Other wires of this thread may have it, too.
      if (memory) retire(memory)
    }
  }

  /** The memory that the frame has named so far. */
  get memory(): RequestMemory {
    return this.#memory
  }

  take(): number {
    return this.#frame.take()
  }

  takeAll(): number[] {
    return this.#frame.takeAll()
  }

  constant<T>(): T {
    const slot = this.#frame.take()
    if (slot >= 0) return this.#constants[slot] as T
    const value = this.#frame.attachment() as T
    this.#constants[-1 - slot] = value
    return value
  }

  batches(): Batch[] {
    const batches: Batch[] = []
    for (let left = this.take(); left > 0; left--) batches.push(this.batch())
    return batches
  }

  batch(): Batch {
    const schema = this.constant<Batch['schema']>()
    const length = this.take()
    const position = { split: this.take(), offset: this.take() }
    const has = this.take()
    const columns = this.#columns()
    if (has === 0) return { schema, length, columns, position }
    const selection = has & SELECTION ? (this.view() as Uint32Array) : undefined
    const meta = has & META ? this.#meta(columns) : undefined
    const origin = has & ORIGIN ? (this.#frame.attachment() as Origin) : undefined
    const encodedRows = has & ENCODED_ROWS ? this.take() : undefined
    return {
      schema,
      length,
      columns,
      position,
      ...(selection ? { selection } : {}),
      ...(meta ? { meta } : {}),
      ...(origin ? { origin } : {}),
      ...(encodedRows === undefined ? {} : { encodedRows }),
    }
  }

  view(): Values {
    const Kind = KINDS[this.take()]!
    const place = this.take()
    if (place === INLINE) return this.#numbers(Kind)
    const memory = this.#memoryAt(place) as ArrayBuffer
    const byteOffset = this.take()
    return new Kind(memory, byteOffset, this.take())
  }

  #columns(): Column[] {
    const columns: Column[] = []
    for (let left = this.take(); left > 0; left--) columns.push(this.#column())
    return columns
  }

  #column(): Column {
    const type = this.constant<Column['type']>()
    const has = this.take()
    const values = this.view()
    if (has === 0) return { type, values }
    const offsets = has & OFFSETS ? (this.view() as Int32Array) : undefined
    const validity = has & VALIDITY ? (this.view() as Uint8Array) : undefined
    const dictionary = has & DICTIONARY ? this.#dictionary() : undefined
    const children = has & CHILDREN ? this.#columns() : undefined
    return {
      type,
      values,
      ...(offsets ? { offsets } : {}),
      ...(validity ? { validity } : {}),
      ...(dictionary ? { dictionary } : {}),
      ...(children ? { children } : {}),
    }
  }

  #dictionary(): Dictionary {
    const id = this.constant<string>()
    const length = this.take()
    return { id, length, values: this.view() as Uint8Array, offsets: this.view() as Int32Array }
  }

  #meta(columns: readonly Column[]): RowMeta {
    const meta: Record<string, Column> = {}
    for (let left = this.take(); left > 0; left--) {
      const name = this.constant<string>()
      const index = this.take()
      meta[name] = index === NOT_A_COLUMN ? this.#column() : columns[index]!
    }
    return meta
  }

  #numbers(Kind: (typeof KINDS)[number]): Values {
    const values = new Kind(this.take())
    for (let i = 0; i < values.length; i++) values[i] = this.take()
    return values
  }

  #memoryAt(place: number): ArrayBufferLike {
    if (place === this.#memory.length) this.#memory.push(this.#find())
    return this.#memory[place]!
  }

  #find(): ArrayBufferLike {
    const where = this.take()
    const number = this.take()
    if (where === KNOWN) return this.#slots[number]!
    if (where === REQUESTED) return this.#request[number]!
    const attached = this.#frame.attachment() as SharedArrayBuffer
    if (where === NEW) this.#slots[number] = attached
    return attached
  }
}
