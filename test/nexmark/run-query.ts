/** Runs a query in one of the ways of `settings.ts`, and compares what comes with what DuckDB says. */

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { Gate } from '../../bench/nexmark/gate.ts'
import { type NexmarkConfig, nexmarkConfig, streams } from '../../bench/nexmark/generator/index.ts'
import { type Side, writeSide } from '../../bench/nexmark/generator/side.ts'
import type { NexmarkQuery } from '../../bench/nexmark/query.ts'
import type { Batch } from '../../src/core/batch/batch.ts'
import type { Source } from '../../src/core/connector.ts'
import { type Job, type JobOptions, memory, start } from '../../src/index.ts'
import { manualClock } from '../../src/testing.ts'
import { applied, expectSameRows } from './compare.ts'
import { answer } from './oracle.ts'
import { labelOf, type Setting } from './settings.ts'

/** How many seconds of event time a run has: enough for windows to close. */
const SECONDS = 40

let side: Side | undefined

/** How many events a run has by default: fewer for small batches, over the same time. */
const eventsOf = (batchRows: number): number => (batchRows === 1 ? 2000 : batchRows === 7 ? 6000 : 20_000)

/** The events for a setting. */
export function eventsFor(
  query: NexmarkQuery,
  setting: Setting,
  events = eventsOf(setting.batchRows),
): NexmarkConfig {
  const { input, splits, text } = setting
  const eventsPerSecond = events / SECONDS
  // A group lasts two seconds, or all that is late would be late for good.
  const group = input === 'out of order' ? Math.floor((eventsPerSecond * 2) / 50) * 50 : 1
  const whole = events - (events % Math.max(group, 50))
  return nexmarkConfig({ events: whole, eventsPerSecond, group, splits, text, ...query.events })
}

/** Claims that the query, run so, gives what its SQL gives. */
export async function checkQuery(
  name: string,
  query: NexmarkQuery,
  setting: Setting,
  events?: number,
): Promise<void> {
  const label = `${name}: ${labelOf(setting)}`
  const run = new QueryRun(query, setting, eventsFor(query, setting, events))
  const batches = await run.run()
  const expected = await answer(run.config, query.clock ? run.clocked(query.sql, query.clock) : query.sql)
  expect(expected.length, `${label}: rows that there are to be`).toBeGreaterThan(0)
  expectSameRows(applied(batches, label), expected, label)
}

/** Where a run is looked at, or stopped: somewhere else for each query and setting, the same each time. */
function partOf({ title }: NexmarkQuery, setting: Setting): number {
  let hash = 0
  for (const char of title + labelOf(setting)) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0
  return 0.15 + (((hash >>> 8) % 100) / 100) * 0.75
}

const CLOCK_START_MS = Date.UTC(2030, 0, 1)

class QueryRun {
  readonly config: NexmarkConfig
  readonly #query: NexmarkQuery
  readonly #setting: Setting
  readonly #gate: Gate
  readonly #clock = manualClock(CLOCK_START_MS)
  readonly #bounded: boolean
  /** Rows that were read before the clock moved on, by label of the split. */
  #before: ReadonlyMap<string, number> = new Map()

  constructor(query: NexmarkQuery, setting: Setting, config: NexmarkConfig) {
    this.#query = query
    this.#setting = setting
    this.config = config
    this.#bounded = setting.input === 'bounded'
    this.#gate = new Gate(partOf(query, setting), this.#bounded)
  }

  run(): Promise<readonly Batch[]> {
    if (this.#setting.restored) return this.#inTwo()
    return this.#query.clock ? this.#underTheClock() : this.#whole()
  }

  /**
   * The SQL over bids with the clock's reading: the clock moved on by a window in the middle of the rows.
   */
  clocked(sql: string, column: string): string {
    const before = [...this.#before].map(
      ([label, rows]) => `(split = ${label.split(' ')[1]} AND place < ${rows})`,
    )
    const readings = [CLOCK_START_MS, CLOCK_START_MS + 10_000].map(ms => `make_timestamp(${ms}000)`)
    return `
      WITH bids AS (
        SELECT *, CASE WHEN ${before.join(' OR ')} THEN ${readings[0]} ELSE ${readings[1]} END AS ${column}
        FROM main.bids)
      ${sql}`
  }

  async #start(through: ((source: Source) => Source) | undefined, options: JobOptions = {}) {
    side ??= writeSide(join(tmpdir(), `nexmark-${process.pid}`))
    const { batchRows, shards } = this.#setting
    const given = { bounded: this.#bounded, side, ...(through && { through }) }
    const sink = memory()
    const dataset = this.#query.flow(streams(this.config, given))
    const clock = this.#query.clock ? { clock: this.#clock } : {}
    const job = await start([dataset.write(sink)], { batchRows, shards, ...clock, ...options })
    return { job, sink }
  }

  async #whole(options?: JobOptions): Promise<readonly Batch[]> {
    const { job, sink } = await this.#start(undefined, options)
    await job.done
    return sink.batches
  }

  async #underTheClock(): Promise<readonly Batch[]> {
    const { job, sink } = await this.#start(source => this.#gate.put(source))
    await this.#moveOn(job)
    this.#gate.open()
    await job.done
    return sink.batches
  }

  /** Stops in the middle of the rows, and goes on with other shards and other batches. */
  async #inTwo(): Promise<readonly Batch[]> {
    const { batchRows, shards } = this.#setting
    const { job, sink } = await this.#start(source => this.#gate.put(source))
    await this.#moveOn(job)
    const restore = structuredClone(await job.stop())
    const elsewhere = {
      shards: (shards % 3) + 1,
      batchRows: batchRows === 1 ? 3 : Math.ceil(batchRows / 2),
      restore,
    }
    return [...sink.batches, ...(await this.#whole(elsewhere))]
  }

  /** Waits until no more rows come, and lets ten seconds pass. */
  async #moveOn(job: Job): Promise<void> {
    await Promise.race([this.#gate.reached, job.done])
    this.#before = this.#gate.rows
    if (this.#query.clock) await this.#clock.advance('10s')
  }
}
