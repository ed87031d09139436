/** What fills gaps, window by window. */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { columnFrom } from '../batch/build.ts'
import type { Column } from '../batch/column.ts'
import { mergeOrdered, runsInOrder } from '../batch/merge.ts'
import { orderMeta } from '../batch/meta.ts'
import { placedAt } from '../batch/place.ts'
import { type Arena, allocUint32, heapArena } from '../batch/slab.ts'
import { concat, iota, takeColumn } from '../batch/take.ts'
import { literalCell } from '../expr/literal.ts'
import { KeyTable } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs, timestampColumn } from '../time/event-time.ts'
import type { TimestampType } from '../types/column-type.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import type { FillGapsNode } from './fill-gaps.ts'
import { keysOf } from './keys.ts'

export const open = (node: FillGapsNode, context: OperatorContext): Operator =>
  new FillGapsRuntime(node, context)

/**
 * Holds the windows of a step until event time has passed them, then emits, window by window and key by key, the rows
 * there are and a filled one for each living key that has none.
 */
class FillGapsRuntime implements Operator {
  readonly #context: OperatorContext
  readonly #layout: OutputLayout
  readonly #keys: KeyTable
  readonly #living: LivingKeys
  /** One row that holds what gaps are filled with. */
  readonly #filler: Batch
  readonly #out: OutputRows
  /** Start of the next window to emit; NaN while no key lives. */
  #nextMs = Number.NaN
  #held: Batch[] = []

  constructor(node: FillGapsNode, context: OperatorContext) {
    const input = context.inputs[0]!
    const { schema } = input
    const windowStart = fieldIndex(schema, input.eventTime!)
    const keyColumns = keysOf('fillGaps', node.by, input).map(key => fieldIndex(schema, key))
    this.#context = context
    this.#layout = {
      windowStart,
      windowEnd: input.windowEnd === undefined ? -1 : fieldIndex(schema, input.windowEnd),
      keyColumns,
      windowType: schema[windowStart]!.type as TimestampType,
      sizeMs: input.windowMs!,
      several: !input.keys?.every(key => keyColumns.includes(fieldIndex(schema, key))),
    }
    this.#keys = new KeyTable(keyColumns.map(key => schema[key]!.type))
    this.#living = new LivingKeys(node)
    this.#filler = fillerRow(node, context)
    this.#out = new OutputRows(this.#keys, context, this.#layout)
  }

  onBatch(batch: Batch): void {
    this.#held.push(batch)
  }

  onTime(signal: Signal, emit: Emit): void {
    const { watermarkMs, maxTimeMs } = signal
    // At the end nothing is known of windows after the last row: keys are filled up to it.
    const endMs = watermarkMs === Number.POSITIVE_INFINITY ? maxTimeMs + 1 : watermarkMs
    if (this.#held.length > 0 || this.#living.count > 0) this.#emitUntil(endMs, emit)
  }

  get stateKeys(): number {
    return this.#keys.size
  }

  get stateBytes(): number {
    return this.#keys.bytes + this.#living.bytes
  }

  // All of it, each time: nearly every key has a row in every window.
  save(to: StateWriter): void {
    const { schema } = this.#context.inputs[0]!
    const ids = this.#living.ids(this.#keys.size)
    const numbers = (value: (id: number) => number): Column => ({
      type: 'float64',
      values: Float64Array.from(ids, value),
    })
    const batch: Batch = {
      schema: [
        ...this.#layout.keyColumns.map((key, i) => ({ name: `key${i}`, type: schema[key]!.type })),
        { name: 'lastSeen', type: 'float64' },
        { name: 'next', type: 'float64' },
      ],
      length: ids.length,
      columns: [
        ...this.#keys.columns(Uint32Array.from(ids), heapArena),
        numbers(id => this.#living.lastSeenMs(id)),
        numbers(() => this.#nextMs),
      ],
      position: NO_POSITION,
    }
    to.block(
      'keys',
      0,
      batch,
      Uint8Array.from(ids, id => this.#keys.keyGroup(id)),
    )
    to.blocks('keys', 1)
  }

  load(from: StateReader): void {
    for (const { batch } of from.table('keys')) this.#loadKeys(batch)
  }

  #loadKeys(batch: Batch): void {
    const rows = batch.selection ?? iota(batch.length)
    const ids = new Uint32Array(rows.length)
    this.#keys.intern(batch.columns.slice(0, this.#layout.keyColumns.length), rows.length, rows, ids)
    const [lastSeen, next] = batch.columns.slice(-2).map(column => column.values as Float64Array)
    rows.forEach((row, i) => {
      this.#living.see(ids[i]!, lastSeen![row]!)
      this.#nextMs = next![row]!
    })
  }

  /** Emits every window that starts before `endMs`. */
  #emitUntil(endMs: number, emit: Emit): void {
    const living = this.#living
    const rows = concat(
      this.#context.inputs[0]!.schema,
      [...this.#heldInOrder(), this.#filler],
      this.#context.arena,
    )
    this.#held = []
    const filler = rows.length - 1
    const { ids, starts, order } = this.#heldRows(rows, filler)
    this.#out.begin(rows, emit)
    const sorted = this.#keys.sorted()
    let at = 0
    if (Number.isNaN(this.#nextMs) && order.length) this.#nextMs = starts[order[0]!]!
    while (this.#nextMs < endMs && (living.count > 0 || at < order.length)) {
      if (living.count === 0) this.#nextMs = starts[order[at]!]!
      if (this.#nextMs >= endMs) break
      const from = at
      while (at < order.length && starts[order[at]!]! === this.#nextMs)
        living.see(ids[order[at++]!]!, this.#nextMs)
      this.#addWindow(order.subarray(from, at), ids, sorted, filler)
      this.#nextMs += this.#layout.sizeMs
    }
    this.#out.end()
    if (living.count === 0) this.#nextMs = Number.NaN
    this.#forgetKeys()
  }

  /** Frees the memory of forgotten keys, once they are the majority. */
  #forgetKeys(): void {
    const { size } = this.#keys
    if (size < MIN_KEYS_TO_FORGET || 2 * this.#living.count > size || this.#layout.keyColumns.length === 0)
      return
    const live = Uint32Array.from(this.#living.ids(size))
    this.#keys.retain(live)
    this.#living.retain(live)
  }

  /** What is held without its places: the key and the window are those from here on. */
  #heldInOrder(): Batch[] {
    const held = this.#layout.several
      ? mergeOrdered(runsInOrder(this.#held), this.#context.arena)
      : this.#held
    return held.map(batch => placedAt(batch, NO_POSITION))
  }

  /** The key ids and window starts of the rows before `count`, and their order by window and key. */
  #heldRows(rows: Batch, count: number) {
    const ids = new Uint32Array(count)
    const starts = new Float64Array(count)
    this.#keys.intern(
      this.#layout.keyColumns.map(key => rows.columns[key]!),
      count,
      undefined,
      ids,
    )
    eventTimesMs(rows.columns[this.#layout.windowStart]!, count, undefined, starts)
    return { ids, starts, order: byWindowThenKey(ids, starts, this.#keys) }
  }

  /** The window at `#nextMs`: its rows, in order of key, and a filled one for each living key that has none. */
  #addWindow(rows: Uint32Array, ids: Uint32Array, sorted: Uint32Array, filler: number): void {
    const startMs = this.#nextMs
    let row = 0
    for (let k = 0; k < sorted.length; k++) {
      const id = sorted[k]!
      if (row < rows.length && ids[rows[row]!]! === id) {
        // Several rows of one key and window (keys coarser than the groups) all stay.
        for (let i = 0; row < rows.length && ids[rows[row]!]! === id; i++)
          this.#out.add(rows[row++]!, id, startMs, i)
      } else if (this.#living.fills(id, startMs)) this.#out.add(filler, id, startMs)
    }
  }
}

/** In a table of fewer keys, forgotten ones are left. */
const MIN_KEYS_TO_FORGET = 1024

/** Which keys are filled, and since when they have been silent. */
class LivingKeys {
  readonly #ttlMs: number
  readonly #untilMs: number
  /** By key id: start of the last window with a row; NaN for keys that are forgotten. */
  #lastSeenMs = new Float64Array(64).fill(Number.NaN)
  #count = 0

  constructor({ ttlMs = Number.POSITIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY }: FillGapsNode) {
    this.#ttlMs = ttlMs
    this.#untilMs = untilMs
  }

  get count(): number {
    return this.#count
  }

  /** Memory, bytes. */
  get bytes(): number {
    return this.#lastSeenMs.byteLength
  }

  lastSeenMs(id: number): number {
    return this.#lastSeenMs[id] ?? Number.NaN
  }

  /** The living ones among the first `size` ids. */
  ids(size: number): number[] {
    const ids: number[] = []
    for (let id = 0; id < size; id++) if (!Number.isNaN(this.lastSeenMs(id))) ids.push(id)
    return ids
  }

  /** The key has a row in the window that starts at `startMs`. */
  see(id: number, startMs: number): void {
    if (id >= this.#lastSeenMs.length) {
      const larger = new Float64Array(Math.max(2 * this.#lastSeenMs.length, id + 1)).fill(Number.NaN)
      larger.set(this.#lastSeenMs)
      this.#lastSeenMs = larger
    }
    if (Number.isNaN(this.#lastSeenMs[id]!)) this.#count++
    this.#lastSeenMs[id] = startMs
  }

  /** Keeps these keys only: the key that had id `live[i]` has id `i` then. */
  retain(live: Uint32Array): void {
    const old = this.#lastSeenMs
    this.#lastSeenMs = new Float64Array(Math.max(64, 2 * live.length)).fill(Number.NaN)
    for (let i = 0; i < live.length; i++) this.#lastSeenMs[i] = old[live[i]!]!
  }

  /** Whether a key without a row in a window is filled there; otherwise it is forgotten. */
  fills(id: number, startMs: number): boolean {
    const lastSeenMs = this.lastSeenMs(id)
    if (startMs - lastSeenMs < this.#ttlMs && startMs < this.#untilMs) return true
    if (!Number.isNaN(lastSeenMs)) {
      this.#lastSeenMs[id] = Number.NaN
      this.#count--
    }
    return false
  }
}

/** One row that holds what gaps are filled with. */
function fillerRow(node: FillGapsNode, { inputs }: OperatorContext): Batch {
  const { schema } = inputs[0]!
  const columns = schema.map(({ name, type }) => {
    const fill = node.values.find(value => value.name === name)
    return columnFrom(type, [fill ? literalCell(fill.value) : null], heapArena, { name })
  })
  return { schema, length: 1, columns, position: NO_POSITION }
}

/** Row numbers by window start, then by key. */
function byWindowThenKey(ids: Uint32Array, starts: Float64Array, keys: KeyTable): Uint32Array {
  const order = new Uint32Array(ids.length)
  let sorted = true
  for (let i = 0; i < order.length; i++) {
    order[i] = i
    if (i === 0 || starts[i]! > starts[i - 1]!) continue
    if (starts[i]! < starts[i - 1]! || keys.compare(ids[i - 1]!, ids[i]!) > 0) sorted = false
  }
  if (!sorted) order.sort((a, b) => starts[a]! - starts[b]! || keys.compare(ids[a]!, ids[b]!) || a - b)
  return order
}

interface OutputLayout {
  readonly windowStart: number
  readonly windowEnd: number
  readonly keyColumns: readonly number[]
  readonly windowType: TimestampType
  readonly sizeMs: number
  /** A key and window may have several rows: those of groups with more keys. */
  readonly several: boolean
}

/**
 * Gathers rows into batches of a bounded size. Its arrays are kept: made in every step, they would be most of the
 * garbage.
 */
class OutputRows {
  readonly #keys: KeyTable
  readonly #context: OperatorContext
  readonly #layout: OutputLayout
  #rows: Batch | undefined
  #emit: Emit | undefined
  #source = new Uint32Array(0)
  #ids = new Uint32Array(0)
  #starts = new Float64Array(0)
  #ends = new Float64Array(0)
  #indexes = new Uint32Array(0)
  #count = 0

  constructor(keys: KeyTable, context: OperatorContext, layout: OutputLayout) {
    this.#keys = keys
    this.#context = context
    this.#layout = layout
  }

  /** What follows is gathered from `rows`. */
  begin(rows: Batch, emit: Emit): void {
    this.#rows = rows
    this.#emit = emit
  }

  /** @param index of rows of one key and window, which it is */
  add(row: number, id: number, startMs: number, index = 0): void {
    if (this.#count === this.#source.length) this.#makeRoom()
    const at = this.#count++
    this.#source[at] = row
    this.#ids[at] = id
    this.#starts[at] = startMs
    this.#indexes[at] = index
    this.#ends[at] = startMs + this.#layout.sizeMs
  }

  /** Emits what is left. */
  end(): void {
    this.#emitRows()
    this.#rows = undefined
    this.#emit = undefined
  }

  #makeRoom(): void {
    const { length } = this.#source
    if (length === OUTPUT_ROWS) {
      this.#emitRows()
      return
    }
    const larger = Math.max(1024, 4 * length)
    this.#source = grown(new Uint32Array(larger), this.#source)
    this.#ids = grown(new Uint32Array(larger), this.#ids)
    this.#starts = grown(new Float64Array(larger), this.#starts)
    this.#ends = grown(new Float64Array(larger), this.#ends)
    this.#indexes = grown(new Uint32Array(larger), this.#indexes)
  }

  #emitRows(): void {
    const count = this.#count
    if (count === 0) return
    this.#count = 0
    const { arena } = this.#context
    const { keyColumns, windowStart, windowEnd, windowType } = this.#layout
    const source = this.#source.subarray(0, count)
    const keys = this.#keys.columns(this.#ids.subarray(0, count), arena)
    const columns = this.#rows!.columns.map((column, i) => {
      const key = keyColumns.indexOf(i)
      if (key >= 0) return keys[key]!
      if (i === windowStart) return timestampColumn(this.#starts, count, windowType, arena)
      if (i === windowEnd) return timestampColumn(this.#ends, count, windowType, arena)
      return takeColumn(column, source, arena)
    })
    const index = this.#layout.several ? [uint32Column(this.#indexes.subarray(0, count), arena)] : []
    const meta = orderMeta([columns[windowStart]!, ...keys, ...index])
    this.#emit!({ schema: this.#context.output.schema, length: count, columns, position: NO_POSITION, meta })
  }
}

function uint32Column(numbers: Uint32Array, arena: Arena): Column {
  const values = allocUint32(arena, numbers.length)
  values.set(numbers)
  return { type: 'uint32', values }
}

function grown<A extends Uint32Array | Float64Array>(larger: A, old: A): A {
  larger.set(old)
  return larger
}
