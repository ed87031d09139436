/** Lists, structs and maps on their way to DuckDB: kept as columns of ours, and written into vectors within vectors. */

import type Raw from '@duckdb/node-bindings'
import { bitAt, bitmapBytes, type Column } from '../../core/batch/column.ts'
import { concatColumn } from '../../core/batch/concat-column.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { takeColumn } from '../../core/batch/take.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { childTypes, isNested, isStruct, type NestedType } from '../../core/types/nested-type.ts'
import { copyBits, hasZero } from './chunk.ts'
import { StagedColumn } from './staged-columns.ts'

type MakeStaged = (name: string, type: ColumnType) => StagedColumn

export class StagedNested extends StagedColumn {
  readonly #name: string
  readonly #staged: MakeStaged
  #pieces: Column[] = []
  #rows: { length: number }[] = []
  #length = 0
  #bytes = 0
  /** All rows staged, while chunks are filled. */
  #whole: Column | undefined

  constructor(name: string, type: NestedType, staged: MakeStaged) {
    super(type)
    this.#name = name
    this.#staged = staged
  }

  override get longBytes(): number {
    return this.#bytes
  }

  override clear(): void {
    super.clear()
    this.#pieces = []
    this.#rows = []
    this.#length = 0
    this.#bytes = 0
    this.#whole = undefined
  }

  protected growItems(): void {}

  protected copy(column: Column, rows: Uint32Array | undefined, from: number, count: number): void {
    const piece = takeColumn(column, rows ?? range(from, count), heapArena)
    this.#pieces.push(piece)
    this.#rows.push({ length: count })
    this.#length += count
    this.#bytes += bytesOf(piece)
    this.#whole = undefined
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    this.#whole ??= concatColumn(this.#pieces, this.#rows, this.#length, heapArena)
    this.#writeCells(raw, vector, this.#whole, from, count, undefined)
  }

  /** @param outer where the struct around the cells is not null: DuckDB has the fields of a null struct be null */
  #writeCells(
    raw: typeof Raw,
    vector: Raw.Vector,
    column: Column,
    from: number,
    count: number,
    outer: Uint8Array | undefined,
  ): void {
    const { type } = column
    const validity = validityOf(column, from, count, outer)
    if (!isNested(type)) {
      const staged = this.#staged(this.#name, type)
      staged.grow((count + 63) & ~63)
      staged.append(
        validity ? withValidity(column, from, count, validity) : column,
        undefined,
        validity ? 0 : from,
        count,
        0,
      )
      staged.fill(raw, vector, 0, count)
      return
    }
    if (validity) {
      raw.vector_ensure_validity_writable(vector)
      raw.copy_data_to_vector_validity(vector, 0, validity.buffer as ArrayBuffer, 0, validity.byteLength)
    }
    if (isStruct(type)) {
      for (const [i] of childTypes(type).entries())
        this.#writeCells(
          raw,
          raw.struct_vector_get_child(vector, i),
          column.children![i]!,
          from,
          count,
          validity,
        )
      return
    }
    this.#writeLists(raw, vector, column, from, count, validity)
  }

  #writeLists(
    raw: typeof Raw,
    vector: Raw.Vector,
    { offsets, children }: Column,
    from: number,
    count: number,
    validity: Uint8Array | undefined,
  ): void {
    const first = offsets![from]!
    const total = offsets![from + count]! - first
    const entries = new BigUint64Array(count * 2)
    for (let i = 0; i < count; i++) {
      const start = offsets![from + i]!
      entries[2 * i] = BigInt(start - first)
      if (!validity || bitAt(validity, i)) entries[2 * i + 1] = BigInt(offsets![from + i + 1]! - start)
    }
    raw.list_vector_reserve(vector, total)
    raw.list_vector_set_size(vector, total)
    raw.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength)
    if (total > 0)
      this.#writeCells(raw, raw.list_vector_get_child(vector), children![0]!, first, total, undefined)
  }
}

/** Bits of the cells from bit 0 on, in whole words; undefined where none is null. */
function validityOf(
  { validity }: Column,
  from: number,
  count: number,
  outer: Uint8Array | undefined,
): Uint8Array | undefined {
  if (!validity) return outer
  const bits = new Uint8Array(((count + 63) >> 6) * 8)
  copyBits(validity, from, bits, 0, count)
  if (outer) for (let i = 0; i < bits.length; i++) bits[i]! &= outer[i]!
  return hasZero(bits, count) ? bits : undefined
}

/** Cells `from` to `from + count`, with other nulls. */
function withValidity(column: Column, from: number, count: number, validity: Uint8Array): Column {
  const { validity: _own, ...cells } = takeColumn(column, range(from, count), heapArena)
  return { ...cells, validity: validity.subarray(0, bitmapBytes(count)) }
}

const range = (from: number, count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => from + i)

/** About how much memory a column takes. */
function bytesOf({ values, offsets, children }: Column): number {
  let bytes = values.byteLength + (offsets?.byteLength ?? 0)
  for (const child of children ?? []) bytes += bytesOf(child)
  return bytes
}
