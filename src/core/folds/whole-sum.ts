/**
 * Exact running sums of whole numbers, shared by `sum` and `mean`: what a group keeps, how a value is added, how the
 * total is read.
 *
 * Adding never rounds and never overflows, so the total does not depend on the order of rows, on chunks or on merging,
 * and a value taken out again (a negative weight) leaves what was there before.
 */

import { type Column, words32Of } from '../batch/column.ts'
import { DataError } from '../errors.ts'
import type { FieldSpec, FoldLoop, StepRows } from '../fold.ts'
import { type ColumnType, isEightByteInteger } from '../types/column-type.ts'
import { ratio, wholeNumber } from './dyadic.ts'
import { EMPTY, isEmptySum } from './empty-sum.ts'
import { pairOver } from './quotient.ts'

const WORD = 2 ** 32
/** Past this a part gives its upper bits to the next, well before doubles stop being exact at 2^53. */
const CARRY_AT = 2 ** 52
/** A 32-bit word so many times is below 2^52. */
const MAX_TIMES = 2 ** 20

/** A whole number as low + high * 2^32 + top * 2^64; each part a whole number of any sign. */
export interface WholeParts {
  low: Float64Array
  high: Float64Array
  top: Float64Array
}

export const wholeLayout = {
  low: { kind: 'f64', initial: EMPTY },
  high: { kind: 'f64' },
  top: { kind: 'f64' },
} as const satisfies Record<string, FieldSpec>

/** {@link addWhole} for one row. */
export function wholeLoop(type: ColumnType): FoldLoop {
  const past = `$w > ${MAX_TIMES} || $w < -${MAX_TIMES}`
  if (isEightByteInteger(type)) {
    const upperWord = type === 'uint64' ? '($vHigh >>> 0)' : '$vHigh'
    const carry = '$carryAll({ low: $low, high: $high, top: $top }, $g)'
    const code = `
      const lower = $low[$g] + ($vLow >>> 0)
      const upper = $high[$g] + ${upperWord}
      $low[$g] = lower
      $high[$g] = upper
      if (lower > ${CARRY_AT} || upper > ${CARRY_AT} || upper < -${CARRY_AT}) ${carry}`
    const weighted = `
      if (${past}) $addTimes({ low: $low, high: $high, top: $top }, $g, $vLow >>> 0, ${upperWord}, $w)
      else {
        const lower = $low[$g] + ($vLow >>> 0) * $w + 0
        const upper = $high[$g] + ${upperWord} * $w
        $low[$g] = lower
        $high[$g] = upper
        if (lower > ${CARRY_AT} || lower < -${CARRY_AT} || upper > ${CARRY_AT} || upper < -${CARRY_AT}) ${carry}
      }`
    return { code, weighted, helpers: { carryAll, addTimes } }
  }
  const code = `
      const total = $low[$g] + $v
      $low[$g] = total
      if (total > ${CARRY_AT} || total < -${CARRY_AT}) $carryLow($low, $high, $g)`
  const weighted = `
      if (${past}) $addTimes({ low: $low, high: $high, top: $top }, $g, $v, 0, $w)
      else {
        const total = $low[$g] + $v * $w + 0
        $low[$g] = total
        if (total > ${CARRY_AT} || total < -${CARRY_AT}) $carryLow($low, $high, $g)
      }`
  return { code, weighted, helpers: { carryLow, addTimes } }
}

/** Adds the non-null values of a whole-number column, each as often as its row's weight says. */
export function addWhole(state: WholeParts, input: StepRows): void {
  const column = input.columns[0]!
  if (isEightByteInteger(column.type)) addWide(state, column, input)
  else addNarrow(state, column, input)
}

function addNarrow(state: WholeParts, column: Column, { count, rows, groups, weights }: StepRows): void {
  const values = column.values as Int32Array
  const { validity } = column
  const { low, high } = state
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const group = groups[i]!
    if (weights !== undefined) {
      addTimes(state, group, values[row]!, 0, weights[i]!)
      continue
    }
    const total = low[group]! + values[row]!
    low[group] = total
    if (total > CARRY_AT || total < -CARRY_AT) carryLow(low, high, group)
  }
}

function addWide(state: WholeParts, column: Column, { count, rows, groups, weights }: StepRows): void {
  const words32 = words32Of(column)
  const signed = column.type !== 'uint64'
  const { validity } = column
  const { low, high } = state
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const group = groups[i]!
    const lowWord = words32[2 * row]! >>> 0
    const highWord = signed ? words32[2 * row + 1]! : words32[2 * row + 1]! >>> 0
    if (weights !== undefined) {
      addTimes(state, group, lowWord, highWord, weights[i]!)
      continue
    }
    const lower = low[group]! + lowWord
    const upper = high[group]! + highWord
    low[group] = lower
    high[group] = upper
    if (lower > CARRY_AT || upper > CARRY_AT || upper < -CARRY_AT) carryAll(state, group)
  }
}

/** Adds lower + upper * 2^32, each below 2^32 either way, so many times. */
function addTimes(state: WholeParts, group: number, lower: number, upper: number, times: number): void {
  for (let left = times; left !== 0; ) {
    const part = Math.max(-MAX_TIMES, Math.min(MAX_TIMES, left))
    // Adding 0 makes -0 a 0: the group is not empty.
    state.low[group] = state.low[group]! + lower * part + 0
    state.high[group]! += upper * part
    carryAll(state, group)
    left -= part
  }
}

/** Moves what `low` has above 32 bits to `high`. */
export function carryLow(low: Float64Array, high: Float64Array, group: number): void {
  const carry = Math.floor(low[group]! / WORD)
  low[group] = low[group]! - carry * WORD
  high[group]! += carry
}

/** Leaves 32 bits in `low` and in `high`, and the remainder in `top`. */
export function carryAll({ low, high, top }: WholeParts, group: number): void {
  carryLow(low, high, group)
  const carry = Math.floor(high[group]! / WORD)
  high[group] = high[group]! - carry * WORD
  top[group]! += carry
}

export function mergeWhole(
  state: WholeParts,
  groups: Uint32Array,
  from: WholeParts,
  fromGroups: Uint32Array,
): void {
  for (let i = 0; i < groups.length; i++) {
    const source = fromGroups[i]!
    if (isEmptySum(from.low[source]!)) continue
    const group = groups[i]!
    state.low[group]! += from.low[source]!
    state.high[group]! += from.high[source]!
    state.top[group]! += from.top[source]!
    carryAll(state, group)
  }
}

/** The total as a bigint. */
export function wholeUnits(state: WholeParts, group: number): bigint {
  const [top, high, low] = wholeTotal(state, group)
  return (BigInt(top) << 64n) + (BigInt(high) << 32n) + BigInt(low)
}

/** The total over the number of values, rounded once. */
export function wholeMeanOf(state: WholeParts, group: number, count: number): number {
  const [top, high, low] = wholeTotal(state, group)
  const upper = top * WORD + high
  // A multiple of it by a power of two is exact.
  if (Number.isSafeInteger(upper)) return pairOver(upper * WORD, low, count)
  return ratio(wholeNumber(wholeUnits(state, group)), wholeNumber(BigInt(count)))
}

/** The total in the form `carryAll` leaves it: (top, high, low) with 0 <= high, low < 2^32. */
export function wholeTotal({ low, high, top }: WholeParts, group: number): readonly [number, number, number] {
  const carry = Math.floor(low[group]! / WORD)
  const middle = high[group]! + carry
  const over = Math.floor(middle / WORD)
  return [top[group]! + over, middle - over * WORD, low[group]! - carry * WORD]
}

/**
 * Writes the total of a group as two 32-bit words.
 *
 * @throws {DataError} `OVERFLOW` when the type does not hold it.
 */
export function writeWhole(
  state: WholeParts,
  group: number,
  type: ColumnType,
  words32: Int32Array,
  i: number,
): void {
  const near = state.high[group]! * WORD + state.low[group]!
  if (state.top[group] === 0 && Number.isSafeInteger(near) && (type !== 'uint64' || near >= 0)) {
    const upper = Math.floor(near / WORD)
    words32[2 * i] = near - upper * WORD
    words32[2 * i + 1] = upper
    return
  }
  const [top, high, low] = wholeTotal(state, group)
  const fits =
    type === 'uint64'
      ? top === 0
      : type !== 'int53'
        ? (top === 0 && high < 2 ** 31) || (top === -1 && high >= 2 ** 31)
        : Number.isSafeInteger((high - (top === -1 ? WORD : 0)) * WORD + low) && (top === 0 || top === -1)
  if (!fits) {
    throw new DataError('OVERFLOW', `a sum does not fit in ${type}`, {
      hint:
        type === 'int53'
          ? 'cast the column to int64 first; the sum is then a bigint'
          : 'cast the column to float64 first, if a rounded sum will do',
    })
  }
  words32[2 * i] = low
  words32[2 * i + 1] = high
}
