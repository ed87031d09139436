/**
 * Groups whose results are asked for while rows still come: the state of folds by key.
 *
 * A step first finds the groups of its rows, so that their results before it can be read, and folds the rows then. Rows
 * may be taken out again; a group that has lost its last row can be released, and its key is forgotten in time.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { plainText } from '../batch/take.ts'
import { JobError } from '../errors.ts'
import type { Fold, RowOrder, StateTable } from '../fold.ts'
import { openFold } from '../folds/index.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import type { Field, Schema } from '../types/schema.ts'
import { DIRTY_IDS, DirtyBlocks } from './dirty-blocks.ts'
import { filteredRows } from './filtered-rows.ts'
import {
  compileFusedStep,
  type FusedCursor,
  type FusedLayout,
  type FusedStep,
  fusedArgs,
} from './fused-step.ts'
import { GroupFields } from './group-fields.ts'
import { keyGroupsOf } from './hash.ts'
import { KeyTable, NO_KEY } from './key-table.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface ChangingGroupsSpec {
  readonly keyTypes: readonly ColumnType[]
  /** Which of the key columns say which shard owns a group, in their order. Default: all. */
  readonly owningKeys?: readonly number[]
  readonly folds: readonly Fold[]
  /** Folds without arguments beside these, whose state is the caller's own: see {@link ChangingGroups.stateOf}. */
  readonly own?: readonly Fold[]
  /** Whether rows may be taken out again: then the rows of each group are counted, beside the state of its folds. */
  readonly changes?: boolean
  /** Whether steps run generated loops: by default where there are rows enough for it to pay. */
  readonly codegen?: 'auto' | 'always' | 'never'
}

/** The rows of one step, whose groups are known: row `i` is physical row `rows[i]` (or `i`). */
export interface FoldedRows {
  readonly count: number
  readonly rows?: Uint32Array | undefined
  /** The arguments of each fold. */
  readonly argColumns: readonly (readonly Column[])[]
  /** By fold: the physical rows that it takes, as bits; undefined: all. Absent: no filters. */
  readonly passing?: readonly (Uint8Array | undefined)[] | undefined
  /** For folds that are `ordered`. */
  readonly order?: RowOrder | undefined
  /** How often each row counts, by step row. Absent: once. */
  readonly weights?: Int32Array | undefined
}

/** Compiling a loop costs about as much as stepping this many rows without. */
const MIN_FUSED_ROWS = 1024
/** With fewer dead keys they are not looked for. */
const MIN_KEYS_TO_FORGET = 4096

/** Of loops to which groups are given. */
const NO_CURSOR = {
  groupsByWord: new Int32Array(0),
  groupArray: new Int32Array(0),
  keyBase: 0,
} as unknown as FusedCursor

export class ChangingGroups {
  readonly #keyTypes: readonly ColumnType[]
  readonly #owningKeys: readonly number[]
  /** Those of the spec, its own ones last; over changes one more, which counts the rows that a group has now. */
  readonly #folds: readonly Fold[]
  /** How many of them have results. */
  readonly #resultCount: number
  readonly #changes: boolean
  readonly #keys: KeyTable
  readonly #fields: GroupFields
  /** By key id, its group; 0 for none. */
  #groupOf = new Int32Array(1024)
  /** By group, its key id; {@link NO_KEY} for none. */
  #keyOf = new Uint32Array(1024).fill(NO_KEY)
  /** By group, the step that it was last in. */
  #stamps = new Uint32Array(1024)
  #stamp = 0
  /** Groups released, to be used again. */
  #free: number[] = []
  #nextGroup = 1
  #ids = new Uint32Array(0)
  #groups = new Uint32Array(0)
  #touched = new Uint32Array(0)
  #firsts = new Uint32Array(0)
  /** Which blocks of groups changed since the last save, from the first save on: runs without pay nothing for it. */
  #changed: DirtyBlocks | undefined
  #codegen: 'auto' | 'always' | 'never'
  readonly #loops = new Map<string, FusedStep>()

  constructor(spec: ChangingGroupsSpec) {
    this.#keyTypes = spec.keyTypes
    this.#owningKeys = spec.owningKeys ?? spec.keyTypes.map((_, i) => i)
    this.#changes = spec.changes ?? false
    const counted = this.#changes ? [openFold({ fold: 'count', argTypes: [] })] : []
    this.#folds = [...spec.folds, ...(spec.own ?? []), ...counted]
    this.#resultCount = spec.folds.length
    this.#codegen = spec.codegen ?? 'auto'
    this.#keys = new KeyTable(spec.keyTypes)
    this.#fields = new GroupFields(this.#folds)
  }

  /** How many groups there are. */
  get groupCount(): number {
    return this.#nextGroup - 1 - this.#free.length
  }

  /** Every group is below. */
  get groupsEnd(): number {
    return this.#nextGroup
  }

  /** Memory of keys, groups and fold state, bytes; what objects of folds hold is not known. */
  get stateBytes(): number {
    const own = this.#groupOf.byteLength + this.#keyOf.byteLength + this.#stamps.byteLength
    return this.#keys.bytes + this.#fields.bytes + own + 8 * this.#free.length
  }

  /**
   * Finds the group of each row, new ones where there are none: `groups` by step row, and the different ones among them in
   * order of first sight, with the first step row of each. All are valid until the next call.
   */
  find(
    keyColumns: readonly Column[],
    count: number,
    rows: Uint32Array | undefined,
  ): { readonly groups: Uint32Array; readonly touched: Uint32Array; readonly firsts: Uint32Array } {
    this.#reserve(count)
    this.#keys.intern(keyColumns, count, rows, this.#ids)
    if (this.#keys.size > this.#groupOf.length) this.#groupOf = grown(this.#groupOf, this.#keys.size)
    const stamp = this.#nextStamp()
    const ids = this.#ids
    const groups = this.#groups
    const groupOf = this.#groupOf
    const touched = this.#touched
    const firsts = this.#firsts
    let stamps = this.#stamps
    let end = 0
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      let group = groupOf[id]!
      if (group === 0) {
        group = this.#open(id)
        stamps = this.#stamps
      }
      groups[i] = group
      if (stamps[group] === stamp) continue
      stamps[group] = stamp
      firsts[end] = i
      touched[end++] = group
    }
    return { groups, touched: touched.subarray(0, end), firsts: firsts.subarray(0, end) }
  }

  /** The group of a key id that has none. */
  #open(id: number): number {
    const group = this.#free.pop() ?? this.#nextGroup++
    if (group === this.#fields.ready) {
      this.#fields.more()
      this.#changed?.reserve(this.#fields.ready)
    }
    if (group >= this.#keyOf.length) {
      const length = 4 * this.#keyOf.length
      this.#keyOf = grown(this.#keyOf, length, NO_KEY)
      this.#stamps = grown(this.#stamps, length)
    }
    this.#keyOf[group] = id
    this.#groupOf[id] = group
    return group
  }

  #reserve(count: number): void {
    if (this.#ids.length >= count) return
    this.#ids = new Uint32Array(count)
    this.#groups = new Uint32Array(count)
    this.#touched = new Uint32Array(count)
    this.#firsts = new Uint32Array(count)
  }

  #nextStamp(): number {
    if (this.#stamp === 0xffffffff) {
      this.#stamps.fill(0)
      this.#stamp = 0
    }
    return ++this.#stamp
  }

  /** Folds rows into the groups that {@link find} gave them. */
  fold(step: FoldedRows, groups: Uint32Array, touched: Uint32Array): void {
    const { count, rows, order, weights } = step
    const columns = this.#folds.map((_, i) => step.argColumns[i] ?? [])
    this.#changed?.markAll(touched)
    const fused = this.#fusedStep(step, columns, groups)
    const passingOf = filteredRows({
      count,
      groups,
      ...(rows ? { rows } : {}),
      ...(order ? { order } : {}),
      ...(weights ? { weights } : {}),
    })
    this.#folds.forEach((fold, i) => {
      if (fused?.[i]) return
      const input = passingOf(step.passing?.[i])
      if (input.count > 0) fold.step(this.#fields.tables[i]!, { ...input, columns: columns[i]! })
    })
  }

  /** Steps the folds that have a loop in one generated loop, if that pays; gives which folds those are. */
  #fusedStep(
    { count, rows, weights, passing }: FoldedRows,
    argColumns: FoldedRows['argColumns'],
    groups: Uint32Array,
  ): readonly unknown[] | undefined {
    if (this.#codegen === 'never' || (this.#codegen === 'auto' && count < MIN_FUSED_ROWS)) return undefined
    const { args, arrays } = fusedArgs(this.#folds, argColumns, { weighted: weights !== undefined, passing })
    const layout: FusedLayout = {
      selected: rows !== undefined,
      keys: 'groups',
      times: 'none',
      args,
      keepGroups: false,
      ...(weights ? { weighted: true } : {}),
    }
    const kinds = arrays.map(array => array?.constructor.name ?? '').join(' ')
    const signature = `${kinds} ${JSON.stringify(layout)}`
    let loop = this.#loops.get(signature)
    if (!loop) {
      loop = compileFusedStep(this.#folds, layout, kinds)
      if (!loop) {
        this.#codegen = 'never'
        return undefined
      }
      this.#loops.set(signature, loop)
    }
    loop(NO_CURSOR, 0, count, rows, groups, undefined, arrays, this.#fields.tables, groups, weights)
    return args
  }

  /** Folds group `from[i]` into group `into[i]`, one after the other; the caller's own folds too. */
  mergeGroups(into: Uint32Array, from: Uint32Array): void {
    const { tables } = this.#fields
    this.#changed?.markAll(into)
    this.#folds.forEach((fold, i) => {
      fold.merge(tables[i]!, into, tables[i]!, from)
    })
  }

  /** One cell per group of every fold of the spec. */
  results(groups: Uint32Array, arena: Arena): Column[] {
    return this.#folds
      .slice(0, this.#resultCount)
      .map((fold, i) => fold.result(this.#fields.tables[i]!, groups, arena))
  }

  /** The state of the caller's own fold. Its arrays are replaced when they grow. */
  stateOf(own: number): StateTable {
    return this.#fields.tables[this.#resultCount + own]!
  }

  /** Notes that the caller changed state of its own folds. */
  markChanged(groups: Uint32Array): void {
    this.#changed?.markAll(groups)
  }

  /** The keys of groups. Text comes as codes into a dictionary that later calls only extend. */
  keyColumns(groups: Uint32Array, arena: Arena): Column[] {
    return this.#keys.columns(this.#idsOf(groups), arena)
  }

  #idsOf(groups: Uint32Array): Uint32Array {
    const ids = new Uint32Array(groups.length)
    for (let i = 0; i < groups.length; i++) ids[i] = this.#keyOf[groups[i]!]!
    return ids
  }

  /** Whether a group has rows: always, but over changes, where all of them may have been taken out again. */
  hasRows(group: number): boolean {
    if (!this.#changes) return true
    const { rows } = this.#fields.tables.at(-1) as unknown as { rows: Float64Array }
    return rows[group]! > 0
  }

  /** All groups, ascending. */
  all(): Uint32Array {
    return this.#groupsIn(1, this.#nextGroup)
  }

  #groupsIn(from: number, to: number): Uint32Array {
    const groups = new Uint32Array(Math.max(0, to - from))
    let count = 0
    for (let group = from; group < to; group++) if (this.#keyOf[group] !== NO_KEY) groups[count++] = group
    return groups.slice(0, count)
  }

  /** Brings groups back to the state of no rows; they stay. */
  reset(groups: Uint32Array): void {
    this.#fields.reset(groups)
    this.#changed?.markAll(groups)
  }

  /** Gives up groups and their state. */
  release(groups: Uint32Array): void {
    if (groups.length === 0) return
    this.reset(groups)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      this.#groupOf[this.#keyOf[group]!] = 0
      this.#keyOf[group] = NO_KEY
      this.#free.push(group)
    }
    this.#forgetDeadKeys()
  }

  // Keys may well come back, so the dead are kept until they are the majority.
  #forgetDeadKeys(): void {
    if (this.#keyTypes.length === 0) return
    if (this.#keys.size < MIN_KEYS_TO_FORGET || 2 * this.groupCount > this.#keys.size) return
    const groups = this.all()
    this.#keys.retain(this.#idsOf(groups))
    this.#groupOf = new Int32Array(Math.max(1024, 2 * groups.length))
    for (let id = 0; id < groups.length; id++) {
      this.#keyOf[groups[id]!] = id
      this.#groupOf[id] = groups[id]!
    }
  }

  /** The columns of saved groups. */
  get #stateSchema(): Schema {
    const keys: Field[] = this.#keyTypes.map((type, i) => ({ name: `key${i}`, type }))
    return [...keys, ...this.#fields.schema]
  }

  /** Writes the groups of blocks that changed since the last save, or of all. */
  save(to: StateWriter, table: string): void {
    const changed = (this.#changed ??= new DirtyBlocks())
    changed.reserve(this.#fields.ready)
    // Group 0 is none.
    const count = this.#nextGroup === 1 ? 0 : Math.ceil(this.#nextGroup / DIRTY_IDS)
    for (let block = 0; block < count; block++) {
      if (to.since !== undefined && !changed.has(block)) continue
      const groups = this.#groupsIn(
        Math.max(1, block * DIRTY_IDS),
        Math.min((block + 1) * DIRTY_IDS, this.#nextGroup),
      )
      const keys = this.plainKeys(groups)
      const columns = [...keys, ...this.#fields.columns(groups, heapArena)]
      const batch: Batch = {
        schema: this.#stateSchema,
        length: groups.length,
        columns,
        position: NO_POSITION,
      }
      to.block(table, block, batch, this.keyGroups(keys, groups.length))
    }
    to.blocks(table, count)
    changed.clear()
  }

  /** The keys of groups without the dictionary of all keys. */
  plainKeys(groups: Uint32Array): Column[] {
    return this.keyColumns(groups, heapArena).map(column =>
      column.dictionary ? plainText(column, groups.length, heapArena) : column,
    )
  }

  /** The key group of each row of key columns. */
  keyGroups(keys: readonly Column[], count: number): Uint8Array {
    const keyGroups = new Uint8Array(count)
    const owning = this.#owningKeys.map(key => keys[key]!)
    keyGroupsOf(owning, count, undefined, keyGroups)
    return keyGroups
  }

  /**
   * Takes over saved groups; before the first step.
   *
   * @throws {JobError} `STATE_SCHEMA` when the state is of another kind of table
   */
  load(from: StateReader, table: string): void {
    for (const { batch } of from.table(table)) this.#loadBlock(batch)
  }

  #loadBlock(batch: Batch): void {
    const schema = this.#stateSchema
    const fits = (wanted: Field, got: Field | undefined) =>
      got?.name === wanted.name && (got.type === wanted.type || (isText(wanted.type) && isText(got.type)))
    if (batch.schema.length !== schema.length || !schema.every((field, i) => fits(field, batch.schema[i]))) {
      throw new JobError('STATE_SCHEMA', 'the state of an aggregation does not fit its plan', {
        hint: 'was the plan changed since the snapshot was taken?',
      })
    }
    const rows = batch.selection ?? Uint32Array.from({ length: batch.length }, (_, i) => i)
    const width = this.#keyTypes.length
    const { groups } = this.find(batch.columns.slice(0, width), rows.length, rows)
    const from = this.#fields.tablesOf(batch.columns.slice(width), rows)
    this.#folds.forEach((fold, i) => {
      fold.merge(this.#fields.tables[i]!, groups.subarray(0, rows.length), from[i]!, rows)
    })
  }
}

function grown<A extends Int32Array | Uint32Array>(array: A, length: number, fill = 0): A {
  const larger = new (array.constructor as new (length: number) => A)(Math.max(length, 2 * array.length))
  if (fill !== 0) larger.fill(fill)
  larger.set(array)
  return larger
}
