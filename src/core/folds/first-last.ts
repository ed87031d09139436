/**
 * The first or last value of a group in the total order of rows: event time, then split, then offset. Nulls count, as
 * in DuckDB: the first row's value may be null. Text comes out as utf8.
 *
 * Rows made from one source row (`explode`) have one place; among them the order of stepping decides.
 */

import { bitAt, textBytesAt, words32Of } from '../batch/column.ts'
import { JobError } from '../errors.ts'
import type { FieldSpec, Fold, RowOrder } from '../fold.ts'
import { type ColumnType, isEightByteInteger, isText } from '../types/column-type.ts'
import { ResultColumn, textColumn } from './result.ts'

/** The place in the total order of the row whose value is kept. */
const placeLayout = {
  /** NaN: no row yet. */
  timeMs: { kind: 'f64', initial: Number.NaN },
  timeRest: { kind: 'f64' },
  split: { kind: 'f64' },
  offset: { kind: 'f64' },
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
  isNull: Uint32Array
}

/** The fold for a column of `type`: its first value, or its last. */
export function firstOrLast(type: ColumnType, which: 'first' | 'last'): Fold {
  const last = which === 'last'
  if (isText(type)) return firstOrLastText(last) as unknown as Fold
  if (isEightByteInteger(type)) return firstOrLastWide(type, last) as unknown as Fold
  return firstOrLastNumber(type, last) as unknown as Fold
}

/** Replaces the place that is kept by that of a row which comes before (after) it; returns whether it did. */
function take(
  state: Places,
  group: number,
  last: boolean,
  timeMs: number,
  timeRest: number,
  split: number,
  offset: number,
): boolean {
  const known = state.timeMs[group]!
  if (!Number.isNaN(known)) {
    const order =
      timeMs - known ||
      timeRest - state.timeRest[group]! ||
      split - state.split[group]! ||
      offset - state.offset[group]!
    if (last ? order < 0 : order >= 0) return false
  }
  state.timeMs[group] = timeMs
  state.timeRest[group] = timeRest
  state.split[group] = split
  state.offset[group] = offset
  return true
}

const takeRow = (state: Places, group: number, last: boolean, order: RowOrder, i: number): boolean =>
  take(
    state,
    group,
    last,
    order.timeMs[i]!,
    order.timeRest === undefined ? 0 : order.timeRest[i]!,
    order.split,
    order.offset[i]!,
  )

const takeFrom = (state: Places, group: number, last: boolean, from: Places, source: number): boolean =>
  !Number.isNaN(from.timeMs[source]!) &&
  take(
    state,
    group,
    last,
    from.timeMs[source]!,
    from.timeRest[source]!,
    from.split[source]!,
    from.offset[source]!,
  )

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
  return {
    layout: numberLayout,
    resultType: type,
    ordered: true,
    step(state, { count, rows, groups, columns, order }) {
      const { values, validity } = columns[0]!
      const places = orderOf(order)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        const group = groups[i]!
        if (!takeRow(state, group, last, places, i) || markNull(state, group, validity, row)) continue
        state.value[group] =
          type === 'bool' ? (bitAt(values as Uint8Array, row) ? 1 : 0) : (values as Float64Array)[row]!
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
  return {
    layout: wideLayout,
    resultType: type,
    ordered: true,
    step(state, { count, rows, groups, columns, order }) {
      const { validity } = columns[0]!
      const words32 = words32Of(columns[0]!)
      const places = orderOf(order)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        const group = groups[i]!
        if (!takeRow(state, group, last, places, i) || markNull(state, group, validity, row)) continue
        state.low[group] = words32[2 * row]!
        state.high[group] = words32[2 * row + 1]!
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
  return {
    layout: textLayout,
    resultType: 'utf8',
    ordered: true,
    step(state, { count, rows, groups, columns, order }) {
      const column = columns[0]!
      const places = orderOf(order)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        const group = groups[i]!
        if (!takeRow(state, group, last, places, i)) continue
        const isNull = markNull(state, group, column.validity, row)
        state.text[group] = isNull ? undefined : new Uint8Array(textBytesAt(column, row))
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
