/** The values of folds over the frames of rows. */

import type { Column } from '../batch/column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import type { Fold, RowOrder, StateTable } from '../fold.ts'
import { filteredRows } from '../state/filtered-rows.ts'
import { GroupFields } from '../state/group-fields.ts'
import { CellsInOrder } from './cells-in-order.ts'
import type { FrameBounds, OrderedPartitions, Scan, ScanPlan } from './over-frames.ts'

/** What a fold reads of the rows: by physical row. */
export interface FoldArguments {
  readonly columns: readonly Column[]
  /** A bit for each physical row that is folded; absent: all are. */
  readonly passing?: Uint8Array | undefined
}

/** Folds of rows that came before, one group of a table by partition, for frames that begin with their partition. */
export interface CarriedFold {
  readonly fields: GroupFields
  readonly groups: Uint32Array
  /** By partition: the position where the rows begin that are not folded there. */
  readonly folded: Uint32Array
  /** And that up to which they are to be folded there. */
  readonly foldTo: Uint32Array
}

/** Folds one fold over frames. Keeps its memory from call to call. */
export class FrameFold {
  readonly fold: Fold
  readonly #prefix: GroupFields
  readonly #suffix: GroupFields
  readonly #both: GroupFields

  constructor(fold: Fold) {
    this.fold = fold
    this.#prefix = new GroupFields([fold])
    this.#suffix = new GroupFields([fold])
    this.#both = new GroupFields([fold])
  }

  /**
   * One cell per position.
   *
   * @param sequence by position, where the row stands in its partition: for folds that go by it
   */
  values(
    partitions: OrderedPartitions,
    plan: ScanPlan,
    args: FoldArguments,
    sequence: Float64Array,
    arena: Arena,
    carried?: CarriedFold,
  ): Column {
    const { count } = partitions
    const { prefixOf, suffixOf, prefix, suffix } = plan
    const groups = carried ? count + carried.groups.length : count
    const table = tableFor(this.#prefix, groups)
    if (carried) {
      const own = Uint32Array.from(carried.groups, (_, k) => count + 1 + k)
      this.fold.merge(table, own, carried.fields.tables[0]!, carried.groups)
    }
    this.#scan(table, prefix, partitions, args, sequence)
    if (carried) this.#carry(carried, table)
    if (suffix.positions.length === 0) return this.fold.result(table, prefixOf, arena)
    const before = tableFor(this.#suffix, count)
    this.#scan(before, suffix, partitions, args, sequence)
    if (prefix.positions.length === 0) return this.fold.result(before, suffixOf, arena)
    const both = tableFor(this.#both, count)
    this.#mergeFrames(both, before, suffixOf)
    this.#mergeFrames(both, table, prefixOf)
    return this.fold.result(
      both,
      Uint32Array.from({ length: count }, (_, i) => i + 1),
      arena,
    )
  }

  #carry({ fields, groups, folded, foldTo }: CarriedFold, table: StateTable): void {
    const moved = Uint32Array.from(groups.keys()).filter(k => foldTo[k]! > folded[k]!)
    const into = moved.map(k => groups[k]!)
    fields.reset(into)
    this.fold.merge(
      fields.tables[0]!,
      into,
      table,
      moved.map(k => foldTo[k]!),
    )
  }

  #scan(
    table: StateTable,
    { positions, into, source }: Scan,
    { rows }: OrderedPartitions,
    { columns, passing }: FoldArguments,
    sequence: Float64Array,
  ): void {
    const order: RowOrder | undefined = this.fold.ordered
      ? {
          timeMs: new Float64Array(positions.length),
          split: 0,
          offset: Float64Array.from(positions, p => sequence[p]!),
        }
      : undefined
    const input = filteredRows({
      count: positions.length,
      rows: positions.map(p => rows[p]!),
      groups: positions.map(p => p + 1),
      ...(order ? { order } : {}),
    })(passing)
    if (input.count > 0) this.fold.step(table, { ...input, columns })
    this.fold.merge(table, into, table, source)
  }

  #mergeFrames(into: StateTable, from: StateTable, groupOf: Uint32Array): void {
    let count = 0
    const groups = new Uint32Array(groupOf.length)
    const sources = new Uint32Array(groupOf.length)
    for (let i = 0; i < groupOf.length; i++) {
      if (groupOf[i] === 0) continue
      groups[count] = i + 1
      sources[count++] = groupOf[i]!
    }
    this.fold.merge(into, groups.subarray(0, count), from, sources.subarray(0, count))
  }
}

/** A table of groups that are all empty. */
function tableFor(fields: GroupFields, groups: number): StateTable {
  fields.clear()
  while (fields.ready <= groups) fields.more()
  return fields.tables[0]!
}

/**
 * The same for folds whose state is all the values they have seen: merging would copy them for each row. Rows go in and
 * out one by one.
 *
 * @param fold opened over changes
 */
export function valuesOfKept(
  fold: Fold,
  partitions: OrderedPartitions,
  { from, to }: FrameBounds,
  { columns, passing }: FoldArguments,
  sequence: Float64Array,
  carried?: CarriedFold,
): Column {
  const { count, starts, rows } = partitions
  const fields = new GroupFields([fold])
  const cells = new CellsInOrder(fold.resultType, count)
  const none = Uint32Array.of(0)
  const place = { timeMs: new Float64Array(1), split: 0, offset: new Float64Array(1) }
  for (let k = 0; k + 1 < starts.length; k++) {
    const own = carried ? carried.groups.subarray(k, k + 1) : Uint32Array.of(1)
    if (!carried) fields.reset(own)
    const table = (carried?.fields ?? fields).tables[0]!
    const input = {
      ...{ count: 1, rows: none, groups: own, columns, weights: Int32Array.of(1) },
      ...(fold.ordered ? { order: place } : {}),
    }
    const step = (position: number, weight: number) => {
      const row = rows[position]!
      if (passing && ((passing[row >> 3]! >> (row & 7)) & 1) === 0) return
      input.rows = Uint32Array.of(row)
      input.weights[0] = weight
      place.offset[0] = sequence[position]!
      fold.step(table, input)
    }
    const first = carried ? carried.folded[k]! : starts[k]!
    let low = first
    let high = first
    for (let i = starts[k]!; i < starts[k + 1]!; i++) {
      for (; high < to[i]!; high++) step(high, 1)
      for (; low < Math.min(from[i]!, high); low++) step(low, -1)
      cells.add(i, fold.result(table, own, heapArena))
    }
    if (!carried) continue
    const { foldTo } = carried
    for (; high < foldTo[k]!; high++) step(high, 1)
    while (high > foldTo[k]!) step(--high, -1)
  }
  return cells.finish()
}
