/**
 * The first or last value of a group in the total order of rows: event time, then place (see `batch/place.ts`). Nulls
 * count, as in DuckDB: the first row's value may be null. Text comes out as utf8.
 *
 * Split and offset are numbers. What else a place has matters only between rows that are equal in them, and is kept as
 * bytes: rows that an operator made, rows made of one row.
 */

import { bitAt, textBytesAt, words32Of } from '../batch/column.ts'
import { compareBytes } from '../batch/compare.ts'
import { nestedBytes } from '../batch/nested-bytes.ts'
import { heapArena } from '../batch/slab.ts'
import { JobError } from '../errors.ts'
import type { FieldSpec, Fold, RowOrder, StepRows } from '../fold.ts'
import { type ColumnType, isEightByteInteger, isKeptAsBytes, isText } from '../types/column-type.ts'
import { columnOfKeys, columnOfNestedBytes } from './cell-key.ts'
import { foldOfKeptValues } from './kept-values.ts'
import { placedValues, valueOfPlaced } from './placed-value.ts'
import { ResultColumn, textColumn } from './result.ts'

/** The place in the total order of the row whose value is kept. */
const placeLayout = {
  /** NaN: no row yet. */
  timeMs: { kind: 'f64', initial: Number.NaN },
  timeRest: { kind: 'f64' },
  split: { kind: 'f64' },
  offset: { kind: 'f64' },
  /** The rest of the place as bytes, undefined where there is none. */
  tie: { kind: 'object', encode: value => value as Uint8Array, decode: bytes => bytes },
  isNull: { kind: 'u32' },
} as const satisfies Record<string, FieldSpec>

const numberLayout = { ...placeLayout, value: { kind: 'f64' } } as const
const wideLayout = { ...placeLayout, low: { kind: 'u32' }, high: { kind: 'i32' } } as const
const textLayout = {
  ...placeLayout,
  text: { kind: 'object', encode: value => value as Uint8Array, decode: bytes => bytes },
} as const satisfies Record<string, FieldSpec>

interface Places {
  timeMs: Float64Array
  timeRest: Float64Array
  split: Float64Array
  offset: Float64Array
  tie: unknown[]
  isNull: Uint32Array
}

/**
 * The fold for a column of `type`: its first value, or its last.
 *
 * @param changes whether rows may be taken out again: then all are kept, else the first or last
 */
export function firstOrLast(type: ColumnType, which: 'first' | 'last', changes: boolean): Fold {
  const last = which === 'last'
  if (changes) return firstOrLastOfChanges(type, last)
  if (isText(type)) return firstOrLastText(last) as unknown as Fold
  if (isKeptAsBytes(type)) return firstOrLastNested(type, last)
  if (isEightByteInteger(type)) return firstOrLastWide(type, last) as unknown as Fold
  return firstOrLastNumber(type, last) as unknown as Fold
}

/** How a place compares with the one that is kept, but for ties; NaN where none is kept. */
function compareWithKept(
  state: Places,
  group: number,
  timeMs: number,
  timeRest: number,
  split: number,
  offset: number,
): number {
  const keptMs = state.timeMs[group]!
  if (Number.isNaN(keptMs)) return Number.NaN
  return (
    timeMs - keptMs ||
    timeRest - state.timeRest[group]! ||
    split - state.split[group]! ||
    offset - state.offset[group]!
  )
}

function keepPlace(
  state: Places,
  group: number,
  timeMs: number,
  timeRest: number,
  split: number,
  offset: number,
): void {
  state.timeMs[group] = timeMs
  state.timeRest[group] = timeRest
  state.split[group] = split
  state.offset[group] = offset
}

function compareTies(a: unknown, b: unknown): number {
  if (!a || !b) return (a ? 1 : 0) - (b ? 1 : 0)
  const [left, right] = [a as Uint8Array, b as Uint8Array]
  return compareBytes(left, 0, left.length, right, 0, right.length)
}

/**
 * Keeps the place of a row without ties if it comes before (after) the one that is kept; returns whether it did. The
 * later of two rows at one place counts as the last.
 */
function takeRow(state: Places, group: number, last: boolean, order: RowOrder, i: number): boolean {
  const timeMs = order.timeMs[i]!
  const timeRest = order.timeRest === undefined ? 0 : order.timeRest[i]!
  const offset = order.offset[i]!
  let comes = compareWithKept(state, group, timeMs, timeRest, order.split, offset)
  if (comes === 0) comes = compareTies(undefined, state.tie[group])
  if (last ? comes < 0 : comes >= 0) return false
  keepPlace(state, group, timeMs, timeRest, order.split, offset)
  if (state.tie.length > group) state.tie[group] = undefined
  return true
}

function takeFrom(state: Places, group: number, last: boolean, from: Places, source: number): boolean {
  const timeMs = from.timeMs[source]!
  if (Number.isNaN(timeMs)) return false
  const timeRest = from.timeRest[source]!
  const split = from.split[source]!
  const offset = from.offset[source]!
  let comes = compareWithKept(state, group, timeMs, timeRest, split, offset)
  if (comes === 0) comes = compareTies(from.tie[source], state.tie[group])
  if (last ? comes < 0 : comes >= 0) return false
  keepPlace(state, group, timeMs, timeRest, split, offset)
  if (from.tie[source] || state.tie.length > group) state.tie[group] = from.tie[source]
  return true
}

/**
 * Steps rows some of which may be equal but for ties, and calls `keep` with each group and the physical row that it
 * keeps in the end: only those are written as bytes, and rows are compared as bytes only with rows of earlier steps.
 */
class TiedStep {
  /** By group: the step row that is kept, and 1; 0 where it is of an earlier step. */
  #rows = new Uint32Array(0)

  run(
    state: Places,
    last: boolean,
    { count, rows, groups, order }: StepRows,
    keep: (group: number, row: number) => void,
  ): void {
    const { timeMs, timeRest, split, splits, offset, ties } = orderOf(order)
    const changed: number[] = []
    for (let i = 0; i < count; i++) {
      const group = groups[i]!
      if (group >= this.#rows.length) this.#makeRoom(group)
      const rest = timeRest === undefined ? 0 : timeRest[i]!
      const own = splits === undefined ? split : splits[i]!
      let comes = compareWithKept(state, group, timeMs[i]!, rest, own, offset[i]!)
      const kept = this.#rows[group]!
      if (comes === 0) {
        if (kept !== 0) comes = ties ? ties.compare(i, kept - 1) : 0
        else comes = compareTies(ties?.key(i), state.tie[group])
      }
      if (last ? comes < 0 : comes >= 0) continue
      keepPlace(state, group, timeMs[i]!, rest, own, offset[i]!)
      if (kept === 0) changed.push(group)
      this.#rows[group] = i + 1
    }
    for (const group of changed) {
      const i = this.#rows[group]! - 1
      this.#rows[group] = 0
      state.tie[group] = ties?.key(i)
      keep(group, rows === undefined ? i : rows[i]!)
    }
  }

  #makeRoom(group: number): void {
    const larger = new Uint32Array(Math.max(1024, 2 * (group + 1)))
    larger.set(this.#rows)
    this.#rows = larger
  }
}

/** Whether split and offset are not all there is to a place, or rows are of several splits. */
const isTied = ({ order }: StepRows): boolean => order?.ties !== undefined || order?.splits !== undefined

function orderOf(order: RowOrder | undefined): RowOrder {
  if (order) return order
  throw new JobError('ROW_ORDER', 'first and last were stepped without the order of the rows')
}

/** Records whether the row's value is null; then the value is not read. */
function markNull(state: Places, group: number, validity: Uint8Array | undefined, row: number): boolean {
  const isNull = validity !== undefined && !bitAt(validity, row)
  state.isNull[group] = isNull ? 1 : 0
  return isNull
}

function firstOrLastNumber(type: ColumnType, last: boolean): Fold<typeof numberLayout> {
  const tied = new TiedStep()
  return {
    layout: numberLayout,
    resultType: type,
    ordered: true,
    step(state, input) {
      const { count, rows, groups, columns, order } = input
      const { values, validity } = columns[0]!
      const keep = (group: number, row: number) => {
        if (markNull(state, group, validity, row)) return
        state.value[group] =
          type === 'bool' ? (bitAt(values as Uint8Array, row) ? 1 : 0) : (values as Float64Array)[row]!
      }
      if (isTied(input)) return tied.run(state, last, input, keep)
      const places = orderOf(order)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        const group = groups[i]!
        if (takeRow(state, group, last, places, i)) keep(group, row)
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const source = fromGroups[i]!
        if (!takeFrom(state, group, last, from, source)) continue
        state.isNull[group] = from.isNull[source]!
        state.value[group] = from.value[source]!
      }
    },
    result(state, groups, arena) {
      const result = new ResultColumn(type, groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        if (Number.isNaN(state.timeMs[group]!) || state.isNull[group] !== 0) result.setNull(i)
        else if (type === 'bool') {
          if (state.value[group] !== 0) result.setBit(i)
        } else result.values[i] = state.value[group]!
      }
      return result.finish()
    },
  }
}

function firstOrLastWide(type: ColumnType, last: boolean): Fold<typeof wideLayout> {
  const tied = new TiedStep()
  return {
    layout: wideLayout,
    resultType: type,
    ordered: true,
    step(state, input) {
      const { count, rows, groups, columns, order } = input
      const { validity } = columns[0]!
      const words32 = words32Of(columns[0]!)
      const keep = (group: number, row: number) => {
        if (markNull(state, group, validity, row)) return
        state.low[group] = words32[2 * row]!
        state.high[group] = words32[2 * row + 1]!
      }
      if (isTied(input)) return tied.run(state, last, input, keep)
      const places = orderOf(order)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        const group = groups[i]!
        if (takeRow(state, group, last, places, i)) keep(group, row)
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const source = fromGroups[i]!
        if (!takeFrom(state, group, last, from, source)) continue
        state.isNull[group] = from.isNull[source]!
        state.low[group] = from.low[source]!
        state.high[group] = from.high[source]!
      }
    },
    result(state, groups, arena) {
      const result = new ResultColumn(type, groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        if (Number.isNaN(state.timeMs[group]!) || state.isNull[group] !== 0) result.setNull(i)
        else {
          result.words32[2 * i] = state.low[group]!
          result.words32[2 * i + 1] = state.high[group]!
        }
      }
      return result.finish()
    },
  }
}

function firstOrLastText(last: boolean): Fold<typeof textLayout> {
  const tied = new TiedStep()
  return {
    layout: textLayout,
    resultType: 'utf8',
    ordered: true,
    step(state, input) {
      const { count, rows, groups, columns, order } = input
      const column = columns[0]!
      const keep = (group: number, row: number) => {
        const isNull = markNull(state, group, column.validity, row)
        state.text[group] = isNull ? undefined : new Uint8Array(textBytesAt(column, row))
      }
      if (isTied(input)) return tied.run(state, last, input, keep)
      const places = orderOf(order)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        const group = groups[i]!
        if (takeRow(state, group, last, places, i)) keep(group, row)
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const source = fromGroups[i]!
        if (!takeFrom(state, group, last, from, source)) continue
        state.isNull[group] = from.isNull[source]!
        state.text[group] = from.text[source]
      }
    },
    result(state, groups, arena) {
      const texts: (Uint8Array | undefined)[] = []
      for (const group of groups) texts.push(state.text[group] as Uint8Array | undefined)
      return textColumn(texts, arena)
    },
  }
}

/** Lists, structs and maps: the bytes of all rows of a step are made at once, bit by bit those of the value. */
function firstOrLastNested(type: ColumnType, last: boolean): Fold {
  const texts = firstOrLastText(last)
  const fold: Fold<typeof textLayout> = {
    ...texts,
    resultType: type,
    step(state, input) {
      const bytes = nestedBytes(input.columns[0]!, input.rows, input.count, { asKeys: false }, heapArena)
      const { rows: _, ...rest } = input
      texts.step(state, { ...rest, columns: [bytes] })
    },
    result(state, groups, arena) {
      const cells = Array.from(groups, group => state.text[group] as Uint8Array | undefined)
      return columnOfNestedBytes(type, cells, arena)
    },
  }
  return fold as unknown as Fold
}

const firstOrLastOfChanges = (type: ColumnType, last: boolean): Fold => {
  const resultType = isText(type) ? 'utf8' : type
  return foldOfKeptValues(type, {
    resultType,
    ordered: true,
    nulls: true,
    read: input => placedValues(type, input, orderOf(input.order)),
    result: (groups, arena) =>
      columnOfKeys(
        resultType,
        groups.map(rows => rows && valueOfPlaced(type, rows.at(last ? rows.total - 1 : 0) as string)),
        arena,
      ),
  })
}
