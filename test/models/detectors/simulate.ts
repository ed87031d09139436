/** Seeded series and a way to run a detector over them, for the tests of detectors. */
import type { Detector, DetectorContext, DetectorOutput } from '../../../src/core/detector.ts'
import type { FieldSpec, StateTable } from '../../../src/core/fold.ts'

export const HOUR_MS = 3_600_000
/** A Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2001, 0, 1)

export type Uniform = () => number

/** Uniform numbers in [0, 1): a Weyl sequence mixed by multiplication (the generator known as mulberry32). */
export function seeded(seed: number): Uniform {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A standard normal number (Box and Muller). */
export const gaussian = (u: Uniform): number =>
  Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u())

/** A gamma number of mean `shape` (Marsaglia and Tsang 2000). */
export function gammaNumber(u: Uniform, shape: number): number {
  if (shape < 1) return gammaNumber(u, shape + 1) * (1 - u()) ** (1 / shape)
  const d = shape - 1 / 3
  for (;;) {
    const x = gaussian(u)
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - u()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

function poissonNumber(u: Uniform, mean: number): number {
  let n = 0
  // Waiting times, in pieces small enough for their product not to underflow.
  for (let rest = mean; rest > 0; rest -= 50) {
    const limit = Math.exp(-Math.min(rest, 50))
    for (let product = 1 - u(); product > limit; product *= 1 - u()) n++
  }
  return n
}

/** A count of the given mean and variance mean + phi·mean². */
export const countNumber = (u: Uniform, mean: number, phi: number): number =>
  poissonNumber(u, phi > 0 ? mean * phi * gammaNumber(u, 1 / phi) : mean)

/** ARMA(p, q) with standard normal shocks. */
export function armaSeries(
  u: Uniform,
  ar: readonly number[],
  ma: readonly number[],
  length: number,
): Float64Array {
  const warm = 200
  const z = new Float64Array(length + warm)
  const e = Float64Array.from(z, () => gaussian(u))
  for (let t = 0; t < z.length; t++) {
    let value = e[t]!
    ar.forEach((phi, i) => {
      value += phi * (z[t - 1 - i] ?? 0)
    })
    ma.forEach((theta, j) => {
      value += theta * (e[t - 1 - j] ?? 0)
    })
    z[t] = value
  }
  return z.slice(warm)
}

export interface Rows {
  readonly keys: Uint32Array
  readonly timesMs: Float64Array
  readonly values: Float64Array
}

/** One series, hourly from `START_MS`, as rows of one key. */
export const hourly = (values: ArrayLike<number>, key = 0): Rows => ({
  keys: new Uint32Array(values.length).fill(key),
  timesMs: Float64Array.from({ length: values.length }, (_, i) => START_MS + i * HOUR_MS),
  values: Float64Array.from(values),
})

export const context = (over: Partial<DetectorContext> = {}): DetectorContext => ({
  alpha: 1e-3,
  events: false,
  everyMs: HOUR_MS,
  wants: { bounds: 'all', pValues: 'all' },
  ...over,
})

/** State for so many keys, as the engine would make it. */
export function stateFor(detector: Detector, keys: number): StateTable {
  const table: Record<string, Float64Array | Uint32Array | unknown[]> = {}
  for (const [name, field] of Object.entries<FieldSpec>(detector.layout)) {
    if (field.kind === 'object') {
      table[name] = []
      continue
    }
    const length = keys * (field.width ?? 1)
    table[name] = (field.kind === 'u32' ? new Uint32Array(length) : new Float64Array(length)).fill(
      field.initial ?? 0,
    )
  }
  return table as unknown as StateTable
}

/** All rows through one detector, in steps of the sizes given (the last one takes the rest). */
export function score(
  detector: Detector,
  rows: Rows,
  cuts: readonly number[] = [],
  state: StateTable = stateFor(
    detector,
    rows.keys.reduce((most, key) => Math.max(most, key + 1), 1),
  ),
): DetectorOutput {
  const count = rows.keys.length
  const output = {
    expected: new Float64Array(count),
    lower: new Float64Array(count).fill(Number.NaN),
    upper: new Float64Array(count).fill(Number.NaN),
    logP: new Float64Array(count),
    suppressed: new Uint8Array(count),
    reason: new Uint8Array(count),
    reasonLogP: new Float64Array(count),
  }
  let from = 0
  for (const size of [...cuts, count]) {
    const to = Math.min(count, from + size)
    detector.step(
      state,
      {
        count: to - from,
        keys: rows.keys.subarray(from, to),
        timesMs: rows.timesMs.subarray(from, to),
        values: rows.values.subarray(from, to),
      },
      {
        expected: output.expected.subarray(from, to),
        lower: output.lower.subarray(from, to),
        upper: output.upper.subarray(from, to),
        logP: output.logP.subarray(from, to),
        suppressed: output.suppressed.subarray(from, to),
        reason: output.reason.subarray(from, to),
        reasonLogP: output.reasonLogP.subarray(from, to),
      },
    )
    from = to
  }
  return output
}

/** How many values were scored, and how many of them at p < alpha. */
export function alarms(logP: Float64Array, alpha: number): { scored: number; alarms: number } {
  const scored = logP.filter(p => !Number.isNaN(p))
  return { scored: scored.length, alarms: scored.filter(p => p < Math.log(alpha)).length }
}

/** Ends of the interval that a binomial count leaves once in 10,000: normal approximation, good for means above 10. */
export function binomialInterval(n: number, p: number): [number, number] {
  const reach = 3.9 * Math.sqrt(n * p * (1 - p)) + 1
  return [n * p - reach, n * p + reach]
}
