/** One query in a process of its own, so that memory and what V8 has learned are its own. Started by `main.ts`. */

import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JobSnapshot, start } from '../../src/index.ts'
import { nullSink } from '../harness/null-sink.ts'
import { Gate } from './gate.ts'
import {
  DENSITIES,
  nexmarkConfig,
  PremadeRows,
  type StreamOptions,
  streams,
  writeTables,
} from './generator/index.ts'
import { writeSide } from './generator/side.ts'
import { QUERIES } from './queries/index.ts'

/** Read before the clock starts: modules and threads are loaded, and loops compiled. */
const WARM_UP_EVENTS = 500_000

export interface MeasureRequest {
  readonly query: string
  /** `made`: events lie in shared batches before the clock starts; `running`: they are made as the query reads them; `json`:
   * they are read from lines of JSON, as data that ends. */
  readonly mode: 'made' | 'running' | 'json'
  readonly events: number
  readonly shards: number
  readonly batchRows: number
  readonly text: 'codes' | 'plain'
  /** Whether to run once more to the last event, and see what the operators hold then. */
  readonly state: boolean
}

export interface Measurement {
  readonly events: number
  readonly rowsIn: number
  readonly rowsOut: number
  readonly seconds: number
  /** Of all threads, those of garbage collection and compilation included. */
  readonly cpuSeconds: number
  /** The most memory that the process had, events that were made before included. */
  readonly peakBytes: number
  readonly stateBytes: number | undefined
}

export async function measure(request: MeasureRequest): Promise<Measurement> {
  const { query, mode, events, shards, batchRows, text } = request
  const config = nexmarkConfig({ events, eventsPerSecond: DENSITIES.medium, text })
  const warmUp = { ...config, events: Math.min(events, WARM_UP_EVENTS) }
  const folder = join(tmpdir(), `nexmark-bench-${process.pid}`)
  const side = writeSide(folder)
  const files = mode === 'json' ? folder : undefined
  if (files) await writeTables(config, files)
  const made = mode === 'made' ? new PremadeRows(config) : undefined
  const flow = (options: StreamOptions = {}) =>
    QUERIES[query]!.flow(
      streams(config, { side, ...(made && { made }), ...(files && { files }), ...options }),
    )
  // No barriers but the last one.
  const options = { shards, batchRows, commitEveryMs: 2 ** 31 - 1 }
  const before = await start([QUERIES[query]!.flow(streams(warmUp, { side })).write(nullSink())], options)
  await before.done
  await flow().explain({ shards, batchRows })
  made?.make()
  globalThis.gc?.()

  const sink = QUERIES[query]!.sink?.(join(folder, 'out')) ?? nullSink()
  const began = performance.now()
  const cpu = process.cpuUsage()
  const job = await start([flow().write(sink)], options)
  const { rowsIn, rowsOut } = await job.done
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - began) / 1000
  const peakBytes = process.resourceUsage().maxRSS * 1024
  const stateBytes = request.state && !files ? await stateAtTheEnd(flow, options) : undefined
  rmSync(folder, { recursive: true, force: true })
  return {
    events,
    rowsIn,
    rowsOut,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes,
    stateBytes,
  }
}

/** What operators hold when the last event has come, and the streams have not ended. */
async function stateAtTheEnd(
  flow: (options: StreamOptions) => ReturnType<(typeof QUERIES)[string]['flow']>,
  options: { readonly shards: number; readonly batchRows: number; readonly commitEveryMs: number },
): Promise<number> {
  const gate = new Gate(1, false)
  const job = await start([flow({ through: source => gate.put(source) }).write(nullSink())], options)
  await Promise.race([gate.reached, job.done])
  return bytesOf(await job.stop())
}

/** The bytes of all columns of a snapshot, each piece of memory once. */
function bytesOf({ state }: JobSnapshot): number {
  const seen = new Set<unknown>()
  let bytes = 0
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (ArrayBuffer.isView(value)) bytes += value.byteLength
    else if (value instanceof Map) for (const item of value.values()) add(item)
    else for (const item of Object.values(value)) add(item)
  }
  add(state)
  return bytes
}

if (process.send) {
  const request = JSON.parse(process.argv[2]!) as MeasureRequest
  process.send(await measure(request))
  process.disconnect()
}
