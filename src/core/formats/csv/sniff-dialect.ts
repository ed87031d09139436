/**
 * The dialect of a file from its first records: that which gives the most records of the same number of fields, and of those
 * the one with the most fields; before all else, one whose first record names the columns that are wanted. What is asked for is
 * taken as it is.
 */

import type { SniffRequest } from '../contract.ts'
import { type CsvDialect, marksOf } from './dialect.ts'
import { type SampleRecords, sampleRecords } from './records.ts'

/** In order of preference. */
const DELIMITERS = [',', '\t', ';', '|']
const QUOTES = ['"', "'"]

/** Records that a dialect is judged by. */
const JUDGED = 200

type Candidate = Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>

/** The marks a user gave; the others are looked for. */
export interface AskedDialect {
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  readonly decimal?: '.' | ','
  readonly comment?: string
  readonly header?: boolean
}

export function sniffDialect(
  sample: Uint8Array,
  start: number,
  asked: AskedDialect,
  { schema, whole }: Pick<SniffRequest, 'schema' | 'whole'>,
): Candidate {
  const { comment = '' } = asked
  const names = new Set(asked.header === false ? [] : schema?.map(({ name }) => name))
  let best: Candidate | undefined
  let bestScore: Score | undefined
  for (const candidate of candidates(asked)) {
    const marks = marksOf({ ...candidate, comment } as CsvDialect)
    const score = scoreOf(sampleRecords(sample, start, marks, JUDGED, whole), names)
    // Marks that no field shows are not those of the file.
    const isGuess = asked.quote === undefined && candidate.quote !== QUOTES[0]
    if (isGuess && score.quoted === 0) continue
    if (bestScore && !isBetter(score, bestScore)) continue
    best = candidate
    bestScore = score
  }
  return best!
}

function candidates(asked: AskedDialect): Candidate[] {
  const delimiters =
    asked.delimiter === undefined ? DELIMITERS.filter(mark => mark !== asked.decimal) : [asked.delimiter]
  const quotes = asked.quote === undefined ? QUOTES : [asked.quote]
  return quotes.flatMap(quote => {
    const escapes = asked.escape === undefined ? (quote === '' ? [''] : [quote, '\\']) : [asked.escape]
    return escapes.flatMap(escaping => delimiters.map(delimiter => ({ delimiter, quote, escape: escaping })))
  })
}

interface Score {
  /** Fields of the first record that are columns of the schema. */
  readonly named: number
  /** The share of records that have as many fields as most. */
  readonly even: number
  readonly fields: number
  /** Fields in quotes. */
  readonly quoted: number
}

function scoreOf({ records, faults }: SampleRecords, names: ReadonlySet<string>): Score {
  const counts = new Map<number, number>()
  let quoted = 0
  for (const { fields } of records) {
    counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1)
    for (const field of fields) if (field.quoted) quoted++
  }
  let [fields, same] = [1, 0]
  for (const [length, count] of counts) if (count > same) [fields, same] = [length, count]
  const all = records.length + faults
  const named = records[0]?.fields.filter(({ text }) => names.has(text)).length ?? 0
  return { named, even: all === 0 ? 0 : same / all, fields, quoted: all === 0 ? 0 : quoted / all }
}

/** Whether a dialect that comes later is better: one field is no evidence, and neither are quotes that are hardly used. */
function isBetter(a: Score, b: Score): boolean {
  if (a.named !== b.named) return a.named > b.named
  if (a.fields > 1 !== b.fields > 1) return a.fields > 1 ? a.even >= 0.7 : b.even < 0.7 && a.even > b.even
  if (Math.abs(a.even - b.even) > 0.05) return a.even > b.even
  if (a.fields !== b.fields) return a.fields > b.fields
  return a.quoted > b.quoted
}
