/**
 * Exact running sums of decimals of over 18 digits, whose cells are four 32-bit words: each word is summed by itself, and
 * carries to the next before its double stops being exact.
 */

import { words32Of } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import { DataError } from '../errors.ts'
import type { FieldSpec, Fold, StepRows } from '../fold.ts'
import { type DecimalType, decimalPrecision, decimalScale } from '../types/column-type.ts'
import { decimalText, maxUnits } from '../types/decimal.ts'
import { ratio, wholeNumber } from './dyadic.ts'
import { ResultColumn } from './result.ts'

const WORD = 2 ** 32
/** A word of 32 bits so many times is below 2^52. */
const MAX_TIMES = 2 ** 20
const CARRY_AT = 2 ** 52

const layout = {
  /** Units, in words of 32 bits, the low one first; each a whole number of any sign. */
  word0: { kind: 'f64' },
  word1: { kind: 'f64' },
  word2: { kind: 'f64' },
  word3: { kind: 'f64' },
  top: { kind: 'f64' },
  /** How many values there are. */
  values: { kind: 'f64' },
} as const satisfies Record<string, FieldSpec>

type Sums = { readonly [field in keyof typeof layout]: Float64Array }

function carry({ word0, word1, word2, word3, top }: Sums, group: number): void {
  const words = [word0, word1, word2, word3, top]
  for (let i = 0; i < 4; i++) {
    const over = Math.floor(words[i]![group]! / WORD)
    words[i]![group]! -= over * WORD
    words[i + 1]![group]! += over
  }
}

function addTimes(state: Sums, group: number, words32: Int32Array, at: number, times: number): void {
  for (let left = times; left !== 0; ) {
    const part = Math.max(-MAX_TIMES, Math.min(MAX_TIMES, left))
    state.word0[group]! += (words32[at]! >>> 0) * part
    state.word1[group]! += (words32[at + 1]! >>> 0) * part
    state.word2[group]! += (words32[at + 2]! >>> 0) * part
    state.word3[group]! += words32[at + 3]! * part
    carry(state, group)
    left -= part
  }
}

function step(state: Sums, { count, rows, groups, columns, weights }: StepRows): void {
  const { word0, word1, word2, word3, values } = state
  const { validity } = columns[0]!
  const words32 = words32Of(columns[0]!)
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const group = groups[i]!
    const at = row * 4
    if (weights !== undefined) {
      addTimes(state, group, words32, at, weights[i]!)
      values[group]! += weights[i]!
      continue
    }
    values[group]!++
    word0[group]! += words32[at]! >>> 0
    word1[group]! += words32[at + 1]! >>> 0
    word2[group]! += words32[at + 2]! >>> 0
    word3[group]! += words32[at + 3]!
    if (word0[group]! > CARRY_AT || word1[group]! > CARRY_AT || word2[group]! > CARRY_AT) carry(state, group)
  }
}

function merge(state: Sums, groups: Uint32Array, from: Sums, fromGroups: Uint32Array): void {
  for (let i = 0; i < groups.length; i++) {
    const [group, source] = [groups[i]!, fromGroups[i]!]
    state.word0[group]! += from.word0[source]!
    state.word1[group]! += from.word1[source]!
    state.word2[group]! += from.word2[source]!
    state.word3[group]! += from.word3[source]!
    state.top[group]! += from.top[source]!
    state.values[group]! += from.values[source]!
    carry(state, group)
  }
}

const total = ({ word0, word1, word2, word3, top }: Sums, group: number): bigint =>
  (BigInt(top[group]!) << 128n) +
  (BigInt(word3[group]!) << 96n) +
  (BigInt(word2[group]!) << 64n) +
  (BigInt(word1[group]!) << 32n) +
  BigInt(word0[group]!)

/** Writes a sum. @throws {DataError} `OVERFLOW` for more digits than the type has */
export function writeDecimal(result: ResultColumn, i: number, units: bigint, type: DecimalType): void {
  const most = maxUnits(decimalPrecision(type))
  if (units > most || units < -most)
    throw new DataError(
      'OVERFLOW',
      `a sum does not fit in ${type}: it is ${decimalText(units, decimalScale(type))}`,
      {
        hint: 'cast the column to fewer digits after the point, or to float64, if a rounded sum will do',
      },
    )
  result.setUnits(i, units)
}

const shared = { layout, retract: 'linear', step, merge } as const

/** @throws {DataError} `OVERFLOW`, in `result`. */
export const wideDecimalSum = (resultType: DecimalType): Fold => {
  const fold: Fold<typeof layout> = {
    ...shared,
    resultType,
    result(state, groups, arena: Arena) {
      const result = new ResultColumn(resultType, groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        if (state.values[groups[i]!] === 0) result.setNull(i)
        else writeDecimal(result, i, total(state, groups[i]!), resultType)
      }
      return result.finish()
    },
  }
  return fold as unknown as Fold
}

/** The exact sum over the number of values, rounded once. */
export const wideDecimalMean = (type: DecimalType): Fold => {
  const perOne = 10n ** BigInt(decimalScale(type))
  const fold: Fold<typeof layout> = {
    ...shared,
    resultType: 'float64',
    result(state, groups, arena: Arena) {
      const result = new ResultColumn('float64', groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const count = state.values[groups[i]!]!
        if (count === 0) result.setNull(i)
        else
          result.values[i] = ratio(wholeNumber(total(state, groups[i]!)), wholeNumber(BigInt(count) * perOne))
      }
      return result.finish()
    },
  }
  return fold as unknown as Fold
}
