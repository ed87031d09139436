/**
 * `bitAnd(x)`, `bitOr(x)` and `bitXor(x)`: the bits that all values have, that some have, that an odd number of them have, of
 * integers in two's complement. Nulls do not count; of no values they are null. The result is of the argument's type.
 *
 * Where rows may be taken out again every value is kept, but for `bitXor`, which a value taken out flips back.
 */

import { bitAt, type Column, words32Of } from '../batch/column.ts'
import { DataError } from '../errors.ts'
import type { Fold } from '../fold.ts'
import { type ColumnType, isWide } from '../types/column-type.ts'
import { type CellKey, columnOfKeys } from './cell-key.ts'
import { ResultColumn } from './result.ts'
import { foldOfCounts, type ValueCounts } from './value-counts.ts'

export type BitFold = 'bitAnd' | 'bitOr' | 'bitXor'

const layout = { low: { kind: 'i32' }, high: { kind: 'i32' }, values: { kind: 'f64' } } as const

const andLayout = {
  ...layout,
  low: { kind: 'i32', initial: -1 },
  high: { kind: 'i32', initial: -1 },
} as const

/** On words of 32 bits. */
const COMBINE: Readonly<Record<BitFold, (a: number, b: number) => number>> = {
  bitAnd: (a, b) => a & b,
  bitOr: (a, b) => a | b,
  bitXor: (a, b) => a ^ b,
}

/**
 * @param type of the argument; an integer
 * @param changes whether rows may be taken out again
 */
export const bitwise =
  (which: BitFold) =>
  (type: ColumnType, _: unknown, changes: boolean): Fold =>
    changes && which !== 'bitXor' ? bitsOfChanges(type, which) : (bitsOfRows(type, which) as unknown as Fold)

const bitsOfRows = (type: ColumnType, which: BitFold): Fold<typeof layout> => {
  const combine = COMBINE[which]
  const add = (
    state: { low: Int32Array; high: Int32Array; values: Float64Array },
    group: number,
    low: number,
    high: number,
    times: number,
  ) => {
    state.values[group]! += times
    if (which === 'bitXor' && (times & 1) === 0) return
    state.low[group] = combine(state.low[group]!, low)
    state.high[group] = combine(state.high[group]!, high)
  }
  return {
    layout: (which === 'bitAnd' ? andLayout : layout) as typeof layout,
    resultType: type,
    ...(which === 'bitXor' ? { retract: 'linear' as const } : {}),
    step(state, { columns, count, rows, groups, weights }) {
      const { validity } = columns[0]!
      const words = wordsOf(columns[0]!)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (validity !== undefined && !bitAt(validity, row)) continue
        const weight = weights === undefined ? 1 : weights[i]!
        add(state, groups[i]!, words.low(row), words.high(row), weight)
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const source = fromGroups[i]!
        const values = from.values[source]!
        // What flips of values that are gone again is left as it was.
        if (values === 0 && which !== 'bitXor') continue
        const group = groups[i]!
        state.values[group]! += values
        state.low[group] = combine(state.low[group]!, from.low[source]!)
        state.high[group] = combine(state.high[group]!, from.high[source]!)
      }
    },
    result(state, groups, arena) {
      const result = new ResultColumn(type, groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        if (state.values[group] === 0) result.setNull(i)
        else if (isWide(type)) {
          if (type === 'int53') requireSafe(state.low[group]!, state.high[group]!)
          result.words32[2 * i] = state.low[group]!
          result.words32[2 * i + 1] = state.high[group]!
        } else result.values[i] = state.low[group]!
      }
      return result.finish()
    },
  }
}

/** Only -2^53 can come of safe integers and is none. */
function requireSafe(low: number, high: number): void {
  if (Number.isSafeInteger(high * 2 ** 32 + (low >>> 0))) return
  throw new DataError('OVERFLOW', 'the bits of these values are -2^53, which int53 does not hold', {
    hint: 'cast the column to int64 first; the result is then a bigint',
  })
}

/** The two words of integers of any width, by physical row. */
function wordsOf(column: Column): { low(row: number): number; high(row: number): number } {
  if (isWide(column.type)) {
    const words32 = words32Of(column)
    return { low: row => words32[2 * row]!, high: row => words32[2 * row + 1]! }
  }
  const values = column.values as Int32Array
  return { low: row => values[row]! | 0, high: row => (values[row]! < 0 ? -1 : 0) }
}

const bitsOfChanges = (type: ColumnType, which: 'bitAnd' | 'bitOr'): Fold =>
  foldOfCounts(type, {
    resultType: type,
    result: (groups, arena) =>
      columnOfKeys(
        type,
        groups.map(counts => counts && bitsOf(counts, which, type)),
        arena,
      ),
  })

function bitsOf(counts: ValueCounts, which: 'bitAnd' | 'bitOr', type: ColumnType): CellKey | undefined {
  let bits: bigint | undefined
  for (const [key, times] of counts) {
    if (times <= 0) continue
    const value = BigInt(key as number | bigint)
    bits = bits === undefined ? value : which === 'bitAnd' ? bits & value : bits | value
  }
  if (bits === undefined) return undefined
  if (type === 'int53') requireSafe(Number(bits & 0xffffffffn) | 0, Number(bits >> 32n))
  return type === 'int64' || type === 'uint64' ? bits : Number(bits)
}
