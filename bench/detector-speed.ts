/**
 * What a scored value costs: a month and a half of hourly values of 230 keys, rows in time order as the engine hands
 * them over, one thread. `node bench/detector-speed.ts`
 */
import benny from 'benny'
import { heapArena } from '../src/core/batch/slab.ts'
import type { Detector, DetectorContext, DetectorInput, DetectorOutput } from '../src/core/detector.ts'
import type { StateTable } from '../src/core/fold.ts'
import { outputOf } from '../src/core/operators/detect-columns.ts'
import { arma, counts, loadDetectors } from '../src/models/detectors/index.ts'

const detectors = await loadDetectors()

const KEYS = 230
const HOURS = 1100
const HOUR_MS = 3_600_000
const STEP = 16_384

let seed = 1
const uniform = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0
  return (seed >>> 0) / 2 ** 32
}

/** Airports of all sizes: most hours have few departures, and many have none. */
function rows(delays: boolean): DetectorInput {
  const count = KEYS * HOURS
  const keys = new Uint32Array(count)
  const timesMs = new Float64Array(count)
  const values = new Float64Array(count)
  for (let hour = 0, i = 0; hour < HOURS; hour++) {
    for (let key = 0; key < KEYS; key++, i++) {
      keys[i] = key
      timesMs[i] = hour * HOUR_MS
      const mean = (hour % 24 < 6 ? 0.1 : 1) * 30 * (1 - key / KEYS) ** 6
      let n = 0
      for (let product = uniform(); product > Math.exp(-mean); product *= uniform()) n++
      if (!delays) values[i] = n
      else values[i] = n === 0 ? Number.NaN : 10 - (30 * Math.log(1 - uniform())) / Math.sqrt(n)
    }
  }
  return { count, keys, timesMs, values }
}

const empty = (detector: Detector): StateTable =>
  Object.fromEntries(
    Object.entries(detector.layout).map(([name, field]) => [
      name,
      new Float64Array(KEYS * (field.kind === 'object' ? 0 : (field.width ?? 1))),
    ]),
  ) as unknown as StateTable

function run(open: () => Detector, input: DetectorInput, output: DetectorOutput): void {
  const detector = open()
  const state = empty(detector)
  for (let from = 0; from < input.count; from += STEP) {
    const to = Math.min(input.count, from + STEP)
    detector.step(
      state,
      {
        count: to - from,
        keys: input.keys.subarray(from, to),
        timesMs: input.timesMs.subarray(from, to),
        values: input.values.subarray(from, to),
      },
      output,
    )
  }
}

const input = { departures: rows(false), delay: rows(true) }
const output = outputOf(STEP, heapArena)
const wanting = (bounds: 'all' | 'anomalies'): DetectorContext => ({
  alpha: 1e-4,
  events: false,
  everyMs: HOUR_MS,
  wants: { bounds, pValues: bounds },
})
const cases = [
  { name: 'counts', spec: counts(), values: input.departures },
  { name: 'arma(2, 1) by day', spec: arma({ p: 2, q: 1, season: '1d' }), values: input.delay },
].flatMap(({ name, spec, values }) =>
  (['anomalies', 'all'] as const).map(bounds => ({
    name: `${name}, bounds of ${bounds}`,
    run: () => run(() => detectors[spec.kind]!(spec, wanting(bounds)), values, output),
  })),
)

await benny.suite(
  `scoring ${KEYS * HOURS} values of ${KEYS} keys`,
  ...cases.map(({ name, run }) => benny.add(name, run, { minSamples: 3, maxTime: 2 })),
  benny.complete(({ results }) => {
    for (const { name, details } of results) {
      console.log(`${name}: ${((details.median / (KEYS * HOURS)) * 1e9).toFixed(0)} ns a value`)
    }
  }),
)
