/**
 * Exact running sums of floats, shared by `sum`, `mean` and the moments: what a group keeps, how a value is added, how
 * the total is read.
 *
 * Adding never rounds, so the total does not depend on the order of rows, on chunks or on merging, and a value taken out
 * again (a negative weight) leaves what was there before.
 */

import type { FieldSpec, FoldLoop, StepRows } from '../fold.ts'
import { type Dyadic, dyadicOf, plus, ratio, wholeNumber } from './dyadic.ts'
import { EMPTY, isEmptySum } from './empty-sum.ts'
import { productError } from './error-free.ts'
import { ExactSum } from './exact-sum.ts'
import { pairOver } from './quotient.ts'

/** A float sum as first + rest + exact, exactly. Most groups have no `exact`. */
export interface FloatParts {
  first: Float64Array
  rest: Float64Array
  exact: unknown[]
}

export const floatLayout = {
  first: { kind: 'f64', initial: EMPTY },
  rest: { kind: 'f64' },
  exact: {
    kind: 'object',
    encode: value => (value as ExactSum).encode(),
    decode: bytes => ExactSum.decode(bytes),
  },
} as const satisfies Record<string, FieldSpec>

/** {@link addFloat} of the value `x` as text. */
const addText = (x: string): string => `
      const a = $first[$g]
      const sum = a + ${x}
      const xPart = sum - a
      const error = a - (sum - xPart) + (${x} - xPart)
      const b = $rest[$g]
      const rest = b + error
      const errorPart = rest - b
      if (b - (rest - errorPart) + (error - errorPart) !== 0) $spill({ first: $first, rest: $rest, exact: $exact }, $g, ${x})
      else {
        $first[$g] = sum
        $rest[$g] = rest
      }`

/** {@link addFloats} for one row. */
export const floatLoop: FoldLoop = {
  code: addText('$v'),
  weighted: `
      if (($w !== 1 && $w !== -1) || $v - $v !== 0) $addTimes({ first: $first, rest: $rest, exact: $exact }, $g, $v, $w)
      else {
      const x = $v * $w + 0${addText('x')}
      }`,
  helpers: { spill, addTimes },
}

/** Adds the non-null values of a float column, each as often as its row's weight says. */
export function addFloats(state: FloatParts, input: StepRows): void {
  const { count, rows, groups, weights } = input
  const column = input.columns[0]!
  const values = column.values as Float64Array
  const { validity } = column
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    if (weights === undefined) addFloat(state, groups[i]!, values[row]! + 0)
    else addTimes(state, groups[i]!, values[row]! + 0, weights[i]!)
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

/** Products of a number below this and a weight, and the parts that `productError` cuts it into, are finite. */
const SAFE_FACTOR = 2 ** 960

/** Adds `x` so many times, exactly; a negative number of times takes it out again. */
export function addTimes(state: FloatParts, group: number, x: number, times: number): void {
  if (!(Math.abs(x) < SAFE_FACTOR)) {
    exactOf(state, group).add(x, times)
    // Adding 0 makes -0 a 0: the group is not empty.
    state.first[group]! += 0
    return
  }
  const product = x * times
  addFloat(state, group, product + 0)
  const error = times === 1 || times === -1 ? 0 : productError(x, times, product)
  if (error !== 0) addFloat(state, group, error)
}

/** The long accumulator of a group, which it may not have had yet. */
export function exactOf(state: FloatParts, group: number): ExactSum {
  let exact = state.exact[group] as ExactSum | undefined
  if (exact === undefined) {
    exact = new ExactSum()
    state.exact[group] = exact
  }
  return exact
}

/** Adds a value that the pair cannot take: what the pair has goes to `exact`, and the pair starts again from zero. */
export function spill(state: FloatParts, group: number, x: number): void {
  const exact = exactOf(state, group)
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

/** The exact total over the number of values, rounded once. */
export function floatMeanOf(state: FloatParts, group: number, count: number): number {
  const exact = state.exact[group] as ExactSum | undefined
  if (exact === undefined) return pairOver(state.first[group]!, state.rest[group]!, count)
  const total = exactTotal(state, group)
  return total === undefined ? exact.value() : ratio(total, wholeNumber(BigInt(count)))
}

/** The exact total; undefined where it is not finite. */
export function exactTotal(state: FloatParts, group: number): Dyadic | undefined {
  const pair = plus(dyadicOf(state.first[group]!), dyadicOf(state.rest[group]!))
  const exact = state.exact[group] as ExactSum | undefined
  if (exact === undefined) return pair
  const long = exact.dyadic()
  return long && plus(pair, long)
}
