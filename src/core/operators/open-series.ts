/**
 * What `fit` and `forecast` share at run time: rows are held until the data ends, then each series is put together in
 * the total order of its rows.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { isNullAt } from '../batch/column.ts'
import { orderMeta } from '../batch/meta.ts'
import { ModelError, PlanError } from '../errors.ts'
import { type Cell, columnFromCells } from '../expr/cell.ts'
import type { NodeOutput } from '../plan.ts'
import type { SeriesModel } from '../series-model.ts'
import { KeyTable } from '../state/key-table.ts'
import { showDuration } from '../time/duration.ts'
import { type Field, fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { HeldBatches, type PassedRows, passedRows, withTime } from './held-rows.ts'
import { keysOf } from './keys.ts'
import { isTimed, type SeriesNode, stepMs } from './series.ts'

/** One series, ready for a model. */
export interface Series {
  /** In order, NaN where missing; with a sampling step, one entry per step. */
  readonly values: Float64Array
  /** Event time of the last entry, ms; NaN without event time. */
  readonly lastMs: number
}

/**
 * What a verb makes of a series of which `observed` values are not missing: one row or more, without the keys. `series`
 * throws a `ModelError` where values are not a whole number of steps apart.
 */
export type SeriesRows = (series: () => Series, observed: number) => readonly (readonly Cell[])[]

/** A verb over series. */
export interface SeriesVerb {
  readonly name: string
  /** The columns that it makes. */
  readonly fields: readonly Field[]
  /** The field that tells the rows of one series apart, for verbs that make several. */
  readonly rowNumber?: string
}

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

/**
 * Holds all rows and, when the data ends, emits the rows of each series, by key in canonical order.
 */
export function openSeries(
  verb: SeriesVerb,
  node: SeriesNode,
  context: OperatorContext,
  rowsOf: SeriesRows,
): Operator {
  const input = context.inputs[0]!
  const keyColumns = keysOf(verb.name, node.by, input).map(key => fieldIndex(input.schema, key))
  const reader = new SeriesReader(node, input)
  const held = new HeldBatches(keyColumns)
  return {
    onBatch(batch) {
      held.add(withTime(batch, reader.time, context.arena))
    },
    onTime(signal, emit) {
      if (signal.watermarkMs !== Number.POSITIVE_INFINITY || held.batches.length === 0) return
      const passed = passedRows(held.replace(), Number.POSITIVE_INFINITY)
      const keys = new KeyTable(keyColumns.map(key => input.schema[key]!.type))
      const rows = rowsByKey(passed, keys, keyColumns)
      const out = new SeriesOutput(verb, keys)
      for (const id of keys.sorted()) {
        const own = rows[id]!
        out.add(
          id,
          rowsOf(() => reader.series(passed, own), reader.observed(passed, own)),
        )
      }
      out.emit(context, emit)
    },
    save: to => held.save(to, 'held'),
    load: from => held.load(from, 'held'),
  }
}

/** By key id, the rows of a series in total order. */
function rowsByKey({ all, order }: PassedRows, keys: KeyTable, keyColumns: readonly number[]): number[][] {
  const ids = new Uint32Array(all.length)
  keys.intern(
    keyColumns.map(key => all.columns[key]!),
    all.length,
    undefined,
    ids,
  )
  const rows: number[][] = Array.from({ length: keys.size }, () => [])
  for (const row of order) rows[ids[row]!]!.push(row)
  return rows
}

/** Puts a series together from its rows. */
class SeriesReader {
  /** The index of the event-time column; -1 where values have no place in time. */
  readonly time: number
  readonly #value: number
  readonly #everyMs: number | undefined

  constructor(node: SeriesNode, input: NodeOutput) {
    const timed = isTimed(node)
    this.time = timed ? fieldIndex(input.schema, input.eventTime!) : -1
    this.#value = fieldIndex(input.schema, node.column)
    this.#everyMs = timed ? stepMs(node, input) : undefined
  }

  /** How many of the rows hold a number. */
  observed({ all }: PassedRows, rows: readonly number[]): number {
    return rows.filter(row => !Number.isNaN(this.#numberAt(all, row))).length
  }

  /** @throws {ModelError} `SERIES_STEP` */
  series({ all, timesMs }: PassedRows, rows: readonly number[]): Series {
    const everyMs = this.#everyMs
    const lastMs = this.time < 0 ? Number.NaN : timesMs[rows.at(-1)!]!
    if (everyMs === undefined)
      return { values: Float64Array.from(rows, row => this.#numberAt(all, row)), lastMs }
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
      values[place] = this.#numberAt(all, row)
      before = place
    }
    return { values, lastMs }
  }

  #numberAt(all: Batch, row: number): number {
    const column = all.columns[this.#value]!
    return isNullAt(column, row) ? Number.NaN : Number(column.values[row]!)
  }
}

/** Collects what was made of each series, and emits it in batches of a bounded size. */
class SeriesOutput {
  readonly #verb: SeriesVerb
  readonly #keys: KeyTable
  /** By row, the key id. */
  readonly #ids: number[] = []
  /** By field, then by row. */
  readonly #cells: Cell[][]

  constructor(verb: SeriesVerb, keys: KeyTable) {
    this.#verb = verb
    this.#keys = keys
    this.#cells = verb.fields.map(() => [])
  }

  add(id: number, rows: readonly (readonly Cell[])[]): void {
    for (const row of rows) {
      this.#ids.push(id)
      row.forEach((cell, i) => {
        this.#cells[i]!.push(cell)
      })
    }
  }

  emit({ arena, output }: OperatorContext, emit: Emit): void {
    const { fields, rowNumber } = this.#verb
    for (let start = 0; start < this.#ids.length; start += OUTPUT_ROWS) {
      const end = Math.min(start + OUTPUT_ROWS, this.#ids.length)
      const keys = this.#keys.columns(Uint32Array.from(this.#ids.slice(start, end)), arena)
      const columns = fields.map(({ type }, i) =>
        columnFromCells(type, this.#cells[i]!.slice(start, end), cell => cell, end - start, arena),
      )
      const numbers = columns.filter((_, i) => fields[i]!.name === rowNumber)
      emit({
        schema: output.schema,
        length: end - start,
        columns: [...keys, ...columns],
        position: NO_POSITION,
        meta: orderMeta([...keys, ...numbers]),
      })
    }
  }
}

const offStep = (everyMs: number, found: string): ModelError =>
  new ModelError('SERIES_STEP', `values are to be ${showDuration(everyMs)} apart, but ${found}`, {
    hint: 'aggregate into windows first, or leave `every` out',
  })

/** What went wrong with a series, as text; any other error is a fault of the program and goes on. */
export function errorText(error: unknown): string {
  if (!(error instanceof ModelError)) throw error
  return `${error.code}: ${error.message.split('\n')[0]}`
}

/** A number that may not be there. */
export const numberOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null)
