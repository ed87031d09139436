/** Back from the bytes of `nested-bytes.ts` to columns. */

import { type ColumnType, isBytes, isFloat, isWideDecimal } from '../types/column-type.ts'
import { childTypes, isStruct } from '../types/nested-type.ts'
import { bitAt, bitmapBytes, type Column, NO_VALUES, type Values, valuesConstructor } from './column.ts'
import { dictionaryText } from './concat-column.ts'
import { END, ESCAPED_ZERO, isUnsigned, VALUE } from './nested-bytes.ts'
import { type Arena, allocInt32, allocUint8 } from './slab.ts'

/** The column whose cells {@link nestedBytes} wrote: those of `text`, nulls and all. */
export function nestedValues(type: ColumnType, text: Column, length: number, arena: Arena): Column {
  const bytes = text.values as Uint8Array
  const offsets = text.offsets!
  const reader = readerOf(type)
  for (let i = 0; i < length; i++) {
    if (text.validity && !bitAt(text.validity, i)) reader.readNull()
    else reader.read(bytes, offsets[i]!)
  }
  return reader.finish(arena)
}

/** Collects the cells of one column. */
abstract class Reader {
  readonly type: ColumnType
  length = 0
  #valid: Uint8Array | undefined

  constructor(type: ColumnType) {
    this.type = type
  }

  /** Reads a value; returns where its bytes end. */
  read(bytes: Uint8Array, at: number): number {
    const end = this.value(bytes, at)
    this.length++
    return end
  }

  /** Reads a value that may be null, with what stands before it. */
  readWithin(bytes: Uint8Array, at: number): number {
    if (bytes[at] === VALUE) return this.read(bytes, at + 1)
    this.readNull()
    return at + 1
  }

  readNull(): void {
    const at = this.length
    if (!this.#valid || at >= this.#valid.length) {
      const grown = new Uint8Array(Math.max(64, 2 * at)).fill(1)
      if (this.#valid) grown.set(this.#valid)
      this.#valid = grown
    }
    this.#valid[at] = 0
    this.none()
    this.length++
  }

  finish(arena: Arena): Column {
    const column = this.column(arena)
    if (!this.#valid) return column
    const validity = allocUint8(arena, bitmapBytes(this.length)).fill(0)
    for (let i = 0; i < this.length; i++)
      if (i >= this.#valid.length || this.#valid[i] === 1) validity[i >> 3]! |= 1 << (i & 7)
    return { ...column, validity }
  }

  protected abstract value(bytes: Uint8Array, at: number): number
  /** Takes the place of a null. */
  protected abstract none(): void
  protected abstract column(arena: Arena): Column
}

function readerOf(type: ColumnType): Reader {
  const inner = childTypes(type)
  if (inner.length > 0)
    return isStruct(type) ? new StructReader(type, inner) : new ListReader(type, inner[0]!)
  return isBytes(type) ? new TextReader(type) : new FixedReader(type)
}

class StructReader extends Reader {
  readonly #fields: readonly Reader[]

  constructor(type: ColumnType, fields: readonly ColumnType[]) {
    super(type)
    this.#fields = fields.map(readerOf)
  }

  protected value(bytes: Uint8Array, at: number): number {
    let end = at
    for (const field of this.#fields) end = field.readWithin(bytes, end)
    return end
  }

  protected none(): void {
    for (const field of this.#fields) field.readNull()
  }

  protected column(arena: Arena): Column {
    const children = this.#fields.map(field => field.finish(arena))
    return { type: this.type, values: NO_VALUES, children }
  }
}

class ListReader extends Reader {
  readonly #element: Reader
  readonly #ends: number[] = []

  constructor(type: ColumnType, element: ColumnType) {
    super(type)
    this.#element = readerOf(element)
  }

  protected value(bytes: Uint8Array, at: number): number {
    let end = at
    while (bytes[end] !== END) end = this.#element.readWithin(bytes, end)
    this.none()
    return end + 1
  }

  protected none(): void {
    this.#ends.push(this.#element.length)
  }

  protected column(arena: Arena): Column {
    const offsets = allocInt32(arena, this.length + 1)
    offsets[0] = 0
    offsets.set(this.#ends, 1)
    return { type: this.type, values: NO_VALUES, offsets, children: [this.#element.finish(arena)] }
  }
}

class TextReader extends Reader {
  #bytes = new Uint8Array(256)
  readonly #ends: number[] = []
  #used = 0

  protected value(bytes: Uint8Array, at: number): number {
    let i = at
    for (; bytes[i] !== 0 || bytes[i + 1] === ESCAPED_ZERO; i++) {
      if (this.#used === this.#bytes.length) this.#grow()
      const byte = bytes[i]!
      this.#bytes[this.#used++] = byte
      if (byte === 0) i++
    }
    this.none()
    return i + 2
  }

  protected none(): void {
    this.#ends.push(this.#used)
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.#bytes.length)
    grown.set(this.#bytes)
    this.#bytes = grown
  }

  protected column(arena: Arena): Column {
    const values = allocUint8(arena, this.#used)
    values.set(this.#bytes.subarray(0, this.#used))
    const offsets = allocInt32(arena, this.length + 1)
    offsets[0] = 0
    offsets.set(this.#ends, 1)
    const plain: Column = { type: this.type, values, offsets }
    return this.type === 'dictionary' ? dictionaryText(plain, this.length, arena) : plain
  }
}

/** Numbers, booleans and times: as their bytes, the other way round. */
class FixedReader extends Reader {
  readonly #kind: 'bool' | 'float' | 'integer'
  /** Bytes as written, and as kept. */
  readonly #width: number
  readonly #kept: number
  readonly #flip: number
  #items = new Uint8Array(64)

  constructor(type: ColumnType) {
    super(type)
    this.#kind = type === 'bool' ? 'bool' : isFloat(type) ? 'float' : 'integer'
    this.#kept = isWideDecimal(type) ? 16 : valuesConstructor(type).BYTES_PER_ELEMENT
    this.#width = type === 'bool' ? 1 : Math.max(4, this.#kept)
    this.#flip = isUnsigned(type) || type === 'bool' ? 0 : 0x80
  }

  protected value(bytes: Uint8Array, at: number): number {
    const place = this.#place()
    const width = this.#width
    const items = this.#items
    // Of fewer bytes than are written, the low ones.
    for (let i = 0; i < this.#kept; i++) items[place + i] = bytes[at + width - 1 - i]!
    if (this.#kind === 'float') {
      const negative = bytes[at]! < 0x80
      if (negative) for (let i = 0; i < width; i++) items[place + i]! ^= 0xff
      else items[place + width - 1]! ^= 0x80
    } else if (this.#kept === width) items[place + width - 1]! ^= this.#flip
    return at + width
  }

  protected none(): void {
    const place = this.#place()
    this.#items.fill(0, place, place + this.#kept)
  }

  #place(): number {
    const place = this.length * this.#kept
    if (place + this.#kept > this.#items.length) {
      const grown = new Uint8Array(2 * this.#items.length)
      grown.set(this.#items)
      this.#items = grown
    }
    return place
  }

  protected column(arena: Arena): Column {
    const { type, length } = this
    if (this.#kind === 'bool') {
      const bits = allocUint8(arena, bitmapBytes(length)).fill(0)
      for (let i = 0; i < length; i++) bits[i >> 3]! |= this.#items[i]! << (i & 7)
      return { type, values: bits }
    }
    const { buffer, byteOffset } = arena.allocate(length * this.#kept)
    new Uint8Array(buffer, byteOffset, length * this.#kept).set(this.#items.subarray(0, length * this.#kept))
    const Typed = valuesConstructor(type)
    const items = (length * this.#kept) / Typed.BYTES_PER_ELEMENT
    const values = new Typed(buffer as ArrayBuffer, byteOffset, items)
    return { type, values: values as Values }
  }
}
