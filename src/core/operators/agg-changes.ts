/**
 * The runtime of `agg` over data that does not end, without windows: a changelog of each group's row. A batch takes back
 * the rows of the groups that it changes and gives those that they have then, all in one batch, so that what comes next
 * sees both at once. What was given last is read from the state before rows are folded: it is not kept beside it.
 */

import { type Batch, rowCount } from '../batch/batch.ts'
import { heapArena } from '../batch/slab.ts'
import type { Fold } from '../fold.ts'
import { ChangingGroups } from '../state/changing-groups.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { AggInput } from './agg-input.ts'
import type { Arrival, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { changeBatch, GroupChanges, type GroupRows, selected } from './group-changes.ts'

export class ChangingAgg implements Operator {
  protected readonly context: OperatorContext
  protected readonly input: AggInput
  protected readonly groups: ChangingGroups
  readonly #changes = new GroupChanges()
  /** By group: whether its row was given, and not taken back since. */
  #shown = new Uint8Array(1024)

  /** @param own folds beside those of the aggregates, whose state is the caller's */
  constructor(input: AggInput, context: OperatorContext, own: readonly Fold[] = []) {
    this.context = context
    this.input = input
    const { owners, inputs } = context
    const keyNames = input.keys.map(key => inputs[0]!.schema[key]!.name)
    this.groups = new ChangingGroups({
      keyTypes: input.keyTypes,
      folds: input.folds,
      changes: input.changes,
      own,
      ...(owners && { owningKeys: owners.map(name => keyNames.indexOf(name)) }),
    })
  }

  get ignoresPlaces(): boolean {
    return !this.input.ordered
  }

  onBatch(batch: Batch, _input: number, emit: Emit, _arrival?: Arrival): void {
    this.step(batch, emit)
  }

  /** Folds rows, and emits what they change. */
  protected step(batch: Batch, emit: Emit): void {
    const count = rowCount(batch)
    if (count === 0) return
    const { keys, inputsOf, orderOf, weightsOf } = this.input
    const rows = batch.selection
    const { groups, touched } = this.groups.find(
      keys.map(key => batch.columns[key]!),
      count,
      rows,
    )
    const before = this.#given(touched)
    const step = {
      count,
      rows,
      ...inputsOf(batch),
      order: orderOf(batch),
      weights: weightsOf(batch),
    }
    this.groups.fold(step, groups, touched)
    this.#emitChanges(before, touched, emit)
  }

  // The group of all rows is there without any, as in SQL.
  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (watermarkMs !== Number.POSITIVE_INFINITY || !this.#ofAll || this.context.shard !== 0) return
    if (this.groups.groupCount > 0) return
    const { touched } = this.groups.find([], 1, undefined)
    this.#emitChanges(this.#given(touched), touched, emit)
  }

  /** Whether there is one group, of all rows. */
  get #ofAll(): boolean {
    return this.input.keys.length === 0
  }

  /** The rows of groups that were given, as they are now. */
  #given(touched: Uint32Array): GroupRows {
    if (this.#shown.length < this.groups.groupsEnd) {
      const shown = new Uint8Array(2 * this.groups.groupsEnd)
      shown.set(this.#shown)
      this.#shown = shown
    }
    const groups = selected(touched, group => this.#shown[group] !== 0)
    return { groups, results: this.groups.results(groups, heapArena) }
  }

  /** Emits what has become of groups, and gives up those that have no rows any more. */
  #emitChanges(before: GroupRows, touched: Uint32Array, emit: Emit): void {
    const hasRow = (group: number) => this.#ofAll || this.groups.hasRows(group)
    const groups = this.input.changes ? selected(touched, hasRow) : touched
    const after = { groups, results: this.groups.results(groups, heapArena) }
    const { back, come } = this.#changes.between(before, after, this.groups.groupsEnd)
    const { arena, output } = this.context
    const keysOf = (groups: Uint32Array) => {
      const columns = this.groups.keyColumns(groups, arena)
      return { columns, order: columns }
    }
    if (back.length + come.length > 0)
      emit(changeBatch(output.schema, { before, back, after, come }, keysOf, arena))
    for (let i = 0; i < touched.length; i++) this.#shown[touched[i]!] = 0
    for (let i = 0; i < groups.length; i++) this.#shown[groups[i]!] = 1
    if (groups.length < touched.length)
      this.groups.release(selected(touched, group => this.#shown[group] === 0))
  }

  /** Lets a group start anew. What it was stays in the changelog. */
  protected restart(group: number): void {
    this.groups.reset(Uint32Array.of(group))
    this.#shown[group] = 0
  }

  get stateKeys(): number {
    return this.groups.groupCount
  }

  get stateBytes(): number {
    return this.groups.stateBytes + this.#shown.byteLength
  }

  save(to: StateWriter): void {
    this.groups.save(to, 'groups')
  }

  load(from: StateReader): void {
    this.groups.load(from, 'groups')
    this.#shown = new Uint8Array(Math.max(1024, 2 * this.groups.groupsEnd))
    for (const group of this.groups.all()) this.#shown[group] = 1
  }
}
