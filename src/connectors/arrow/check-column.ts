/** Whether a column that came from a file is one: all cells are there, and texts are texts. */

import { isUtf8 } from 'node:buffer'
import { bitmapBytes, type Column, type Dictionary } from '../../core/batch/column.ts'
import { DataError } from '../../core/errors.ts'
import { itemsPerCell } from '../../core/types/column-type.ts'
import { isStruct } from '../../core/types/nested-type.ts'

/**
 * Checks a column of `length` cells. What a file says of sizes is not to be believed: other rows' memory would be read as
 * values.
 *
 * @param texts whether the bytes of a column of texts are looked at, too
 * @throws {DataError} `CORRUPT_ARROW`
 */
export function checkColumn(name: string, column: Column, length: number, texts = true): void {
  const { type, values, offsets, validity, dictionary, children } = column
  const wrong = (what: string) => new DataError('CORRUPT_ARROW', `column ${JSON.stringify(name)} ${what}`)
  if (validity && validity.length < bitmapBytes(length))
    throw wrong('has fewer cells than its record batch has rows')
  if (children) {
    if (offsets && offsets.length <= length) throw wrong('has fewer lists than its record batch has rows')
    const inner = isStruct(type) ? length : offsets![length]!
    for (const child of children) checkColumn(name, child, inner)
    return
  }
  if (dictionary) {
    if (values.length < length) throw wrong('has fewer cells than its record batch has rows')
    // Codes were checked when they were read.
    if (checked.has(dictionary)) return
    if (!textsAre(dictionary.values, dictionary.offsets, dictionary.length))
      throw wrong('has a dictionary of what is no UTF-8')
    checked.add(dictionary)
    return
  }
  if (!offsets) {
    const needed = type === 'bool' ? bitmapBytes(length) : length * itemsPerCell(type)
    if (values.length < needed) throw wrong('has fewer cells than its record batch has rows')
    return
  }
  const bytes = values as Uint8Array
  if (offsets.length <= length || !ascends(offsets, length, bytes.length))
    throw wrong('has texts that lie outside of it')
  if (texts && type === 'utf8' && !textsAre(bytes, offsets, length)) throw wrong('holds what is no UTF-8')
}

/** Dictionaries of which all texts are UTF-8. */
const checked = new WeakSet<Dictionary>()

function ascends(offsets: Int32Array, length: number, bytes: number): boolean {
  let last = 0
  for (let i = 0; i <= length; i++) {
    const offset = offsets[i]!
    if (offset < last) return false
    last = offset
  }
  return last <= bytes
}

/** All bytes together are UTF-8, and no text begins within a character. */
export function textsAre(bytes: Uint8Array, offsets: Int32Array, length: number): boolean {
  const from = offsets[0]!
  const all = bytes.subarray(from, offsets[length]!)
  if (!isUtf8(all.buffer instanceof SharedArrayBuffer ? new Uint8Array(all) : all)) return false
  for (let i = 0; i < length; i++)
    if ((bytes[offsets[i]!]! & 0xc0) === 0x80 && offsets[i]! < bytes.length) return false
  return true
}
