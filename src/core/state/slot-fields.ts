/** The state of detectors: one array a field, `width` items a key, indexed by key id. */

import type { Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import type { FieldSpec, StateLayout, StateTable } from '../fold.ts'
import type { Field } from '../types/schema.ts'
import { bytesAt, bytesColumn } from './bytes.ts'

type NumberSpec = Extract<FieldSpec, { kind: 'f64' | 'i32' | 'u32' }>
type Numbers = Float64Array | Int32Array | Uint32Array

const ARRAYS = { f64: Float64Array, i32: Int32Array, u32: Uint32Array } as const

export class SlotFields {
  readonly table: StateTable
  readonly #layout: readonly (readonly [string, FieldSpec])[]
  #capacity = 0

  constructor(layout: StateLayout) {
    this.#layout = Object.entries(layout)
    this.table = {} as StateTable
    this.reserve(64)
  }

  /** Memory of the arrays, bytes; objects count as one pointer. */
  get bytes(): number {
    let total = 0
    for (const [, spec] of this.#layout) {
      total +=
        this.#capacity *
        (spec.kind === 'object' ? 8 : ARRAYS[spec.kind].BYTES_PER_ELEMENT * (spec.width ?? 1))
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
  }

  /** The columns of {@link columns}. */
  get schema(): Field[] {
    return this.#layout.flatMap(([name, spec]): Field[] => {
      const items = namedItems(spec)
      if (!items) return [{ name: `state.${name}`, type: 'utf8' }]
      return items.map(item => ({ name: `state.${name}${item && `.${item}`}`, type: 'float64' }))
    })
  }

  /** The state of keys 0 … count - 1: a column of numbers per named item; other wide fields and objects as bytes. */
  columns(count: number, arena: Arena): Column[] {
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    return this.#layout.flatMap(([name, spec]): Column[] => {
      const array = table[name]!
      const items = namedItems(spec)
      if (!items) {
        const rows = Array.from({ length: count }, (_, key) => encodeSlot(array, spec, key))
        return [bytesColumn(rows, arena)]
      }
      return items.map((_, item) => {
        const values = new Float64Array(count)
        for (let key = 0; key < count; key++) values[key] = (array as Numbers)[key * items.length + item]!
        return { type: 'float64', values }
      })
    })
  }

  /** Puts row `rows[i]` of columns that {@link columns} made at key `keys[i]`. */
  load(columns: readonly Column[], rows: Uint32Array, keys: Uint32Array): void {
    const table = this.table as unknown as Record<string, Numbers | unknown[]>
    let next = 0
    for (const [name, spec] of this.#layout) {
      const array = table[name]!
      const items = namedItems(spec)
      if (!items) {
        const column = columns[next++]!
        rows.forEach((row, i) => {
          decodeSlot(array, spec, keys[i]!, column, row)
        })
        continue
      }
      for (let item = 0; item < items.length; item++) {
        const values = columns[next++]!.values as Float64Array
        rows.forEach((row, i) => {
          ;(array as Numbers)[keys[i]! * items.length + item] = values[row]!
        })
      }
    }
  }
}

/** The names of a field's items, '' for a single one; undefined for what is written as bytes. */
function namedItems(spec: FieldSpec): readonly string[] | undefined {
  if (spec.kind === 'object') return undefined
  if (spec.parts) {
    return spec.parts.flatMap(({ name, width }) =>
      width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}.${i}`),
    )
  }
  return (spec.width ?? 1) === 1 ? [''] : undefined
}

function encodeSlot(array: Numbers | unknown[], spec: FieldSpec, key: number): Uint8Array | undefined {
  if (spec.kind === 'object') {
    const value = (array as unknown[])[key]
    return value === undefined ? undefined : spec.encode(value)
  }
  const width = spec.width ?? 1
  const { buffer, byteOffset, byteLength } = (array as Numbers).slice(key * width, (key + 1) * width)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function decodeSlot(
  array: Numbers | unknown[],
  spec: FieldSpec,
  key: number,
  column: Column,
  row: number,
): void {
  const known = !column.validity || (column.validity[row >> 3]! >> (row & 7)) & 1
  if (spec.kind === 'object') {
    ;(array as unknown[])[key] = known ? spec.decode(bytesAt(column, row)) : undefined
    return
  }
  const { kind, width = 1 } = spec as NumberSpec
  // The bytes may lie at any offset; a copy is aligned.
  const bytes = bytesAt(column, row).slice()
  ;(array as Numbers).set(new ARRAYS[kind](bytes.buffer), key * width)
}
