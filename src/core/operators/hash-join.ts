/**
 * The runtime of a join of which one input ends: it is held and indexed, and the rows of the other are looked up in it as
 * they come. What comes before the end of the first is held too, so that the result does not depend on which of them is
 * read first.
 *
 * A joined row has the place of the row that was looked up, and counts the rows it met there. Rows of the held side that
 * leave without a match come at the end, after all others.
 */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { sortRows } from '../batch/compare.ts'
import { constantColumn, SEEN, withoutMeta } from '../batch/meta.ts'
import { NO_ROW, nullColumn, takeOrNull } from '../batch/null-column.ts'
import { placeColumns, placedBy, withChildren } from '../batch/place.ts'
import { type Arena, allocUint32, heapArena } from '../batch/slab.ts'
import { compact, concat, copyToHeap, type DictionaryCopies, take } from '../batch/take.ts'
import { takeColumn } from '../batch/take-column.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable, NO_KEY } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import {
  type BuiltPairs,
  type BuiltRows,
  buildRows,
  LookedUpPairs,
  pairCount,
  pairsWithin,
} from './built-rows.ts'
import type { Arrival, EdgeTime, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { isPreserved } from './join-columns.ts'
import { castKey, type KeyedRows, keyedRows, keyIds } from './join-keys.ts'
import { type JoinLayout, timeOfPairs } from './join-layout.ts'
import { timelyRows } from './timely.ts'

export class HashJoin implements Operator {
  readonly #context: OperatorContext
  readonly #layout: JoinLayout
  /** Which input is held and indexed, and which is looked up in it. */
  readonly #side: 0 | 1
  readonly #probe: 0 | 1
  readonly #keys: KeyTable
  readonly #copies: DictionaryCopies = new Map()
  /** By input: rows until the held side has ended; without those whose keys are null, where they cannot leave. */
  readonly #held: [Batch[], Batch[]] = [[], []]
  /** After a restore: rows of the held side that had matches. */
  readonly #heldMatched: Batch[] = []
  #built: BuiltRows | undefined
  /** By row of the held side, whether it had a match; where those without leave. */
  #matched: Uint8Array | undefined
  /** By input: how many blocks the last save knows, which have not changed. Held batches are a block each. */
  readonly #saved: [number, number] = [0, 0]

  constructor(layout: JoinLayout, side: 0 | 1, context: OperatorContext) {
    this.#layout = layout
    this.#context = context
    this.#side = side
    this.#probe = side === 0 ? 1 : 0
    this.#keys = new KeyTable(layout.keyTypes)
  }

  /** Nothing meets a side without rows. */
  get exhausted(): boolean {
    return this.#built?.batch.length === 0 && !this.#leavesAlone(this.#probe)
  }

  /** Whether rows of an input may leave without a match. */
  #leavesAlone(input: 0 | 1): boolean {
    const { how } = this.#layout
    return isPreserved(how, input) || (input === 0 && how === 'anti')
  }

  onBatch(all: Batch, input: 0 | 1, emit: Emit, arrival?: Arrival): void {
    const { range } = this.#layout
    const batch = range ? timelyRows(all, range.times[input], arrival, this.#context.report) : all
    if (this.#built) this.#lookUp(batch, this.#built, emit)
    else {
      const keyed = this.#leavesAlone(input) ? undefined : this.#keyed(batch, input)
      const rows = keyed?.rows ? withSelection(batch, keyed.rows) : batch
      if (rowCount(rows) > 0) this.#held[input].push(copyToHeap(rows, this.#copies))
    }
  }

  onTime({ inputs }: Signal, emit: Emit): void {
    if (!this.#built && inputs[this.#side] === Number.POSITIVE_INFINITY) {
      const built = this.#build()
      const waiting = this.#takeHeld(this.#probe).batch
      if (waiting.length > 0) this.#lookUp(waiting, built, emit, true)
      this.#copies.clear()
    }
    if (this.#built && this.#matched && inputs[this.#probe] === Number.POSITIVE_INFINITY)
      this.#leaveUnmatched(this.#built, this.#matched, emit)
  }

  outputTime(_port: string, signal: Signal): EdgeTime {
    return this.#context.output.eventTime === undefined ? signal : timeOfPairs(this.#layout, signal)
  }

  #keyed(batch: Batch, input: 0 | 1): KeyedRows {
    return keyedRows(batch, this.#layout.keyColumns[input], this.#layout.keyTypes)
  }

  /** Indexes the held rows; those of a key are in the order of their places. */
  #build(): BuiltRows {
    const { batch, wereMatched } = this.#takeHeld(this.#side)
    this.#built = buildRows(batch, this.#keyed(batch, this.#side), this.#keys)
    if (isPreserved(this.#layout.how, this.#side)) this.#matched = wereMatched
    return this.#built
  }

  /**
   * The held rows of an input, in the order of their places: after a restore they come from several shards. Those of a
   * changelog in the order in which they came, which is that of each key on one shard.
   */
  #takeHeld(input: 0 | 1): { batch: Batch; wereMatched: Uint8Array } {
    const { schema, rows } = this.#context.inputs[input]!
    const held = this.#held[input].splice(0)
    const fresh = held.reduce((sum, { length }) => sum + length, 0)
    const matched = input === this.#side ? this.#heldMatched.splice(0) : []
    const batch = concat(schema, [...held, ...matched], heapArena)
    const wereMatched = new Uint8Array(batch.length).fill(1, fresh)
    this.#saved[input] = 0
    if (rows === 'changes') return { batch, wereMatched }
    const columns = placeColumns(batch, heapArena)
    const order = sortRows(
      { ...batch, columns },
      columns.map((_, column) => ({ column })),
    )
    if (order.every((row, i) => row === i)) return { batch, wereMatched }
    return {
      batch: take(batch, order, heapArena),
      wereMatched: Uint8Array.from(order, row => wereMatched[row]!),
    }
  }

  // --- rows are looked up ---

  /** @param isHeld the rows were held: they lie in memory that is not shared */
  #lookUp(batch: Batch, built: BuiltRows, emit: Emit, isHeld = false): void {
    const { how, range, where } = this.#layout
    const placed = withoutMeta(batch, SEEN)
    if (how === 'semi' || how === 'anti')
      this.#leaveRows(placed, built, { matched: how === 'semi', isHeld }, emit)
    else if (range || where || this.#leavesAlone(this.#probe) || this.#matched)
      this.#leaveEach(placed, built, emit)
    else this.#leavePairs(placed, built, emit)
  }

  /** All pairs: nothing but the key decides. */
  #leavePairs(batch: Batch, built: BuiltRows, emit: Emit): void {
    const keyed = this.#keyed(batch, this.#probe)
    const ids = keyIds(this.#keys, keyed, 'find')
    const pairs = new LookedUpPairs(ids, keyed.rows, built)
    for (let left = pairCount(ids, built); left > 0; left -= OUTPUT_ROWS)
      emit(this.#joined(batch, pairs.next(Math.min(left, OUTPUT_ROWS)), built))
  }

  /** Rows of the first side that have a match, or that have none. */
  #leaveRows(
    batch: Batch,
    built: BuiltRows,
    { matched, isHeld }: { matched: boolean; isHeld: boolean },
    emit: Emit,
  ): void {
    const ids = this.#idsOfAll(batch)
    const count = ids.length
    const has = new Uint8Array(count)
    const { range, where } = this.#layout
    if (range || where) for (const { at } of this.#passing(batch, ids, built)) for (const i of at) has[i] = 1
    else for (let i = 0; i < count; i++) has[i] = ids[i] === NO_KEY ? 0 : 1
    const rows = new Uint32Array(count)
    let kept = 0
    for (let i = 0; i < count; i++) if (has[i] === Number(matched)) rows[kept++] = rowAt(batch, i)
    if (kept === 0) return
    const { output, arena } = this.#context
    const columns = this.#layout.columns.map(({ column }) => batch.columns[column]!)
    const left = { ...batch, schema: output.schema, columns }
    const selected = kept === batch.length ? withoutSelection(left) : withSelection(left, rows.slice(0, kept))
    emit(isHeld ? compact(selected, arena) : selected)
  }

  /** The pairs that pass, and rows without one in between, in the order of the rows. */
  #leaveEach(batch: Batch, built: BuiltRows, emit: Emit): void {
    const ids = this.#idsOfAll(batch)
    const has = new Uint8Array(ids.length)
    const alone = this.#leavesAlone(this.#probe)
    let settled = 0
    for (const pairs of this.#passing(batch, ids, built)) {
      const { at, matches, done } = pairs
      for (let i = 0; i < at.length; i++) has[at[i]!] = 1
      if (this.#matched) for (let i = 0; i < matches.length; i++) this.#matched[matches[i]!] = 1
      const found = alone ? withRowsAlone(pairs, batch, has, settled) : pairs
      settled = done
      if (found.rows.length > 0) emit(this.#joined(batch, found, built))
    }
  }

  /** By row that counts, the id of its key; {@link NO_KEY} where no row of the held side has it. */
  #idsOfAll(batch: Batch): Uint32Array {
    const keyed = this.#keyed(batch, this.#probe)
    const found = keyIds(this.#keys, keyed, 'find')
    const count = rowCount(batch)
    if (keyed.count === count) return found
    const ids = new Uint32Array(count).fill(NO_KEY)
    for (let i = 0, at = 0; at < keyed.count; i++)
      if (rowAt(batch, i) === keyed.rows![at]) ids[i] = found[at++]!
    return ids
  }

  /** The pairs whose times are within the range and for which the condition is true, some at a time, till all rows are done. */
  *#passing(batch: Batch, ids: Uint32Array, built: BuiltRows): Generator<BuiltPairs> {
    const pairs = new LookedUpPairs(ids, batch.selection, built)
    for (
      let left = pairCount(ids, built), first = true;
      left > 0 || first;
      left -= OUTPUT_ROWS, first = false
    ) {
      const found = pairs.next(Math.min(Math.max(left, 0), OUTPUT_ROWS))
      const { range, where } = this.#layout
      let passing = range ? pick(found, pairsWithin(found, [batch, built.batch], range, this.#probe)) : found
      if (where && passing.rows.length > 0) {
        const numbers = where.passing(passing.rows.length, (input, index) =>
          input === this.#side
            ? takeColumn(built.batch.columns[index]!, passing.matches, heapArena)
            : takeColumn(batch.columns[index]!, passing.rows, heapArena),
        )
        if (numbers) passing = pick(passing, numbers)
      }
      yield left > OUTPUT_ROWS ? passing : { ...passing, done: ids.length }
    }
  }

  // --- what leaves ---

  #joined(batch: Batch, { rows, matches, children }: BuiltPairs, built: BuiltRows): Batch {
    const { arena, inputs, output } = this.#context
    const { position, meta } = take({ ...batch, columns: [] }, rows, arena)
    const side = this.#side
    const alone = this.#leavesAlone(this.#probe)
    const columns = this.#layout.columns.map(({ input, column, type }): Column => {
      if (input !== side) return asType(takeColumn(batch.columns[column]!, rows, arena), rows.length, type)
      const held = built.batch.columns[column]!
      return alone ? takeOrNull(held, built.batch.length, matches, arena) : takeColumn(held, matches, arena)
    })
    const joined: Batch = {
      schema: output.schema,
      length: rows.length,
      columns,
      position,
      ...(meta ? { meta } : {}),
    }
    const level = inputs[this.#probe]!.children ?? 0
    const placed = children ? withChildren(joined, level, copied(children, arena)) : joined
    return this.#matched ? placedBy(placed, [constantColumn('uint32', 0, rows.length)], arena) : placed
  }

  /** The held rows without a match. They come after all others. */
  #leaveUnmatched({ batch }: BuiltRows, matched: Uint8Array, emit: Emit): void {
    const { arena, output } = this.#context
    const all = Uint32Array.from(matched.keys()).filter(row => matched[row] === 0)
    for (let from = 0; from < all.length; from += OUTPUT_ROWS) {
      const rows = take(batch, all.subarray(from, from + OUTPUT_ROWS), arena)
      const columns = this.#layout.columns.map(({ input, column, type, or }): Column => {
        const own = input === this.#side ? column : or
        return own === undefined
          ? nullColumn(type, rows.length, arena)
          : asType(rows.columns[own]!, rows.length, type)
      })
      const last = [constantColumn('uint32', 1, rows.length)]
      emit(placedBy({ ...rows, schema: output.schema, columns }, last, arena))
    }
    matched.fill(1)
  }

  // --- state ---

  save(to: StateWriter): void {
    for (const input of [0, 1] as const) {
      const built = input === this.#side ? this.#built : undefined
      // Every shard has all of a held side that is given to all: one saves it.
      if (input === this.#side && this.#isCopy) {
        to.blocks(`rows${input}`, 0)
        continue
      }
      if (built && this.#matched) {
        this.#saveMatched(to, built.batch, this.#matched)
        continue
      }
      const blocks = built ? [built.batch] : this.#held[input]
      const saved = to.since === undefined ? 0 : this.#saved[input]
      for (let block = saved; block < blocks.length; block++)
        to.block(`rows${input}`, block, blocks[block]!, this.#keyGroups(blocks[block]!, input))
      to.blocks(`rows${input}`, blocks.length)
      this.#saved[input] = blocks.length
    }
  }

  /** Rows with and without a match apart. */
  #saveMatched(to: StateWriter, batch: Batch, matched: Uint8Array): void {
    for (const [table, had] of [
      [`rows${this.#side}`, 0],
      ['matched', 1],
    ] as const) {
      const rows = Uint32Array.from(matched.keys()).filter(row => matched[row] === had)
      const part = take(batch, rows, heapArena)
      if (rows.length > 0) to.block(table, 0, part, this.#keyGroups(part, this.#side))
      to.blocks(table, Number(rows.length > 0))
    }
  }

  #keyGroups(batch: Batch, input: 0 | 1): Uint8Array {
    const keyGroups = new Uint8Array(batch.length)
    const keys = this.#layout.keyColumns[input].map(column => batch.columns[column]!)
    keyGroupsOf(keys, batch.length, undefined, keyGroups)
    return keyGroups
  }

  /** Whether another shard has the held side, too, and stands for it. */
  get #isCopy(): boolean {
    return this.#context.placement === 'spread' && this.#context.shard > 0
  }

  load(from: StateReader): void {
    const spread = this.#context.placement === 'spread'
    for (const input of [0, 1] as const) {
      const table = `rows${input}`
      for (const { batch } of spread && input === this.#side ? from.whole(table) : from.table(table))
        this.#held[input].push(copyToHeap(batch, this.#copies))
    }
    for (const { batch } of from.table('matched')) this.#heldMatched.push(copyToHeap(batch, this.#copies))
  }
}

/** Cells of a key as those of the type that the output has it in, which holds them. */
const asType = (column: Column, count: number, type: Column['type']): Column =>
  column.type === type ? column : castKey(column, count, type)

function copied(numbers: Uint32Array, arena: Arena): Uint32Array {
  const copy = allocUint32(arena, numbers.length)
  copy.set(numbers)
  return copy
}

const withoutSelection = ({ selection: _, ...batch }: Batch): Batch => batch

/** Some of the pairs, by their numbers. */
function pick({ rows, matches, children, at, done }: BuiltPairs, numbers: Uint32Array): BuiltPairs {
  return {
    rows: numbers.map(i => rows[i]!),
    matches: numbers.map(i => matches[i]!),
    children: children && numbers.map(i => children[i]!),
    at: numbers.map(i => at[i]!),
    done,
  }
}

/**
 * The pairs, with the rows from `settled` to before `done` that have none in their places among them.
 *
 * @param has by row, whether it has had one
 */
function withRowsAlone(pairs: BuiltPairs, batch: Batch, has: Uint8Array, settled: number): BuiltPairs {
  const { rows, matches, children, at, done } = pairs
  let alone = 0
  for (let i = settled; i < done; i++) if (has[i] === 0) alone++
  if (alone === 0) return pairs
  const count = rows.length + alone
  const all = { rows: new Uint32Array(count), matches: new Uint32Array(count), at: new Uint32Array(count) }
  const ordinals = children && new Uint32Array(count)
  let next = settled
  let to = 0
  const addAlone = (before: number) => {
    for (; next < before; next++) {
      if (has[next] !== 0) continue
      all.rows[to] = rowAt(batch, next)
      all.at[to] = next
      all.matches[to++] = NO_ROW
    }
  }
  for (let i = 0; i < rows.length; i++) {
    addAlone(Math.min(at[i]!, done))
    all.rows[to] = rows[i]!
    all.at[to] = at[i]!
    if (ordinals) ordinals[to] = children[i]!
    all.matches[to++] = matches[i]!
  }
  addAlone(done)
  return { ...all, children: ordinals, done }
}
