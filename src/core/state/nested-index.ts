/**
 * Gives equal lists, structs, maps and decimals of over 18 digits equal codes: by their bytes, as {@link TextIndex} does with
 * texts.
 */

import type { Column } from '../batch/column.ts'
import { plainText } from '../batch/concat-column.ts'
import { nestedBytes } from '../batch/nested-bytes.ts'
import { nestedValues } from '../batch/nested-values.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { CodeLookup } from './integer-index.ts'
import { TextIndex } from './text-index.ts'

export class NestedIndex {
  readonly #type: ColumnType
  readonly #texts = new TextIndex('utf8')

  constructor(type: ColumnType) {
    this.#type = type
  }

  /** How many distinct values it has seen, null included. */
  get size(): number {
    return this.#texts.size
  }

  get bytes(): number {
    return this.#texts.bytes
  }

  /** `codes[i]` becomes the code of the value at physical row `rows[i]` (or `i`). */
  intern(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    this.#texts.intern(keyBytes(column, count, rows), count, undefined, codes)
  }

  /** As {@link IntegerIndex.find}. */
  find(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    this.#texts.find(keyBytes(column, count, rows), count, undefined, codes)
  }

  /** Only {@link intern} finds codes. */
  lookup(_column: Column): CodeLookup | undefined {
    return undefined
  }

  internRow(_column: Column, _row: number, _lookup: CodeLookup): number {
    throw new TypeError('nested keys have no lookup')
  }

  /** The values of codes. */
  column(codes: Uint32Array, count: number, arena: Arena): Column {
    const coded = this.#texts.column(codes, count, heapArena)
    return nestedValues(this.#type, plainText(coded, count, heapArena), count, arena)
  }

  /** Canonical order; null after everything. */
  compare(a: number, b: number): number {
    return this.#texts.compare(a, b)
  }

  /** Says that the index is not used any more. */
  release(): void {
    this.#texts.release()
  }

  forgetDictionaries(): void {
    this.#texts.forgetDictionaries()
  }
}

/** The bytes by which keys are equal. */
export const keyBytes = (column: Column, count: number, rows: Uint32Array | undefined): Column =>
  nestedBytes(column, rows, count, { asKeys: true }, heapArena)
