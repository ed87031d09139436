/**
 * Gives equal values equal codes, for every type whose cells fit in 64 bits: integers, floats, bool, dates, timestamps.
 *
 * A value is two 32-bit words (low, high). Codes count from 0 in order of first sight. Small values (high is the sign
 * of low) in a dense range are looked up in a plain array; all others in an open-addressing table.
 */

import { bitAt, type Column, valuesConstructor, words32Of } from '../batch/column.ts'
import { type Arena, allocUint8 } from '../batch/slab.ts'
import { type ColumnType, isEightByteInteger, isFloat } from '../types/column-type.ts'
import { grown } from './growing.ts'
import { WordSlots } from './word-slots.ts'

/** The longest plain array: 4 Mi entries, 16 MB. */
const MAX_DIRECT = 1 << 22

let narrowed = new Int32Array(1 << 16)
let words = new Int32Array(1 << 17)

/** What `find` gives for values that have no code: -1 in 32 bits. */
export const NO_CODE = 0xffffffff

/** Values as 32-bit words by physical row, and codes by value less `base`. */
export interface CodeLookup {
  readonly values: Int32Array
  array: Int32Array
  base: number
}

export class IntegerIndex {
  readonly #type: ColumnType
  /** Whether an Int32 reading of the values loses the sign: uint32. */
  readonly #unsigned: boolean
  /** Eight-byte integers: both words count. */
  readonly #wide: boolean
  readonly #floats: boolean
  #lows = new Int32Array(64)
  #highs = new Int32Array(64)
  #size = 0
  #nullCode = -1
  /** Code + 1 of the value `#base + i`; 0: not seen. Knows every small value in its range. */
  #direct = new Int32Array(0)
  #base = 0
  /** Code + 1 by low and high of the values that the plain array does not have. */
  #slots: WordSlots | undefined
  /** While values are only looked up: those that have no code get {@link NO_CODE}. */
  #closed = false

  constructor(type: ColumnType) {
    this.#type = type
    this.#wide = isEightByteInteger(type)
    this.#floats = isFloat(type)
    this.#unsigned = type === 'uint32' || type === 'uint64'
  }

  /** How many distinct values it has seen, null included. */
  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return 8 * this.#size + this.#direct.byteLength + (this.#slots?.bytes ?? 0)
  }

  /** `codes[i]` becomes the code of the cell at physical row `rows[i]` (or `i`). */
  intern(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    if (isEightByteInteger(this.#type)) {
      this.#internWords(words32Of(column), count, rows, column.validity, codes)
    } else if (isFloat(this.#type)) {
      this.#internFloats(column, count, rows, codes)
    } else {
      this.#internNarrow(this.#narrow(column), count, rows, column.validity, codes)
    }
  }

  /** As {@link intern}, without new codes: values that have none get {@link NO_CODE}. */
  find(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    this.#closed = true
    try {
      this.intern(column, count, rows, codes)
    } finally {
      this.#closed = false
    }
  }

  /**
   * The values a loop of its own may look up: `array[values[row] - base]` is code + 1, or 0 for a value that only
   * {@link internRow} finds. Undefined when the column's values are not found that way.
   */
  lookup(column: Column): CodeLookup | undefined {
    if (this.#slots || column.validity || isEightByteInteger(this.#type) || isFloat(this.#type)) {
      return undefined
    }
    return { values: this.#narrow(column), array: this.#direct, base: this.#base }
  }

  /** The code of one value of a column that has a {@link lookup}, which it brings up to date. */
  internRow(_column: Column, row: number, lookup: CodeLookup): number {
    const value = lookup.values[row]!
    const code = this.#code(value, value >> 31)
    lookup.array = this.#direct
    lookup.base = this.#base
    return code
  }

  /** The values as 32-bit words by physical row. */
  #narrow(column: Column): Int32Array {
    const { values } = column
    if (this.#type === 'int32' || this.#type === 'date') return values as Int32Array
    if (this.#type === 'uint32') return new Int32Array(values.buffer, values.byteOffset, values.length)
    const length = this.#type === 'bool' ? values.length * 8 : values.length
    if (narrowed.length < length) narrowed = new Int32Array(length)
    if (this.#type === 'bool') {
      for (let i = 0; i < length; i++) narrowed[i] = bitAt(values as Uint8Array, i) ? 1 : 0
    } else narrowed.set(values as Int8Array)
    return narrowed
  }

  #internNarrow(
    values: Int32Array,
    count: number,
    rows: Uint32Array | undefined,
    validity: Uint8Array | undefined,
    codes: Uint32Array,
  ): void {
    let direct = this.#direct
    let base = this.#base
    let size = direct.length
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) {
        codes[i] = this.#codeOfNull()
        continue
      }
      const value = values[row]!
      const at = (value - base) >>> 0
      const known = at < size ? direct[at]! : 0
      if (known !== 0) codes[i] = known - 1
      else {
        codes[i] = this.#code(value, value >> 31)
        direct = this.#direct
        base = this.#base
        size = direct.length
      }
    }
  }

  #internWords(
    words32: Int32Array,
    count: number,
    rows: Uint32Array | undefined,
    validity: Uint8Array | undefined,
    codes: Uint32Array,
  ): void {
    let direct = this.#direct
    let base = this.#base
    let size = direct.length
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) {
        codes[i] = this.#codeOfNull()
        continue
      }
      const low = words32[2 * row]!
      const high = words32[2 * row + 1]!
      const at = (low - base) >>> 0
      const known = at < size && high === low >> 31 ? direct[at]! : 0
      if (known !== 0) codes[i] = known - 1
      else {
        codes[i] = this.#code(low, high)
        direct = this.#direct
        base = this.#base
        size = direct.length
      }
    }
  }

  // Floats by their bits, after making all zeros and all NaNs one.
  #internFloats(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    if (words.length < count * 2) words = new Int32Array(count * 2)
    const floats = new Float64Array(words.buffer, 0, count)
    const values = column.values as Float64Array
    const { validity } = column
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]!
      floats[i] = Number.isNaN(value) ? Number.NaN : value + 0
    }
    for (let i = 0; i < count; i++) {
      if (validity !== undefined && !bitAt(validity, rows === undefined ? i : rows[i]!)) {
        codes[i] = this.#codeOfNull()
      } else if (Number.isNaN(floats[i]!)) codes[i] = this.#code(0, 0x7ff80000)
      else codes[i] = this.#code(words[2 * i]!, words[2 * i + 1]!)
    }
  }

  #codeOfNull(): number {
    if (this.#nullCode < 0 && !this.#closed) this.#nullCode = this.#append(0, 0)
    return this.#nullCode
  }

  #code(low: number, high: number): number {
    const small = high === low >> 31
    if (small) {
      const at = (low - this.#base) >>> 0
      if (at < this.#direct.length) {
        const known = this.#direct[at]!
        if (known !== 0 || this.#closed) return known - 1
        const code = this.#append(low, high)
        this.#direct[at] = code + 1
        return code
      }
      if (!this.#closed && this.#widenDirect(low)) return this.#code(low, high)
    }
    if (this.#closed && !this.#slots) return -1
    const slots = (this.#slots ??= new WordSlots(64))
    const known = slots.find(low, high, 0)
    if (known !== 0 || this.#closed) return known - 1
    const code = this.#append(low, high)
    slots.add(low, high, 0, code + 1)
    return code
  }

  #append(low: number, high: number): number {
    const code = this.#size++
    if (code === this.#lows.length) {
      this.#lows = grown(this.#lows, code + 1)
      this.#highs = grown(this.#highs, code + 1)
    }
    this.#lows[code] = low
    this.#highs[code] = high
    return code
  }

  /** Stretches the plain array to hold `value`, if that leaves it reasonably full. */
  #widenDirect(value: number): boolean {
    const length = this.#direct.length
    const low = length === 0 ? value : Math.min(value, this.#base)
    const high = length === 0 ? value + 1 : Math.max(value + 1, this.#base + length)
    const span = high - low
    if (span > MAX_DIRECT || span > Math.max(1 << 16, 16 * this.#size)) return false
    // Room to grow in the direction it grew; the range stays within 32 bits.
    const room = Math.min(MAX_DIRECT, Math.max(1024, span * 2))
    let base = value < this.#base && length > 0 ? high - room : low
    base = Math.max(-(2 ** 31), Math.min(base, 2 ** 31 - room))
    const direct = new Int32Array(room)
    direct.set(this.#direct, length === 0 ? 0 : this.#base - base)
    this.#direct = direct
    this.#base = base
    // Values that were out of the old range may be in the new one.
    if (this.#slots) {
      for (let code = 0; code < this.#size; code++) {
        const at = (this.#lows[code]! - base) >>> 0
        if (at < room && code !== this.#nullCode && this.#highs[code] === this.#lows[code]! >> 31)
          direct[at] = code + 1
      }
    }
    return true
  }

  /** The values of codes as a column, in their order. */
  column(codes: Uint32Array, count: number, arena: Arena): Column {
    const type = this.#type
    const nullCode = this.#nullCode
    const validity = nullCode < 0 ? undefined : validityOf(codes, count, nullCode, arena)
    const nulls = validity ? { validity } : {}
    const lows = this.#lows
    const highs = this.#highs
    if (type === 'bool') {
      const bits = allocUint8(arena, (count + 7) >> 3)
      bits.fill(0)
      for (let i = 0; i < count; i++) bits[i >> 3]! |= lows[codes[i]!]! << (i & 7)
      return { type, values: bits, ...nulls }
    }
    const Values = valuesConstructor(type)
    const { buffer, byteOffset } = arena.allocate(count * Values.BYTES_PER_ELEMENT)
    const values = new Values(buffer as ArrayBuffer, byteOffset, count)
    if (isEightByteInteger(type) || type === 'float64') {
      const words32 = new Int32Array(buffer, byteOffset, count * 2)
      for (let i = 0; i < count; i++) {
        words32[2 * i] = lows[codes[i]!]!
        words32[2 * i + 1] = highs[codes[i]!]!
      }
    } else if (type === 'float32') {
      for (let i = 0; i < count; i++) values[i] = this.#float(codes[i]!)
    } else {
      for (let i = 0; i < count; i++) values[i] = lows[codes[i]!]!
    }
    return { type, values, ...nulls }
  }

  #float(code: number): number {
    floatWords[0] = this.#lows[code]!
    floatWords[1] = this.#highs[code]!
    return float[0]!
  }

  /** All codes in canonical order, where that is faster than comparing them; else undefined. */
  sorted(): Uint32Array | undefined {
    if (this.#wide) return undefined
    const values = new Float64Array(this.#size)
    let count = 0
    let nanCode = -1
    for (let code = 0; code < this.#size; code++) {
      if (code === this.#nullCode) continue
      const value = this.#floats
        ? this.#float(code)
        : this.#unsigned
          ? this.#lows[code]! >>> 0
          : this.#lows[code]!
      if (Number.isNaN(value)) nanCode = code
      else values[count++] = value
    }
    const numbers = values.subarray(0, count).sort()
    const codes = new Uint32Array(this.#size)
    for (let i = 0; i < count; i++) {
      if (this.#floats) {
        float[0] = numbers[i]!
        codes[i] = this.#code(floatWords[0]!, floatWords[1]!)
      } else {
        const low = numbers[i]! | 0
        codes[i] = this.#code(low, low >> 31)
      }
    }
    if (nanCode >= 0) codes[count++] = nanCode
    if (this.#nullCode >= 0) codes[count] = this.#nullCode
    return codes
  }

  /** Canonical order: numeric, NaN after every number, null after everything. */
  compare(a: number, b: number): number {
    if (a === b) return 0
    if (a === this.#nullCode) return 1
    if (b === this.#nullCode) return -1
    if (this.#floats) {
      const x = this.#float(a)
      const y = this.#float(b)
      if (Number.isNaN(x)) return 1
      if (Number.isNaN(y)) return -1
      return x < y ? -1 : 1
    }
    const unsigned = this.#unsigned
    if (this.#wide) {
      const highA = unsigned ? this.#highs[a]! >>> 0 : this.#highs[a]!
      const highB = unsigned ? this.#highs[b]! >>> 0 : this.#highs[b]!
      if (highA !== highB) return highA < highB ? -1 : 1
      return this.#lows[a]! >>> 0 < this.#lows[b]! >>> 0 ? -1 : 1
    }
    const lowA = unsigned ? this.#lows[a]! >>> 0 : this.#lows[a]!
    const lowB = unsigned ? this.#lows[b]! >>> 0 : this.#lows[b]!
    return lowA < lowB ? -1 : 1
  }
}

const float = new Float64Array(1)
const floatWords = new Int32Array(float.buffer)

/** A validity bitmap that is clear where the code is the null's; undefined when no code is. */
export function validityOf(
  codes: Uint32Array,
  count: number,
  nullCode: number,
  arena: Arena,
): Uint8Array | undefined {
  let some = false
  for (let i = 0; i < count && !some; i++) some = codes[i] === nullCode
  if (!some) return undefined
  const bits = allocUint8(arena, (count + 7) >> 3)
  bits.fill(0)
  for (let i = 0; i < count; i++) if (codes[i] !== nullCode) bits[i >> 3]! |= 1 << (i & 7)
  return bits
}
