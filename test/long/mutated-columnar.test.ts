/**
 * Damaged Parquet and Arrow files: never a crash of this process, and never a hang. (A value whose
 * bytes were changed is another value: neither format has sums of its pages that would tell.) Parquet is
 * read in child processes, since DuckDB is native code; Arrow in this one.
 */

import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { MillraceError } from '../../src/core/errors.ts'
import { arrow, parquet, read } from '../../src/index.ts'
import { temporaryDirectory } from '../connectors/duckdb/helpers.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)

const ROWS = Array.from({ length: 2000 }, (_, i) => ({
  id: i,
  name: i % 7 === 0 ? null : `name ${i % 50}`,
  value: i / 8,
  tags: [`t${i % 3}`],
}))
const TYPES = { id: 'int32', name: 'utf8', value: 'float64', tags: ['utf8'] } as const

/** One to four bytes set anywhere, or a stretch cut out or zeroed; the same for a number every time. */
function mutated(bytes: Buffer, seed: number): Buffer {
  let state = seed * 2654435761
  const random = (below: number) => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9
    return (state >>> 0) % below
  }
  const copy = Buffer.from(bytes)
  // Half of them where the file describes itself.
  const place = () =>
    random(2) === 0 ? random(copy.length) : copy.length - 1 - random(Math.min(copy.length, 1500))
  const kind = random(10)
  if (kind === 0) return copy.subarray(0, random(copy.length))
  if (kind === 1) return Buffer.concat([copy.subarray(0, place()), copy.subarray(place())])
  if (kind === 2) return copy.fill(0, place(), copy.length - random(100))
  for (let n = random(4); n >= 0; n--) copy[place()] = random(256)
  return copy
}

const PARQUET = 4000
const ARROW = 10_000
const PER_CHILD = 500

it(`${ARROW} damaged Arrow files are refused, or read without a crash`, { timeout: 600_000 }, async () => {
  for (const compression of ['none', 'zstd'] as const) {
    const job = await read
      .rows(ROWS, TYPES)
      .write(arrow(file('whole.arrow'), { compression }))
      .start()
    await job.done
    const whole = readFileSync(file('whole.arrow'))
    for (let seed = 0; seed < ARROW / 2; seed++) {
      const path = file('mutated.arrow')
      writeFileSync(path, mutated(whole, seed))
      try {
        await read.arrowFile(path).collect({ shards: 0 })
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code === 'INTERNAL')
          throw new Error(`seed ${seed} of ${compression}: ${String(error)}`, { cause: error })
      }
    }
  }
})

it(`${PARQUET} damaged Parquet files end no process and no patience`, { timeout: 900_000 }, async () => {
  const job = await read
    .rows(ROWS, TYPES)
    .write(parquet(file('whole.parquet'), { compression: 'none' }))
    .start()
  await job.done
  const whole = readFileSync(file('whole.parquet'))
  for (let from = 0; from < PARQUET; from += PER_CHILD) {
    for (let i = 0; i < PER_CHILD; i++) writeFileSync(file(`m${i}.parquet`), mutated(whole, from + i))
    const { code, text } = await readAll(PER_CHILD)
    expect({ code, text }, `seeds from ${from}`).toEqual({ code: 0, text: '' })
  }
})

/** Reads the damaged files in a process of its own; gives what it says of those that went wrong. */
function readAll(count: number): Promise<{ code: number | null; text: string }> {
  const script = fileURLToPath(new URL('./read-mutated.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 240_000,
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', part => {
    text += part
  })
  return new Promise(resolve => child.on('close', code => resolve({ code, text })))
}
