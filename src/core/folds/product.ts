/**
 * `product(x)`: all values multiplied, as a float64, and `geometricMean(x)`, its n-th root. Nulls do not count; of no values
 * they are null. A product is rounded once, however long it is, and beyond the doubles it is an infinity or 0.
 *
 * The significand is kept in 256 bits and the exponent beside it, so that no order of rows can change what it is rounded to: a
 * step is off by 2^-255 at most, and products that a double could be rounded from either way are short, hence exact.
 */

import { bitAt } from '../batch/column.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { CellKey } from './cell-key.ts'
import { type Dyadic, dyadicOf, ratio, wholeNumber } from './dyadic.ts'
import { doublesOf } from './moments.ts'
import { ResultColumn } from './result.ts'
import { foldOfCounts, type ValueCounts } from './value-counts.ts'

const BITS = 256

const layout = {
  count: { kind: 'f64' },
  zeros: { kind: 'f64' },
  negatives: { kind: 'f64' },
  /** Values that are infinite, and those that are NaN. */
  infinities: { kind: 'f64' },
  nans: { kind: 'f64' },
  /** The product of the others without their signs; absent: 1. */
  size: {
    kind: 'object',
    encode: value => encodeSize(value as Dyadic),
    decode: bytes => decodeSize(bytes),
  },
} as const satisfies Record<string, FieldSpec>

/** What a group's values come to. */
interface Factors {
  readonly count: number
  readonly zeros: number
  readonly negatives: number
  readonly infinities: number
  readonly nans: number
  /** Positive. */
  readonly size: Dyadic
}

const ONE = wholeNumber(1n)

/**
 * @param changes whether rows may be taken out again: then values are kept with how often they are there
 */
export const product = (type: ColumnType, _: unknown, changes: boolean): Fold =>
  productFold(type, changes, productOf)

/** The n-th root of the product of n values: NaN where one is negative. */
export const geometricMean = (type: ColumnType, _: unknown, changes: boolean): Fold =>
  productFold(type, changes, rootOf)

function productFold(type: ColumnType, changes: boolean, finish: (factors: Factors) => number): Fold {
  if (changes) {
    return foldOfCounts(type, {
      resultType: 'float64',
      result(groups, arena) {
        const result = new ResultColumn('float64', groups.length, arena)
        groups.forEach((counts, i) => {
          const factors = counts && factorsOf(counts)
          if (!factors || factors.count === 0) result.setNull(i)
          else result.values[i] = finish(factors)
        })
        return result.finish()
      },
    })
  }
  const fold: Fold<typeof layout> = {
    layout,
    resultType: 'float64',
    step(state, { columns, count, rows, groups, weights }) {
      const { validity } = columns[0]!
      const { upper, lower } = doublesOf(columns[0]!, count, rows)
      for (let i = 0; i < count; i++) {
        if (validity !== undefined && !bitAt(validity, rows === undefined ? i : rows[i]!)) continue
        const group = groups[i]!
        const weight = weights === undefined ? 1 : weights[i]!
        const x = upper[i]! + (lower === undefined ? 0 : lower[i]!)
        state.count[group]! += weight
        if (x < 0) state.negatives[group]! += weight
        if (x === 0) state.zeros[group]! += weight
        else if (Number.isNaN(x)) state.nans[group]! += weight
        else if (!Number.isFinite(x)) state.infinities[group]! += weight
        else if (x !== 1 && x !== -1) {
          const size = lower === undefined ? dyadicOf(Math.abs(x)) : wholeSize(upper[i]!, lower[i]!)
          const before = (state.size[group] as Dyadic | undefined) ?? ONE
          state.size[group] = timesShort(before, weight === 1 ? size : power(size, weight))
        }
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const source = fromGroups[i]!
        for (const name of ['count', 'zeros', 'negatives', 'infinities', 'nans'] as const)
          state[name][group]! += from[name][source]!
        const size = from.size[source] as Dyadic | undefined
        if (size === undefined) continue
        const before = state.size[group] as Dyadic | undefined
        state.size[group] = before === undefined ? size : timesShort(before, size)
      }
    },
    result(state, groups, arena) {
      const result = new ResultColumn('float64', groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        if (state.count[group] === 0) result.setNull(i)
        else {
          result.values[i] = finish({
            count: state.count[group]!,
            zeros: state.zeros[group]!,
            negatives: state.negatives[group]!,
            infinities: state.infinities[group]!,
            nans: state.nans[group]!,
            size: (state.size[group] as Dyadic | undefined) ?? ONE,
          })
        }
      }
      return result.finish()
    },
  }
  return fold as unknown as Fold
}

function factorsOf(counts: ValueCounts): Factors {
  const factors = { count: 0, zeros: 0, negatives: 0, infinities: 0, nans: 0, size: ONE }
  for (const [key, times] of counts) {
    if (times <= 0) continue
    const x = Number(key)
    factors.count += times
    if (x < 0) factors.negatives += times
    if (x === 0) factors.zeros += times
    else if (Number.isNaN(x)) factors.nans += times
    else if (!Number.isFinite(x)) factors.infinities += times
    else factors.size = timesShort(factors.size, power(sizeOf(key), times))
  }
  return factors
}

const sizeOf = (key: CellKey): Dyadic =>
  typeof key === 'bigint' ? wholeNumber(key < 0n ? -key : key) : dyadicOf(Math.abs(key as number))

/** A 64-bit integer without its sign. */
function wholeSize(upper: number, lower: number): Dyadic {
  const value = BigInt(upper) + BigInt(lower)
  return wholeNumber(value < 0n ? -value : value)
}

/** The product, with {@link BITS} bits at most. */
function timesShort(a: Dyadic, b: Dyadic): Dyadic {
  const units = a.units * b.units
  const exponent = a.exponent + b.exponent
  const excess = 4 * units.toString(16).length - BITS
  return excess <= 0 ? { units, exponent } : { units: units >> BigInt(excess), exponent: exponent + excess }
}

function power(x: Dyadic, times: number): Dyadic {
  let result = ONE
  let square = x
  for (let left = times; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = timesShort(result, square)
    if (left > 1) square = timesShort(square, square)
  }
  return result
}

function productOf({ zeros, negatives, infinities, nans, size }: Factors): number {
  if (nans > 0 || (zeros > 0 && infinities > 0)) return Number.NaN
  if (zeros > 0) return 0
  const absolute = infinities > 0 ? Number.POSITIVE_INFINITY : doubleOf(size)
  return negatives % 2 === 1 ? 0 - absolute : absolute
}

/** Far beyond the doubles: an infinity, or 0. */
function doubleOf(size: Dyadic): number {
  const exponent = log2Floor(size)
  if (exponent > 1100) return Number.POSITIVE_INFINITY
  return exponent < -1200 ? 0 : ratio(size, ONE)
}

function rootOf({ count, zeros, negatives, infinities, nans, size }: Factors): number {
  if (nans > 0 || negatives > 0 || (zeros > 0 && infinities > 0)) return Number.NaN
  if (zeros > 0) return 0
  if (infinities > 0) return Number.POSITIVE_INFINITY
  const whole = log2Floor(size)
  const rest = whole % count
  // Between 1 and 2.
  const significand = ratio(size, { units: 1n, exponent: whole })
  const root = 2 ** ((rest + Math.log2(significand)) / count)
  // The whole part in two steps: the power alone may be no double.
  const shift = (whole - rest) / count
  const half = Math.trunc(shift / 2)
  return root * 2 ** half * 2 ** (shift - half)
}

/** The whole part of its logarithm. */
function log2Floor({ units, exponent }: Dyadic): number {
  const hex = units.toString(16)
  return 4 * (hex.length - 1) + Math.floor(Math.log2(Number.parseInt(hex[0]!, 16))) + exponent
}

/** The exponent, then the significand in hexadecimal digits: eight bytes, and a byte for each. */
function encodeSize({ units, exponent }: Dyadic): Uint8Array {
  const digits = units.toString(16)
  const bytes = new Uint8Array(8 + digits.length)
  new DataView(bytes.buffer).setFloat64(0, exponent, true)
  for (let i = 0; i < digits.length; i++) bytes[8 + i] = digits.charCodeAt(i)
  return bytes
}

function decodeSize(bytes: Uint8Array): Dyadic {
  const exponent = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0, true)
  return { units: BigInt(`0x${String.fromCharCode(...bytes.subarray(8))}`), exponent }
}
