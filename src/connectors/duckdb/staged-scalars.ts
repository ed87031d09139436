/** Decimals, times of day and durations on their way to DuckDB, whose cells differ from ours. */

import type Raw from '@duckdb/node-bindings'
import { type Column, words32Of } from '../../core/batch/column.ts'
import { DataError } from '../../core/errors.ts'
import {
  type ColumnType,
  type DecimalType,
  type DurationType,
  decimalPrecision,
  isWideDecimal,
  type TimeType,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../../core/types/column-type.ts'
import { larger, StagedColumn } from './staged-columns.ts'
import { decimalWidth } from './types.ts'

/** Cells of `words` 32-bit words each, or of half a word. */
abstract class StagedWords extends StagedColumn {
  protected items = new Int32Array(0)
  readonly #bytes: number

  constructor(type: ColumnType, bytes: number) {
    super(type)
    this.#bytes = bytes
  }

  protected growItems(capacity: number): void {
    this.items = larger(this.items, Math.ceil((capacity * this.#bytes) / 4))
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    raw.copy_data_to_vector(vector, 0, this.items.buffer, from * this.#bytes, count * this.#bytes)
  }
}

/** Decimals of up to 9 digits: the lower half, or quarter, of a cell of ours. */
class StagedNarrowDecimal extends StagedWords {
  readonly #width: number

  constructor(type: DecimalType) {
    const width = decimalWidth(decimalPrecision(type))
    super(type, width)
    this.#width = width
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const source = words32Of(column)
    const { items } = this
    const target = this.#width === 4 ? items : new Int16Array(items.buffer, 0, items.length * 2)
    for (let i = 0; i < count; i++) target[at + i] = source[2 * (rows ? rows[i]! : from + i)]!
  }
}

/** Decimals of over 18 digits: the same 16 bytes on both sides. */
class StagedWideDecimal extends StagedWords {
  constructor(type: DecimalType) {
    super(type, 16)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const source = words32Of(column)
    if (!rows) {
      this.items.set(source.subarray(from * 4, (from + count) * 4), at * 4)
      return
    }
    for (let i = 0; i < count; i++)
      for (let word = 0; word < 4; word++) this.items[(at + i) * 4 + word] = source[rows[i]! * 4 + word]!
  }
}

/** A staging array for decimals that are not 64-bit integers in DuckDB too; undefined for those that are. */
export function stagedDecimal(type: DecimalType): StagedColumn | undefined {
  if (isWideDecimal(type)) return new StagedWideDecimal(type)
  return decimalWidth(decimalPrecision(type)) < 8 ? new StagedNarrowDecimal(type) : undefined
}

/** Microseconds of a time or duration of any unit. @throws {DataError} `OVERFLOW` for what they cannot hold */
function microsOf(name: string, type: TimeType | DurationType): (units: bigint) => bigint {
  const perSecond = UNITS_PER_SECOND[unitOfTime(type)]
  const factor = BigInt(1e6 / Math.min(1e6, perSecond))
  const divisor = BigInt(Math.max(1e6, perSecond) / 1e6)
  return units => {
    const micros = (units * factor) / divisor
    if (BigInt.asIntN(64, micros) === micros && (units * factor) % divisor === 0n) return micros
    throw new DataError(
      'OVERFLOW',
      `column ${JSON.stringify(name)}: DuckDB has microseconds, and cannot hold ${units} units of ${type}`,
      { hint: `cast it to ${type.replace(/\[.*/, '[us]')} first, which cuts finer digits off` },
    )
  }
}

export class StagedTime extends StagedWords {
  readonly #micros: (units: bigint) => bigint

  constructor(name: string, type: TimeType) {
    super(type, 8)
    this.#micros = microsOf(name, type)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const source = column.values as BigInt64Array
    const target = new BigInt64Array(this.items.buffer)
    for (let i = 0; i < count; i++)
      if (this.isValid(at + i)) target[at + i] = this.#micros(source[rows ? rows[i]! : from + i]!)
  }
}

/** Durations as INTERVAL: months and days, which are none, then microseconds. */
export class StagedDuration extends StagedWords {
  readonly #micros: (units: bigint) => bigint

  constructor(name: string, type: DurationType) {
    super(type, 16)
    this.#micros = microsOf(name, type)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const source = column.values as BigInt64Array
    const target = new BigInt64Array(this.items.buffer)
    for (let i = 0; i < count; i++) {
      target[2 * (at + i)] = 0n
      if (this.isValid(at + i)) target[2 * (at + i) + 1] = this.#micros(source[rows ? rows[i]! : from + i]!)
    }
  }
}
