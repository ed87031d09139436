import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { allocValues } from '../batch/build.ts'
import { bitAt, bitmapBytes, type Column } from '../batch/column.ts'
import { concatColumn, emptyColumn } from '../batch/concat-column.ts'
import { allocUint8, heapArena } from '../batch/slab.ts'
import { type ColumnType, isEightByteInteger } from '../types/column-type.ts'

/** A column of cells that are computed one by one, as columns of one row, in the order of their rows. */
export class CellsInOrder {
  readonly #type: ColumnType
  readonly #count: number
  /** Types of eight bytes: the cells. Others are put together in the end. */
  readonly #words: Int32Array | undefined
  readonly #validity: Uint8Array
  readonly #cells: Column[] = []

  constructor(type: ColumnType, count: number) {
    this.#type = type
    this.#count = count
    const wide = type === 'float64' || isEightByteInteger(type)
    this.#words = wide ? new Int32Array(2 * count) : undefined
    this.#validity = allocUint8(heapArena, wide ? bitmapBytes(count) : 0)
  }

  /** @param cell of the i-th row */
  add(i: number, cell: Column): void {
    if (!this.#words) {
      this.#cells.push(cell)
      return
    }
    const { values, validity } = cell
    this.#words.set(new Int32Array(values.buffer, values.byteOffset, 2), 2 * i)
    if (!validity || bitAt(validity, 0)) this.#validity[i >> 3]! |= 1 << (i & 7)
  }

  finish(): Column {
    const type = this.#type
    if (this.#words) {
      const values = allocValues(type, this.#count, heapArena)
      new Int32Array(values.buffer, values.byteOffset, 2 * this.#count).set(this.#words)
      return { type, values, validity: this.#validity }
    }
    if (this.#cells.length === 0) return emptyColumn(type, heapArena)
    return concatColumn(this.#cells, this.#cells.map(oneRow), this.#count, heapArena)
  }
}

const oneRow = (cell: Column): Batch => ({
  schema: [{ name: 'cell', type: cell.type }],
  length: 1,
  columns: [cell],
  position: NO_POSITION,
})
