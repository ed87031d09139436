/** Texts made out of others, appended to a kernel's {@link Scratch}: each function gives the byte at which its text begins. */

import type { Scratch } from './text-bytes.ts'
import { countPoints } from './text-bytes.ts'
import { findBytes, pointAt, pointFromEnd } from './text-points.ts'

/** Bytes that a text made of few others may have at most, so that a number in a row cannot fill the memory. */
export const MAX_TEXT_BYTES = 1 << 26

/** The text with the first occurrence of a part replaced, which begins at byte `at`. */
export function appendReplaced(
  scratch: Scratch,
  a: Uint8Array,
  s: number,
  e: number,
  at: number,
  size: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): number {
  scratch.reserve(e - s + (e2 - s2))
  const start = scratch.append(a, s, at)
  scratch.append(b, s2, e2)
  scratch.append(a, at + size, e)
  return start
}

/** The text with all occurrences replaced, of which the first begins at byte `at`. */
export function appendAllReplaced(
  scratch: Scratch,
  a: Uint8Array,
  s: number,
  e: number,
  at: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): number {
  const start = scratch.end
  let from = s
  for (let next = at; next >= 0; next = findBytes(a, from, e, part, partStart, partEnd)) {
    scratch.append(a, from, next)
    scratch.append(b, s2, e2)
    from = next + (partEnd - partStart)
  }
  scratch.append(a, from, e)
  return start
}

/** The same with what finds a part that is the same for all rows. */
export function appendAllFound(
  scratch: Scratch,
  a: Uint8Array,
  s: number,
  e: number,
  at: number,
  search: { readonly size: number; find(a: Uint8Array, from: number, end: number): number },
  b: Uint8Array,
  s2: number,
  e2: number,
): number {
  const start = scratch.end
  let from = s
  for (let next = at; next >= 0; next = search.find(a, from, e)) {
    scratch.append(a, from, next)
    scratch.append(b, s2, e2)
    from = next + search.size
  }
  scratch.append(a, from, e)
  return start
}

/** The text, `times` times. */
export function appendRepeated(scratch: Scratch, a: Uint8Array, s: number, e: number, times: number): number {
  const start = scratch.end
  if (times > 0) scratch.reserve((e - s) * times)
  for (let i = 0; i < times; i++) scratch.append(a, s, e)
  return start
}

/** Its code points from the last to the first. @param areBytes whether each is a byte, as far as is known */
export function appendReversed(
  scratch: Scratch,
  a: Uint8Array,
  s: number,
  e: number,
  areBytes: boolean,
): number {
  const start = scratch.end
  scratch.reserve(e - s)
  if (areBytes) {
    const { bytes } = scratch
    for (let i = s, to = start + e - s - 1; i < e; i++, to--) bytes[to] = a[i]!
    scratch.end = start + e - s
    return start
  }
  for (let end = e; end > s; ) {
    const last = pointFromEnd(a, s, end, 1)
    scratch.append(a, last, end)
    end = last
  }
  return start
}

/** The text with as many code points of `fill` before or after it as make `length`. */
export function appendPadded(
  scratch: Scratch,
  a: Uint8Array,
  s: number,
  e: number,
  length: number,
  b: Uint8Array,
  s2: number,
  e2: number,
  atStart: boolean,
): number {
  const missing = length - countPoints(a, s, e)
  const start = scratch.end
  if (!atStart) scratch.append(a, s, e)
  const points = countPoints(b, s2, e2)
  if (missing > 0 && points > 0) {
    for (let i = Math.floor(missing / points); i > 0; i--) scratch.append(b, s2, e2)
    scratch.append(b, s2, pointAt(b, s2, e2, missing % points))
  }
  if (atStart) scratch.append(a, s, e)
  return start
}

/** Bytes that a padded text takes at most. */
export const paddedBytes = (s: number, e: number, length: number, s2: number, e2: number): number =>
  e - s + (length > 0 ? length * Math.min(4, e2 - s2) : 0)
