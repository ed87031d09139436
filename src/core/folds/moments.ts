/**
 * Exact second moments, shared by `variance`, `stddev` and `corr`: what a group keeps, how products are added, how
 * ratios of totals are rounded.
 *
 * A product of two doubles is two doubles, exactly; all of them are added without rounding (`sum-parts.ts`), and the
 * difference n·Σxy − Σx·Σy, in which most digits cancel, is taken in whole numbers. So neither the order of rows nor a
 * mean far from 0 costs a digit. Exact where products are neither beyond 1e308 nor below 1e-290.
 *
 * Source: T. J. Dekker, "A floating-point technique for extending the available precision" (1971).
 */

import { type Column, words32Of } from '../batch/column.ts'
import type { FieldSpec, StateTable } from '../fold.ts'
import { isWide } from '../types/column-type.ts'
import type { ExactSum } from './exact-sum.ts'
import { addFloat, type FloatParts, floatLayout, mergeFloats } from './sum-parts.ts'

const SPLITTER = 2 ** 27 + 1
const WORD = 2 ** 32

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

/** Adds a value exactly: to the pair while that can hold the total, then to the long accumulator. */
export function addTo(total: FloatParts, group: number, x: number): void {
  const exact = total.exact[group] as ExactSum | undefined
  if (exact === undefined) addFloat(total, group, x + 0)
  else exact.add(x)
}

/** Adds x·y exactly. */
export function addProduct(total: FloatParts, group: number, x: number, y: number): void {
  const product = x * y
  addTo(total, group, product)
  const error = productError(x, y, product)
  // NaN where the product is not finite, which needs no correction.
  if (error !== 0 && !Number.isNaN(error)) addTo(total, group, error)
}

function productError(x: number, y: number, product: number): number {
  const xWide = SPLITTER * x
  const xHigh = xWide - (xWide - x)
  const xLow = x - xHigh
  const yWide = SPLITTER * y
  const yHigh = yWide - (yWide - y)
  const yLow = y - yHigh
  return xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow)
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

/** Adds value i of x times value i of y, or value i of x alone. */
export function addValue(total: FloatParts, group: number, i: number, x: Doubles, y?: Doubles): void {
  const a = x.upper[i]!
  const aLow = x.lower?.[i] ?? 0
  if (y === undefined) {
    addTo(total, group, a)
    if (aLow !== 0) addTo(total, group, aLow)
    return
  }
  const b = y.upper[i]!
  const bLow = y.lower?.[i] ?? 0
  addProduct(total, group, a, b)
  if (aLow !== 0) addProduct(total, group, aLow, b)
  if (bLow !== 0) addProduct(total, group, a, bLow)
  if (aLow !== 0 && bLow !== 0) addProduct(total, group, aLow, bLow)
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

/** A whole number times a power of two. */
export interface Dyadic {
  readonly units: bigint
  readonly exponent: number
}

const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)

function dyadicOf(x: number): Dyadic {
  float[0] = Math.abs(x)
  const field = Number(bits[0]! >> 52n)
  const fraction = bits[0]! & ((1n << 52n) - 1n)
  const units = field === 0 ? fraction : fraction | (1n << 52n)
  return { units: x < 0 ? -units : units, exponent: Math.max(field, 1) - 1075 }
}

/** The exact total; undefined where it is not finite. */
export function exactly(total: FloatParts, group: number): Dyadic | undefined {
  const first = total.first[group]!
  const rest = total.rest[group]!
  const pair = plus(dyadicOf(first), dyadicOf(rest))
  const exact = total.exact[group] as ExactSum | undefined
  if (exact === undefined) return pair
  const long = exact.dyadic()
  return long && plus(pair, long)
}

export function plus(a: Dyadic, b: Dyadic): Dyadic {
  if (a.units === 0n) return b
  if (b.units === 0n) return a
  if (a.exponent < b.exponent) return plus(b, a)
  return { units: (a.units << BigInt(a.exponent - b.exponent)) + b.units, exponent: b.exponent }
}

export const times = (a: Dyadic, b: Dyadic): Dyadic => ({
  units: a.units * b.units,
  exponent: a.exponent + b.exponent,
})

/** n·Σxy − Σx·Σy. */
export const centred = (n: number, xy: Dyadic, x: Dyadic, y: Dyadic): Dyadic => {
  const { units, exponent } = times(x, y)
  return plus(times({ units: BigInt(n), exponent: 0 }, xy), { units: -units, exponent })
}

/** About how many bits a number takes, and never fewer. */
const bitsOf = (x: bigint): number => 4 * x.toString(16).length

/** a / b as the nearest double, ties to even (below 2^-1022 rounded twice). Neither is negative; b is not 0. */
export function ratio(a: Dyadic, b: Dyadic): number {
  if (a.units === 0n) return 0
  const shift = 68 + bitsOf(b.units) - bitsOf(a.units)
  const above = shift > 0 ? a.units << BigInt(shift) : a.units
  const below = shift > 0 ? b.units : b.units << BigInt(-shift)
  const quotient = above / below
  // 64 bits or more, of which the last tells a tie from more than a tie.
  const rounded = Number(quotient * below === above ? quotient : quotient | 1n)
  const power = a.exponent - b.exponent - shift
  // In two steps: the power alone may be no double.
  const half = Math.trunc(power / 2)
  return rounded * 2 ** half * 2 ** (power - half)
}
