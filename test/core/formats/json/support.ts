import { rowsOf } from '../../../../src/core/batch/rows.ts'
import { heapArena } from '../../../../src/core/batch/slab.ts'
import type { BadRecord } from '../../../../src/core/formats/contract.ts'
import { json } from '../../../../src/core/formats/json/index.ts'
import type { Schema } from '../../../../src/core/types/schema.ts'

export interface Read {
  readonly rows: readonly Record<string, unknown>[]
  readonly bad: readonly BadRecord[]
  /** Of rows, in all the bytes. */
  readonly starts: readonly number[]
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * Reads bytes as a source does: in pieces, each cut after its last whole record. Offsets of bad records count from the
 * beginning of all bytes.
 *
 * @param pieces lengths of the pieces that are read, again and again
 */
export function readJson(
  bytes: Uint8Array,
  schema: Schema,
  options: {
    readonly form?: 'lines' | 'array' | 'objects'
    readonly epochUnit?: 's' | 'ms' | 'us' | 'ns'
  } = {},
  pieces: readonly number[] = [bytes.length || 1],
): Read {
  const cutter = json.openCutter({ ...options })
  const decoder = json.openDecoder({ schema, options: { ...options }, starts: true })
  const rows: Record<string, unknown>[] = []
  const bad: BadRecord[] = []
  const starts: number[] = []
  const decode = (from: number, to: number) => {
    const out = decoder.decode(bytes.slice(from, to), heapArena, from)
    const batch = { schema, length: out.length, columns: out.columns, position: { split: 0, offset: 0 } }
    rows.push(...rowsOf(batch, { timestamps: 'bigint' }))
    for (const record of out.bad ?? [])
      bad.push({ ...record, start: record.start + from, end: record.end + from })
    for (const start of out.starts!) starts.push(start + from)
  }
  let begun = 0
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const to = Math.min(bytes.length, at + pieces[piece % pieces.length]!)
    const cut = cutter.lastEnd(bytes, at, to)
    if (cut > begun) {
      decode(begun, cut)
      begun = cut
    }
    at = to
  }
  if (begun < bytes.length) decode(begun, bytes.length)
  return { rows, bad, starts }
}
