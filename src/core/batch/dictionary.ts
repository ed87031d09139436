/**
 * Dictionaries: the distinct values behind text codes.
 *
 * Invariant: a dictionary's memory is never pooled. It lies in memory of its own (shared, so that every thread reads
 * it) which garbage collection frees, because columns of many batches refer to it and it outlives their slabs. So a
 * gather, a filter or a retained batch may keep a dictionary without copying it.
 */

import { type Dictionary, decodeText } from './column.ts'

const prefix = crypto.randomUUID()
let created = 0

/** An id no other dictionary has, on any thread. */
export const newDictionaryId = (): string => `${prefix}/${created++}`

/** The values as JavaScript strings, by code. */
export function dictionaryStrings(dictionary: Dictionary): string[] {
  const { values, offsets, length } = dictionary
  const strings = new Array<string>(length)
  for (let code = 0; code < length; code++)
    strings[code] = decodeText(values.subarray(offsets[code]!, offsets[code + 1]!))
  return strings
}

/** A dictionary over text that already lies in unpooled memory, or is copied into shared memory with `copy`. */
export function dictionaryOf(values: Uint8Array, offsets: Int32Array, copy = false): Dictionary {
  const length = offsets.length - 1
  if (!copy) return { id: newDictionaryId(), length, values, offsets }
  const start = offsets[0]!
  const size = offsets[length]! - start
  const shared = new SharedArrayBuffer((length + 1) * 4 + size)
  const ownOffsets = new Int32Array(shared, 0, length + 1)
  for (let i = 0; i <= length; i++) ownOffsets[i] = offsets[i]! - start
  const ownValues = new Uint8Array(shared, (length + 1) * 4, size)
  ownValues.set(values.subarray(start, start + size))
  return { id: newDictionaryId(), length, values: ownValues, offsets: ownOffsets }
}
