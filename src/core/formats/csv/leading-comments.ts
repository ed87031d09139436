/**
 * Comments above a header that nobody spoke of: lines that begin with `#` and have another number of fields than the records
 * below them. Such lines further down are records, for a file may have texts that begin so.
 */

import type { SniffRequest } from '../contract.ts'
import { type CsvDialect, isLineEnd, marksOf } from './dialect.ts'
import { lineEnd } from './fields.ts'
import { sampleRecords } from './records.ts'
import { type AskedDialect, sniffDialect } from './sniff-dialect.ts'

const HASH = 35

/** Where the first line begins that is no such comment. */
export function afterLeadingComments(
  sample: Uint8Array,
  start: number,
  asked: AskedDialect,
  request: Pick<SniffRequest, 'schema' | 'whole'>,
): number {
  const { hashes, end } = hashLines(sample, start)
  if (hashes.length === 0) return start
  const marks = marksOf({ ...sniffDialect(sample, end, asked, request), comment: '' } as CsvDialect)
  const fieldsAt = (bytes: Uint8Array, at: number, whole: boolean) =>
    sampleRecords(bytes, at, marks, 1, whole).records[0]?.fields.length
  const fields = fieldsAt(sample, end, request.whole)
  // Of one column nothing tells a comment from a text.
  if (fields === undefined || fields === 1) return start
  const header = hashes.find(at => {
    const own = fieldsAt(sample.subarray(at, lineEnd(sample, at, sample.length)), 0, true)
    return own === undefined || own === fields
  })
  return header ?? end
}

/** Where lines begin with `#` at the beginning, and what comes after them; blank lines may be between. */
function hashLines(sample: Uint8Array, start: number): { hashes: readonly number[]; end: number } {
  const hashes: number[] = []
  let at = start
  for (; at < sample.length; at = lineEnd(sample, at, sample.length)) {
    if (sample[at] === HASH) hashes.push(at)
    else if (!isLineEnd(sample[at]!)) break
  }
  return { hashes, end: at }
}
