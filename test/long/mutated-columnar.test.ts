/**
 * Damaged Parquet and Arrow files: never a crash, never a hang, and no more memory than small files need. (A value whose
 * bytes were changed is another value: neither format has sums of its pages that would tell.) They are read in child
 * processes with little memory, two at a time: what kills one is a failure that names the file.
 *
 * SEEDS is how many files of each format are read: 10,000 take one to two minutes on two quiet cores.
 */

import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { beforeAll, expect, it } from 'vitest'
import { arrow, parquet, read } from '../../src/index.ts'
import { temporaryDirectory } from '../connectors/duckdb/helpers.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)

const ROWS = Array.from({ length: 400 }, (_, i) => ({
  id: i,
  name: i % 7 === 0 ? null : `name ${i % 50}`,
  value: i / 8,
  tags: [`t${i % 3}`],
}))
const TYPES = { id: 'int32', name: 'utf8', value: 'float64', tags: ['utf8'] } as const

const SEEDS = Number(process.env.SEEDS ?? 10_000)
const KINDS = { 'plain.arrow': 1 / 3, 'zstd.arrow': 1 / 3, 'stream.arrow': 1 / 3, 'plain.parquet': 1 }
const PER_CHILD = 500
/** For a child, on a machine that is busy; each of its files has a limit of CPU time. */
const CHILD_MS = 120_000
const HEAP_MB = 256

beforeAll(async () => {
  const rows = read.rows(ROWS, TYPES)
  for (const sink of [
    arrow(file('plain.arrow')),
    arrow(file('zstd.arrow'), { compression: 'zstd' }),
    parquet(file('plain.parquet'), { compression: 'none' }),
  ])
    await (await rows.write(sink).start()).done
  writeFileSync(file('stream.arrow'), tableToIPC(tableFromIPC(readFileSync(file('plain.arrow'))), 'stream'))
})

it.each(Object.entries(KINDS))(
  'damaged copies of %s are refused, or read, and end no process',
  { timeout: 900_000 },
  async (whole, share) => {
    const seeds = Math.ceil(SEEDS * share)
    const starts = Array.from({ length: Math.ceil(seeds / PER_CHILD) }, (_, i) => i * PER_CHILD)
    const problems: string[] = []
    const work = async () => {
      for (let from = starts.shift(); from !== undefined; from = starts.shift())
        problems.push(...(await readDamaged(whole, from, Math.min(seeds, from + PER_CHILD))))
    }
    await Promise.all([work(), work()])
    expect(problems).toEqual([])
  },
)

/** Reads damaged copies in a process of its own; what went wrong. */
async function readDamaged(whole: string, from: number, to: number): Promise<string[]> {
  const script = fileURLToPath(new URL('./read-mutated.ts', import.meta.url))
  const format = whole.slice(whole.indexOf('.') + 1)
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, script, format, file(whole), String(from), String(to)],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: CHILD_MS, killSignal: 'SIGKILL' },
  )
  let text = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', part => {
    text += part
  })
  child.stderr.setEncoding('utf8').on('data', part => {
    errors = (errors + part).slice(-2000)
  })
  const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
    child.on('close', (...ended) => resolve(ended)),
  )
  const lines = text.split('\n').filter(line => line !== '')
  const problems = lines.filter(line => line.startsWith('seed ')).map(line => `${whole}, ${line}`)
  if (code === 0 && lines.at(-1) === 'done') return problems
  const last = lines.findLast(line => line.startsWith('read ')) ?? `none of those from ${from} was`
  return [
    ...problems,
    `${whole}: the process of the seeds ${from} to ${to} ended with ${signal ?? code} (last said: ${last}) ${errors}`,
  ]
}
