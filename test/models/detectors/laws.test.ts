import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heapArena } from '../../../src/core/batch/slab.ts'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import type { FieldSpec } from '../../../src/core/fold.ts'
import { SlotFields } from '../../../src/core/state/slot-fields.ts'
import {
  arma,
  auto,
  changePoint,
  counts,
  cusum,
  ewma,
  fitted,
  holtWinters,
  kMeansDistance,
  pageHinkley,
  robustZ,
  seasonalNaive,
} from '../../../src/models/detectors/index.ts'
import { arima, empirical, normal, poisson } from '../../../src/models/index.ts'
import { runs } from '../../effort.ts'
import { detectors } from './all-detectors.ts'
import {
  context,
  countNumber,
  gaussian,
  HOUR_MS,
  hourly,
  type Rows,
  score,
  seeded,
  stateFor,
} from './simulate.ts'

interface Case {
  readonly name: string
  readonly spec: DetectorSpec
  readonly everyMs: number | undefined
  /** p-values do not change with the unit and origin of the values. */
  readonly locationScale?: boolean
  /** It expects the level that the series has had lately. */
  readonly follows?: boolean
  /** Its p-value is of more than the value itself, so that bounds of the value do not tell anomalies. */
  readonly panel?: boolean
  /** It is told what is ordinary: another constant is not. */
  readonly known?: boolean
  /** Values are counts, and so are bounds: nothing is left to rounding. */
  readonly whole?: boolean
  /** Its p-value is of a sum, which what is expected may leave as high as it was. */
  readonly cumulative?: boolean
  /** Ordinary values may leave a hole between the bounds: outside them all are anomalies, and some inside. */
  readonly patterns?: boolean
  /** Its p-values are ranks: none is smaller than one over the number of values scored. */
  readonly ranked?: boolean
}

const cases: readonly Case[] = [
  { name: 'counts by hour of week', spec: counts({ warmup: '2d', patience: '12h' }), everyMs: HOUR_MS },
  { name: 'counts by hour of day', spec: counts({ season: 'hourOfDay', warmup: '1d' }), everyMs: HOUR_MS },
  { name: 'counts without season', spec: counts({ season: 'none', warmup: '1d' }), everyMs: undefined },
  {
    name: 'counts by hour of day, randomised',
    spec: counts({ season: 'hourOfDay', warmup: '1d', randomised: true }),
    everyMs: HOUR_MS,
  },
  {
    name: 'arma(2, 1) by day',
    spec: arma({ p: 2, q: 1, season: '1d', warmup: 72, window: 96, refitEvery: 50 }),
    everyMs: HOUR_MS,
  },
  {
    name: 'arma(2, 1) by day without a known step',
    spec: arma({ p: 2, q: 1, season: '1d', warmup: 72, window: 96 }),
    everyMs: undefined,
  },
  {
    name: 'arma(1, 3), analytic',
    spec: arma({ p: 1, q: 3, warmup: 60, window: 80, refitEvery: 40, calibrate: 'analytic' }),
    everyMs: HOUR_MS,
  },
  {
    name: 'arma(2, 1) by day, fits in effect 30 points later',
    spec: arma({ p: 2, q: 1, season: '1d', warmup: 60, window: 96, refitEvery: 50, refitDelay: 30 }),
    everyMs: undefined,
  },
  {
    name: 'arma(1, 1) by day, fitted on drift',
    spec: arma({ p: 1, q: 1, season: '1d', warmup: 60, window: 80, refitOn: 'drift', refitDelay: 10 }),
    everyMs: HOUR_MS,
  },
  { name: 'arma(1, 0)', spec: arma({ p: 1, q: 0, warmup: 60, window: 80 }), everyMs: HOUR_MS },
  { name: 'arma(0, 0)', spec: arma({ p: 0, q: 0, warmup: 60, window: 80 }), everyMs: HOUR_MS },
  {
    name: 'ewma',
    spec: ewma({ warmup: 40, calibrate: 'analytic' }),
    everyMs: HOUR_MS,
    locationScale: true,
    follows: true,
  },
  {
    name: 'ewma, tails learned',
    spec: ewma({ warmup: 40 }),
    everyMs: undefined,
    locationScale: true,
    follows: true,
  },
  {
    name: 'auto',
    spec: auto({ warmup: 50 }),
    everyMs: HOUR_MS,
    locationScale: true,
    follows: true,
    panel: true,
  },
  {
    name: 'auto without a known step',
    spec: { kind: 'auto' },
    everyMs: undefined,
    locationScale: true,
    follows: true,
    panel: true,
  },
  {
    name: 'seasonalNaive by day',
    spec: seasonalNaive({ season: '1d', warmup: 40 }),
    everyMs: HOUR_MS,
  },
  {
    name: 'seasonalNaive of one cycle, without a known step',
    spec: seasonalNaive({ season: 24, cycles: 1, warmup: 40, calibrate: 'analytic' }),
    everyMs: undefined,
    locationScale: true,
  },
  {
    name: 'holtWinters',
    spec: holtWinters({ warmup: 40, calibrate: 'analytic' }),
    everyMs: HOUR_MS,
    locationScale: true,
    follows: true,
  },
  {
    name: 'holtWinters with trend, by 12 points',
    spec: holtWinters({ season: 12, trend: true, damped: 0.9, warmup: 40, calibrate: 'analytic' }),
    everyMs: undefined,
    locationScale: true,
  },
  {
    name: 'holtWinters by day',
    spec: holtWinters({ season: '1d', warmup: 30 }),
    everyMs: HOUR_MS,
    locationScale: true,
  },
  {
    name: 'robustZ',
    spec: robustZ({ warmup: 40 }),
    everyMs: undefined,
    follows: true,
  },
  {
    name: 'robustZ by day',
    spec: robustZ({ window: 50, season: '1d', warmup: 30, calibrate: 'analytic' }),
    everyMs: HOUR_MS,
    locationScale: true,
  },
  {
    name: 'arima(0, 1, 1)',
    spec: arima({ order: [0, 1, 1], warmup: 60, window: 100, refitEvery: 60, calibrate: 'analytic' }),
    everyMs: HOUR_MS,
    locationScale: true,
    follows: true,
  },
  {
    name: 'arima(0, 1, 1), fits in effect 40 points later',
    spec: arima({ order: [0, 1, 1], warmup: 60, window: 100, refitEvery: 60, refitDelay: 40 }),
    everyMs: HOUR_MS,
    follows: true,
  },
  {
    name: 'arima(1, 0, 0)(1, 0, 0) by 6, fitted on drift',
    spec: arima({
      order: [1, 0, 0],
      seasonal: { order: [1, 0, 0], period: 6 },
      ...{ warmup: 60, window: 100, refitOn: 'drift' },
    }),
    everyMs: HOUR_MS,
    locationScale: true,
  },
  {
    name: 'arima(1, 1, 0), tails learned',
    spec: arima({ order: [1, 1, 0], warmup: 50, window: 100 }),
    everyMs: undefined,
  },
  {
    name: 'arima(0, 1, 1)(0, 1, 1) by 6',
    spec: arima({
      order: [0, 1, 1],
      seasonal: { order: [0, 1, 1], period: 6 },
      warmup: 60,
      window: 150,
      refitEvery: 50,
    }),
    everyMs: HOUR_MS,
  },
  {
    name: 'arima(1, 0, 0)(1, 0, 0) by 12',
    spec: arima({ order: [1, 0, 0], seasonal: { order: [1, 0, 0], period: 12 }, warmup: '3d', window: 150 }),
    everyMs: HOUR_MS,
    locationScale: true,
  },
  {
    name: 'given an ARMA(1, 1)',
    spec: arima.withCoefficients({ ar: [0.6], ma: [0.3], mean: 8, sigma2: 9 }).asDetector(),
    everyMs: HOUR_MS,
    known: true,
  },
  {
    name: 'given an AR(1) and no step, tails learned',
    spec: arima.withCoefficients({ ar: [0.2], mean: 10 }).asDetector({ calibrate: 'tail' }),
    everyMs: undefined,
    known: true,
    follows: true,
  },
  {
    name: 'given a seasonal ARIMA',
    spec: arima
      .withCoefficients({ ma: [-0.7], sma: [-0.5], d: 1, seasonalD: 1, period: 6, sigma2: 9 })
      .asDetector(),
    everyMs: HOUR_MS,
    known: true,
  },
  {
    name: 'given a normal distribution',
    spec: normal({ mean: 10, sd: 8 }).asDetector(),
    everyMs: undefined,
    known: true,
  },
  {
    name: 'given a Poisson distribution, tails learned',
    spec: poisson({ rate: 12 }).asDetector({ calibrate: 'tail' }),
    everyMs: HOUR_MS,
    known: true,
  },
  {
    name: 'given a sample',
    spec: empirical(Float64Array.from({ length: 30_000 }, (_, i) => (i * i) % 37)).asDetector(),
    everyMs: undefined,
    known: true,
  },
  {
    name: 'given a Poisson distribution, randomised',
    spec: poisson({ rate: 12 }).asDetector({ randomised: true }),
    everyMs: HOUR_MS,
    known: true,
    whole: true,
  },
  { name: 'fitted poisson', spec: fitted(poisson), everyMs: HOUR_MS, whole: true },
  {
    name: 'fitted poisson, randomised',
    spec: fitted(poisson, { randomised: true, seed: 5 }),
    everyMs: undefined,
    whole: true,
  },
  {
    name: 'fitted binomial by hour of day, randomised',
    spec: fitted('binomial', { trials: 60, profile: 'hourOfDay', warmup: 60, randomised: true }),
    everyMs: HOUR_MS,
    whole: true,
  },
  {
    name: 'fitted poisson by hour of week, tails learned',
    spec: fitted('poisson', { profile: 'hourOfWeek', warmup: 60, calibrate: 'tail' }),
    everyMs: HOUR_MS,
    whole: true,
  },
  {
    name: 'fitted negativeBinomial by hour of day',
    spec: fitted('negativeBinomial', { profile: 'hourOfDay', warmup: 60 }),
    everyMs: undefined,
    whole: true,
  },
  { name: 'fitted binomial', spec: fitted('binomial', { trials: 60 }), everyMs: undefined, whole: true },
  { name: 'fitted geometric', spec: fitted('geometric'), everyMs: undefined, whole: true },
  { name: 'fitted exponential', spec: fitted('exponential'), everyMs: undefined },
  {
    name: 'fitted gamma by hour of day, ranked',
    spec: fitted('gamma', { profile: 'hourOfDay', warmup: 60, calibrate: 'conformal' }),
    everyMs: undefined,
    ranked: true,
  },
  { name: 'fitted gamma', spec: fitted('gamma'), everyMs: undefined },
  { name: 'fitted lognormal', spec: fitted('lognormal'), everyMs: undefined },
  { name: 'fitted normal', spec: fitted('normal'), everyMs: undefined, locationScale: true, follows: true },
  {
    name: 'fitted normal by hour of week',
    spec: fitted('normal', { profile: 'hourOfWeek', warmup: 60 }),
    everyMs: HOUR_MS,
    locationScale: true,
  },
  {
    name: 'cusum',
    spec: cusum({ warmup: 40 }),
    everyMs: HOUR_MS,
    locationScale: true,
    follows: true,
    cumulative: true,
  },
  {
    name: 'cusum, tails learned',
    spec: cusum({ slack: 1, warmup: 40, calibrate: 'tail' }),
    everyMs: undefined,
    follows: true,
    // Each side has a distribution of its own, and the larger sum says which one is asked.
    panel: true,
  },
  {
    name: 'pageHinkley',
    spec: pageHinkley({ warmup: 40 }),
    everyMs: undefined,
    locationScale: true,
    follows: true,
    cumulative: true,
  },
  {
    name: 'changePoint',
    spec: changePoint({ warmup: 40 }),
    everyMs: HOUR_MS,
    locationScale: true,
    follows: true,
  },
  {
    name: 'changePoint, tails learned',
    spec: changePoint({ hazard: 0.01, warmup: 40, calibrate: 'tail' }),
    everyMs: undefined,
    locationScale: true,
    follows: true,
  },
  {
    name: 'kMeansDistance',
    spec: kMeansDistance({ clusters: 4, lags: 3, warmup: 60 }),
    everyMs: HOUR_MS,
    locationScale: true,
    patterns: true,
  },
  {
    name: 'kMeansDistance of single values, ranked',
    spec: kMeansDistance({ clusters: 3, lags: 1, warmup: 60, calibrate: 'conformal' }),
    everyMs: undefined,
    locationScale: true,
    patterns: true,
    ranked: true,
  },
]

/** A rough series: gaps, spikes and a shift in it. */
function series(seed: number, length: number): Float64Array {
  const u = seeded(seed)
  let level = 8
  return Float64Array.from({ length }, (_, i) => {
    const kind = u()
    if (i === Math.floor(length * 0.6)) level = 30
    if (kind < 0.1) return Number.NaN
    if (kind < 0.13) return 500 * u()
    return Math.max(0, Math.round(level + 3 * Math.sin(i / 3.8) + 2 * gaussian(u)))
  })
}

const seeds = fc.integer({ min: 0, max: 1e6 })
/** Whose bounds take a search of a tenth of a millisecond. */
const dear = ['fitted gamma', 'changePoint', 'changePoint, tails learned']

describe.each(cases)('$name', flags => {
  const { spec, everyMs, locationScale, follows, panel, known, whole, cumulative, patterns, ranked } = flags
  const few = { numRuns: dear.includes(flags.name) ? 1 : runs(3) }
  const open = (over = {}) => detectors[spec.kind]!(spec, context({ everyMs, ...over }))

  it('says the same however the rows are cut into steps', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 12 }), (seed, cuts) => {
        const rows = hourly(series(seed, 300))
        expect(score(open(), rows, cuts)).toEqual(score(open(), rows))
      }),
      few,
    )
  })

  it('says of the past the same whatever comes after', () => {
    fc.assert(
      fc.property(seeds, seeds, fc.integer({ min: 0, max: 299 }), (seed, other, cut) => {
        const values = series(seed, 300)
        const changed = Float64Array.from(values)
        changed.set(series(other, 300).subarray(cut), cut)
        const before = score(open(), hourly(values))
        const after = score(open(), hourly(changed))
        expect(after.logP.subarray(0, cut)).toEqual(before.logP.subarray(0, cut))
        // What is expected at the cut was known before its value was.
        expect(after.expected.subarray(0, cut + 1)).toEqual(before.expected.subarray(0, cut + 1))
        expect(after.upper.subarray(0, cut + 1)).toEqual(before.upper.subarray(0, cut + 1))
      }),
      few,
    )
  })

  it('changes the state of the keys that have rows, and no other', () => {
    const detector = open()
    const state = new SlotFields(detector.layout)
    const stateOfOthers = () => state.columns(0, 2, heapArena)
    for (const key of [0, 1, 2]) score(detector, hourly(series(key, 150), key), [], state.table)
    const before = stateOfOthers()
    score(detector, hourly(series(3, 300), 2), [], state.table)
    expect(stateOfOthers()).toEqual(before)
  })

  it('scores a key alike alone and among others, in whatever order keys alternate', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const u = seeded(seed)
        const parts = [0, 1, 2].map(key => hourly(series(seed + key, 200), key))
        const at = [0, 0, 0]
        const order: [number, number][] = []
        while (order.length < 600) {
          const key = Math.floor(u() * 3)
          if (at[key]! < 200) order.push([key, at[key]!++])
        }
        const mixed: Rows = {
          keys: Uint32Array.from(order, ([key]) => key),
          timesMs: Float64Array.from(order, ([key, i]) => parts[key]!.timesMs[i]!),
          values: Float64Array.from(order, ([key, i]) => parts[key]!.values[i]!),
        }
        const together = score(open(), mixed)
        for (const key of [0, 1, 2]) {
          const alone = score(open(), { ...parts[key]!, keys: new Uint32Array(200) })
          const own = together.logP.filter((_, i) => mixed.keys[i] === key)
          expect(own).toEqual(alone.logP)
        }
      }),
      few,
    )
  })

  it('says the same whatever is wanted beside it, and at every alpha', () => {
    const rows = hourly(series(7, 400))
    const all = score(open(), rows)
    const bare = score(open({ wants: { bounds: 'none', pValues: 'all' } }), rows)
    const other = score(open({ alpha: 0.2 }), rows)
    const anomalies = score(open({ wants: { bounds: 'anomalies', pValues: 'all' } }), rows)
    expect(bare.logP).toEqual(all.logP)
    expect(anomalies.logP).toEqual(all.logP)
    expect(anomalies.upper).toEqual(
      all.upper.map((upper, i) => (anomalies.logP[i]! < Math.log(1e-3) ? upper : Number.NaN)),
    )
    expect(other.logP).toEqual(all.logP)
    expect(other.expected).toEqual(all.expected)
  })

  it('goes on from its state as if it had not stopped', () => {
    const rows = hourly(series(3, 400))
    const straight = score(open(), rows)
    const cut = 217
    const first = open()
    const state = stateFor(first, 1)
    score(first, hourly(rows.values.subarray(0, cut)), [], state)
    const copy = structuredClone(state)
    const rest = {
      keys: rows.keys.subarray(cut),
      timesMs: rows.timesMs.subarray(cut),
      values: rows.values.subarray(cut),
    }
    expect(score(open(), rest, [], copy).logP).toEqual(straight.logP.subarray(cut))
  })

  it.skipIf(panel)('calls a value an anomaly exactly when it is outside its bounds', () => {
    for (const alpha of [0.2, 0.01, 1e-5]) {
      const rows = hourly(series(11, 500))
      const { lower, upper, logP, expected } = score(open({ alpha }), rows)
      let scored = 0
      const wrong: number[] = []
      logP.forEach((log, i) => {
        if (Number.isNaN(log)) return
        scored++
        const value = rows.values[i]!
        // On the bound itself rounding decides.
        const near = 1e-6 * (upper[i]! - lower[i]!)
        if (
          spec.kind !== 'counts' &&
          !whole &&
          Math.min(Math.abs(value - lower[i]!), Math.abs(value - upper[i]!)) < near
        )
          return
        const outside = value < lower[i]! || value > upper[i]!
        const called = (patterns && !outside) || outside === log < Math.log(alpha)
        const around = alpha >= 0.2 || cumulative || (lower[i]! <= expected[i]! && expected[i]! <= upper[i]!)
        if (!called || !around) wrong.push(i)
      })
      expect(wrong).toEqual([])
      expect(scored).toBeGreaterThan(250)
    }
  })

  it('scores no missing value, but says what it expected', () => {
    const values = series(5, 300)
    const { logP, expected } = score(open(), hourly(values))
    const missing = [...values.keys()].filter(i => Number.isNaN(values[i]))
    expect(missing.filter(i => !Number.isNaN(logP[i]))).toEqual([])
    expect(missing.filter(i => i > 100 && Number.isNaN(expected[i]))).toEqual([])
  })

  it('takes infinities and absurd values for impossible, and goes on', () => {
    const values = series(9, 300)
    for (const [i, value] of [Infinity, -Infinity, 1e308, -1e308, 1e200, 5e-324, -0].entries())
      values[200 + 5 * i] = value
    const { logP, expected } = score(open(), hourly(values))
    expect(logP[200]).toBe(Number.NEGATIVE_INFINITY)
    expect(logP[205]).toBe(Number.NEGATIVE_INFINITY)
    expect(logP[210]).toBeLessThan(ranked ? Math.log(1 / 100) : Math.log(1e-4))
    for (const i of [250, 280, 299]) {
      expect(Number.isFinite(expected[i])).toBe(true)
      expect(Math.abs(expected[i]!)).toBeLessThan(200)
    }
  })

  it('stands constant, empty and enormous series', () => {
    for (const value of [0, 5, 1e15, Number.NaN]) {
      const values = new Float64Array(400).fill(value)
      const { logP } = score(open(), hourly(values))
      if (!known) expect(logP.some(log => log < Math.log(1e-3))).toBe(false)
    }
  })

  it.runIf(locationScale)('gives the same p-values in any unit and from any origin', () => {
    const values = series(13, 400)
    const plain = score(open(), hourly(values)).logP
    for (const [a, b] of [
      [0, 1e-6],
      [-1000, 32],
      [7, -0.3],
    ] as const) {
      const { logP } = score(open(), hourly(values.map(x => a + b * x)))
      const isNear = (log: number, other: number) =>
        Number.isNaN(other) ? Number.isNaN(log) : Math.abs(log - other) < 1e-6 * (1 + Math.abs(other))
      expect([...logP.keys()].filter(i => !isNear(logP[i]!, plain[i]!))).toEqual([])
    }
  })

  it.runIf(follows)('is not moved by an outlier, and follows a new level', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const u = seeded(seed)
      const values = Float64Array.from({ length: 600 }, () => 10 + gaussian(u))
      const calm = score(open(), hourly(values)).expected
      const spiked = Float64Array.from(values)
      spiked[400] = values[400]! + 50
      expect(Math.abs(score(open(), hourly(spiked)).expected[401]! - calm[401]!)).toBeLessThan(0.5)
      const shifted = values.map((x, i) => (i < 400 ? x : x + 10))
      const { expected } = score(open(), hourly(shifted))
      for (let i = 420; i < 440; i++) expect(Math.abs(expected[i]! - 20)).toBeLessThan(1)
    }
  })

  it('keeps a key in a few kilobytes however long its series', () => {
    const detector = open()
    const state = stateFor(detector, 1)
    score(detector, hourly(series(17, 1000)), [], state)
    const bytes = Object.entries<FieldSpec>(detector.layout).reduce((sum, [name, field]) => {
      if (field.kind !== 'object') return sum + (field.width ?? 1) * (field.kind === 'f64' ? 8 : 4)
      const value = (state as unknown as Record<string, unknown[]>)[name]![0]
      return sum + (value === undefined ? 0 : field.encode(value).length)
    }, 0)
    expect(bytes).toBeLessThan(8192)
  })
})

it('a count that is not whole is scored by the whole counts around it', () => {
  const u = seeded(1)
  const values = Float64Array.from({ length: 500 }, () => countNumber(u, 10, 0))
  const at = (value: number) => {
    values[499] = value
    const detector = detectors.counts!(counts({ season: 'none' }), context())
    return score(detector, hourly(values)).logP[499]!
  }
  expect(at(22.5)).toBe(at(23))
  expect(at(1.5)).toBe(at(1))
  expect(at(-1)).toBe(Number.NEGATIVE_INFINITY)
})
