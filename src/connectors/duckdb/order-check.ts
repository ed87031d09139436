/** Whether a column's values come in ascending order, chunk by chunk. */

import { valuesConstructor } from '../../core/batch/column.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { isEightByteInteger } from '../../core/types/column-type.ts'
import type { ChunkColumn } from './chunk.ts'

/** Types whose order can be checked here, and whose Parquet statistics are in the same order. */
export const isCheckable = (type: ColumnType): boolean =>
  isEightByteInteger(type) || type === 'date' || /^u?int(8|16|32)$/.test(type)

export class OrderCheck {
  readonly #type: ColumnType
  readonly #unsigned: boolean
  /** The last value: a number, or the two words of an eight-byte integer. */
  #high = Number.NEGATIVE_INFINITY
  #low = Number.NEGATIVE_INFINITY
  #first: readonly [high: number, low: number] | undefined

  constructor(type: ColumnType) {
    this.#type = type
    this.#unsigned = type.startsWith('u')
  }

  /** Whether the rows keep ascending from those before them. A null says no. */
  accepts(column: ChunkColumn, rows: number): boolean {
    if (column.validity) return false
    const { byteOffset } = column.data
    const buffer = column.data.buffer as ArrayBuffer
    if (!isEightByteInteger(this.#type)) {
      const numbers = new (valuesConstructor(this.#type))(buffer, byteOffset, rows) as Int32Array
      this.#first ??= [numbers[0]!, 0]
      return this.#numbers(numbers)
    }
    const lows = new Uint32Array(buffer, byteOffset, rows * 2)
    const highs = this.#unsigned ? lows : new Int32Array(buffer, byteOffset, rows * 2)
    this.#first ??= [highs[1]!, lows[0]!]
    return this.#unsigned
      ? this.#unsignedWords(lows, rows)
      : this.#signedWords(lows, highs as Int32Array, rows)
  }

  /** Whether the first value seen here is no less than the last one seen there. */
  follows(before: OrderCheck): boolean {
    if (!this.#first) return true
    const [high, low] = this.#first
    return high > before.#high || (high === before.#high && low >= before.#low)
  }

  #numbers(values: Int32Array): boolean {
    let last = this.#high
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value < last) return false
      last = value
    }
    this.#high = last
    return true
  }

  #signedWords(lows: Uint32Array, highs: Int32Array, rows: number): boolean {
    let high = this.#high
    let low = this.#low
    for (let i = 0; i < rows; i++) {
      const h = highs[i * 2 + 1]!
      const l = lows[i * 2]!
      if (h < high || (h === high && l < low)) return false
      high = h
      low = l
    }
    this.#high = high
    this.#low = low
    return true
  }

  #unsignedWords(words: Uint32Array, rows: number): boolean {
    let high = this.#high
    let low = this.#low
    for (let i = 0; i < rows; i++) {
      const h = words[i * 2 + 1]!
      const l = words[i * 2]!
      if (h < high || (h === high && l < low)) return false
      high = h
      low = l
    }
    this.#high = high
    this.#low = low
    return true
  }
}
