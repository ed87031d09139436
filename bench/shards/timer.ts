/** How late a timer of the program is while a job runs at full speed: the thread of the program is its own. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { count, duckdb, json, max, min, parquet, read, sum, tumbling } from '../../src/index.ts'
import { type KeyedRows, keyedRows } from '../harness/keyed-rows.ts'
import { nullSink } from '../harness/null-sink.ts'
import type { Settings, ShardFigure } from './main.ts'
import { quantile } from './pairs.ts'

const EVERY_MS = 10
const RUNS = 4

export async function timerUnderLoad({ rows }: Settings, show: (figure: ShardFigure) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const input = keyedRows(rows, 5000, 'int32')
    const file = join(folder, 'rows.parquet')
    await done(read.arrow(input.table).write(parquet(file)))
    const jobs: readonly [string, () => Promise<unknown>][] = [
      ['group-by in memory', () => done(windows(input).write(nullSink()))],
      [
        'Parquet to JSON by folder',
        () => done(byFolder(file).write(json(fresh(folder), { partitionBy: 'part' }))),
      ],
      ['Parquet to DuckDB', () => done(read.parquet(file).write(duckdb(join(folder, 'out.duckdb'), 'rows')))],
    ]
    for (const [name, job] of jobs) {
      const lateMs = await latenessDuring(job)
      const [p50, p99] = [0.5, 0.99].map(share => quantile(lateMs, share).toFixed(1))
      show({
        what: `a timer of 10 ms while ${name} runs on 2 shards: late by`,
        got: `p50 ${p50}, p99 ${p99} ms, at most ${Math.max(...lateMs).toFixed(1)}`,
        aim: 'p99 ≤ 20 ms',
      })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const windows = ({ table }: KeyedRows) =>
  read
    .arrow(table, { at: 'timestamp[us]', key: 'int32', value: 'int32' })
    .watermark('at')
    .groupBy('key')
    .window(tumbling('1h'))
    .agg({ n: count(), total: sum(r => r.value), least: min(r => r.value), most: max(r => r.value) })

/** Some fifty folders, as a folder for each minute or device has them. */
const byFolder = (file: string) => read.parquet(file).with({ part: r => r.key.mod(50) })

/** A folder that nobody has written to. */
const fresh = (folder: string): string => mkdtempSync(join(folder, 'json-'))

const done = async (write: { start(options: { shards: number }): Promise<{ done: Promise<unknown> }> }) =>
  (await write.start({ shards: 2 })).done

/** Of each timer, how much later than asked for it came; the first run does not count. */
async function latenessDuring(job: () => Promise<unknown>): Promise<number[]> {
  await job()
  const lateMs: number[] = []
  let running = true
  const ticks = (async () => {
    while (running) {
      const dueMs = performance.now() + EVERY_MS
      await new Promise(resolve => setTimeout(resolve, EVERY_MS))
      lateMs.push(performance.now() - dueMs)
    }
  })()
  for (let i = 0; i < RUNS; i++) await job()
  running = false
  await ticks
  return lateMs
}
