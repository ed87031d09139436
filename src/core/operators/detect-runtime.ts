/** What feeds each series to its detector. */

import { alarmRate, eventRule, suppressAlarms } from '../alarm-suppression.ts'
import { type Batch, NO_POSITION, rowCount } from '../batch/batch.ts'
import { type Column, isNullAt, words32Of } from '../batch/column.ts'
import { mergeOrdered, runsInOrder } from '../batch/merge.ts'
import { heapArena } from '../batch/slab.ts'
import { compact, iota } from '../batch/take.ts'
import type { Detector, DetectorInput, DetectorOutput, DetectorWants } from '../detector.ts'
import { PlanError } from '../errors.ts'
import type { StateTable } from '../fold.ts'
import { DIRTY_IDS } from '../state/dirty-blocks.ts'
import { KeyLives } from '../state/key-lives.ts'
import { KeyTable } from '../state/key-table.ts'
import { SlotFields } from '../state/slot-fields.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { type Field, fieldIndex } from '../types/schema.ts'
import type { Arrival, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { alphaOf, type DetectNode, samplingMs } from './detect.ts'
import { appendedColumns, outputFrom, outputOf, type ScoreWriting } from './detect-columns.ts'
import { SERIES, SeriesRows, seriesOutput, tallied } from './detect-series.ts'
import { HeldBatches, inChunks, passedRows, withTime } from './held-rows.ts'
import { keysOf } from './keys.ts'
import { timelyRows, withArrival } from './timely.ts'

export const open = (node: DetectNode, context: OperatorContext): Operator => new DetectRuntime(node, context)

/** How many values of a series have come, where there is no event time. */
const ARRIVALS = '\0arrivals'

/** A detector over the state of many series, and what decides that a value is an anomaly. */
interface OpenedDetector {
  readonly detector: Detector
  /** What the appended columns are made by. */
  readonly writing: ScoreWriting
}

/** Opens the detector that a node names. @throws {PlanError} `UNKNOWN_DETECTOR`, `ALPHA` */
function openDetector(node: DetectNode, context: OperatorContext): OpenedDetector {
  const { detectors, background } = context
  const input = context.inputs[0]!
  const { kind } = node.detector
  const open = Object.hasOwn(detectors, kind) ? detectors[kind] : undefined
  if (!open) {
    throw new PlanError('UNKNOWN_DETECTOR', `no detector is called ${JSON.stringify(kind)}`, {
      hint: `the detectors are ${Object.keys(detectors).join(', ')}`,
    })
  }
  const rate = alphaOf(node, input)
  const events = typeof node.alpha !== 'number'
  const rule = eventRule(rate)
  const alpha = events ? alarmRate(rate, rule) : rate
  const pValues = node.pValues ?? 'all'
  const wants: DetectorWants = {
    bounds: node.bounds ?? 'all',
    // An event goes by the strength of its anomalies.
    pValues: events && pValues === 'none' ? 'anomalies' : pValues,
  }
  const opened = open(node.detector, {
    ...{ alpha, events, everyMs: samplingMs(node, input), wants },
    ...(background ? { background } : {}),
  })
  const logAlpha = Math.log(opened.alpha ?? alpha)
  const detector = events ? suppressAlarms(opened, opened.alpha ?? alpha, rule) : opened
  const writing: ScoreWriting = {
    logAlpha,
    reasonsBelow: node.reasons === 'all' ? Infinity : logAlpha,
    reason: opened.reason ?? 'spike',
    pValues: wants.pValues,
  }
  return { detector: node.series ? tallied(detector, writing) : detector, writing }
}

/**
 * Feeds each series to its detector in event-time order. Windows come in that order; other rows are held until the
 * watermark has passed them.
 */
class DetectRuntime implements Operator {
  readonly #context: OperatorContext
  readonly #opened: OpenedDetector
  /** The index of the column that is scored. */
  readonly #value: number
  /** The index of the event-time column; -1: the n-th value of a series is n steps from 1970. */
  readonly #time: number
  readonly #everyMs: number | undefined
  readonly #byArrival: boolean
  readonly #keyColumns: readonly number[]
  readonly #keys: KeyTable
  /** A record per key: the detector's state of its series. */
  readonly #state: SlotFields
  /** Keys that have had a value: without key columns the table knows its one key before any row. */
  #known = 0
  /** With a ttl: which series are to be forgotten. */
  readonly #lives: KeyLives | undefined
  /** Where the rows of series are read: what makes them; and whether they leave at the end, or as they change. */
  readonly #series: SeriesRows | undefined
  readonly #atEnd: boolean
  /** Rows that the watermark has not passed. */
  readonly #held: HeldBatches
  /** Windows that came in this step, in memory of the step. */
  #windows: Batch[] = []
  // Kept from step to step: made again in each, they would be most of the garbage.
  #ids = new Uint32Array(0)
  #timesMs = new Float64Array(0)
  #values = new Float64Array(0)
  /** Counts the stretches of rows that were stepped at once, and by key the last one that it had a row in. */
  #stretch = 1
  #stretchOf = new Float64Array(0)

  constructor(node: DetectNode, context: OperatorContext) {
    const input = context.inputs[0]!
    const { schema } = input
    this.#context = context
    this.#opened = openDetector(node, context)
    this.#value = fieldIndex(schema, node.column)
    this.#time = input.eventTime === undefined ? -1 : fieldIndex(schema, input.eventTime)
    this.#everyMs = samplingMs(node, input)
    this.#byArrival = node.order === 'arrival'
    this.#keyColumns = keysOf('detect', node.by, input).map(key => fieldIndex(schema, key))
    this.#held = new HeldBatches(this.#keyColumns)
    this.#keys = new KeyTable(this.#keyColumns.map(key => schema[key]!.type))
    if (node.ttlMs !== undefined) this.#lives = new KeyLives(node.ttlMs)
    const { layout } = this.#opened.detector
    this.#atEnd = input.bounded
    if (node.series) {
      this.#series = new SeriesRows(this.#opened.detector, {
        schema: seriesOutput(input, keysOf('detect', node.by, input), node.ttlMs).schema,
        everyMs: this.#everyMs,
        timed: this.#time >= 0,
        mortal: node.ttlMs !== undefined,
      })
    }
    this.#state = new SlotFields(this.#time < 0 ? { ...layout, [ARRIVALS]: { kind: 'f64' } } : layout)
  }

  onBatch(batch: Batch, _port: number, emit: Emit, arrival?: Arrival): void {
    if (this.#byArrival) this.#score(withArrival(batch, arrival, this.#context.arena), emit)
    // Windows leave in the step in which time passes them; other rows wait for the watermark.
    else if (this.#timeOrdered) this.#windows.push(batch)
    else this.#hold(batch, arrival)
  }

  #hold(batch: Batch, arrival: Arrival | undefined): void {
    const { arena, inputs, report } = this.#context
    const rows = inputs[0]!.lateness ? timelyRows(batch, this.#time, arrival, report) : batch
    if (rowCount(rows) > 0) this.#held.add(withTime(rows, this.#time, arena))
  }

  onTime(signal: Signal, emit: Emit): void {
    if (this.#windows.length > 0) this.#scoreWindows(emit)
    if (this.#held.batches.length > 0) this.#scorePassed(signal, emit)
    if (signal.watermarkMs < Number.POSITIVE_INFINITY) this.#lives?.pass(signal.watermarkMs)
    else if (this.#atEnd) this.#emitSeries(this.#keys.sorted(), emit)
  }

  /** Emits the rows of keys as they are, if anyone reads them: they do not change any more. */
  #emitSeries(ids: Uint32Array, emit: Emit): void {
    if (!this.#series || this.#known === 0) return
    const { arena } = this.#context
    const state = this.#state.table
    const known = this.#series.known(state, ids)
    for (let from = 0; from < known.length; from += OUTPUT_ROWS) {
      const rows = this.#series.of(state, known.subarray(from, from + OUTPUT_ROWS), arena)
      emit(this.#series.batch(rows, state, this.#keys.columns(rows.groups, arena), arena), SERIES)
    }
  }

  #scoreWindows(emit: Emit): void {
    const batches = this.#windows
    this.#windows = []
    const runs = runsInOrder(batches)
    const ordered = runs.length < 2 ? batches : mergeOrdered(runs, this.#context.arena)
    for (const batch of ordered) this.#score(batch, emit)
  }

  #scorePassed(signal: Signal, emit: Emit): void {
    const passed = passedRows(this.#held.batches, signal.watermarkMs)
    if (passed.passed === 0) return
    for (const batch of inChunks(passed, this.#context.arena)) this.#score(batch, emit)
    this.#held.replace(passed.rest())
  }

  get stateKeys(): number {
    return this.#known
  }

  get stateBytes(): number {
    return this.#keys.bytes + this.#state.bytes + (this.#lives?.bytes ?? 0) + this.#stretchOf.byteLength
  }

  save(to: StateWriter): void {
    // What is dead is not restored, so that a late row finds the same keys as without a stop.
    // Over bounded data no row is late, and the rows of dead series have yet to leave.
    if (this.#lives && !(this.#series && this.#atEnd)) this.#retain(this.#lives.living(this.#known))
    const known = this.#known
    const blocks = Math.ceil(known / DIRTY_IDS)
    for (let block = 0; block < blocks; block++) {
      const from = block * DIRTY_IDS
      const until = Math.min(from + DIRTY_IDS, known)
      if (to.since === undefined || this.#state.changedIn(from)) this.#saveKeys(to, block, from, until)
    }
    to.blocks('keys', blocks)
    this.#state.saved()
    this.#held.save(to, 'held')
  }

  #saveKeys(to: StateWriter, block: number, from: number, until: number): void {
    const { schema } = this.#context.inputs[0]!
    const lives = this.#lives
    const ids = Uint32Array.from({ length: until - from }, (_, i) => from + i)
    const batch: Batch = {
      schema: [
        ...this.#keyColumns.map((key, i) => ({ name: `key${i}`, type: schema[key]!.type })),
        ...this.#state.schema,
        ...(lives ? [LAST_SEEN] : []),
      ],
      length: ids.length,
      columns: [
        ...this.#keys.columns(ids, heapArena),
        ...this.#state.columns(from, until, heapArena),
        ...(lives ? [lastSeenColumn(lives, ids)] : []),
      ],
      position: NO_POSITION,
    }
    to.block(
      'keys',
      block,
      batch,
      Uint8Array.from(ids, id => this.#keys.keyGroup(id)),
    )
  }

  load(from: StateReader): void {
    this.#held.load(from, 'held')
    for (const { batch } of from.table('keys')) this.#loadKeys(batch)
  }

  #loadKeys(batch: Batch): void {
    const rows = batch.selection ?? iota(batch.length)
    const ids = new Uint32Array(rows.length)
    const width = this.#keyColumns.length
    this.#keys.intern(batch.columns.slice(0, width), rows.length, rows, ids)
    this.#reserveKnown()
    this.#state.load(batch.columns.slice(width), rows, ids)
    if (!this.#lives) return
    const lastSeen = batch.columns.at(-1)!.values as Float64Array
    for (let i = 0; i < rows.length; i++) this.#lives.restore(ids[i]!, lastSeen[rows[i]!]!)
  }

  get #timeOrdered(): boolean {
    return this.#context.inputs[0]!.timeOrdered
  }

  #reserveKnown(): void {
    this.#known = this.#keys.size
    this.#state.reserve(this.#known)
    this.#lives?.reserve(this.#known)
  }

  /** Forgets every key but these, and numbers them anew. */
  #retain(live: Uint32Array): void {
    if (live.length === this.#known) return
    this.#known = live.length
    // The one key there is without key columns keeps its place.
    if (this.#keyColumns.length === 0) return
    this.#keys.retain(live)
    this.#state.retain(live)
    this.#lives!.retain(live)
    this.#stretchOf = new Float64Array(0)
  }

  /** Scores rows that come in event-time order, series by series. */
  #score(selected: Batch, emit: Emit): void {
    const { arena, report, output: flow } = this.#context
    const { writing } = this.#opened
    const batch = selected.selection ? compact(selected, arena) : selected
    const count = batch.length
    if (count === 0) return
    this.#makeRoom(count)
    const ids = this.#ids
    const timesMs = this.#timesMs
    const values = this.#values
    this.#keys.intern(
      this.#keyColumns.map(key => batch.columns[key]!),
      count,
      undefined,
      ids,
    )
    this.#reserveKnown()
    this.#state.touch(ids, count)
    if (this.#time < 0) arrivalTimes(this.#state.table, ids, count, this.#everyMs!, timesMs)
    else eventTimesMs(batch.columns[this.#time]!, count, undefined, timesMs)
    numbersOf(batch.columns[this.#value]!, count, values)
    const output = outputOf(count, arena)
    const input = { count, keys: ids, timesMs, values }
    if (this.#lives) this.#stepLives(this.#lives, input, output, emit)
    else this.#step(input, output, emit)
    const appended = appendedColumns(output, writing, arena)
    report.scored(appended.scored, appended.anomalies)
    emit({ ...batch, schema: flow.schema, columns: [...batch.columns, ...appended.columns] })
  }

  /** Scores and learns rows, and emits what that changes of the rows of their series. */
  #step(input: DetectorInput, output: DetectorOutput, emit: Emit): void {
    const { detector } = this.#opened
    const state = this.#state.table
    if (!this.#series || this.#atEnd) {
      detector.step(state, input, output)
      return
    }
    const { arena } = this.#context
    const touched = distinct(input.keys)
    const before = this.#series.of(state, this.#series.known(state, touched))
    detector.step(state, input, output)
    const after = this.#series.of(state, touched)
    const keysOf = (ids: Uint32Array) => this.#keys.columns(ids, arena)
    const changed = this.#series.changed(before, after, state, keysOf, this.#known, arena)
    if (changed) emit(changed, SERIES)
  }

  /** Steps the rows in stretches in which no key that has rows starts anew; then forgets keys, if that pays. */
  #stepLives(
    lives: KeyLives,
    { count, keys, timesMs, values }: DetectorInput,
    output: DetectorOutput,
    emit: Emit,
  ): void {
    if (this.#stretchOf.length < this.#known) this.#stretchOf = new Float64Array(2 * this.#known)
    const stretchOf = this.#stretchOf
    let from = 0
    const stepUntil = (until: number): void => {
      this.#stretch++
      if (until > from) {
        const input = { count: until - from, keys: keys.subarray(from, until) }
        const slice = { timesMs: timesMs.subarray(from, until), values: values.subarray(from, until) }
        this.#step({ ...input, ...slice }, outputFrom(output, from, until), emit)
      }
      from = until
    }
    for (let i = 0; i < count; i++) {
      const key = keys[i]!
      if (lives.see(key, timesMs[i]!)) {
        if (stretchOf[key] === this.#stretch) stepUntil(i)
        if (this.#atEnd) this.#emitSeries(Uint32Array.of(key), emit)
        this.#state.reset(key)
      }
      stretchOf[key] = this.#stretch
    }
    stepUntil(count)
    // In order of event time no row to come is earlier than this one, unless it is late.
    if (!this.#byArrival) lives.pass(timesMs[count - 1]!)
    const live = lives.dueForgetting(this.#known)
    if (!live) return
    if (this.#atEnd) this.#emitSeries(without(live, this.#known), emit)
    this.#retain(live)
  }

  #makeRoom(count: number): void {
    if (this.#ids.length >= count) return
    const room = Math.max(1024, count + (count >> 1))
    this.#ids = new Uint32Array(room)
    this.#timesMs = new Float64Array(room)
    this.#values = new Float64Array(room)
  }
}

/** The different ones of some ids, in the order of their first places. */
const distinct = (ids: Uint32Array): Uint32Array => Uint32Array.from(new Set(ids))

/** The ids below `size` that are not among these. */
function without(ids: Uint32Array, size: number): Uint32Array {
  const among = new Set(ids)
  return Uint32Array.from({ length: size }, (_, id) => id).filter(id => !among.has(id))
}

/** Times for values without event time; counts them in the state. */
function arrivalTimes(
  state: StateTable,
  ids: Uint32Array,
  count: number,
  everyMs: number,
  timesMs: Float64Array,
): void {
  const arrivals = (state as unknown as Record<string, Float64Array>)[ARRIVALS]!
  for (let i = 0; i < count; i++) {
    const id = ids[i]!
    timesMs[i] = arrivals[id]! * everyMs
    arrivals[id] = arrivals[id]! + 1
  }
}

/** Of snapshots: the latest event time of each key's rows. */
const LAST_SEEN: Field = { name: 'lastSeen', type: 'float64' }

const lastSeenColumn = (lives: KeyLives, ids: Uint32Array): Column => ({
  type: 'float64',
  values: Float64Array.from(ids, id => lives.lastMs(id)),
})

/** A numeric column as doubles, NaN where it is null. 64-bit integers are rounded to the nearest double. */
function numbersOf(column: Column, count: number, numbers: Float64Array): void {
  const { values } = column
  if (values instanceof Float64Array) numbers.set(values.subarray(0, count))
  else if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const words32 = words32Of(column)
    const signed = values instanceof BigInt64Array
    for (let i = 0; i < count; i++) {
      const high = signed ? words32[2 * i + 1]! : words32[2 * i + 1]! >>> 0
      numbers[i] = high * 4294967296 + (words32[2 * i]! >>> 0)
    }
  } else for (let i = 0; i < count; i++) numbers[i] = values[i] as number
  if (column.validity) for (let i = 0; i < count; i++) if (isNullAt(column, i)) numbers[i] = Number.NaN
}
