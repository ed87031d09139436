/**
 * What `fit` and `forecast` share at run time: rows are held until the data ends, then each series is put together in
 * the total order of its rows.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { isNullAt } from '../batch/column.ts'
import { copyToHeap, type DictionaryCopies } from '../batch/take.ts'
import { ModelError, PlanError } from '../errors.ts'
import { type Cell, columnFromCells } from '../expr/cell.ts'
import type { SeriesModel } from '../series-model.ts'
import { KeyTable } from '../state/key-table.ts'
import { showDuration } from '../time/duration.ts'
import { type Field, fieldIndex } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { heldTable, passedRows, withPlace } from './held-rows.ts'
import { keysOf } from './keys.ts'
import { isTimed, type SeriesNode, stepMs } from './series.ts'

/** One series, ready for a model. */
export interface Series {
  /** In order, NaN where missing; with a sampling step, one entry a step. */
  readonly values: Float64Array
  /** Event time of the last entry, ms; NaN without event time. */
  readonly lastMs: number
}

/**
 * What a verb makes of a series of which `observed` values are not missing: one row or more, without the keys. `series`
 * throws a `ModelError` where values are not a whole number of steps apart.
 */
export type SeriesRows = (series: () => Series, observed: number) => readonly (readonly Cell[])[]

/** Entries that a series may be stretched to by what is missing in it, as a multiple of its rows and beyond that. */
const MAX_STRETCH = 1000
const FREE_LENGTH = 1_000_000

/** The model that a node names. @throws {PlanError} `UNKNOWN_MODEL` */
export function openModel(node: SeriesNode, { series }: OperatorContext): SeriesModel {
  const { kind } = node.model
  if (Object.hasOwn(series, kind)) return series[kind]!(node.model)
  throw new PlanError('UNKNOWN_MODEL', `no model of series is called ${JSON.stringify(kind)}`, {
    hint: `the models are ${Object.keys(series).join(', ')}`,
  })
}

/** Holds all rows and, when the data ends, emits the rows of each series, by key in canonical order. */
export function openSeries(
  verb: string,
  node: SeriesNode,
  fields: readonly Field[],
  context: OperatorContext,
  rowsOf: SeriesRows,
): Operator {
  const [input] = context.inputs
  const { schema } = input!
  const value = fieldIndex(schema, node.column)
  const time = isTimed(node) ? fieldIndex(schema, input!.eventTime!) : -1
  const keyColumns = keysOf(verb, node.by, input!).map(key => fieldIndex(schema, key))
  const everyMs = isTimed(node) ? stepMs(node, input!) : undefined
  const copies: DictionaryCopies = new Map()
  let held: Batch[] = []

  /** Key ids in canonical order, with their rows of `all` in total order. */
  function bySeries(all: Batch, order: Uint32Array) {
    const keys = new KeyTable(keyColumns.map(key => schema[key]!.type))
    const ids = new Uint32Array(all.length)
    keys.intern(
      keyColumns.map(key => all.columns[key]!),
      all.length,
      undefined,
      ids,
    )
    const rows: number[][] = Array.from({ length: keys.size }, () => [])
    for (const row of order) rows[ids[row]!]!.push(row)
    return { keys, sorted: keys.sorted(), rows }
  }

  const numberAt = (all: Batch, row: number): number => {
    const column = all.columns[value]!
    return isNullAt(column, row) ? Number.NaN : Number(column.values[row]!)
  }

  function seriesOf(all: Batch, timesMs: Float64Array, rows: readonly number[]): Series {
    const at = (row: number) => numberAt(all, row)
    const lastMs = time < 0 ? Number.NaN : timesMs[rows.at(-1)!]!
    if (everyMs === undefined) return { values: Float64Array.from(rows, at), lastMs }
    const firstMs = timesMs[rows[0]!]!
    const length = (lastMs - firstMs) / everyMs + 1
    if (length > FREE_LENGTH && length > MAX_STRETCH * rows.length) {
      throw offStep(everyMs, `${rows.length} values are spread over ${Math.floor(length)} steps`)
    }
    const values = new Float64Array(Math.floor(length)).fill(Number.NaN)
    let before = -1
    for (const row of rows) {
      const place = (timesMs[row]! - firstMs) / everyMs
      if (!Number.isInteger(place))
        throw offStep(everyMs, `one comes ${place.toFixed(3)} steps after the first`)
      if (place === before) throw offStep(everyMs, `two are at ${new Date(timesMs[row]!).toISOString()}`)
      values[place] = at(row)
      before = place
    }
    return { values, lastMs }
  }

  return {
    onBatch(batch) {
      held.push(copyToHeap(withPlace(batch, time, context.arena), copies))
    },
    onTime(signal, emit) {
      if (signal.watermarkMs !== Number.POSITIVE_INFINITY || held.length === 0) return signal
      const { all, order, timesMs } = passedRows(held, Number.POSITIVE_INFINITY)
      held = []
      if (all.length === 0) return signal
      const { keys, sorted, rows } = bySeries(all, order)
      const owners: number[] = []
      const cells: Cell[][] = fields.map(() => [])
      for (const id of sorted) {
        const own = rows[id]!
        const observed = own.filter(row => !Number.isNaN(numberAt(all, row))).length
        for (const made of rowsOf(() => seriesOf(all, timesMs, own), observed)) {
          owners.push(id)
          made.forEach((cell, i) => {
            cells[i]!.push(cell)
          })
        }
      }
      for (let start = 0; start < owners.length; start += OUTPUT_ROWS) {
        const end = Math.min(start + OUTPUT_ROWS, owners.length)
        const keysMade = keys.columns(Uint32Array.from(owners.slice(start, end)), context.arena)
        const made = fields.map(({ type }, i) =>
          columnFromCells(type, cells[i]!.slice(start, end), row => row, end - start, context.arena),
        )
        const step = fields.findIndex(({ name }) => name === 'step')
        emit({
          schema: context.output.schema,
          length: end - start,
          columns: [...keysMade, ...made],
          position: NO_POSITION,
          order: [...keysMade, ...(step < 0 ? [] : [made[step]!])],
        })
      }
      return signal
    },
    snapshot: () => ({ version: 1, tables: heldTable(held, keyColumns) }),
    restore({ tables }) {
      if (tables.held) held.push(copyToHeap(tables.held.batch, copies))
    },
  }
}

const offStep = (everyMs: number, found: string): ModelError =>
  new ModelError('SERIES_STEP', `values are to be ${showDuration(everyMs)} apart, but ${found}`, {
    hint: 'aggregate into windows first, or leave `every` out',
  })

/** What went wrong with a series, as text; anything but a `ModelError` is no business of the data. */
export function errorText(error: unknown): string {
  if (!(error instanceof ModelError)) throw error
  return `${error.code}: ${error.message.split('\n')[0]}`
}

/** A number that may not be there. */
export const numberOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null)
