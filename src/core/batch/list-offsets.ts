/** Which elements the lists of a column have. */

import { DataError } from '../errors.ts'
import { type Arena, allocInt32 } from './slab.ts'

/** Of the lists at `rows`: their offsets once they follow each other, and the numbers of their elements. */
export function takeLists(
  starts: Int32Array,
  rows: Uint32Array,
  arena: Arena,
): { offsets: Int32Array; elements: Uint32Array } {
  const offsets = allocInt32(arena, rows.length + 1)
  const size = takeOffsets(starts, rows, offsets)
  checkListSize(size)
  const elements = new Uint32Array(size)
  let next = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const end = starts[row + 1]!
    for (let element = starts[row]!; element < end; element++) elements[next++] = element
  }
  return { offsets, elements }
}

/** Where the items of rows lie once they follow each other; returns the last offset, which may be too large for one. */
export function takeOffsets(starts: Int32Array, rows: Uint32Array, offsets: Int32Array): number {
  let size = 0
  offsets[0] = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    size += starts[row + 1]! - starts[row]!
    offsets[i + 1] = size
  }
  return size
}

/** `start`, … `end - 1`. */
export function rangeOf(start: number, end: number): Uint32Array {
  const range = new Uint32Array(end - start)
  for (let i = 0; i < range.length; i++) range[i] = start + i
  return range
}

/** Offsets of `length` lists, moved to begin at `to`. */
export function movedOffsets(offsets: Int32Array, length: number, to: number, arena: Arena): Int32Array {
  const moved = allocInt32(arena, length + 1)
  const by = to - offsets[0]!
  for (let i = 0; i <= length; i++) moved[i] = offsets[i]! + by
  return moved
}

/** @throws {DataError} `LIST_SIZE` */
export function checkListSize(elements: number): void {
  if (elements > 2 ** 31 - 1)
    throw new DataError(
      'LIST_SIZE',
      `the lists of one column of one batch hold ${elements} elements, over 2^31`,
      { hint: 'smaller batches hold fewer of them' },
    )
}
