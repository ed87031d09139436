/**
 * The port `series` of `detect`: a row per series, of what its detector has recognised and how many alarms it gave.
 *
 * Over bounded data a series has its row at the end; over data that does not end the rows are a changelog, as those of
 * `agg`: what was given last is read from the state before rows are scored. With a ttl each life of a series has a row.
 */
import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { type Column, NO_VALUES } from '../batch/column.ts'
import { orderMeta } from '../batch/meta.ts'
import { type Arena, allocInt32, heapArena } from '../batch/slab.ts'
import { type Detector, REASONS, type SeasonLength, seriesTraits } from '../detector.ts'
import { PlanError } from '../errors.ts'
import { type Cell, columnFromCells } from '../expr/cell.ts'
import type { StateTable } from '../fold.ts'
import type { NodeOutput } from '../plan.ts'
import { record } from '../record.ts'
import { showDuration } from '../time/duration.ts'
import { listType, structType } from '../types/nested-type.ts'
import { type Field, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { ScoreWriting } from './detect-columns.ts'
import { changeBatch, GroupChanges, type GroupRows, selected } from './group-changes.ts'

/** The name of the port. */
export const SERIES = 'series'

/** Reasons by their places, without `none`. */
const COUNTED = REASONS.slice(1)

const SEASONS = listType('utf8')
const COUNTS = structType(COUNTED.map(name => ({ name, type: 'int53' })))

const SERIES_FIELDS: readonly Field[] = Object.freeze([
  { name: 'values', type: 'int53' },
  { name: 'scored', type: 'int53' },
  { name: 'kind', type: 'utf8' },
  { name: 'level', type: 'float64' },
  { name: 'trend', type: 'float64' },
  { name: 'seasons', type: SEASONS },
  { name: 'scale', type: 'float64' },
  { name: 'resolution', type: 'float64' },
  { name: 'alarms', type: 'int53' },
  { name: 'suppressed', type: 'int53' },
  { name: 'firstAlarm', type: 'timestamp[ms]' },
  { name: 'lastAlarm', type: 'timestamp[ms]' },
  { name: 'reasons', type: COUNTS },
])

/** What flows out of the port. @throws {PlanError} `DUPLICATE_COLUMN` for a key called like a column of it */
export function seriesOutput(
  input: NodeOutput,
  keys: readonly string[],
  ttlMs: number | undefined,
): NodeOutput {
  const clash = keys.find(key => SERIES_FIELDS.some(({ name }) => name === key))
  if (clash !== undefined) {
    throw new PlanError(
      'DUPLICATE_COLUMN',
      `the rows of series have a column ${JSON.stringify(clash)} of their own`,
      {
        hint: `rename the key before detect: .rename({ ${JSON.stringify(clash)}: 'series' })`,
      },
    )
  }
  return {
    schema: schemaOf([...keys.map(key => fieldOf(input.schema, key)), ...SERIES_FIELDS]),
    bounded: input.bounded,
    keys,
    lateness: false,
    timeOrdered: false,
    rows: input.bounded ? 'append' : 'changes',
    // With a ttl a series may have come, and gone, before.
    ...(ttlMs === undefined ? { uniqueKeys: keys } : {}),
  }
}

const TALLY = record({
  rows: 'rows of the series, those without a value too',
  beganMs: 'event time of the first of them, ms',
  values: 'values that are not missing',
  scored: 'values that were scored',
  suppressed: 'values with p < alpha that were no alarms',
  firstMs: 'event time of the first alarm, ms',
  lastMs: 'and of the last one',
  reasons: ['alarms by reason', COUNTED.length],
})

type TallyState = StateTable & { readonly tally: Float64Array }

/** The detector, with counts of what it says in a field beside its own. */
export function tallied(detector: Detector, { logAlpha, reason: own }: ScoreWriting): Detector {
  const ownCode = REASONS.indexOf(own)
  return {
    ...detector,
    layout: { ...detector.layout, tally: TALLY.field },
    step(state, input, output) {
      detector.step(state, input, output)
      const { count, keys, timesMs, values } = input
      const { logP, suppressed, reason } = output
      const { tally } = state as TallyState
      const add = (place: number) => {
        tally[place] = tally[place]! + 1
      }
      for (let i = 0; i < count; i++) {
        const at = keys[i]! * TALLY.width
        if (tally[at + TALLY.rows] === 0) tally[at + TALLY.beganMs] = timesMs[i]!
        add(at + TALLY.rows)
        if (!Number.isNaN(values[i]!)) add(at + TALLY.values)
        const log = logP[i]!
        if (Number.isNaN(log)) continue
        add(at + TALLY.scored)
        if (!(log < logAlpha)) continue
        if (suppressed[i] === 1) {
          add(at + TALLY.suppressed)
          continue
        }
        if (alarmsOf(tally, at) === 0) tally[at + TALLY.firstMs] = timesMs[i]!
        tally[at + TALLY.lastMs] = timesMs[i]!
        add(at + TALLY.reasons + (reason[i] === 0 ? ownCode : reason[i]!) - 1)
      }
    },
  }
}

function alarmsOf(tally: Float64Array, at: number): number {
  let sum = 0
  for (let i = 0; i < COUNTED.length; i++) sum += tally[at + TALLY.reasons + i]!
  return sum
}

/** What the rows are made with. */
export interface SeriesSettings {
  readonly schema: Schema
  readonly everyMs: number | undefined
  /** Whether values have times. */
  readonly timed: boolean
  /** Whether keys may have several lives. */
  readonly mortal: boolean
}

/** Makes rows of series from the state of their keys. */
export class SeriesRows {
  readonly #detector: Detector
  readonly #settings: SeriesSettings
  readonly #changes = new GroupChanges()

  constructor(detector: Detector, settings: SeriesSettings) {
    this.#detector = detector
    this.#settings = settings
  }

  /** The keys among these that have had a row. */
  known(state: StateTable, ids: Uint32Array): Uint32Array {
    const { tally } = state as TallyState
    return selected(ids, id => tally[id * TALLY.width + TALLY.rows]! > 0)
  }

  /** The rows of keys as they are now, without the keys. */
  of(state: StateTable, ids: Uint32Array, arena: Arena = heapArena): GroupRows {
    return { groups: ids, results: this.#columns(state, ids, arena) }
  }

  /** A batch of rows. */
  batch(rows: GroupRows, state: StateTable, keys: readonly Column[], arena: Arena): Batch {
    return {
      schema: this.#settings.schema,
      length: rows.groups.length,
      columns: [...keys, ...rows.results],
      position: NO_POSITION,
      meta: orderMeta(this.#places(state, rows.groups, keys, arena)),
    }
  }

  /** The batch that takes back rows and gives those that there are now; undefined where nothing has changed. */
  changed(
    before: GroupRows,
    after: GroupRows,
    state: StateTable,
    keysOf: (ids: Uint32Array) => readonly Column[],
    size: number,
    arena: Arena,
  ): Batch | undefined {
    const { back, come } = this.#changes.between(before, after, size)
    if (back.length + come.length === 0) return undefined
    const placed = (ids: Uint32Array) => {
      const columns = keysOf(ids)
      return { columns, order: this.#places(state, ids, columns, arena) }
    }
    return changeBatch(this.#settings.schema, { before, back, after, come }, placed, arena)
  }

  /** What no two rows share. */
  #places(state: StateTable, ids: Uint32Array, keys: readonly Column[], arena: Arena): readonly Column[] {
    if (!this.#settings.mortal) return keys.length > 0 ? keys : [numbers(ids, () => 0, 'float64', arena)]
    const { tally } = state as TallyState
    return [...keys, numbers(ids, id => tally[id * TALLY.width + TALLY.beganMs]!, 'float64', arena)]
  }

  #columns(state: StateTable, ids: Uint32Array, arena: Arena): readonly Column[] {
    const { timed, everyMs } = this.#settings
    const { tally } = state as TallyState
    const traits = Array.from(ids, id => this.#detector.describe?.(state, id) ?? seriesTraits())
    const tallyOf = (place: number) => (id: number) => tally[id * TALLY.width + place]!
    const counts = (place: number) => numbers(ids, tallyOf(place), 'int53', arena)
    const alarms = Array.from(ids, id => alarmsOf(tally, id * TALLY.width))
    const trait = (of: (i: number) => number) => numbers(ids, (_id, i) => of(i), 'float64', arena)
    const time = (place: number) =>
      numbers(
        ids,
        (id, i) => (timed && alarms[i]! > 0 ? tally[id * TALLY.width + place]! : Number.NaN),
        'timestamp[ms]',
        arena,
      )
    const seasons = traits.map(({ seasons }) => seasons.map(season => showSeason(season, everyMs)))
    const texts = (cells: Cell[]) => columnFromCells('utf8', cells, i => i, cells.length, arena)
    return [
      counts(TALLY.values),
      counts(TALLY.scored),
      texts(traits.map(({ kind }) => kind ?? null)),
      trait(i => traits[i]!.level),
      trait(i => traits[i]!.trend),
      textLists(seasons, arena),
      trait(i => traits[i]!.scale),
      trait(i => traits[i]!.resolution),
      numbers(ids, (_id, i) => alarms[i]!, 'int53', arena),
      counts(TALLY.suppressed),
      time(TALLY.firstMs),
      time(TALLY.lastMs),
      { type: COUNTS, values: NO_VALUES, children: COUNTED.map((_, i) => counts(TALLY.reasons + i)) },
    ]
  }
}

/** A column of what is found for each id; null where that is no finite number. */
function numbers(
  ids: Uint32Array,
  of: (id: number, i: number) => number,
  type: 'int53' | 'float64' | 'timestamp[ms]',
  arena: Arena,
): Column {
  const cells = Array.from(ids, (id, i): Cell => {
    const x = of(id, i)
    return Number.isFinite(x) ? (type === 'timestamp[ms]' ? BigInt(Math.floor(x)) : x) : null
  })
  return columnFromCells(type, cells, i => i, ids.length, arena)
}

/** Lists of texts, none of which is null. */
function textLists(lists: readonly (readonly string[])[], arena: Arena): Column {
  const texts = lists.flat()
  const offsets = allocInt32(arena, lists.length + 1)
  offsets[0] = 0
  lists.forEach(({ length }, i) => {
    offsets[i + 1] = offsets[i]! + length
  })
  const children = [columnFromCells('utf8', texts, i => i, texts.length, arena)]
  return { type: SEASONS, values: NO_VALUES, offsets, children }
}

/** A season as options of detectors take it: `1d`; in steps where their length is not known. */
function showSeason(season: SeasonLength, everyMs: number | undefined): string {
  if ('ms' in season) return showDuration(season.ms)
  return everyMs === undefined ? `${season.steps} steps` : showDuration(season.steps * everyMs)
}
