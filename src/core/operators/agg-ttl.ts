import { type Batch, rowCount, withSelection } from '../batch/batch.ts'
import { iota } from '../batch/take.ts'
import type { Fold } from '../fold.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import { ChangingAgg } from './agg-changes.ts'
import { openAggInput } from './agg-input.ts'
import type { AggNode } from './agg-node.ts'
import type { Arrival, Emit, OperatorContext, Signal } from './contract.ts'
import { selected } from './group-changes.ts'
import { HeldBatches, inChunks, passedRows, withTime } from './held-rows.ts'
import { timelyRows } from './timely.ts'

interface LastSeen {
  readonly lastMs: Float64Array
}

/** The latest event time of each group's rows, beside its aggregates, so that it is saved with them. */
const lastSeenFold: Fold = {
  layout: { lastMs: { kind: 'f64', initial: Number.NEGATIVE_INFINITY } },
  resultType: 'float64',
  loop: { code: '' },
  step() {},
  merge(state, groups, from, fromGroups) {
    const [to, source] = [state, from] as unknown as [LastSeen, LastSeen]
    for (let i = 0; i < groups.length; i++)
      to.lastMs[groups[i]!] = Math.max(to.lastMs[groups[i]!]!, source.lastMs[fromGroups[i]!]!)
  },
  result: () => {
    throw new Error('when a group was last seen is no result')
  },
}

/** Groups are looked through for dead ones when there are twice as many as the last time, and this many. */
const MIN_GROUPS_TO_FORGET = 1024

/**
 * Aggregates of keys that are forgotten when they are silent for a ttl: what they were stays in the changelog, and rows
 * that come later start anew. Rows are taken in order of event time, when the watermark has passed them: what is
 * forgotten depends on the rows alone.
 */
export class ForgetfulAgg extends ChangingAgg {
  readonly #ttlMs: number
  readonly #time: number
  readonly #held: HeldBatches
  /** How many groups were left when dead ones were last looked for. */
  #left = 0

  constructor(node: AggNode, context: OperatorContext) {
    super(openAggInput(node, context), context, [lastSeenFold])
    const { schema, eventTime } = context.inputs[0]!
    this.#ttlMs = node.ttlMs!
    this.#time = fieldIndex(schema, eventTime!)
    this.#held = new HeldBatches(this.input.keys)
  }

  // They decide between rows of one time.
  override get ignoresPlaces(): boolean {
    return false
  }

  override onBatch(batch: Batch, _input: number, _emit: Emit, arrival?: Arrival): void {
    const { arena, report } = this.context
    const rows = timelyRows(batch, this.#time, arrival, report)
    if (rowCount(rows) > 0) this.#held.add(withTime(rows, this.#time, arena))
  }

  override onTime(signal: Signal, emit: Emit): void {
    const { watermarkMs } = signal
    if (this.#held.batches.length > 0) {
      const passed = passedRows(this.#held.batches, watermarkMs)
      this.#held.replace(passed.rest())
      let at = 0
      for (const chunk of inChunks(passed, this.context.arena)) {
        const order = passed.order.subarray(at, at + chunk.length)
        this.#stepInTurn(chunk, row => passed.timesMs[order[row]!]!, emit)
        at += chunk.length
      }
    }
    if (watermarkMs === Number.POSITIVE_INFINITY) super.onTime(signal, emit)
    else this.#forget(watermarkMs)
  }

  /** Takes rows in order of time. Before a group starts anew, the rows before that have been taken. */
  #stepInTurn(chunk: Batch, timeMs: (row: number) => number, emit: Emit): void {
    const columns = this.input.keys.map(key => chunk.columns[key]!)
    const groups = this.groups.find(columns, chunk.length, undefined).groups.slice(0, chunk.length)
    const { lastMs } = this.groups.stateOf(0) as unknown as LastSeen
    const rows = iota(chunk.length)
    let from = 0
    const stepUntil = (until: number) => {
      if (until > from) this.step(withSelection(chunk, rows.subarray(from, until)), emit)
      from = until
    }
    for (let row = 0; row < chunk.length; row++) {
      const group = groups[row]!
      const ms = timeMs(row)
      if (ms - lastMs[group]! > this.#ttlMs && lastMs[group] !== Number.NEGATIVE_INFINITY) {
        stepUntil(row)
        this.restart(group)
      }
      lastMs[group] = ms
    }
    stepUntil(chunk.length)
  }

  /** Releases groups that every row to come would let start anew. */
  #forget(watermarkMs: number): void {
    if (this.groups.groupCount < Math.max(MIN_GROUPS_TO_FORGET, 2 * this.#left)) return
    this.#release(watermarkMs)
    this.#left = this.groups.groupCount
  }

  #release(watermarkMs: number): void {
    const { lastMs } = this.groups.stateOf(0) as unknown as LastSeen
    const dead = selected(this.groups.all(), group => watermarkMs - lastMs[group]! > this.#ttlMs)
    for (const group of dead) this.restart(group)
    this.groups.release(dead)
  }

  override save(to: StateWriter): void {
    super.save(to)
    this.#held.save(to, 'held')
  }

  override load(from: StateReader): void {
    super.load(from)
    this.#held.load(from, 'held')
  }
}
