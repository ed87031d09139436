/**
 * Exact running sums, shared by `sum` and `mean`: what a group keeps, how a value is added, how the total is read.
 *
 * Adding never rounds, so the total does not depend on the order of rows, on chunks or on merging. An empty group's
 * first field is -0: no sum of values can be, because zeros are made +0 before they are added.
 */

import { type Column, words32Of } from '../batch/column.ts'
import { DataError } from '../errors.ts'
import type { FieldSpec, FoldLoop, StepRows } from '../fold.ts'
import { type ColumnType, isFloat, isWide } from '../types/column-type.ts'
import { ExactSum } from './exact-sum.ts'

const WORD = 2 ** 32
/** Past this a part gives its upper bits to the next, well before doubles stop being exact at 2^53. */
const CARRY_AT = 2 ** 52

/** A whole number as low + high * 2^32 + top * 2^64; each part a whole number of any sign. */
export interface WholeParts {
  low: Float64Array
  high: Float64Array
  top: Float64Array
}

/** A float sum as first + rest + exact, exactly. Most groups have no `exact`. */
export interface FloatParts {
  first: Float64Array
  rest: Float64Array
  exact: unknown[]
}

export const wholeLayout = {
  low: { kind: 'f64', initial: -0 },
  high: { kind: 'f64' },
  top: { kind: 'f64' },
} as const satisfies Record<string, FieldSpec>

export const floatLayout = {
  first: { kind: 'f64', initial: -0 },
  rest: { kind: 'f64' },
  exact: {
    kind: 'object',
    encode: value => (value as ExactSum).encode(),
    decode: bytes => ExactSum.decode(bytes),
  },
} as const satisfies Record<string, FieldSpec>

export const isEmptySum = (x: number): boolean => x === 0 && 1 / x < 0

/** {@link addWhole} or {@link addFloats} for one row. */
export function addLoop(type: ColumnType): FoldLoop {
  if (isFloat(type)) {
    const code = `
      const a = $first[$g]
      const sum = a + $v
      const xPart = sum - a
      const error = a - (sum - xPart) + ($v - xPart)
      const b = $rest[$g]
      const rest = b + error
      const errorPart = rest - b
      if (b - (rest - errorPart) + (error - errorPart) !== 0) $spill({ first: $first, rest: $rest, exact: $exact }, $g, $v)
      else {
        $first[$g] = sum
        $rest[$g] = rest
      }`
    return { code, helpers: { spill } }
  }
  if (isWide(type)) {
    const code = `
      const lower = $low[$g] + ($vLow >>> 0)
      const upper = $high[$g] + ${type === 'uint64' ? '($vHigh >>> 0)' : '$vHigh'}
      $low[$g] = lower
      $high[$g] = upper
      if (lower > ${CARRY_AT} || upper > ${CARRY_AT} || upper < -${CARRY_AT}) $carryAll({ low: $low, high: $high, top: $top }, $g)`
    return { code, helpers: { carryAll } }
  }
  const code = `
      const total = $low[$g] + $v
      $low[$g] = total
      if (total > ${CARRY_AT} || total < -${CARRY_AT}) $carryLow($low, $high, $g)`
  return { code, helpers: { carryLow } }
}

/** Adds the non-null values of a whole-number column. */
export function addWhole(state: WholeParts, input: StepRows): void {
  const column = input.columns[0]!
  if (isWide(column.type)) addWide(state, column, input)
  else addNarrow(state, column, input)
}

function addNarrow({ low, high }: WholeParts, column: Column, { count, rows, groups }: StepRows): void {
  const values = column.values as Int32Array
  const { validity } = column
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const group = groups[i]!
    const total = low[group]! + values[row]!
    low[group] = total
    if (total > CARRY_AT || total < -CARRY_AT) carryLow(low, high, group)
  }
}

function addWide(state: WholeParts, column: Column, { count, rows, groups }: StepRows): void {
  const words32 = words32Of(column)
  const signed = column.type !== 'uint64'
  const { validity } = column
  const { low, high } = state
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const group = groups[i]!
    const lower = low[group]! + (words32[2 * row]! >>> 0)
    const word = words32[2 * row + 1]!
    const upper = high[group]! + (signed ? word : word >>> 0)
    low[group] = lower
    high[group] = upper
    if (lower > CARRY_AT || upper > CARRY_AT || upper < -CARRY_AT) carryAll(state, group)
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

/** The total in the form `carryAll` leaves it: (top, high, low) with 0 <= high, low < 2^32. */
export function wholeTotal({ low, high, top }: WholeParts, group: number): readonly [number, number, number] {
  const carry = Math.floor(low[group]! / WORD)
  const middle = high[group]! + carry
  const over = Math.floor(middle / WORD)
  return [top[group]! + over, middle - over * WORD, low[group]! - carry * WORD]
}

/** The total as the nearest double. */
export function wholeAsFloat(state: WholeParts, group: number): number {
  const [top, high, low] = wholeTotal(state, group)
  // high + top * 2^32 is exact below 2^53, its multiple too: one rounding, in the last addition.
  const upper = top * WORD + high
  if (Number.isSafeInteger(upper)) return upper * WORD + low
  return Number((BigInt(top) << 64n) + (BigInt(high) << 32n) + BigInt(low))
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
      : type === 'int64'
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

/** Adds the non-null values of a float column. */
export function addFloats(state: FloatParts, input: StepRows): void {
  const { count, rows, groups } = input
  const column = input.columns[0]!
  const values = column.values as Float64Array
  const { validity } = column
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    addFloat(state, groups[i]!, values[row]! + 0)
  }
}

// Knuth's TwoSum, twice. (TAOCP 2, 4.2.2, theorem B.)
export function addFloat(state: FloatParts, group: number, x: number): void {
  const a = state.first[group]!
  const sum = a + x
  const xPart = sum - a
  const error = a - (sum - xPart) + (x - xPart)
  const b = state.rest[group]!
  const rest = b + error
  const errorPart = rest - b
  const lost = b - (rest - errorPart) + (error - errorPart)
  // NaN, from anything that is not finite, is not 0 either.
  if (lost !== 0) spill(state, group, x)
  else {
    state.first[group] = sum
    state.rest[group] = rest
  }
}

/** Adds a value that the pair cannot take: what the pair has goes to `exact`, and the pair starts again from zero. */
export function spill(state: FloatParts, group: number, x: number): void {
  let exact = state.exact[group] as ExactSum | undefined
  if (exact === undefined) {
    exact = new ExactSum()
    state.exact[group] = exact
  }
  exact.add(state.first[group]!)
  exact.add(state.rest[group]!)
  exact.add(x)
  state.first[group] = 0
  state.rest[group] = 0
}

export function mergeFloats(
  state: FloatParts,
  groups: Uint32Array,
  from: FloatParts,
  fromGroups: Uint32Array,
): void {
  for (let i = 0; i < groups.length; i++) {
    const source = fromGroups[i]!
    const group = groups[i]!
    if (isEmptySum(from.first[source]!)) continue
    addFloat(state, group, from.first[source]!)
    addFloat(state, group, from.rest[source]!)
    const exact = from.exact[source] as ExactSum | undefined
    if (exact === undefined) continue
    spill(state, group, 0)
    ;(state.exact[group] as ExactSum).merge(exact)
  }
}

/** The exact total, rounded once. */
export function floatTotal(state: FloatParts, group: number): number {
  if (state.exact[group] === undefined) return state.first[group]! + state.rest[group]! + 0
  spill(state, group, 0)
  return (state.exact[group] as ExactSum).value()
}

/** Whether sums of the type are {@link FloatParts}; otherwise {@link WholeParts}. */
export const sumsAsFloat = (type: ColumnType): boolean => isFloat(type)
