/**
 * The runtime of a join of which one input ends: it is held and indexed, and the rows of the other are looked up in it as
 * they come. What comes before the end of the first is held too, so that the result does not depend on which of them is
 * read first.
 *
 * A joined row has the place of the row that was looked up, and counts the rows it met there.
 */

import { type Batch, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { sortRows } from '../batch/compare.ts'
import { SEEN, withoutMeta } from '../batch/meta.ts'
import { placeColumns, withChildren } from '../batch/place.ts'
import { type Arena, allocUint32, heapArena } from '../batch/slab.ts'
import { concat, copyToHeap, type DictionaryCopies, take } from '../batch/take.ts'
import { takeColumn } from '../batch/take-column.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable, NO_KEY } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Arrival, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import type { JoinLayout } from './join.ts'
import { type KeyedRows, keyedRows, keyIds } from './join-keys.ts'
import { timelyRows } from './timely.ts'

/** Rows by key id: those of key `id` are `rows[starts[id]]` to before `rows[starts[id + 1]]`. */
interface Built {
  readonly batch: Batch
  readonly starts: Uint32Array
  readonly rows: Uint32Array
  /** Every key is there once: its id is its row. */
  readonly unique: boolean
}

export class HashJoin implements Operator {
  readonly #context: OperatorContext
  readonly #layout: JoinLayout
  /** Which input is held and indexed. */
  readonly #side: 0 | 1
  readonly #keys: KeyTable
  readonly #copies: DictionaryCopies = new Map()
  /** By input: rows whose keys are not null, until the held side has ended. */
  readonly #held: [Batch[], Batch[]] = [[], []]
  #built: Built | undefined
  /** By input: how many blocks the last save knows, which have not changed. Held batches are a block each. */
  readonly #saved: [number, number] = [0, 0]

  constructor(layout: JoinLayout, side: 0 | 1, context: OperatorContext) {
    this.#layout = layout
    this.#context = context
    this.#side = side
    this.#keys = new KeyTable(layout.keyTypes)
  }

  /** Nothing meets a side without rows. */
  get exhausted(): boolean {
    return this.#built?.batch.length === 0
  }

  onBatch(all: Batch, input: number, emit: Emit, arrival?: Arrival): void {
    const { within } = this.#layout
    const batch = within ? timelyRows(all, within.times[input]!, arrival, this.#context.report) : all
    const keyed = this.#keyed(batch, input)
    if (keyed.count === 0) return
    if (this.#built) this.#lookUp(batch, keyed, this.#built, emit)
    else {
      const rows = keyed.rows ? withSelection(batch, keyed.rows) : batch
      this.#held[input as 0 | 1].push(copyToHeap(rows, this.#copies))
    }
  }

  onTime({ inputs }: Signal, emit: Emit): void {
    if (this.#built || inputs[this.#side] !== Number.POSITIVE_INFINITY) return
    const built = (this.#built = this.#build())
    const waiting = this.#takeHeld((1 - this.#side) as 0 | 1)
    if (built.batch.length > 0 && waiting.length > 0)
      this.#lookUp(waiting, this.#keyed(waiting, 1 - this.#side), built, emit)
    this.#copies.clear()
  }

  #keyed(batch: Batch, input: number): KeyedRows {
    return keyedRows(batch, this.#layout.keyColumns[input]!, this.#layout.keyTypes)
  }

  /** Indexes the held rows; those of a key are in the order of their places. */
  #build(): Built {
    const batch = this.#takeHeld(this.#side)
    const ids = keyIds(this.#keys, this.#keyed(batch, this.#side), 'intern')
    const starts = new Uint32Array(this.#keys.size + 1)
    for (let i = 0; i < ids.length; i++) starts[ids[i]! + 1]!++
    for (let id = 1; id < starts.length; id++) starts[id]! += starts[id - 1]!
    const next = starts.slice()
    const rows = new Uint32Array(ids.length)
    for (let i = 0; i < ids.length; i++) rows[next[ids[i]!]!++] = i
    return { batch, starts, rows, unique: this.#keys.size === batch.length }
  }

  /**
   * The held rows of an input, in the order of their places: after a restore they come from several shards. Those of a
   * changelog in the order in which they came, which is that of each key on one shard.
   */
  #takeHeld(input: 0 | 1): Batch {
    const { schema, rows } = this.#context.inputs[input]!
    const batch = concat(schema, this.#held[input].splice(0), heapArena)
    this.#saved[input] = 0
    if (rows === 'changes') return batch
    const columns = placeColumns(batch, heapArena)
    const order = sortRows(
      { ...batch, columns },
      columns.map((_, column) => ({ column })),
    )
    return order.every((row, i) => row === i) ? batch : take(batch, order, heapArena)
  }

  /** Emits the rows of the other side with all that have their key. */
  #lookUp(batch: Batch, keyed: KeyedRows, built: Built, emit: Emit): void {
    const ids = keyIds(this.#keys, keyed, 'find')
    const total = pairCount(ids, built)
    if (total === 0) return
    const placed = withoutMeta(batch, SEEN)
    const pairs = new Pairs(ids, keyed.rows, built)
    for (let left = total; left > 0; left -= OUTPUT_ROWS) {
      const found = this.#near(placed, pairs.next(Math.min(left, OUTPUT_ROWS), this.#context.arena), built)
      if (found.rows.length > 0) emit(this.#joined(placed, found, built))
    }
  }

  /** The pairs whose event times are not too far apart. */
  #near(batch: Batch, found: FoundPairs, built: Built): FoundPairs {
    const { within } = this.#layout
    if (!within) return found
    const count = found.rows.length
    const timesMs = [new Float64Array(count), new Float64Array(count)] as const
    eventTimesMs(batch.columns[within.times[1 - this.#side]!]!, count, found.rows, timesMs[0])
    eventTimesMs(built.batch.columns[within.times[this.#side]]!, count, found.matches, timesMs[1])
    const near = (_: number, i: number) => Math.abs(timesMs[0][i]! - timesMs[1][i]!) <= within.ms
    return {
      rows: found.rows.filter(near),
      matches: found.matches.filter(near),
      children: found.children?.filter(near),
    }
  }

  #joined(batch: Batch, { rows, matches, children }: FoundPairs, built: Built): Batch {
    const { arena, inputs, output } = this.#context
    const { position, meta } = take({ ...batch, columns: [] }, rows, arena)
    const side = this.#side
    const columns = this.#layout.columns.map(
      ({ input, column }): Column =>
        input === side
          ? takeColumn(built.batch.columns[column]!, matches, arena)
          : takeColumn(batch.columns[column]!, rows, arena),
    )
    const joined: Batch = {
      schema: output.schema,
      length: rows.length,
      columns,
      position,
      ...(meta ? { meta } : {}),
    }
    const level = inputs[1 - side]!.children ?? 0
    return children ? withChildren(joined, level, children) : joined
  }

  save(to: StateWriter): void {
    for (const input of [0, 1] as const) {
      const table = `rows${input}`
      const blocks = this.#built && input === this.#side ? [this.#built.batch] : this.#held[input]
      const saved = to.since === undefined ? 0 : this.#saved[input]
      for (let block = saved; block < blocks.length; block++)
        to.block(table, block, blocks[block]!, this.#keyGroups(blocks[block]!, input))
      to.blocks(table, blocks.length)
      this.#saved[input] = blocks.length
    }
  }

  #keyGroups(batch: Batch, input: number): Uint8Array {
    const keyGroups = new Uint8Array(batch.length)
    const keys = this.#layout.keyColumns[input]!.map(column => batch.columns[column]!)
    keyGroupsOf(keys, batch.length, undefined, keyGroups)
    return keyGroups
  }

  load(from: StateReader): void {
    for (const input of [0, 1] as const)
      for (const { batch } of from.table(`rows${input}`))
        this.#held[input].push(copyToHeap(batch, this.#copies))
  }
}

/** How many pairs the rows with these keys make. */
function pairCount(ids: Uint32Array, { starts, unique }: Built): number {
  let total = 0
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== NO_KEY) total += unique ? 1 : starts[ids[i]! + 1]! - starts[ids[i]!]!
  }
  return total
}

interface FoundPairs {
  /** Physical rows of the batch, and the rows they meet. */
  readonly rows: Uint32Array
  readonly matches: Uint32Array
  /** By pair, which of the row's it is; absent where all are the first. */
  readonly children: Uint32Array | undefined
}

/** The pairs of rows that meet, some at a time. */
class Pairs {
  readonly #ids: Uint32Array
  readonly #rows: Uint32Array | undefined
  readonly #built: Built
  /** The next pair: of the `#at`-th row, the `#child`-th it meets. */
  #at = 0
  #child = 0

  constructor(ids: Uint32Array, rows: Uint32Array | undefined, built: Built) {
    this.#ids = ids
    this.#rows = rows
    this.#built = built
  }

  /** The next `count` pairs, which there are. */
  next(count: number, arena: Arena): FoundPairs {
    return this.#built.unique ? this.#nextOnes(count) : this.#nextOfMany(count, arena)
  }

  #nextOnes(count: number): FoundPairs {
    const ids = this.#ids
    const physical = this.#rows
    const rows = new Uint32Array(count)
    const matches = new Uint32Array(count)
    let at = this.#at
    for (let n = 0; n < count; at++) {
      const id = ids[at]!
      if (id === NO_KEY) continue
      rows[n] = physical ? physical[at]! : at
      matches[n++] = id
    }
    this.#at = at
    return { rows, matches, children: undefined }
  }

  #nextOfMany(count: number, arena: Arena): FoundPairs {
    const { starts, rows: found } = this.#built
    const ids = this.#ids
    const physical = this.#rows
    const rows = new Uint32Array(count)
    const matches = new Uint32Array(count)
    const children = allocUint32(arena, count)
    let several = false
    let at = this.#at
    let child = this.#child
    for (let n = 0; n < count; at++, child = 0) {
      const id = ids[at]!
      if (id === NO_KEY) continue
      const start = starts[id]!
      const size = starts[id + 1]! - start
      const row = physical ? physical[at]! : at
      for (; child < size && n < count; child++, n++) {
        rows[n] = row
        matches[n] = found[start + child]!
        children[n] = child
        several ||= child > 0
      }
      if (child < size) break
    }
    this.#at = at
    this.#child = child
    return { rows, matches, children: several ? children : undefined }
  }
}
