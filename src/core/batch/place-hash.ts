/** Hashes of the places of rows: what samples and random numbers are drawn by. */

import { type Batch, rowAt, rowCount } from './batch.ts'
import { finishHash, mixWord } from './murmur.ts'
import { isMade, offsetAt, splitAt } from './place.ts'
import { placeKeys } from './place-key.ts'

/** By row that counts, a hash of its place, a whole number below 2^32. Frozen: samples and random numbers depend on it. */
export function hashPlaces(batch: Batch, seed: number): Float64Array {
  const count = rowCount(batch)
  const hashes = new Float64Array(count)
  const start = Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32)
  if (!batch.meta || (!isMade(batch) && Object.keys(batch.meta).every(name => SOURCE_META.has(name)))) {
    for (let i = 0; i < count; i++) {
      const row = rowAt(batch, i)
      const offset = offsetAt(batch, row)
      const h = mixWord(
        mixWord(mixWord(start, splitAt(batch, row)), offset | 0),
        Math.floor(offset / 2 ** 32),
      )
      hashes[i] = finishHash(h)
    }
    return hashes
  }
  const keys = placeKeys(batch)
  for (let i = 0; i < count; i++) {
    let h = start
    for (const byte of keys.key(rowAt(batch, i))) h = mixWord(h, byte)
    hashes[i] = finishHash(h)
  }
  return hashes
}

/** What rows of sources may have beside them and still be told by split and offset. */
const SOURCE_META: ReadonlySet<string> = new Set(['parent', 'split', 'offset', 'seen', 'weight'])
