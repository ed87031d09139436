/**
 * The state of all groups: one array per field of a fold, indexed by group id. Group 0 is never used.
 *
 * Groups below `ready` that are not in use have every field at its initial value, so that taking one costs nothing.
 * `ready` moves in blocks: initial values are written shortly before they are needed, while they still are in cache.
 */

import { bytesAt, bytesColumn, noBytesColumn } from '../batch/bytes.ts'
import { bitAt, type Column } from '../batch/column.ts'
import { type Arena, allocFloat64, allocInt32, allocUint32 } from '../batch/slab.ts'
import type { FieldSpec, Fold, StateTable } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { Field } from '../types/schema.ts'
import { grownLength } from './growing.ts'
import { spareArrays } from './spare-arrays.ts'

const FIRST_CAPACITY = 1024
/** Groups made ready at once. */
const BLOCK = 8192
// Growing seldom: see growing.ts.
const CAPACITIES = [FIRST_CAPACITY, 1 << 16, 1 << 20]

interface FieldOfFold {
  readonly fold: number
  readonly name: string
  readonly spec: FieldSpec
}

type AnyTable = Record<string, Float64Array | Int32Array | Uint32Array | unknown[]>

const COLUMN_TYPES = {
  f64: 'float64',
  i32: 'int32',
  u32: 'uint32',
  object: 'utf8',
} as const satisfies Record<FieldSpec['kind'], ColumnType>

export class GroupFields {
  /** By fold. The tables stay the same objects; their arrays are replaced when they grow. */
  readonly tables: readonly StateTable[]
  readonly #fields: readonly FieldOfFold[]
  #capacity = 0
  #ready = 0
  /** Groups from here on have never been used. */
  #touched = 0
  /** From here on all arrays are zero: those that were others' before are not below. */
  #dirty = 0

  constructor(folds: readonly Fold[]) {
    this.#fields = folds.flatMap((fold, i) =>
      Object.entries(fold.layout).map(([name, spec]) => ({ fold: i, name, spec })),
    )
    this.tables = folds.map(() => ({}) as StateTable)
    this.more()
  }

  /** How many groups may be used. */
  get ready(): number {
    return this.#ready
  }

  /** Memory of the arrays that has been touched, bytes; objects count as one pointer. */
  get bytes(): number {
    let total = 0
    for (const { spec } of this.#fields) total += this.#touched * (spec.kind[1] === '3' ? 4 : 8)
    return total
  }

  /** The fields as columns of a state batch. */
  get schema(): Field[] {
    return this.#fields.map(({ fold, name, spec }) => ({
      name: `fold${fold}.${name}`,
      type: COLUMN_TYPES[spec.kind],
    }))
  }

  #array({ fold, name }: FieldOfFold): Float64Array | Int32Array | Uint32Array | unknown[] {
    return (this.tables[fold] as AnyTable)[name]!
  }

  /** Makes more groups ready. */
  more(): void {
    if (this.#ready === this.#capacity) this.#grow(nextCapacity(this.#capacity))
    const from = this.#ready
    const to = Math.min(this.#capacity, Math.max(FIRST_CAPACITY, from + BLOCK))
    for (const field of this.#fields) {
      const { spec } = field
      if (spec.kind === 'object') continue
      const initial = spec.initial ?? 0
      const start = Object.is(initial, 0) ? Math.min(to, this.#dirty) : to
      ;(this.#array(field) as Float64Array).fill(initial, from, start)
    }
    this.#ready = to
    this.#touched = Math.max(this.#touched, to)
    this.#dirty = Math.max(this.#dirty, to)
  }

  #grow(capacity: number): void {
    for (const { fold, name, spec } of this.#fields) {
      const table = this.tables[fold] as AnyTable
      const old = table[name]
      if (spec.kind === 'object') table[name] ??= []
      else {
        const { array: larger, dirty } = spareArrays.take(spec.kind, capacity)
        if (old) larger.set((old as Float64Array).subarray(0, this.#touched))
        table[name] = larger
        this.#dirty = Math.max(this.#dirty, dirty)
        if (old) spareArrays.give(spec.kind, { array: old as Float64Array, dirty: this.#capacity })
      }
    }
    this.#capacity = capacity
  }

  /** Gives the memory to others: no group may be used any more. */
  free(): void {
    for (const { fold, name, spec } of this.#fields) {
      const table = this.tables[fold] as AnyTable
      const array = table[name]!
      delete table[name]
      if (spec.kind !== 'object')
        spareArrays.give(spec.kind, { array: array as Float64Array, dirty: this.#dirty })
    }
    this.#capacity = 0
    this.#ready = 0
    this.#touched = 0
    this.#dirty = 0
  }

  /** Brings some groups back to their initial state. */
  reset(groups: Uint32Array): void {
    for (const field of this.#fields) {
      const { spec } = field
      const array = this.#array(field)
      if (spec.kind === 'object') resetObjects(array as unknown[], groups)
      else if (spec.kind === 'f64') resetFloats(array as Float64Array, groups, spec.initial ?? 0)
      else if (spec.kind === 'i32') resetInts(array as Int32Array, groups, spec.initial ?? 0)
      else resetUints(array as Uint32Array, groups, spec.initial ?? 0)
    }
  }

  /** Forgets all groups: none is in use and none ready. */
  clear(): void {
    for (const field of this.#fields) {
      if (field.spec.kind === 'object') (this.#array(field) as unknown[]).length = 0
    }
    this.#ready = 0
    this.more()
  }

  /** The state of some groups as columns of {@link schema}: copies. */
  columns(groups: Uint32Array, arena: Arena): Column[] {
    return this.#fields.map(field => {
      const { spec } = field
      const array = this.#array(field)
      if (spec.kind === 'object') {
        if ((array as unknown[]).length === 0) return noBytesColumn(groups.length, arena)
        const values: (Uint8Array | undefined)[] = []
        for (let i = 0; i < groups.length; i++) {
          const value = (array as unknown[])[groups[i]!]
          values.push(value === undefined ? undefined : spec.encode(value))
        }
        return bytesColumn(values, arena)
      }
      if (spec.kind === 'f64')
        return { type: 'float64', values: takeFloats(array as Float64Array, groups, arena) }
      if (spec.kind === 'i32') return { type: 'int32', values: takeInts(array as Int32Array, groups, arena) }
      return { type: 'uint32', values: takeUints(array as Uint32Array, groups, arena) }
    })
  }

  /** State columns, as {@link columns} made them, as tables to merge from; only `rows` of them are read. */
  tablesOf(columns: readonly Column[], rows: Uint32Array): StateTable[] {
    const tables = this.tables.map(() => ({}) as AnyTable)
    this.#fields.forEach(({ fold, name, spec }, i) => {
      const column = columns[i]!
      if (spec.kind !== 'object') {
        tables[fold]![name] = column.values as Float64Array
        return
      }
      const objects: unknown[] = []
      for (let r = 0; r < rows.length; r++) {
        const row = rows[r]!
        if (column.validity === undefined || bitAt(column.validity, row)) {
          objects[row] = spec.decode(bytesAt(column, row))
        }
      }
      tables[fold]![name] = objects
    })
    return tables as StateTable[]
  }
}

function nextCapacity(capacity: number): number {
  return CAPACITIES.find(larger => larger > capacity) ?? grownLength(capacity, capacity + 1)
}

function resetObjects(array: unknown[], groups: Uint32Array): void {
  for (let i = 0; i < groups.length; i++) if (groups[i]! < array.length) array[groups[i]!] = undefined
}

// One function per kind of array: a loop that sees several kinds is several times slower.
function resetFloats(array: Float64Array, groups: Uint32Array, initial: number): void {
  for (let i = 0; i < groups.length; i++) array[groups[i]!] = initial
}
function resetInts(array: Int32Array, groups: Uint32Array, initial: number): void {
  for (let i = 0; i < groups.length; i++) array[groups[i]!] = initial
}
function resetUints(array: Uint32Array, groups: Uint32Array, initial: number): void {
  for (let i = 0; i < groups.length; i++) array[groups[i]!] = initial
}
function takeFloats(array: Float64Array, groups: Uint32Array, arena: Arena): Float64Array {
  const out = allocFloat64(arena, groups.length)
  for (let i = 0; i < groups.length; i++) out[i] = array[groups[i]!]!
  return out
}
function takeInts(array: Int32Array, groups: Uint32Array, arena: Arena): Int32Array {
  const out = allocInt32(arena, groups.length)
  for (let i = 0; i < groups.length; i++) out[i] = array[groups[i]!]!
  return out
}
function takeUints(array: Uint32Array, groups: Uint32Array, arena: Arena): Uint32Array {
  const out = allocUint32(arena, groups.length)
  for (let i = 0; i < groups.length; i++) out[i] = array[groups[i]!]!
  return out
}
