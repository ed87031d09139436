/**
 * Arrays that grow as state does. Fresh memory costs nothing until it is touched, copying does: so large arrays grow seldom
 * and by much, and only what was used is copied. Until then a growing array would stop its shard for the time of a copy.
 */

/** Shorter arrays double: copying one takes a few milliseconds at most. */
const LEAPS_FROM = 1 << 20
/** Longer ones grow by this much once, and then double again: what is only reserved may be refused, too. */
const LEAP = 16

/** The length of an array that is to hold `needed` items and held `length`. */
export function grownLength(length: number, needed: number): number {
  const leaps = length >= LEAPS_FROM && length < LEAP * LEAPS_FROM
  return Math.max(needed, (leaps ? LEAP : 2) * length)
}

type Numbers = Float64Array | Int32Array | Uint32Array | Uint8Array

/** The array when it is long enough, or a longer copy; new items are 0. */
export function grown<A extends Numbers>(array: A, needed: number): A {
  if (needed <= array.length) return array
  const larger = allocated(array, grownLength(array.length, needed), needed)
  larger.set(array as never)
  return larger
}

/** An array of that length; where memory cannot be reserved, of the least that will do. */
function allocated<A extends Numbers>(like: A, length: number, least: number): A {
  const Numbers = like.constructor as new (length: number) => A
  try {
    return new Numbers(length)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return new Numbers(least)
  }
}

/** Shared memory of so many bytes; where it cannot be reserved, of the least that will do. */
export function sharedMemory(bytes: number, least: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return new SharedArrayBuffer(least)
  }
}
