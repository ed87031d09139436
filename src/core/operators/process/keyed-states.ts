/** The keys of a process function: what it keeps of each, their timers, and which of them are forgotten. */

import { type Batch, NO_POSITION, rowAt, rowCount } from '../../batch/batch.ts'
import { bytesAt, bytesColumn } from '../../batch/bytes.ts'
import type { Column } from '../../batch/column.ts'
import { plainText } from '../../batch/concat-column.ts'
import { heapArena } from '../../batch/slab.ts'
import { DIRTY_IDS, DirtyBlocks } from '../../state/dirty-blocks.ts'
import { decodeValue, encodeValue } from '../../state/json-values.ts'
import { KeyLives } from '../../state/key-lives.ts'
import { KeyTable } from '../../state/key-table.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { ColumnType } from '../../types/column-type.ts'
import { isEmpty, type KeyState, newKeyState } from './key-state.ts'
import { Timers } from './timers.ts'

/** With fewer keys those without state are not looked for. */
const MIN_KEYS_TO_FORGET = 1024

export class KeyedStates {
  readonly keys: KeyTable
  readonly timers = new Timers()
  readonly clockTimers = new Timers()
  readonly #ttlMs: number | undefined
  readonly #lives: KeyLives | undefined
  /** By key id. */
  #states: (KeyState | undefined)[] = []
  readonly #dirty = new DirtyBlocks()
  /** How many keys there were when it last looked for those without state. */
  #lookedThrough = 0

  constructor(keyTypes: readonly ColumnType[], ttlMs: number | undefined) {
    this.keys = new KeyTable(keyTypes)
    this.#ttlMs = ttlMs
    this.#lives = ttlMs === undefined ? undefined : new KeyLives(ttlMs)
  }

  /** The ids of rows' keys, whose state is about to change. */
  intern(columns: readonly Column[], count: number, rows: Uint32Array | undefined): Uint32Array {
    const ids = new Uint32Array(count)
    this.keys.intern(columns, count, rows, ids)
    this.#dirty.reserve(this.keys.size)
    this.#dirty.markAll(ids)
    this.#lives?.reserve(this.keys.size)
    return ids
  }

  /** The state of a key that has a row at this time: a new one after a silence that was too long. */
  seen(id: number, timeMs: number): KeyState {
    if (this.#lives?.see(id, timeMs)) this.drop(id)
    return this.#of(id)
  }

  /** The state of a key whose timer is due: undefined when the timer was cleared, or the key is forgotten by then. */
  due(id: number, timer: 'timers' | 'clockTimers', ms: number): KeyState | undefined {
    if (!this.#states[id]?.[timer].delete(ms)) return undefined
    if (timer === 'timers' && this.#isForgotten(id, ms)) return undefined
    this.#dirty.mark(id)
    return this.#of(id)
  }

  #of(id: number): KeyState {
    const state = this.#states[id] ?? newKeyState()
    this.#states[id] = state
    return state
  }

  /** Whether a key has been silent for too long by then, be it still in memory or not. */
  #isForgotten(id: number, ms: number): boolean {
    return this.#lives !== undefined && ms - this.#lives.lastMs(id) > this.#ttlMs!
  }

  /** Forgets the state of a key, but not how many rows it has emitted. */
  drop(id: number): void {
    const state = this.#states[id]
    state?.values.clear()
    state?.timers.clear()
    state?.clockTimers.clear()
  }

  /** Gives the memory of keys back that have no state, or have been silent for too long, once they are half of all. */
  forget(watermarkMs: number): void {
    this.#lives?.pass(watermarkMs)
    const { size } = this.keys
    if (size < MIN_KEYS_TO_FORGET || this.keys.types.length === 0) return
    const ids = this.#lives ? this.#lives.dueForgetting(size) : this.#withState(size)
    if (!ids) return
    this.#states = Array.from(ids, id => this.#states[id])
    this.keys.retain(ids)
    this.#lives?.retain(ids)
    this.#lookedThrough = ids.length
    this.#setTimersAgain()
    this.#dirty.markFrom(0, Math.max(1, ids.length))
  }

  /** The keys that have state, when they are half of all at most; looked for once there are twice as many. */
  #withState(size: number): Uint32Array | undefined {
    if (size < 2 * this.#lookedThrough) return undefined
    this.#lookedThrough = size
    const live: number[] = []
    for (let id = 0; id < size; id++) {
      const state = this.#states[id]
      if (state && !isEmpty(state)) live.push(id)
    }
    return 2 * live.length > size ? undefined : Uint32Array.from(live)
  }

  #setTimersAgain(): void {
    this.timers.clear()
    this.clockTimers.clear()
    this.#states.forEach((state, id) => {
      for (const ms of [...(state?.timers ?? [])].sort((a, b) => a - b)) this.timers.add(ms, id)
      for (const ms of [...(state?.clockTimers ?? [])].sort((a, b) => a - b)) this.clockTimers.add(ms, id)
    })
  }

  save(to: StateWriter): void {
    const { size } = this.keys
    const blocks = Math.ceil(size / DIRTY_IDS)
    this.#dirty.reserve(size)
    for (let block = 0; block < blocks; block++) {
      if (to.since !== undefined && !this.#dirty.has(block)) continue
      const { batch, keyGroups } = this.#saved(block * DIRTY_IDS, Math.min(size, (block + 1) * DIRTY_IDS))
      to.block('keys', block, batch, keyGroups)
    }
    to.blocks('keys', blocks)
    this.#dirty.clear()
  }

  /** Keys from `from` to before `to`, with their state. */
  #saved(from: number, to: number) {
    const ids: number[] = []
    for (let id = from; id < to; id++) if (this.#states[id]) ids.push(id)
    const values = ids.map(id => {
      const { values, timers, clockTimers, emitted } = this.#states[id]!
      return encodeValue([values, [...timers], [...clockTimers], emitted, this.#lives?.lastMs(id) ?? 0])
    })
    const keys = this.keys
      .columns(Uint32Array.from(ids), heapArena)
      .map(column => (column.dictionary ? plainText(column, ids.length, heapArena) : column))
    const state = bytesBatch(values)
    const schema = [...this.keys.types.map((type, i) => ({ name: `key${i}`, type })), ...state.schema]
    return {
      batch: { ...state, schema, columns: [...keys, ...state.columns] },
      keyGroups: Uint8Array.from(ids, id => (this.keys.types.length ? this.keys.keyGroup(id) : 0)),
    }
  }

  load(from: StateReader): void {
    const width = this.keys.types.length
    for (const { batch } of from.table('keys')) {
      const count = rowCount(batch)
      const ids = this.intern(batch.columns.slice(0, width), count, batch.selection)
      for (let i = 0; i < count; i++) this.#restore(ids[i]!, bytesAt(batch.columns[width]!, rowAt(batch, i)))
    }
    this.#setTimersAgain()
    this.#dirty.markFrom(0, this.keys.size)
  }

  #restore(id: number, bytes: Uint8Array): void {
    type Saved = [Map<string, unknown>, number[], number[], number, number]
    const [values, timers, clockTimers, emitted, lastMs] = decodeValue(bytes) as Saved
    this.#states[id] = { values, timers: new Set(timers), clockTimers: new Set(clockTimers), emitted }
    this.#lives?.restore(id, lastMs)
  }
}

/** Values as a batch of one column. */
export function bytesBatch(values: readonly Uint8Array[]): Batch {
  const column = bytesColumn(values, heapArena)
  return {
    schema: [{ name: 'state', type: column.type }],
    length: values.length,
    columns: [column],
    position: NO_POSITION,
  }
}
