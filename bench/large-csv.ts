/**
 * How much memory a large CSV file takes: `node bench/large-csv.ts [--gb 5] [--shards 2]`.
 *
 * Writes a file of that size (gigabytes of 10^9 bytes) into a temporary folder, groups it by a text column in a process of its
 * own, and prints rows per second and the most memory that the process held; then removes the file.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { count, mean, read } from '../src/index.ts'
import { seeded } from '../src/testing/seeded.ts'

const { values: options } = parseArgs({
  options: {
    gb: { type: 'string', default: '5' },
    shards: { type: 'string', default: '2' },
    file: { type: 'string' },
  },
})
const LIMIT_MB = 600

if (options.file === undefined) await measure(Number(options.gb) * 1e9)
else await group(options.file, Number(options.shards))

async function measure(bytes: number): Promise<void> {
  if (!(bytes > 0)) throw new RangeError('--gb takes a number above 0')
  const directory = mkdtempSync(join(tmpdir(), 'millrace-large-csv-'))
  try {
    const file = join(directory, 'large.csv')
    const rows = writeFlights(file, bytes)
    console.log(`${(bytes / 1e9).toFixed(1)} GB, ${(rows / 1e6).toFixed(1)} M rows written`)
    const child = fork(fileURLToPath(import.meta.url), ['--file', file, '--shards', options.shards])
    const [code] = await once(child, 'exit')
    process.exitCode = Number(code ?? 1)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Rows of five columns, some 80 bytes each: a block of different ones, again and again. Gives how many there are. */
function writeFlights(file: string, bytes: number): number {
  const random = seeded(5)
  const BLOCK = 100_000
  const start = Date.UTC(2001, 0, 1)
  const lines = Array.from({ length: BLOCK }, (_, i) => {
    const at = new Date(start + i * 5000).toISOString().slice(0, 19).replace('T', ' ')
    const airport = `K${String(Math.floor(random() * 400)).padStart(3, '0')}`
    const delay = Math.floor(random() * 200 - 30)
    return `${at},${airport},${delay},${(random() * 4000).toFixed(3)},"flight ${i} to ${airport}, on time or late"\n`
  })
  const block = Buffer.from(lines.join(''))
  const handle = openSync(file, 'w')
  let rows = 0
  try {
    writeSync(handle, 'at,origin,delay,distance,note\n')
    for (let written = 0; written < bytes; written += block.length) {
      writeSync(handle, block)
      rows += BLOCK
    }
  } finally {
    closeSync(handle)
  }
  return rows
}

async function group(file: string, shards: number): Promise<void> {
  const flights = read.csv(file, {
    at: 'timestamp',
    origin: 'utf8',
    delay: 'int32',
    distance: 'float64',
    note: 'utf8',
  })
  const started = performance.now()
  const groups = await flights
    .filter(r => r.note.startsWith('flight').and(r.at.gte(new Date('2001-01-01'))))
    .groupBy('origin')
    .agg({ n: count(), delay: mean('delay'), distance: mean('distance') })
    .collect({ shards })
  const seconds = (performance.now() - started) / 1000
  const rows = groups.reduce((sum, { n }) => sum + Number(n), 0)
  // In kilobytes, of all threads.
  const peak = process.resourceUsage().maxRSS / 1024
  console.log(
    `${rows} rows in ${groups.length} groups on ${shards} shards: ${(rows / seconds / 1e6).toFixed(2)} M rows/s, ` +
      `at most ${peak.toFixed(0)} MB of memory (aim: under ${LIMIT_MB} MB)`,
  )
  if (peak > LIMIT_MB) process.exitCode = 1
}
