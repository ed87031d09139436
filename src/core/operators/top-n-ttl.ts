import { type Batch, NO_POSITION, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { iota } from '../batch/take.ts'
import { KeyLives } from '../state/key-lives.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Arrival, Emit, OperatorContext, Signal } from './contract.ts'
import { HeldBatches, inChunks, passedRows, withTime } from './held-rows.ts'
import { timelyRows } from './timely.ts'
import type { TopNNode } from './top-n.ts'
import { TopNOfRows } from './top-n-rows.ts'

/**
 * The first rows of keys that are forgotten when they are silent for a ttl. What was first by then stays in the changelog,
 * and rows that come later are ranked anew. Rows are taken in order of event time, when the watermark has passed them: what
 * is forgotten depends on the rows alone.
 */
export class ForgetfulTopN extends TopNOfRows {
  readonly #time: number
  readonly #lives: KeyLives
  readonly #held: HeldBatches

  constructor(node: TopNNode, context: OperatorContext) {
    super(node, context)
    this.#time = fieldIndex(context.inputs[0]!.schema, context.inputs[0]!.eventTime!)
    this.#lives = new KeyLives(node.ttlMs!)
    this.#held = new HeldBatches(this.keyColumns)
  }

  /** What is refused now may be among the first once its key has been silent: rows are ranked in turn. */
  override readonly wants = (): undefined => undefined

  override onBatch(batch: Batch, _input: number, _emit: Emit, arrival?: Arrival): void {
    const { arena, report } = this.context
    const rows = timelyRows(batch, this.#time, arrival, report)
    if (rowCount(rows) > 0) this.#held.add(withTime(rows, this.#time, arena))
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (this.#held.batches.length > 0) {
      const passed = passedRows(this.#held.batches, watermarkMs)
      this.#held.replace(passed.rest())
      let at = 0
      for (const chunk of inChunks(passed, this.context.arena)) {
        const order = passed.order.subarray(at, at + chunk.length)
        this.#rankInTurn(chunk, row => passed.timesMs[order[row]!]!, emit)
        at += chunk.length
      }
    }
    if (watermarkMs < Number.POSITIVE_INFINITY) this.#lives.pass(watermarkMs)
    const living = this.#lives.dueForgetting(this.keys.size)
    if (living) this.#retain(living)
  }

  /** Ranks rows in order of time. Before a key starts anew, the rows before that have been ranked. */
  #rankInTurn(chunk: Batch, timeMs: (row: number) => number, emit: Emit): void {
    const ids = this.idsOf(chunk)
    this.#lives.reserve(this.keys.size)
    const rows = iota(chunk.length)
    let from = 0
    const rankUntil = (until: number) => {
      if (until > from) this.rank(withSelection(chunk, rows.subarray(from, until)), emit)
      from = until
    }
    for (let row = 0; row < chunk.length; row++) {
      const knew = !Number.isNaN(this.#lives.lastMs(ids[row]!))
      if (!this.#lives.see(ids[row]!, timeMs(row)) || !knew) continue
      rankUntil(row)
      this.forgetRows(ids[row]!)
    }
    rankUntil(chunk.length)
  }

  /** Forgets every key but these. */
  #retain(living: Uint32Array): void {
    const lives = new Uint8Array(this.keys.size)
    for (const id of living) lives[id] = 1
    for (let id = 0; id < lives.length; id++) if (lives[id] === 0) this.forgetRows(id)
    this.keys.retain(living)
    this.store.renumberKeys(living)
    this.#lives.retain(living)
    this.forgetBounds()
  }

  override get stateBytes(): number {
    return super.stateBytes + this.#lives.bytes
  }

  override save(to: StateWriter): void {
    // What is dead is not restored, so that a late row finds the same keys as without a stop.
    this.#retain(this.#lives.living(this.keys.size))
    super.save(to)
    this.#held.save(to, 'held')
    const ids = iota(this.keys.size)
    const lastMs: Column = { type: 'float64', values: Float64Array.from(ids, id => this.#lives.lastMs(id)) }
    const batch: Batch = {
      schema: [...this.keys.types.map((type, i) => ({ name: `key${i}`, type })), LAST_SEEN],
      length: ids.length,
      columns: [...this.keys.columns(ids, heapArena), lastMs],
      position: NO_POSITION,
    }
    to.block(
      'lives',
      0,
      batch,
      Uint8Array.from(ids, id => this.keys.keyGroup(id)),
    )
    to.blocks('lives', 1)
  }

  override load(from: StateReader): void {
    super.load(from)
    this.#held.load(from, 'held')
    for (const { batch } of from.table('lives')) {
      const count = rowCount(batch)
      const ids = new Uint32Array(count)
      this.keys.intern(batch.columns.slice(0, -1), count, batch.selection, ids)
      this.#lives.reserve(this.keys.size)
      const lastMs = batch.columns.at(-1)!.values as Float64Array
      for (let i = 0; i < count; i++) this.#lives.restore(ids[i]!, lastMs[rowAt(batch, i)]!)
    }
  }
}

const LAST_SEEN = { name: 'lastSeen', type: 'float64' } as const
