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
import { type JobOptions, memory, start } from '../../src/index.ts'
import { applied, expectSameRows } from './compare.ts'
import { answer } from './oracle.ts'
import { labelOf, type Setting } from './settings.ts'

/** How many seconds of event time a run has: enough for windows to close. */
const SECONDS = 40

let side: Promise<Side> | undefined

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
  const config = eventsFor(query, setting, events)
  const label = `${name}: ${labelOf(setting)}`
  const batches = setting.restored
    ? await runInTwo(query, config, setting)
    : await runWhole(query, config, setting)
  const expected = await answer(config, query.sql)
  expect(expected.length, `${label}: rows that there are to be`).toBeGreaterThan(0)
  expectSameRows(applied(batches, label), expected, label)
}

async function plan(
  query: NexmarkQuery,
  config: NexmarkConfig,
  setting: Setting,
  through?: (source: Source) => Source,
) {
  side ??= writeSide(join(tmpdir(), `nexmark-${process.pid}`))
  const bounded = setting.input === 'bounded'
  return query.flow(streams(config, { bounded, side: await side, ...(through && { through }) }))
}

async function runWhole(
  query: NexmarkQuery,
  config: NexmarkConfig,
  setting: Setting,
  options: JobOptions = {},
): Promise<readonly Batch[]> {
  const { batchRows, shards } = setting
  const sink = memory()
  const dataset = await plan(query, config, setting)
  const job = await start([dataset.write(sink)], { batchRows, shards, ...options })
  await job.done
  return sink.batches
}

/** Where a run is stopped: somewhere else for each query and setting, the same each time. */
function partOf({ title }: NexmarkQuery, setting: Setting): number {
  let hash = 0
  for (const char of title + labelOf(setting)) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0
  return 0.15 + (((hash >>> 8) % 100) / 100) * 0.75
}

/** Stops in the middle of the rows, and goes on with other shards and other batches. */
async function runInTwo(
  query: NexmarkQuery,
  config: NexmarkConfig,
  setting: Setting,
): Promise<readonly Batch[]> {
  const { batchRows, shards, input } = setting
  const gate = new Gate(partOf(query, setting), input === 'bounded')
  const sink = memory()
  const dataset = await plan(query, config, setting, source => gate.put(source))
  const job = await start([dataset.write(sink)], { batchRows, shards })
  await Promise.race([gate.reached, job.done])
  const restore = structuredClone(await job.stop())
  const elsewhere = {
    shards: (shards % 3) + 1,
    batchRows: batchRows === 1 ? 3 : Math.ceil(batchRows / 2),
    restore,
  }
  return [...sink.batches, ...(await runWhole(query, config, setting, elsewhere))]
}
