import type { Column } from '../../../batch/column.ts'
import { allocInt32, allocUint8 } from '../../../batch/slab.ts'
import { Reader } from './reader.ts'

/** Bytes that are kept free after the cells: words are written over their end. */
export const SLACK = 8

/** Cells of any length, one after the other in one piece of memory. */
export abstract class BytesReader extends Reader {
  protected bytes: Uint8Array = new Uint8Array(0)
  protected words: DataView = new DataView(new ArrayBuffer(0))
  protected offsets: Int32Array = new Int32Array(1)
  /** Cells end before this, so that a word still fits. */
  protected room = 0
  /** Bytes that a row had in the block before, and that the first block is given room for. */
  #bytesPerRow = 16

  protected open(rows: number): void {
    this.offsets = allocInt32(this.arena, rows + 1)
    this.offsets[0] = 0
    this.#setBytes(Math.ceil(rows * this.#bytesPerRow) + 64)
  }

  override missing(row: number): void {
    super.missing(row)
    this.offsets[row + 1] = this.offsets[row]!
  }

  /** The cell of the row ends here. */
  protected endCell(row: number, to: number): void {
    this.offsets[row + 1] = to
    this.setValid(row)
  }

  /** Makes room for cells up to `need`; what lies there stays. */
  protected reserveBytes(need: number): void {
    if (need <= this.room) return
    const old = this.bytes
    this.#setBytes(Math.max(need + SLACK, old.length * 2))
    this.bytes.set(old)
  }

  #setBytes(size: number): void {
    this.bytes = allocUint8(this.arena, size)
    this.words = new DataView(this.bytes.buffer, this.bytes.byteOffset, size)
    this.room = size - SLACK
  }

  protected grow(rows: number): void {
    const offsets = allocInt32(this.arena, rows + 1)
    offsets.set(this.offsets)
    this.offsets = offsets
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    const used = this.offsets[length]!
    if (length > 0) this.#bytesPerRow = (used / length) * 1.1
    return { values: this.bytes.subarray(0, used), offsets: this.offsets.subarray(0, length + 1) }
  }
}
