/**
 * `quantile(x, p)`: the quantile of a group's values at the share p, exactly, as DuckDB's `quantile_cont` and type 7 of R
 * define it: interpolated linearly between the two values around place p · (n − 1). Nulls do not count; of no values
 * it is null. The result is float64 for every type of numbers; 64-bit integers are rounded to doubles first. Between two times it is
 * a time, exactly, rounded to the nearest unit, halves to the later one.
 *
 * NaN is greater than every number, −0 equals 0. A group keeps its values, so its state grows with them.
 *
 * Source: R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996).
 */

import { bitAt } from '../batch/column.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import { type ColumnType, isOfTime, type TypeOfTime } from '../types/column-type.ts'
import { dyadicOf } from './dyadic.ts'
import type { FoldOption } from './fold-option.ts'
import { foldOfKeptValues } from './kept-values.ts'
import { doublesOf } from './moments.ts'
import type { Multiset } from './multiset.ts'
import { ResultColumn } from './result.ts'
import { setBetween, typeBetween, unitsBetween } from './units-of-time.ts'

const layout = {
  values: {
    kind: 'object',
    encode: value => encodeDoubles(sorted(value as number[])),
    decode: bytes => decodeDoubles(bytes),
  },
} as const satisfies Record<string, FieldSpec>

/** Which quantile: 0 is the least value, 1 the greatest. */
export const quantileShare: FoldOption<number> = {
  takes: 'a share from 0 to 1',
  hint: "quantile('delay', 0.9) is the ninth decile, quantile('delay', 0.5) the median",
  accepts: (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
}

/**
 * @param type of the argument; a number, or one of time
 * @param changes whether rows may be taken out again
 */
export function quantile(type: ColumnType, { p }: { readonly p: number }, changes: boolean): Fold {
  if (isOfTime(type)) return quantileOfTimes(type, p)
  return changes ? quantileOfChanges(type, p) : (quantileOfRows(p) as unknown as Fold)
}

const quantileOfRows = (p: number): Fold<typeof layout> => ({
  layout,
  resultType: 'float64',
  keepsValues: true,
  step({ values }, { count, rows, groups, columns, weights }) {
    const column = columns[0]!
    const { validity } = column
    const { upper, lower } = doublesOf(column, count, rows)
    for (let i = 0; i < count; i++) {
      if (validity !== undefined && !bitAt(validity, rows === undefined ? i : rows[i]!)) continue
      // -0 + 0 is 0.
      const value = lower === undefined ? upper[i]! + 0 : upper[i]! + lower[i]!
      let seen = values[groups[i]!] as number[] | undefined
      if (seen === undefined) {
        seen = []
        values[groups[i]!] = seen
      }
      if (weights === undefined) seen.push(value)
      else for (let left = weights[i]!; left > 0; left--) seen.push(value)
    }
  },
  merge({ values }, groups, from, fromGroups) {
    for (let i = 0; i < groups.length; i++) {
      const others = from.values[fromGroups[i]!] as number[] | undefined
      const seen = values[groups[i]!] as number[] | undefined
      if (others === undefined) continue
      if (seen === undefined) values[groups[i]!] = [...others]
      else for (const value of others) seen.push(value)
    }
  },
  result({ values }, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const seen = values[groups[i]!] as number[] | undefined
      if (seen === undefined) result.setNull(i)
      else result.values[i] = quantileOfSorted(seen, p)
    }
    return result.finish()
  },
})

const quantileOfChanges = (type: ColumnType, p: number): Fold =>
  foldOfKeptValues(type, {
    resultType: 'float64',
    read({ columns, count, rows }) {
      const { upper, lower } = doublesOf(columns[0]!, count, rows)
      return i => upper[i]! + (lower === undefined ? 0 : lower[i]!)
    },
    result(groups, arena) {
      const result = new ResultColumn('float64', groups.length, arena)
      groups.forEach((values, i) => {
        if (values === undefined) result.setNull(i)
        else result.values[i] = quantileOf(values.total, p, place => values.at(place) as number)
      })
      return result.finish()
    },
  })

const quantileOfTimes = (type: TypeOfTime, p: number): Fold =>
  foldOfKeptValues(type, {
    resultType: typeBetween(type),
    result(groups, arena) {
      const result = new ResultColumn(typeBetween(type), groups.length, arena)
      groups.forEach((values, i) => {
        if (values === undefined) result.setNull(i)
        else setBetween(result, i, timeOf(values, p, unitsBetween(type)))
      })
      return result.finish()
    },
  })

function timeOf(values: Multiset, p: number, units: bigint): bigint {
  const { index, rest } = placeOf(values.total, p)
  const low = BigInt(values.at(index)) * units
  if (rest === 0) return low
  const high = BigInt(values.at(index + 1)) * units
  return low + shareOf(high - low, rest)
}

/** A share of a whole number, exactly, rounded to the nearest, halves up. @param share above 0, below 1 */
function shareOf(whole: bigint, share: number): bigint {
  const { units, exponent } = dyadicOf(share)
  const places = BigInt(-exponent)
  return (whole * units + (1n << (places - 1n))) >> places
}

/** In ascending order, NaN last. */
const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort()

function quantileOfSorted(values: readonly number[], p: number): number {
  const ascending = sorted(values)
  return quantileOf(ascending.length, p, place => ascending[place]!)
}

/** The place of a quantile in ascending order: that of a value, and how far it is from there to the next. */
function placeOf(count: number, p: number): { index: number; rest: number } {
  const place = p * (count - 1)
  const index = Math.floor(place)
  return { index, rest: place - index }
}

/** @param at the value at a place in ascending order */
function quantileOf(count: number, p: number, at: (place: number) => number): number {
  const { index, rest } = placeOf(count, p)
  const low = at(index)
  if (rest === 0) return low
  const high = at(index + 1)
  // Rounding does not leave the two neighbours, so that the quantiles of equal values are those values.
  return Math.min(high, Math.max(low, low * (1 - rest) + high * rest))
}

/** Eight bytes per value, little-endian. */
function encodeDoubles(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 8)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i]!, true)
  return bytes
}

function decodeDoubles(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true))
}
