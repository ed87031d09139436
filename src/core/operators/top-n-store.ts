/** What the runtimes of `topN` over data that does not end share: rows of a store by key and in order, and how they are saved. */

import { type Batch, rowCount } from '../batch/batch.ts'
import type { Arena } from '../batch/slab.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import { type RankOrder, rankColumn, rankOrder } from './rank-order.ts'
import type { TopNNode } from './top-n.ts'

export abstract class StoredTopN implements Operator {
  protected readonly context: OperatorContext
  protected readonly order: RankOrder
  /** Whether ranks leave with the rows. */
  protected readonly ranked: boolean
  protected readonly keys: KeyTable
  protected readonly store: RowStore
  protected readonly keyColumns: readonly number[]

  constructor(node: TopNNode, context: OperatorContext) {
    const { schema, rows } = context.inputs[0]!
    this.context = context
    this.order = rankOrder(node, schema)
    this.ranked = node.rank !== undefined
    this.keyColumns = (node.keys ?? []).map(key => fieldIndex(schema, key))
    this.keys = new KeyTable(this.keyColumns.map(column => schema[column]!.type))
    this.store = new RowStore({
      schema,
      keyed: true,
      places: true,
      order: this.order.by,
      latest: this.order.latest,
      distinct: rows === 'changes',
    })
  }

  abstract onBatch(batch: Batch, input: number, emit: Emit): void

  /** The key id of each row. */
  protected idsOf(batch: Batch): Uint32Array {
    const count = rowCount(batch)
    const ids = new Uint32Array(count)
    const columns = this.keyColumns.map(key => batch.columns[key]!)
    this.keys.intern(columns, count, batch.selection, ids)
    return ids
  }

  /** Rows as they leave, with their ranks from 0 on where these do. */
  protected withRanks(batch: Batch, ranks: Uint32Array, arena: Arena): Batch {
    if (!this.ranked) return batch
    const columns = [...batch.columns, rankColumn(ranks, arena)]
    return { ...batch, schema: this.context.output.schema, columns }
  }

  get stateKeys(): number {
    return this.keys.size
  }

  get stateBytes(): number {
    return this.keys.bytes + this.store.bytes
  }

  close(): void {
    this.store.close()
  }

  save(to: StateWriter): void {
    this.store.save(to, 'rows', batch => {
      const keyGroups = new Uint8Array(batch.length)
      const columns = this.keyColumns.map(key => batch.columns[key]!)
      keyGroupsOf(columns, batch.length, undefined, keyGroups)
      return keyGroups
    })
  }

  load(from: StateReader): void {
    this.store.load(from, 'rows', rows => this.idsOf(rows))
  }
}
