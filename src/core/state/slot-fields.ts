/**
 * The state of detectors: one array per field, `width` items per key, indexed by key id.
 *
 * In snapshots it is columns named after fields, `state.innovations.meanSize`: a number per key where the field says
 * what its items are.
 */

import { bytesAt, bytesColumn } from '../batch/bytes.ts'
import type { Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import { type FieldSpec, MAX_ITEM_COLUMNS, type StateLayout, type StateTable } from '../fold.ts'
import type { Field } from '../types/schema.ts'
import { DIRTY_SHIFT, DirtyBlocks } from './dirty-blocks.ts'

type NumberSpec = Extract<FieldSpec, { kind: 'f64' | 'i32' | 'u32' }>
type ObjectSpec = Extract<FieldSpec, { kind: 'object' }>
type Numbers = Float64Array | Int32Array | Uint32Array

const ARRAYS = { f64: Float64Array, i32: Int32Array, u32: Uint32Array } as const

export class SlotFields {
  readonly table: StateTable
  readonly #layout: readonly (readonly [string, FieldSpec])[]
  readonly #columns: readonly StateColumn[]
  #capacity = 0
  /** Which blocks of keys changed since the last save, from the first save on. */
  #changed: DirtyBlocks | undefined

  constructor(layout: StateLayout) {
    this.#layout = Object.entries(layout)
    this.#columns = this.#layout.flatMap(([name, spec]) => columnsOf(name, spec))
    this.table = {} as StateTable
    this.reserve(64)
  }

  /** Memory of the arrays, bytes. Objects count as a pointer and, where they are arrays of numbers, as what those hold. */
  get bytes(): number {
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    let total = 0
    for (const [name, spec] of this.#layout) {
      if (spec.kind !== 'object') {
        total += this.#capacity * ARRAYS[spec.kind].BYTES_PER_ELEMENT * (spec.width ?? 1)
        continue
      }
      total += 8 * this.#capacity
      for (const value of table[name]!) if (ArrayBuffer.isView(value)) total += value.byteLength
    }
    return total
  }

  /** Makes room for keys below `count`; fresh ones hold the fields' initial values. */
  reserve(count: number): void {
    if (count <= this.#capacity) return
    const capacity = Math.max(count, 2 * this.#capacity)
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    for (const [name, spec] of this.#layout) {
      const old = table[name]
      if (spec.kind === 'object') {
        const larger: unknown[] = (old as unknown[] | undefined) ?? []
        larger.length = capacity
        table[name] = larger
        continue
      }
      const larger = new ARRAYS[spec.kind](capacity * (spec.width ?? 1))
      if (old) larger.set(old as Numbers)
      if (spec.initial) larger.fill(spec.initial, (old as Numbers | undefined)?.length ?? 0)
      table[name] = larger
    }
    this.#capacity = capacity
    this.#changed?.reserve(capacity)
  }

  /** Notes that the state of these keys changes. */
  touch(keys: Uint32Array, count: number): void {
    this.#changed?.markAll(keys, count)
  }

  /** Whether the state of a key in the block of {@link DIRTY_IDS} that begins with `from` changed since {@link saved}. */
  changedIn(from: number): boolean {
    if (!this.#changed || this.#changed.has(from >>> DIRTY_SHIFT)) return true
    return this.#layout.some(([, spec]) => spec.kind === 'object' && spec.shared === true)
  }

  /** What changed so far is saved. */
  saved(): void {
    this.#changed ??= new DirtyBlocks()
    this.#changed.reserve(this.#capacity)
    this.#changed.clear()
  }

  /** Gives a key the fields' initial values. */
  reset(key: number): void {
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    for (const [name, spec] of this.#layout) {
      const array = table[name]!
      if (spec.kind === 'object') (array as unknown[])[key] = undefined
      else {
        const { width = 1 } = spec
        ;(array as Numbers).fill(spec.initial ?? 0, key * width, (key + 1) * width)
      }
    }
  }

  /** Keeps the state of these keys only: that of key `live[i]` is that of key `i` then. */
  retain(live: Uint32Array): void {
    // Whatever is saved of other numbers of keys is to be written again.
    this.#changed = undefined
    const old = { ...this.table } as unknown as Record<string, Numbers | unknown[]>
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    for (const [name] of this.#layout) delete table[name]
    this.#capacity = 0
    this.reserve(Math.max(64, live.length + (live.length >> 1)))
    for (const [name, spec] of this.#layout) {
      const from = old[name]!
      const to = table[name]!
      if (spec.kind === 'object') {
        for (let i = 0; i < live.length; i++) (to as unknown[])[i] = (from as unknown[])[live[i]!]
        continue
      }
      const { width = 1 } = spec
      for (let i = 0; i < live.length; i++) {
        const start = live[i]! * width
        for (let j = 0; j < width; j++) (to as Numbers)[i * width + j] = (from as Numbers)[start + j]!
      }
    }
  }

  /** The columns of {@link columns}. */
  get schema(): Field[] {
    return this.#columns.map(({ name, kind }) => ({ name, type: kind === 'number' ? 'float64' : 'utf8' }))
  }

  /** The state of keys `from` … `to - 1`: a column of numbers per named item; wide parts and objects as bytes. */
  columns(from: number, to: number, arena: Arena): Column[] {
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    return this.#columns.map((column): Column => {
      const array = table[column.field]!
      if (column.kind !== 'number') {
        const rows = Array.from({ length: to - from }, (_, i) => encodeSlot(array, column, from + i))
        return bytesColumn(rows, arena)
      }
      const values = new Float64Array(to - from)
      for (let key = from; key < to; key++) {
        values[key - from] = (array as Numbers)[key * column.stride + column.from]!
      }
      return { type: 'float64', values }
    })
  }

  /** Puts row `rows[i]` of columns that {@link columns} made at key `keys[i]`. */
  load(columns: readonly Column[], rows: Uint32Array, keys: Uint32Array): void {
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    this.#columns.forEach((column, c) => {
      const array = table[column.field]!
      const stored = columns[c]!
      if (column.kind !== 'number') {
        rows.forEach((row, i) => {
          decodeSlot(array, column, keys[i]!, stored, row)
        })
        return
      }
      const values = stored.values as Float64Array
      rows.forEach((row, i) => {
        ;(array as Numbers)[keys[i]! * column.stride + column.from] = values[row]!
      })
    })
  }
}

/** A column of snapshots: an item of each key, some neighbouring items as bytes, or an object. */
type StateColumn = { readonly name: string; readonly field: string } & (
  | { readonly kind: 'number'; readonly stride: number; readonly from: number }
  | {
      readonly kind: 'bytes'
      readonly item: NumberSpec['kind']
      readonly stride: number
      readonly from: number
      readonly width: number
    }
  | { readonly kind: 'object'; readonly spec: ObjectSpec }
)

function columnsOf(field: string, spec: FieldSpec): StateColumn[] {
  const name = `state.${field}`
  if (spec.kind === 'object') return [{ kind: 'object', name, field, spec }]
  const { kind: item, width: stride = 1, parts } = spec
  if (parts === undefined) {
    if (stride === 1) return [{ kind: 'number', name, field, stride, from: 0 }]
    return [{ kind: 'bytes', name, field, item, stride, from: 0, width: stride }]
  }
  const columns: StateColumn[] = []
  let from = 0
  for (const part of parts) {
    const { width } = part
    const partName = `${name}.${part.name}`
    if (width > MAX_ITEM_COLUMNS) {
      columns.push({ kind: 'bytes', name: partName, field, item, stride, from, width })
    } else {
      for (let i = 0; i < width; i++) {
        const itemName = width === 1 ? partName : `${partName}.${i}`
        columns.push({ kind: 'number', name: itemName, field, stride, from: from + i })
      }
    }
    from += width
  }
  return columns
}

type WideColumn = Exclude<StateColumn, { kind: 'number' }>

function encodeSlot(array: Numbers | unknown[], column: WideColumn, key: number): Uint8Array | undefined {
  if (column.kind === 'object') {
    const value = (array as unknown[])[key]
    return value === undefined ? undefined : column.spec.encode(value)
  }
  const begin = key * column.stride + column.from
  const { buffer, byteOffset, byteLength } = (array as Numbers).slice(begin, begin + column.width)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function decodeSlot(
  array: Numbers | unknown[],
  column: WideColumn,
  key: number,
  stored: Column,
  row: number,
): void {
  if (column.kind === 'object') {
    const known = !stored.validity || (stored.validity[row >> 3]! >> (row & 7)) & 1
    ;(array as unknown[])[key] = known ? column.spec.decode(bytesAt(stored, row)) : undefined
    return
  }
  // The bytes may lie at any offset; a copy is aligned.
  const bytes = bytesAt(stored, row).slice()
  ;(array as Numbers).set(new ARRAYS[column.item](bytes.buffer), key * column.stride + column.from)
}
