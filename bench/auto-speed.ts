/**
 * What a value costs `auto()`, in CPU of the thread after the first looks, and in a whole job of one shard, in CPU of the process:
 * `node bench/auto-speed.ts`. Minima of several rounds: a busy machine makes all but those longer.
 */
import type { Batch } from '../src/core/batch/batch.ts'
import { heapArena } from '../src/core/batch/slab.ts'
import type { StateTable } from '../src/core/fold.ts'
import { outputOf } from '../src/core/operators/detect-columns.ts'
import { schemaFrom } from '../src/core/types/schema.ts'
import { auto, read } from '../src/index.ts'
import { loadDetectors } from '../src/models/detectors/index.ts'
import { nullSink } from './harness/null-sink.ts'

const STEP = 16_384
const EVERY_MS = 60_000
const START_MS = Date.UTC(2026, 0, 1)
const ROUNDS = 15
/** Values of a key before it is timed: beyond the last look at its structure. */
const FIRST = 660

let seed = 1
const uniform = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0
  return ((seed >>> 0) + 0.5) / 2 ** 32
}
const gaussian = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())

/** µs of the thread a value, the least of the rounds: `keys` series of white noise, rows in order of time. */
async function stepCost(keys: number, bounds: 'all' | 'none'): Promise<number> {
  const wants = { bounds, pValues: 'all' } as const
  const context = { alpha: 1e-4, events: false, everyMs: EVERY_MS, wants }
  const detector = (await loadDetectors()).auto!(auto(), context)
  const state = Object.fromEntries(
    Object.entries(detector.layout).map(([name, field]) => [
      name,
      field.kind === 'object' ? [] : new Float64Array(keys * (field.width ?? 1)),
    ]),
  ) as unknown as StateTable
  const times = Math.ceil((8 * STEP) / keys)
  const count = times * keys
  const output = outputOf(STEP, heapArena)
  let begun = 0
  const round = (): number => {
    const key = Uint32Array.from({ length: count }, (_, i) => i % keys)
    const timesMs = Float64Array.from(key, (_, i) => START_MS + (begun + Math.floor(i / keys)) * EVERY_MS)
    const values = Float64Array.from(key, gaussian)
    begun += times
    const before = process.threadCpuUsage()
    for (let from = 0; from < count; from += STEP) {
      const to = Math.min(count, from + STEP)
      const part = <T extends Uint32Array | Float64Array>(all: T) => all.subarray(from, to) as T
      const input = { count: to - from, keys: part(key), timesMs: part(timesMs), values: part(values) }
      detector.step(state, input, output)
    }
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / count
  }
  while (begun < FIRST) round()
  for (let i = 0; i < 3; i++) round()
  return Math.min(...Array.from({ length: ROUNDS }, round))
}

/** µs of the process a row, the least of the rounds: rows in memory, `detect`, and a sink that drops what comes. */
async function jobCost(keys: number, times: number, wanted: 'all' | 'anomalies'): Promise<number> {
  const schema = schemaFrom({ at: 'timestamp[ms]', key: 'int32', value: 'float64' })
  const rows = keys * times
  const batches: Batch[] = []
  for (let offset = 0; offset < rows; offset += 4 * STEP) {
    const length = Math.min(4 * STEP, rows - offset)
    const at = new BigInt64Array(new SharedArrayBuffer(8 * length))
    const key = new Int32Array(new SharedArrayBuffer(4 * length))
    const value = new Float64Array(new SharedArrayBuffer(8 * length))
    for (let i = 0; i < length; i++) {
      at[i] = BigInt(START_MS + Math.floor((offset + i) / keys) * EVERY_MS)
      key[i] = (offset + i) % keys
      value[i] = gaussian()
    }
    const columns = [
      { type: 'timestamp[ms]', values: at },
      { type: 'int32', values: key },
      { type: 'float64', values: value },
    ] as const
    batches.push({ schema, length, columns, position: { split: 0, offset } })
  }
  const { toArrowTable } = await import('../src/core/batch/to-arrow.ts')
  const table = toArrowTable(schema, batches)
  const once = async (): Promise<number> => {
    const before = process.cpuUsage()
    const scored = read
      .arrow(table, { at: 'timestamp[ms]', key: 'int32', value: 'float64' })
      .watermark('at')
      .detect('value', auto(), { by: 'key', every: '1m', alpha: 1e-4 })
    const chosen = wanted === 'all' ? scored : scored.filter(r => r.anomaly).select('at', 'key', 'value')
    const job = await chosen.write(nullSink()).start({ shards: 1 })
    await job.done
    const { user, system } = process.cpuUsage(before)
    return (user + system) / rows
  }
  const costs: number[] = []
  for (let i = 0; i < 4; i++) costs.push(await once())
  return Math.min(...costs.slice(1))
}

const show = (what: string, us: number) =>
  console.log(`${what}: ${us.toFixed(3)} µs a value, ${(1 / us).toFixed(2)} M/s`)
show('one key, p-values', await stepCost(1, 'none'))
show('one key, p-values and bounds', await stepCost(1, 'all'))
show('10,000 keys, p-values', await stepCost(10_000, 'none'))
show('detect(auto()) of 100 keys, all columns', await jobCost(100, 10_000, 'all'))
show('detect(auto()) of 100 keys, anomalies only', await jobCost(100, 10_000, 'anomalies'))
