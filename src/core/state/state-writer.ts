/**
 * What operators write their state to.
 *
 * State is tables of rows, each row tagged with the key group it belongs to, so that any number of shards can take the
 * state over. A table is cut into blocks. An operator remembers which blocks changed since its last save, so that a
 * save costs what changed; {@link withSave} lays it over what was saved before.
 */

import type { Batch } from '../batch/batch.ts'

export interface StateWriter {
  /**
   * The save before this one, by number: only blocks that changed since need to be written. Undefined: everything must
   * be.
   */
  readonly since: number | undefined
  /**
   * The rows that block `index` of a table has now; they replace what it held. `keyGroups[i]` is the key group of the
   * `i`-th row that counts. The writer owns the memory from here on: it lies in no slab and is not changed any more.
   */
  block(table: string, index: number, batch: Batch, keyGroups: Uint8Array): void
  /** How many blocks the table has now: later ones are gone. */
  blocks(table: string, count: number): void
  /** State that belongs to no key; of operators that run on one shard. */
  scalars(values: Readonly<Record<string, number>>): void
}

/** Rows of a table, and the key group of each that counts. */
export interface SavedBlock {
  readonly batch: Batch
  readonly keyGroups: Uint8Array
}

/**
 * What one operator of one shard wrote in one save. Plain data, for structured clone.
 */
export interface SavedState {
  /** The save over which this one is to be laid; undefined: it stands for itself. */
  readonly since: number | undefined
  /** By name of the table, the blocks written, by index. */
  readonly tables: ReadonlyMap<string, SavedTable>
  readonly scalars?: Readonly<Record<string, number>>
}

export interface SavedTable {
  /** How many blocks the table has; undefined: as many as before, or as were written. */
  readonly count: number | undefined
  readonly blocks: ReadonlyMap<number, SavedBlock>
}

/** Collects a save in memory. */
export class StateCollector implements StateWriter {
  readonly since: number | undefined
  readonly #tables = new Map<string, { count: number | undefined; blocks: Map<number, SavedBlock> }>()
  #scalars: Readonly<Record<string, number>> | undefined

  constructor(since?: number) {
    this.since = since
  }

  block(table: string, index: number, batch: Batch, keyGroups: Uint8Array): void {
    this.#table(table).blocks.set(index, { batch, keyGroups })
  }

  blocks(table: string, count: number): void {
    this.#table(table).count = count
  }

  scalars(values: Readonly<Record<string, number>>): void {
    this.#scalars = { ...this.#scalars, ...values }
  }

  /** What was written so far. */
  get saved(): SavedState {
    const scalars = this.#scalars
    return { since: this.since, tables: this.#tables, ...(scalars ? { scalars } : {}) }
  }

  #table(name: string) {
    let table = this.#tables.get(name)
    if (!table) this.#tables.set(name, (table = { count: undefined, blocks: new Map() }))
    return table
  }
}

/**
 * A save laid over the state before it: the newest version of each block, without blocks that are gone. The result
 * stands for itself. `before` is the state that `save.since` left; a save that stands for itself needs none.
 */
export function withSave(before: SavedState | undefined, save: SavedState): SavedState {
  const whole = save.since === undefined || !before
  const tables = new Map<string, SavedTable>(whole ? [] : before.tables)
  for (const [name, table] of save.tables) tables.set(name, withTable(tables.get(name), table))
  const scalars = save.scalars ?? (whole ? undefined : before.scalars)
  return { since: undefined, tables, ...(scalars ? { scalars } : {}) }
}

function withTable(before: SavedTable | undefined, table: SavedTable): SavedTable {
  const blocks = new Map(before?.blocks)
  for (const [index, block] of table.blocks) blocks.set(index, block)
  const count = table.count ?? Math.max(before?.count ?? 0, ...[...table.blocks.keys()].map(i => i + 1))
  for (const [index, { keyGroups }] of blocks)
    if (index >= count || keyGroups.length === 0) blocks.delete(index)
  return { count, blocks }
}
