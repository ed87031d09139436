/** Code that functions of text share: where a part is in a text, and what is known of a column as a whole. */

import { ColumnSearch, needleOf } from '../text-needle.ts'
import { findBytes } from '../text-points.ts'
import { isAsciiColumn, isDense } from '../text-whole.ts'
import type { Emitted, Emitter } from './contract.ts'

/** The arguments by which functions are given a text. */
export const bytesOf = ({ value, start, end }: Emitted): string => `${value}, ${start}, ${end}`

/** A piece of a text, without its nulls. */
export const pieceOf = ({ value, offsets }: Emitted, start: string, end: string): Emitted => ({
  value,
  start,
  end,
  ...(offsets !== undefined && { offsets }),
})

/** The name of what finds a part in texts; undefined where the part is not the same for all rows, or empty. */
export function searchFor(part: Emitted, text: Emitted, emitter: Emitter): string | undefined {
  const { literal } = part
  if (typeof literal !== 'string' || literal === '') return undefined
  const needle = emitter.outside(needleOf(literal))
  if (text.offsets === undefined) return needle
  const dense = `${emitter.outside(isDense)}(n, rows)`
  return emitter.before(
    `new ${emitter.outside(ColumnSearch)}(${needle}, ${text.value}, ${text.offsets}[n], ${dense})`,
  )
}

/** Code for the byte at which a part first begins in a text, at byte `from` or later; -1: nowhere. An empty one is there at once. */
export function firstIn(text: Emitted, part: Emitted, from: string, emitter: Emitter): string {
  const search = searchFor(part, text, emitter)
  const within = `${text.value}, ${from}, ${text.end}`
  return search === undefined
    ? `${emitter.outside(findBytes)}(${within}, ${bytesOf(part)})`
    : `${search}.find(${within})`
}

/** The name of what says that all texts of the column are ASCII; undefined where the text is of no plain column. */
export const areAscii = ({ value, offsets }: Emitted, emitter: Emitter): string | undefined =>
  offsets === undefined
    ? undefined
    : emitter.before(`${emitter.outside(isAsciiColumn)}(${value}, ${offsets}, n, rows)`)
