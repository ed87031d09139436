/**
 * `quantile(x, p)`: the quantile of a group's values at the share p, as DuckDB's `quantile_cont` and type 7 of R define it:
 * interpolated linearly between the two values around place p · (n − 1). Nulls do not count; of no values it is null.
 *
 * Between decimals it is one of them, between times a time, between 64-bit integers a float64: computed exactly and rounded once,
 * decimals and times to their unit, halves away from zero. Of other numbers it is interpolated in doubles.
 *
 * NaN is greater than every number, −0 equals 0. A group keeps its values, so its state grows with them.
 *
 * Source: R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996).
 */

import { bitAt } from '../batch/column.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import { type ColumnType, isDecimal, isOfTime } from '../types/column-type.ts'
import { type NumberKey, numberKeys } from './cell-key.ts'
import type { FoldOption } from './fold-option.ts'
import { between, nearestDouble, nearestWhole } from './interpolated.ts'
import { foldOfKeptValues } from './kept-values.ts'
import { compareKeys, keyBytes, readKey, writeKey } from './key-bytes.ts'
import { ResultColumn } from './result.ts'
import { setBetween, typeBetween, unitsBetween } from './units-of-time.ts'

const layout = {
  values: {
    kind: 'object',
    encode: value => encodeKeys(sorted(value as NumberKey[])),
    decode: bytes => decodeKeys(bytes),
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
  const kind = kindOf(type)
  return changes ? quantileOfChanges(type, kind, p) : (quantileOfRows(type, kind, p) as unknown as Fold)
}

/** What lies between the values of a type. */
interface Kind {
  readonly resultType: ColumnType
  /** Writes the cell that is a share of the way from low to high. @param share from 0, below 1 */
  write(result: ResultColumn, i: number, low: NumberKey, high: NumberKey, share: number): void
}

function kindOf(type: ColumnType): Kind {
  if (isOfTime(type)) {
    const units = unitsBetween(type)
    return {
      resultType: typeBetween(type),
      write: (result, i, low, high, share) =>
        setBetween(result, i, nearestWhole(between(low, high, share), units)),
    }
  }
  if (isDecimal(type)) {
    return {
      resultType: type,
      write: (result, i, low, high, share) => result.setUnits(i, nearestWhole(between(low, high, share), 1n)),
    }
  }
  return type === 'int64' || type === 'uint64' ? WIDE_INTEGERS : OTHER_NUMBERS
}

const WIDE_INTEGERS: Kind = {
  resultType: 'float64',
  write(result, i, low, high, share) {
    result.values[i] = nearestDouble(between(low, high, share))
  },
}

const OTHER_NUMBERS: Kind = {
  resultType: 'float64',
  write(result, i, low, high, share) {
    result.values[i] = share === 0 ? (low as number) : betweenDoubles(low as number, high as number, share)
  },
}

const quantileOfRows = (type: ColumnType, { resultType, write }: Kind, p: number): Fold<typeof layout> => ({
  layout,
  resultType,
  keepsValues: true,
  step({ values }, { count, rows, groups, columns, weights }) {
    const column = columns[0]!
    const { validity } = column
    const valueAt = numberKeys(type, column)
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (validity !== undefined && !bitAt(validity, row)) continue
      const value = valueAt(row)
      let seen = values[groups[i]!] as NumberKey[] | undefined
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
      const others = from.values[fromGroups[i]!] as NumberKey[] | undefined
      const seen = values[groups[i]!] as NumberKey[] | undefined
      if (others === undefined) continue
      if (seen === undefined) values[groups[i]!] = [...others]
      else for (const value of others) seen.push(value)
    }
  },
  result({ values }, groups, arena) {
    const result = new ResultColumn(resultType, groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const seen = values[groups[i]!] as NumberKey[] | undefined
      if (seen === undefined) result.setNull(i)
      else {
        const ascending = sorted(seen)
        const { index, share } = placeOf(ascending.length, p)
        write(result, i, ascending[index]!, ascending[share > 0 ? index + 1 : index]!, share)
      }
    }
    return result.finish()
  },
})

const quantileOfChanges = (type: ColumnType, { resultType, write }: Kind, p: number): Fold =>
  foldOfKeptValues(type, {
    resultType,
    read({ columns }) {
      const valueAt = numberKeys(type, columns[0]!)
      return (_i, row) => valueAt(row)
    },
    result(groups, arena) {
      const result = new ResultColumn(resultType, groups.length, arena)
      groups.forEach((values, i) => {
        if (values === undefined) {
          result.setNull(i)
          return
        }
        const { index, share } = placeOf(values.total, p)
        const low = values.at(index) as NumberKey
        write(result, i, low, share > 0 ? (values.at(index + 1) as NumberKey) : low, share)
      })
      return result.finish()
    },
  })

/** In ascending order, NaN last. */
function sorted(values: readonly NumberKey[]): ArrayLike<NumberKey> {
  const areDoubles = values.every(value => typeof value === 'number')
  return areDoubles ? Float64Array.from(values).sort() : values.toSorted(compareKeys)
}

/** The place of a quantile in ascending order: that of a value, and which share of the way to the next one. */
function placeOf(count: number, p: number): { index: number; share: number } {
  const place = p * (count - 1)
  const index = Math.floor(place)
  return { index, share: place - index }
}

/** Rounding does not leave the two neighbours, so that the quantiles of equal values are those values. */
const betweenDoubles = (low: number, high: number, share: number): number =>
  Math.min(high, Math.max(low, low * (1 - share) + high * share))

function encodeKeys(values: ArrayLike<NumberKey>): Uint8Array {
  let size = 0
  for (let i = 0; i < values.length; i++) size += keyBytes(values[i]!)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (let i = 0; i < values.length; i++) at = writeKey(bytes, view, at, values[i]!)
  return bytes
}

function decodeKeys(bytes: Uint8Array): NumberKey[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values: NumberKey[] = []
  for (let at = 0; at < bytes.length; ) {
    const [value, end] = readKey(bytes, view, at)
    values.push(value as NumberKey)
    at = end
  }
  return values
}
