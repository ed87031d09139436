/**
 * Exact second moments, shared by `variance`, `stddev` and `corr`: what a group keeps and how products are added.
 *
 * A product of two doubles is two doubles, exactly; all of them are added without rounding (`float-sum.ts`), and the
 * difference n·Σxy − Σx·Σy, in which most digits cancel, is taken in whole numbers. So neither the order of rows nor a
 * mean far from 0 costs a digit. Products that are no doubles, or whose last digits are none, are added as whole numbers
 * times powers of two: slower, and as exact. Taking a row out again undoes exactly what it added.
 */

import { type Column, words32Of } from '../batch/column.ts'
import type { FieldSpec, StateTable } from '../fold.ts'
import { isWide } from '../types/column-type.ts'
import { type Dyadic, dyadicOf, plus, times, wholeNumber } from './dyadic.ts'
import { productError } from './error-free.ts'
import type { ExactSum } from './exact-sum.ts'
import { addFloat, addTimes, exactOf, type FloatParts, floatLayout, mergeFloats } from './float-sum.ts'

const WORD = 2 ** 32
/** Below this what rounding took from a product may be no double. */
const MIN_PRODUCT = 2 ** -960
/** Powers up to the fourth of what is between this and its inverse, and their last digits, are doubles. */
const MAX_BASE = 2 ** 230

/** The fields of one exact total, under a name of its own. */
export const totalLayout = (name: string): Record<string, FieldSpec> => ({
  [`${name}First`]: { kind: 'f64' },
  [`${name}Rest`]: { kind: 'f64' },
  [`${name}Exact`]: floatLayout.exact,
})

/** How many values each group has had. */
export const countsIn = (state: StateTable): Float64Array => state.count as unknown as Float64Array

/** One exact total of all groups. The arrays are those of the table: valid for one step. */
export function totalIn(state: StateTable, name: string): FloatParts {
  const fields = state as Readonly<Record<string, unknown>>
  return {
    first: fields[`${name}First`] as Float64Array,
    rest: fields[`${name}Rest`] as Float64Array,
    exact: fields[`${name}Exact`] as unknown[],
  }
}

/** Adds a value so many times, exactly: to the pair while that can hold the total, then to the long accumulator. */
function addTo(total: FloatParts, group: number, x: number, times: number): void {
  const exact = total.exact[group] as ExactSum | undefined
  if (exact !== undefined) exact.add(x, times)
  else if (times === 1) addFloat(total, group, x + 0)
  else addTimes(total, group, x + 0, times)
}

/** Adds x·y so many times, exactly. */
function addProduct(total: FloatParts, group: number, x: number, y: number, times: number): void {
  const product = x * y
  const error = productError(x, y, product)
  if (error - error !== 0 || (Math.abs(product) < MIN_PRODUCT && x !== 0 && y !== 0)) {
    addFarProduct(total, group, x, y, times)
    return
  }
  addTo(total, group, product, times)
  if (error !== 0) addTo(total, group, error, times)
}

/** Adds a product that two doubles do not hold. */
function addFarProduct(total: FloatParts, group: number, x: number, y: number, weight: number): void {
  if (Number.isFinite(x) && Number.isFinite(y))
    exactOf(total, group).addDyadic(times(dyadicOf(x), dyadicOf(y)), weight)
  else addTo(total, group, x * y, weight)
}

/** A numeric column as doubles, two per row: their sum is the value, exactly, also of 64-bit integers. */
export interface Doubles {
  readonly upper: ArrayLike<number>
  /** Absent where `upper` is the whole value. */
  readonly lower?: ArrayLike<number>
}

/** Indexed as the rows of a step are. */
export function doublesOf(column: Column, count: number, rows: Uint32Array | undefined): Doubles {
  const upper = new Float64Array(count)
  const { type, values } = column
  if (!isWide(type)) {
    for (let i = 0; i < count; i++) upper[i] = values[rows === undefined ? i : rows[i]!] as number
    return { upper }
  }
  const lower = new Float64Array(count)
  const words32 = words32Of(column)
  const signed = type !== 'uint64'
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    const word = words32[2 * row + 1]!
    upper[i] = (signed ? word : word >>> 0) * WORD
    lower[i] = words32[2 * row]! >>> 0
  }
  if (type !== 'int53') return { upper, lower }
  for (let i = 0; i < count; i++) upper[i]! += lower[i]!
  return { upper }
}

/** Adds value i of x times value i of y, or value i of x alone, so many times. */
export function addValue(
  total: FloatParts,
  group: number,
  i: number,
  times: number,
  x: Doubles,
  y?: Doubles,
): void {
  const a = x.upper[i]!
  const aLow = x.lower?.[i] ?? 0
  if (y === undefined) {
    addTo(total, group, a, times)
    if (aLow !== 0) addTo(total, group, aLow, times)
    return
  }
  const b = y.upper[i]!
  const bLow = y.lower?.[i] ?? 0
  addProduct(total, group, a, b, times)
  if (aLow !== 0) addProduct(total, group, aLow, b, times)
  if (bLow !== 0) addProduct(total, group, a, bLow, times)
  if (aLow !== 0 && bLow !== 0) addProduct(total, group, aLow, bLow, times)
}

/** Adds the third or a higher power of value i so many times. */
export function addPower(
  total: FloatParts,
  group: number,
  i: number,
  weight: number,
  x: Doubles,
  power: number,
): void {
  let parts = [x.upper[i]!]
  const size = Math.abs(parts[0]!)
  if ((size > MAX_BASE || (size < 1 / MAX_BASE && size > 0)) && size < Number.POSITIVE_INFINITY) {
    const base = dyadicOf(parts[0]!)
    exactOf(total, group).addDyadic(
      Array(power - 1)
        .fill(base)
        .reduce(times, base),
      weight,
    )
    return
  }
  const low = x.lower?.[i] ?? 0
  if (low !== 0) parts.push(low)
  const factors = parts
  for (let n = 2; n < power; n++) parts = productParts(parts, factors)
  for (const a of parts) for (const b of factors) addProduct(total, group, a, b, weight)
}

/** The product of two sums as a sum, exactly. */
function productParts(a: readonly number[], b: readonly number[]): number[] {
  const parts: number[] = []
  for (const x of a) {
    for (const y of b) {
      const product = x * y
      parts.push(product)
      const error = productError(x, y, product)
      if (error !== 0 && !Number.isNaN(error)) parts.push(error)
    }
  }
  return parts
}

/** Merges one total. An empty group has zeros, which change nothing. */
export function mergeTotal(
  state: StateTable,
  groups: Uint32Array,
  from: StateTable,
  fromGroups: Uint32Array,
  name: string,
): void {
  mergeFloats(totalIn(state, name), groups, totalIn(from, name), fromGroups)
}

/** n·Σxy − Σx·Σy. */
export const centred = (n: number, xy: Dyadic, x: Dyadic, y: Dyadic): Dyadic => {
  const { units, exponent } = times(x, y)
  return plus(times(wholeNumber(BigInt(n)), xy), { units: -units, exponent })
}
