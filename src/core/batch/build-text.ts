/** Builders of columns whose cells are any number of bytes: text, plain or as codes, and binary. */

import { DataError } from '../errors.ts'
import type { ColumnType } from '../types/column-type.ts'
import { Builder, type ColumnBuilderOptions } from './column-builder.ts'
import { type Arena, allocInt32, allocUint8 } from './slab.ts'
import { TextInterner } from './text-interner.ts'

const encoder = new TextEncoder()
const MAX_TEXT_BYTES = 2 ** 31 - 1

export class TextBuilder extends Builder {
  #bytes: Uint8Array
  #used = 0
  /** `#ends[i]` is where cell `i` ends. */
  #ends: Int32Array

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#bytes = new Uint8Array(this.capacity * 8)
    this.#ends = new Int32Array(this.capacity)
  }

  append(value: unknown): void {
    if (typeof value === 'string') {
      this.#reserve(value.length * 3)
      const written = encodeAt(value, this.#bytes, this.#used)
      if (written < 0)
        throw this.wrong(value, 'the string has a lone surrogate; value.toWellFormed() mends it')
      this.#close(this.#used + written)
    } else if (value === null || value === undefined) this.appendNull()
    else throw this.wrong(value)
  }

  override appendNull(): void {
    super.appendNull()
    this.#ends[this.length - 1] = this.#used
  }

  override appendBytes(source: Uint8Array, start = 0, end = source.length): void {
    this.#reserve(end - start)
    const bytes = this.#bytes
    let at = this.#used
    for (let i = start; i < end; i++) bytes[at++] = source[i]!
    this.#close(at)
  }

  #close(end: number): void {
    if (this.length === this.capacity) this.growAll()
    this.#ends[this.length++] = end
    this.#used = end
  }

  #reserve(bytes: number): void {
    const need = this.#used + bytes
    if (need <= this.#bytes.length) return
    if (need > MAX_TEXT_BYTES)
      throw new DataError('TEXT_SIZE', `column ${JSON.stringify(this.name)} needs over 2 GiB for one batch`, {
        hint: 'smaller batches hold fewer of its strings',
      })
    const grown = new Uint8Array(Math.min(MAX_TEXT_BYTES, Math.max(need, this.#bytes.length * 2)))
    grown.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = grown
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity)
    grown.set(this.#ends)
    this.#ends = grown
  }

  protected cells(arena: Arena) {
    const values = allocUint8(arena, this.#used)
    values.set(this.#bytes.subarray(0, this.#used))
    const offsets = allocInt32(arena, this.length + 1)
    offsets[0] = 0
    offsets.set(this.#ends.subarray(0, this.length), 1)
    this.#used = 0
    return { values, offsets }
  }
}

/** Distinct texts after which a dictionary is followed by another: a stream of ever new ones must not fill memory. */
const LARGEST_DICTIONARY = 1 << 16

export class DictionaryBuilder extends Builder {
  #codes: Int32Array
  readonly #known = new Map<string, number>()
  #texts = new TextInterner()
  #scratch = new Uint8Array(256)

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#codes = new Int32Array(this.capacity)
  }

  append(value: unknown): void {
    if (typeof value === 'string') {
      let code = this.#known.get(value)
      if (code === undefined) {
        if (this.#scratch.length < value.length * 3) this.#scratch = new Uint8Array(value.length * 3)
        const written = encodeAt(value, this.#scratch, 0)
        if (written < 0)
          throw this.wrong(value, 'the string has a lone surrogate; value.toWellFormed() mends it')
        code = this.#texts.code(this.#scratch, 0, written)
        this.#known.set(value, code)
      }
      this.#push(code)
    } else if (value === null || value === undefined) this.appendNull()
    else throw this.wrong(value)
  }

  override appendBytes(source: Uint8Array, start = 0, end = source.length): void {
    this.#push(this.#texts.code(source, start, end))
  }

  #push(code: number): void {
    if (this.length === this.capacity) this.growAll()
    this.#codes[this.length++] = code
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity)
    grown.set(this.#codes)
    this.#codes = grown
  }

  protected cells(arena: Arena) {
    const values = allocInt32(arena, this.length)
    values.set(this.#codes.subarray(0, this.length))
    const dictionary = this.#texts.dictionary()
    if (dictionary.length > LARGEST_DICTIONARY) {
      this.#texts = new TextInterner()
      this.#known.clear()
    }
    return { values, dictionary }
  }
}

/**
 * Writes `text` as UTF-8 at `at`, where `3 * text.length` bytes are free. Returns the bytes written, -1 for a lone
 * surrogate.
 */
function encodeAt(text: string, bytes: Uint8Array, at: number): number {
  const { length } = text
  if (length <= 24) {
    let i = 0
    for (; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 127) break
      bytes[at + i] = unit
    }
    if (i === length) return length
  }
  if (!text.isWellFormed()) return -1
  return encoder.encodeInto(text, bytes.subarray(at)).written
}

/** Bytes, copied. Takes what views bytes: typed arrays, Buffers, ArrayBuffers. */
export class BinaryBuilder extends TextBuilder {
  override append(value: unknown): void {
    if (value instanceof Uint8Array) this.appendBytes(value)
    else if (value === null || value === undefined) this.appendNull()
    else if (ArrayBuffer.isView(value))
      this.appendBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    else if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
      this.appendBytes(new Uint8Array(value))
    else
      throw this.wrong(
        value,
        typeof value === 'string'
          ? 'new TextEncoder().encode(text) makes bytes of a text'
          : 'a binary column takes Uint8Arrays',
      )
  }
}
