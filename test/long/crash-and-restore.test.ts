/**
 * A job that is aborted at any place, any number of times, and each time goes on from its newest snapshot, writes what a job
 * writes that nothing happens to: into tables and into files, whatever has been committed when.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import {
  count,
  duckdb,
  type JobOptions,
  type JobSnapshot,
  json,
  max,
  parquet,
  read,
  start,
  sum,
  tumbling,
} from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'crash-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ROWS = 300
const schema = { at: 'timestamp[ms]', k: 'utf8', x: 'int32' } as const
// Some are late, and keys come back.
const all = Array.from({ length: ROWS }, (_, i) => ({
  at: new Date((i - (i % 11 === 0 ? 40 : 0)) * 700),
  k: `k${(i * 7) % 5}`,
  x: (i * 37) % 101,
}))

/** The sinks: rows as they come, windows, and a changelog by its keys. */
function written(source: ReturnType<typeof scriptedSource>, directory: string) {
  const stream = read.source(source as typeof source & { bounded: false }, schema)
  const timed = stream.watermark('at', { outOfOrder: '5s' })
  const windows = timed
    .groupBy('k')
    .window(tumbling('10s'))
    .agg({ n: count(), s: sum('x') })
  const database = join(directory, 'tables.duckdb')
  return [
    windows.write(duckdb(database, 'windows', { mode: 'append' })),
    windows.late().write(duckdb(database, 'late')),
    stream
      .groupBy('k')
      .agg({ n: count(), high: max('x') })
      .write(duckdb(database, 'totals')),
    stream.filter(r => r.x.gt(20)).write(parquet(join(directory, 'columns'), { rollEveryMs: 0 })),
    stream.write(json(join(directory, 'lines'), { partitionBy: 'k', rollBytes: 4000 })),
  ]
}

async function found(directory: string) {
  const database = join(directory, 'tables.duckdb')
  const sorted = (rows: readonly object[]) => rows.map(row => Object.values(row).join(' ')).sort()
  return {
    windows: await read.duckdb(database, 'windows').collect(),
    late: await read.duckdb(database, 'late').collect(),
    totals: sorted(await read.duckdb(database, 'totals').collect()),
    columns: sorted(await read.parquet(join(directory, 'columns'), schema).collect()),
    lines: sorted(await read.json(join(directory, 'lines'), { schema }).collect()),
  }
}

/** A place among the rows, and what happens there. */
interface Event {
  readonly at: number
  readonly does: 'crash' | 'snapshot' | 'stop'
}

/** Splits whose rows wait at each event until it has happened. */
class Script {
  readonly #events: readonly Event[]
  readonly #passed: PromiseWithResolvers<void>[]
  readonly #reached: PromiseWithResolvers<void>[]

  constructor(events: readonly Event[]) {
    this.#events = events
    this.#passed = events.map(() => Promise.withResolvers<void>())
    this.#reached = events.map(() => Promise.withResolvers<void>())
  }

  source() {
    const steps: ScriptStep[] = []
    let from = 0
    this.#events.forEach(({ at }, i) => {
      steps.push({ rows: all.slice(from, at) }, { until: this.#waiting(i) as unknown as Promise<never> })
      from = at
    })
    steps.push({ rows: all.slice(from) })
    return scriptedSource(schema, [steps], { bounded: false })
  }

  /** Awaiting it says that it is reached. */
  #waiting(i: number): PromiseLike<void> {
    return {
      then: (done, failed) => {
        this.#reached[i]!.resolve()
        return this.#passed[i]!.promise.then(done, failed)
      },
    }
  }

  reached = (i: number): Promise<void> => this.#reached[i]!.promise
  pass = (i: number): void => this.#passed[i]!.resolve()
}

/** Runs to the end, through all that happens. */
async function run(
  directory: string,
  events: readonly Event[],
  options: readonly JobOptions[],
): Promise<void> {
  mkdirSync(directory)
  const script = new Script(events)
  let snapshot: JobSnapshot | undefined
  let starts = 0
  const begin = () => {
    const given = { ...options[starts++ % options.length], commitEveryMs: 3_600_000 }
    return start(written(script.source(), directory), snapshot ? { ...given, restore: snapshot } : given)
  }
  let job = await begin()
  for (const [i, { does }] of events.entries()) {
    await Promise.race([script.reached(i), job.done])
    if (does === 'snapshot') snapshot = structuredClone(await job.snapshot())
    else {
      if (does === 'stop') snapshot = structuredClone(await job.stop())
      else await job.abort()
      await job.done.catch(() => {})
    }
    script.pass(i)
    if (does !== 'snapshot') job = await begin()
  }
  await job.done
}

const event = fc.record({
  at: fc.integer({ min: 0, max: ROWS }),
  does: fc.constantFrom<Event['does']>('crash', 'crash', 'snapshot', 'snapshot', 'stop'),
})
const options = fc.record({
  shards: fc.constantFrom(0, 0, 1, 2),
  batchRows: fc.constantFrom(1, 7, 1000),
  exchange: fc.constantFrom('rows' as const, 'partials' as const, 'auto' as const),
})

it('exactly once, wherever jobs are aborted, stopped and restored', async () => {
  await run(join(folder, 'whole'), [], [{ shards: 0 }])
  const wanted = await found(join(folder, 'whole'))
  expect(wanted.columns.length + wanted.late.length).toBeGreaterThan(ROWS / 2)
  let number = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 6 }).map(events => events.toSorted((a, b) => a.at - b.at)),
      fc.array(options, { minLength: 1, maxLength: 3 }),
      async (events, ways) => {
        const directory = join(folder, `${number++}`)
        await run(directory, events, ways)
        expect(await found(directory)).toEqual(wanted)
        rmSync(directory, { recursive: true })
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 40) },
  )
})
