/**
 * The smallest or largest value of a group, exactly, for every type. Nulls do not count; of no values it is null.
 *
 * Numbers compare by value, with NaN greater than all of them (as in DuckDB) and -0 equal to +0, which is what comes
 * out; text by UTF-8 bytes; false before true. Text comes out as utf8.
 *
 * The best value begins at the last one in order (the largest, for a minimum), so that the loop needs no test for the
 * first row; `seen` tells that value from no value.
 */

import { bitAt, type Column, textBytesAt, words32Of } from '../batch/column.ts'
import { compareBytes } from '../batch/compare.ts'
import { nestedBytes } from '../batch/nested-bytes.ts'
import { heapArena } from '../batch/slab.ts'
import type { FieldSpec, Fold, FoldLoop } from '../fold.ts'
import { type ColumnType, isEightByteInteger, isFloat, isKeptAsBytes, isText } from '../types/column-type.ts'
import { columnOfKeys, columnOfNestedBytes } from './cell-key.ts'
import { foldOfKeptValues } from './kept-values.ts'
import { ResultColumn, textColumn } from './result.ts'

/**
 * The fold for a column of `type`: the minimum, or the maximum.
 *
 * @param changes whether rows may be taken out again: then every value is kept, else the best
 */
export function minOrMax(type: ColumnType, which: 'min' | 'max', changes: boolean): Fold {
  const least = which === 'min'
  if (changes) return extremeOfChanges(type, least)
  if (isText(type)) return textExtreme(least) as unknown as Fold
  if (isKeptAsBytes(type)) return nestedExtreme(type, least)
  if (isFloat(type)) return floatExtreme(type, least) as unknown as Fold
  if (isEightByteInteger(type)) return wideExtreme(type, least) as unknown as Fold
  return narrowExtreme(type, least) as unknown as Fold
}

const isSet = (validity: Uint8Array | undefined, row: number): boolean =>
  validity === undefined || bitAt(validity, row)

// The step of each kind of number for one row. Whether a value is the best so far cannot be predicted while a group is
// young, and a branch missed costs more than all the rest: so integers are chosen by a mask, and a float that is not
// better is stored to group 0, which nobody uses.

/** @param last the value groups begin at, where the type can hold it */
const narrowLoop = (least: boolean, last: number | undefined): FoldLoop => ({
  code: `
      const best = $best[$g]
      $best[$g] = best ^ ((best ^ $v) & -($v ${least ? '<' : '>'} best))
      ${last === undefined ? '' : `if ($v === ${last}) $seen[$g] = 1`}`,
})

const floatLoop = (least: boolean): FoldLoop => ({
  code: `
      $best[$g & -($v ${least ? '<' : '>'} $best[$g])] = $v
      if ($v - $v !== 0) $seen[$g] |= $v !== $v ? ${SAW_NAN} : ${SAW_NUMBER}`,
})

const wideLoop = (least: boolean, unsigned: boolean, lastHigh: number, lastLow: number): FoldLoop => {
  const than = least ? '<' : '>'
  return {
    code: `
      const high = ${unsigned ? '$vHigh >>> 0' : '$vHigh'}
      const low = $vLow >>> 0
      if (high === ${lastHigh} && low === ${lastLow}) $seen[$g] = 1
      const best = $high[$g]
      if (high ${than} best || (high === best && low ${than} $low[$g])) {
        $high[$g] = high
        $low[$g] = low
      }`,
  }
}

const SAW_NUMBER = 1
const SAW_NAN = 2

type NarrowLayout = { best: { kind: 'i32' }; seen: { kind: 'u32' } }

/** int8 … int32, uint8 … uint32, date and bool. uint32 has its own kind of array. */
function narrowExtreme(type: ColumnType, least: boolean): Fold<NarrowLayout> {
  const unsigned = type === 'uint32'
  // Types that cannot hold `last` need no `seen`.
  const small = type === 'bool' || type.endsWith('int8') || type.endsWith('int16')
  const last = unsigned ? (least ? 2 ** 32 - 1 : 0) : least ? 2 ** 31 - 1 : -(2 ** 31)
  const layout = {
    best: { kind: unsigned ? 'u32' : 'i32', initial: last },
    seen: { kind: 'u32' },
  } as unknown as NarrowLayout
  return {
    layout,
    resultType: type,
    ...(type === 'bool' ? {} : { loop: narrowLoop(least, small ? undefined : last) }),
    step({ best, seen }, { count, rows, groups, columns }) {
      const { values, validity } = columns[0]!
      const numbers = type === 'bool' ? bits(columns[0]!) : (values as Int32Array)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (!isSet(validity, row)) continue
        const group = groups[i]!
        const value = numbers[row]!
        if (value === last) seen[group] = 1
        if (least ? value < best[group]! : value > best[group]!) best[group] = value
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const source = fromGroups[i]!
        const value = from.best[source]!
        if (from.seen[source] !== 0) state.seen[group] = 1
        if (least ? value < state.best[group]! : value > state.best[group]!) state.best[group] = value
      }
    },
    result({ best, seen }, groups, arena) {
      const result = new ResultColumn(type, groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const value = best[group]!
        if (value === last && seen[group] === 0) result.setNull(i)
        else if (type === 'bool') {
          if (value !== 0) result.setBit(i)
        } else result.values[i] = value
      }
      return result.finish()
    },
  }
}

function bits(column: Column): Int32Array {
  const bitmap = column.values as Uint8Array
  const numbers = new Int32Array(bitmap.length * 8)
  for (let i = 0; i < numbers.length; i++) numbers[i] = bitAt(bitmap, i) ? 1 : 0
  return numbers
}

type FloatLayout = { best: { kind: 'f64' }; seen: { kind: 'u32' } }

function floatExtreme(type: ColumnType, least: boolean): Fold<FloatLayout> {
  const last = least ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  const layout = { best: { kind: 'f64', initial: last }, seen: { kind: 'u32' } } as const
  return {
    layout,
    resultType: type,
    loop: floatLoop(least),
    step({ best, seen }, { count, rows, groups, columns }) {
      const { validity } = columns[0]!
      const values = columns[0]!.values as Float64Array
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (!isSet(validity, row)) continue
        const group = groups[i]!
        const value = values[row]!
        if (Number.isNaN(value)) seen[group]! |= SAW_NAN
        else if (least ? value < best[group]! : value > best[group]!) best[group] = value + 0
        else if (value === last) seen[group]! |= SAW_NUMBER
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const value = from.best[fromGroups[i]!]!
        state.seen[group]! |= from.seen[fromGroups[i]!]!
        if (least ? value < state.best[group]! : value > state.best[group]!) state.best[group] = value
      }
    },
    result({ best, seen }, groups, arena) {
      const result = new ResultColumn(type, groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const value = best[group]!
        const sawNaN = (seen[group]! & SAW_NAN) !== 0
        if (sawNaN && !least) result.values[i] = Number.NaN
        else if (value !== last || (seen[group]! & SAW_NUMBER) !== 0) result.values[i] = value
        else if (sawNaN) result.values[i] = Number.NaN
        else result.setNull(i)
      }
      return result.finish()
    },
  }
}

type WideLayout = { high: { kind: 'i32' }; low: { kind: 'u32' }; seen: { kind: 'u32' } }

/** int64, int53, uint64 and timestamps, as two words. */
function wideExtreme(type: ColumnType, least: boolean): Fold<WideLayout> {
  const unsigned = type === 'uint64'
  const lastHigh = unsigned ? (least ? 2 ** 32 - 1 : 0) : least ? 2 ** 31 - 1 : -(2 ** 31)
  const lastLow = least ? 2 ** 32 - 1 : 0
  const layout = {
    high: { kind: unsigned ? 'u32' : 'i32', initial: lastHigh },
    low: { kind: 'u32', initial: lastLow },
    seen: { kind: 'u32' },
  } as unknown as WideLayout
  const offer = (
    state: { high: Int32Array; low: Uint32Array; seen: Uint32Array },
    group: number,
    high: number,
    low: number,
  ): void => {
    const bestHigh = state.high[group]!
    const bestLow = state.low[group]!
    if (
      least
        ? high < bestHigh || (high === bestHigh && low < bestLow)
        : high > bestHigh || (high === bestHigh && low > bestLow)
    ) {
      state.high[group] = high
      state.low[group] = low
    }
  }
  return {
    layout,
    resultType: type,
    loop: wideLoop(least, unsigned, lastHigh, lastLow),
    step(state, { count, rows, groups, columns }) {
      const { validity } = columns[0]!
      const words32 = words32Of(columns[0]!)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (!isSet(validity, row)) continue
        const high = unsigned ? words32[2 * row + 1]! >>> 0 : words32[2 * row + 1]!
        const low = words32[2 * row]! >>> 0
        if (high === lastHigh && low === lastLow) state.seen[groups[i]!] = 1
        offer(state, groups[i]!, high, low)
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const source = fromGroups[i]!
        if (from.seen[source] !== 0) state.seen[groups[i]!] = 1
        offer(state, groups[i]!, from.high[source]!, from.low[source]!)
      }
    },
    result({ high, low, seen }, groups, arena) {
      const result = new ResultColumn(type, groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        if (high[group] === lastHigh && low[group] === lastLow && seen[group] === 0) result.setNull(i)
        else {
          result.words32[2 * i] = low[group]!
          result.words32[2 * i + 1] = high[group]!
        }
      }
      return result.finish()
    },
  }
}

const textLayout = {
  best: { kind: 'object', encode: value => value as Uint8Array, decode: bytes => bytes },
} as const satisfies Record<string, FieldSpec>

function textExtreme(least: boolean): Fold<typeof textLayout> {
  const better = (a: Uint8Array, b: Uint8Array): boolean => {
    const order = compareBytes(a, 0, a.length, b, 0, b.length)
    return least ? order < 0 : order > 0
  }
  return {
    layout: textLayout,
    resultType: 'utf8',
    step({ best }, { count, rows, groups, columns }) {
      const column = columns[0]!
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (!isSet(column.validity, row)) continue
        const group = groups[i]!
        const value = textBytesAt(column, row)
        const known = best[group] as Uint8Array | undefined
        if (known === undefined || better(value, known)) best[group] = new Uint8Array(value)
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const value = from.best[fromGroups[i]!] as Uint8Array | undefined
        const known = state.best[group] as Uint8Array | undefined
        if (value !== undefined && (known === undefined || better(value, known))) state.best[group] = value
      }
    },
    result({ best }, groups, arena) {
      const texts: (Uint8Array | undefined)[] = []
      for (const group of groups) texts.push(best[group] as Uint8Array | undefined)
      return textColumn(texts, arena)
    },
  }
}

/** Lists and structs, by their bytes. */
function nestedExtreme(type: ColumnType, least: boolean): Fold {
  const texts = textExtreme(least)
  const fold: Fold<typeof textLayout> = {
    ...texts,
    resultType: type,
    step(state, input) {
      const bytes = nestedBytes(input.columns[0]!, input.rows, input.count, { asKeys: true }, heapArena)
      const { rows: _, ...rest } = input
      texts.step(state, { ...rest, columns: [bytes] })
    },
    result({ best }, groups, arena) {
      const cells = Array.from(groups, group => best[group] as Uint8Array | undefined)
      return columnOfNestedBytes(type, cells, arena)
    },
  }
  return fold as unknown as Fold
}

const extremeOfChanges = (type: ColumnType, least: boolean): Fold => {
  const resultType = isText(type) ? 'utf8' : type
  return foldOfKeptValues(type, {
    resultType,
    result: (groups, arena) =>
      columnOfKeys(
        resultType,
        groups.map(values => values?.at(least ? 0 : values.total - 1)),
        arena,
      ),
  })
}
