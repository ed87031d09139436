/**
 * Dictionaries: the distinct values behind text codes.
 *
 * Invariant: a dictionary's memory is never pooled. It lies in memory of its own (shared, so that every thread reads
 * it) which garbage collection frees, because columns of many batches refer to it and it outlives their slabs. So a
 * gather, a filter or a retained batch may keep a dictionary without copying it.
 */

import { uniqueId } from '../unique-id.ts'
import { type Dictionary, decodeText } from './column.ts'

const prefix = uniqueId()
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

/** A dictionary of distinct texts, given as UTF-8 in memory that is not pooled. */
export const dictionaryOf = (values: Uint8Array, offsets: Int32Array): Dictionary => ({
  id: newDictionaryId(),
  length: offsets.length - 1,
  values,
  offsets,
})
