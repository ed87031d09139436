/**
 * Groups whose rows leave now and then: which of them changed since their row was given, and what that row was. Only
 * the rows of changed groups are kept; those of the others follow from the state.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import type { Fold } from '../fold.ts'
import { ChangingGroups } from '../state/changing-groups.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { Schema } from '../types/schema.ts'
import { type Changes, GroupChanges, selected } from './group-changes.ts'

export interface EmittedGroupsSpec {
  readonly keyTypes: readonly ColumnType[]
  /** Which of the key columns say which shard owns a group. */
  readonly owningKeys: readonly number[]
  readonly folds: readonly Fold[]
  readonly changes: boolean
  /** Whether a group is there without rows. */
  readonly withoutRows: boolean
}

/** The group's row was given, and not taken back since. */
const GIVEN = 1
/** Rows came since. */
const CHANGED = 2

interface Marks {
  readonly marks: Uint32Array
  /** Rows that came since the last multiple of {@link AggNode.emit}'s `rows`. */
  readonly arrived: Float64Array
}

/** Beside the aggregates of each group, so that it is saved with them. */
const marksFold: Fold = {
  layout: { marks: { kind: 'u32' }, arrived: { kind: 'f64' } },
  resultType: 'int32',
  retract: 'linear',
  // Marks change where groups are found and given.
  loop: { code: '', weighted: '' },
  step() {},
  merge(state, groups, from, fromGroups) {
    const [to, source] = [state, from] as unknown as [Marks, Marks]
    for (let i = 0; i < groups.length; i++) {
      to.marks[groups[i]!]! |= source.marks[fromGroups[i]!]!
      to.arrived[groups[i]!]! += source.arrived[fromGroups[i]!]!
    }
  },
  result: () => {
    throw new Error('marks have no result')
  },
}

export class EmittedGroups {
  readonly groups: ChangingGroups
  readonly #spec: EmittedGroupsSpec
  readonly #changes = new GroupChanges()
  /** The results that changed groups were given with. */
  readonly #given: RowStore
  /** By group: where in {@link #given} they are. */
  #slots = new Uint32Array(1024)

  constructor(spec: EmittedGroupsSpec) {
    this.#spec = spec
    this.groups = new ChangingGroups({ ...spec, own: [marksFold] })
    const schema: Schema = spec.folds.map(({ resultType }, i) => ({ name: `result${i}`, type: resultType }))
    this.#given = new RowStore({ schema })
  }

  get #marks(): Uint32Array {
    return (this.groups.stateOf(0) as unknown as Marks).marks
  }

  /** By group, rows that came and are not counted by the caller yet. Replaced when it grows. */
  get arrived(): Float64Array {
    return (this.groups.stateOf(0) as unknown as Marks).arrived
  }

  get stateBytes(): number {
    return this.groups.stateBytes + this.#given.bytes + this.#slots.byteLength
  }

  close(): void {
    this.#given.close()
  }

  /** Whether rows came since the group's row was given. */
  hasChanged(group: number): boolean {
    return (this.#marks[group]! & CHANGED) !== 0
  }

  /** To be called before rows of these groups are folded. Returns those that had not changed before. */
  touch(touched: Uint32Array): Uint32Array {
    const marks = this.#marks
    const fresh = selected(touched, group => (marks[group]! & CHANGED) === 0)
    this.#keep(selected(fresh, group => (marks[group]! & GIVEN) !== 0))
    for (let i = 0; i < fresh.length; i++) marks[fresh[i]!]! |= CHANGED
    return fresh
  }

  #keep(given: Uint32Array): void {
    if (given.length === 0) return
    const columns = this.groups.results(given, heapArena)
    this.#insert({ schema: this.#given.schema, length: given.length, columns, position: NO_POSITION }, given)
  }

  #insert(results: Batch, groups: Uint32Array): void {
    const slots = this.#given.insert(results, undefined)
    if (this.#slots.length < this.groups.groupsEnd) {
      const larger = new Uint32Array(2 * this.groups.groupsEnd)
      larger.set(this.#slots)
      this.#slots = larger
    }
    for (let i = 0; i < groups.length; i++) this.#slots[groups[i]!] = slots[i]!
  }

  /** What has become of the rows of groups that have changed; they count as given then. */
  give(changed: Uint32Array): Changes {
    const marks = this.#marks
    const { changes, withoutRows } = this.#spec
    const was = selected(changed, group => (marks[group]! & GIVEN) !== 0)
    const slots = was.map(group => this.#slots[group]!)
    const is = changes && !withoutRows ? selected(changed, group => this.groups.hasRows(group)) : changed
    const after = { groups: is, results: this.groups.results(is, heapArena) }
    // Without rows that were given any columns do.
    const before = {
      groups: was,
      results: was.length > 0 ? this.#given.columns(slots, heapArena) : after.results,
    }
    this.#given.remove(slots)
    for (let i = 0; i < changed.length; i++) marks[changed[i]!] = 0
    for (let i = 0; i < is.length; i++) marks[is[i]!] = GIVEN
    this.groups.markChanged(changed)
    return { before, after, ...this.#changes.between(before, after, this.groups.groupsEnd) }
  }

  /** All groups that have changed. */
  changed(): Uint32Array {
    const marks = this.#marks
    return selected(this.groups.all(), group => (marks[group]! & CHANGED) !== 0)
  }

  save(to: StateWriter): void {
    this.groups.save(to, 'groups')
    const marks = this.#marks
    const groups = selected(this.changed(), group => (marks[group]! & GIVEN) !== 0)
    const slots = groups.map(group => this.#slots[group]!)
    const keys = this.groups.plainKeys(groups)
    const columns: Column[] = [...keys, ...this.#given.columns(slots, heapArena)]
    const schema = columns.map(({ type }, i) => ({ name: `${i}`, type }))
    const batch: Batch = { schema, length: groups.length, columns, position: NO_POSITION }
    if (groups.length > 0) to.block('given', 0, batch, this.groups.keyGroups(keys, groups.length))
    to.blocks('given', groups.length > 0 ? 1 : 0)
  }

  load(from: StateReader): void {
    this.groups.load(from, 'groups')
    const width = this.#spec.keyTypes.length
    for (const { batch } of from.table('given')) {
      const { selection, columns } = batch
      const count = selection?.length ?? batch.length
      const { touched } = this.groups.find(columns.slice(0, width), count, selection)
      this.#insert({ ...batch, schema: this.#given.schema, columns: columns.slice(width) }, touched)
    }
  }
}
