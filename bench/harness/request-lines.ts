/** Lines of JSON of 200 bytes each: requests, as web servers write them. */

import { seeded } from '../../src/testing/seeded.ts'

/** What the lines hold, with types that keep all of it. */
export const REQUEST_COLUMNS = {
  id: 'int64',
  at: 'timestamp[ms]',
  host: 'utf8',
  path: 'utf8',
  status: 'int32',
  bytes: 'int32',
  ms: 'float64',
  cached: 'bool',
  agent: 'utf8',
} as const

const LINE_BYTES = 200
const HOSTS = ['shop', 'www', 'api', 'img', 'static'].map(name => `${name}.example.org`)
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** So many lines, each with its line feed; the agent is cut so that all are of one length. */
export function requestLines(rows: number): Uint8Array {
  const random = seeded(11)
  const bytes = new Uint8Array(rows * LINE_BYTES)
  const encoder = new TextEncoder()
  for (let i = 0; i < rows; i++) {
    const row = {
      id: 7_000_000_000 + i,
      at: new Date(1_700_000_000_000 + i * 37).toISOString(),
      host: HOSTS[Math.floor(random() * HOSTS.length)],
      path: `/item/${Math.floor(random() * 1e5)}`,
      status: random() < 0.9 ? 200 : 404,
      bytes: Math.floor(random() * 1e6),
      ms: Math.round(random() * 1e5) / 100,
      cached: random() < 0.5,
      agent: '',
    }
    const room = LINE_BYTES - 1 - JSON.stringify(row).length
    row.agent = AGENT.slice(0, room).padEnd(room, '.')
    encoder.encodeInto(`${JSON.stringify(row)}\n`, bytes.subarray(i * LINE_BYTES))
  }
  return bytes
}
