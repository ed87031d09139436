/** Hashes of the places of rows: what samples and random numbers are drawn by. */

import { type Batch, rowAt, rowCount } from './batch.ts'
import { BRANCH, childColumns, isChildName } from './meta.ts'
import { finishHash, mixWord } from './murmur.ts'
import { isMade, offsetAt, splitAt } from './place.ts'
import { placeKeys } from './place-key.ts'

/** By row that counts, a hash of its place, a whole number below 2^32. Frozen: samples and random numbers depend on it. */
export function hashPlaces(batch: Batch, seed: number): Float64Array {
  const count = rowCount(batch)
  const hashes = new Float64Array(count)
  const start = Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32)
  const others = hasSourcePlaces(batch) ? numbersOf(batch) : undefined
  const keys = others && others.length === 0 ? undefined : placeKeys(batch)
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    // The first row of several made of one, and that of a union's first input, are so whether or not the batch says it.
    if (others?.every(numbers => numbers[row] === 0)) {
      const offset = offsetAt(batch, row)
      const h = mixWord(
        mixWord(mixWord(start, splitAt(batch, row)), offset | 0),
        Math.floor(offset / 2 ** 32),
      )
      hashes[i] = finishHash(h)
    } else {
      let h = start
      for (const byte of keys!.key(row)) h = mixWord(h, byte)
      hashes[i] = finishHash(h)
    }
  }
  return hashes
}

/** Whether rows are told by split and offset, and by numbers that are 0 where a batch does not have them. */
const hasSourcePlaces = (batch: Batch): boolean =>
  !batch.meta ||
  (!isMade(batch) &&
    Object.keys(batch.meta).every(name => SOURCE_META.has(name) || name === BRANCH || isChildName(name)))

const numbersOf = (batch: Batch) =>
  [...childColumns(batch), ...(batch.meta?.[BRANCH] ? [batch.meta[BRANCH]] : [])].map(({ values }) => values)

/** What rows of sources may have beside them and still be told by split and offset. */
const SOURCE_META: ReadonlySet<string> = new Set(['parent', 'split', 'offset', 'seen', 'weight'])
