/** Records of a sample as texts: what the sniffer looks at. */

import { decodeText } from '../../batch/column.ts'
import { isLineEnd, type Marks } from './dialect.ts'
import { afterLineEnd, FieldScanner, lineEnd, recordEnd } from './fields.ts'

export interface SampleField {
  readonly text: string
  readonly quoted: boolean
}

export interface SampleRecord {
  readonly start: number
  /** After its line end. */
  readonly end: number
  readonly fields: readonly SampleField[]
}

export interface SampleRecords {
  readonly records: readonly SampleRecord[]
  /** Records whose quotes are wrong. */
  readonly faults: number
  /** Whether they are wrong before any record is whole. */
  readonly startsWrong: boolean
}

/**
 * The first records from `start` on, without blank lines and comments. Of a sample that goes on, the last record is left out:
 * it may not be whole.
 */
export function sampleRecords(
  sample: Uint8Array,
  start: number,
  marks: Marks,
  most: number,
  whole: boolean,
): SampleRecords {
  const scanner = new FieldScanner(marks)
  const records: SampleRecord[] = []
  let faults = 0
  let startsWrong = false
  let at = start
  while (at < sample.length && records.length < most) {
    if (isLineEnd(sample[at]!)) {
      at++
      continue
    }
    if (sample[at] === marks.comment) {
      at = lineEnd(sample, at, sample.length)
      continue
    }
    const record = recordAt(sample, at, marks, scanner)
    const end = record?.end ?? recordEnd(sample, at, sample.length, marks)
    if (!whole && end >= sample.length) break
    if (record) records.push(record)
    else {
      faults++
      startsWrong ||= records.length === 0
    }
    at = end
  }
  return { records, faults, startsWrong }
}

/** The record that begins at `start`; undefined where its quotes are wrong. */
function recordAt(
  sample: Uint8Array,
  start: number,
  marks: Marks,
  scanner: FieldScanner,
): SampleRecord | undefined {
  const fields: SampleField[] = []
  for (let at = start; ; at++) {
    if (!scanner.scan(sample, at, sample.length)) return undefined
    const { text, from, to, quoted, next } = scanner
    fields.push({ text: decodeText(text.subarray(from, to)), quoted })
    if (next < sample.length && sample[next] === marks.delimiter) at = next
    else return { start, end: afterLineEnd(sample, next, sample.length), fields }
  }
}
