/**
 * Are the p-values of detectors honest? Table-driven: a line for each claim, and a claim for each detector of
 * bench/detectors.ts.
 *
 * - With the true coefficients p-values are uniform: Kolmogorov–Smirnov over many values.
 * - With what a detector has learned, the rate of alarms is what it should be, over 200 series or more. Alarms of a
 *   series depend on one another (what was learned is common to them, and windows overlap), so the interval comes from
 *   the spread between series and not from a binomial distribution.
 */
import { describe, expect, it } from 'vitest'
import { type BenchDetector, DETECTORS } from '../../bench/detectors.ts'
import { scoredSeries } from '../../bench/harness/scored-series.ts'
import { arima, type GivenCoefficients } from '../../src/models/arma/index.ts'
import { arma, changePoint, cusum, fitted, pageHinkley } from '../../src/models/detectors/index.ts'
import { goodnessOfFit, uniform } from '../../src/models/distributions/index.ts'
import { HOUR_MS, START_MS, seeded } from '../models/detectors/simulate.ts'
import { BASE_SERIES } from '../models/generators/base-series.ts'
import { MONITORING_SERIES } from '../models/generators/monitoring-series.ts'

const trueLaws: readonly { name: string; truth: GivenCoefficients; missing?: number }[] = [
  { name: 'white noise', truth: { sigma2: 4, mean: 7 } },
  { name: 'AR(1) 0.8', truth: { ar: [0.8] } },
  { name: 'ARMA(2, 1)', truth: { ar: [0.5, 0.2], ma: [0.3], mean: 5 } },
  { name: 'ARMA(2, 1) with a third missing', truth: { ar: [0.5, 0.2], ma: [0.3] }, missing: 0.33 },
  { name: 'airline', truth: { ma: [-0.4], sma: [-0.5], d: 1, seasonalD: 1, period: 12 } },
]

describe('with true coefficients p-values are uniform', () => {
  for (const [seed, { name, truth, missing = 0 }] of trueLaws.entries()) {
    it(name, () => {
      const model = arima.withCoefficients(truth)
      const u = seeded(2026 + seed)
      const values = model.simulate(u, 100_000).map(x => (u() < missing ? Number.NaN : x))
      const { pValue } = model.online().updateBatch(values, { pValue: new Float64Array(values.length) })
      const known = pValue!.filter(p => !Number.isNaN(p))
      const test = goodnessOfFit(known, uniform({ min: 0, max: 1 }), {
        fittedParameters: 0,
      }).kolmogorovSmirnov
      console.log(
        `${name}: ${known.length} p-values, KS ${test.statistic.toFixed(5)}, p ${test.pValue.toFixed(3)}`,
      )
      expect(test.pValue).toBeGreaterThan(1e-3)
    })
  }
})

interface RateClaim {
  /** A detector of the list, or another. */
  readonly detector: string | BenchDetector
  /** A kind of series of `BASE_SERIES`, or of `MONITORING_SERIES`. */
  readonly base: string
  readonly alpha: number
  /** The rate of alarms lies between these, times alpha. */
  readonly least: number
  readonly most: number
}

const normal: BenchDetector = {
  name: 'arma, normal distribution',
  spec: arma({ p: 2, q: 1, calibrate: 'analytic' }),
}
const learned: BenchDetector = {
  name: 'changePoint, tails learned',
  spec: changePoint({ calibrate: 'tail' }),
}
const randomised: BenchDetector = {
  name: 'fitted poisson, randomised',
  spec: fitted('poisson', { randomised: true }),
}
/** A run of alarms is an event by the detector's own rule. */
const ownEvents = { points: 1, again: Number.POSITIVE_INFINITY }
const cusumEvents: BenchDetector = { name: 'cusum, events', spec: cusum(), events: ownEvents }
const pageHinkleyEvents: BenchDetector = {
  name: 'pageHinkley, events',
  spec: pageHinkley(),
  events: ownEvents,
}
const onEach = (bases: readonly string[], claim: Omit<RateClaim, 'base'>): RateClaim[] =>
  bases.map(base => ({ ...claim, base }))

const all = BASE_SERIES.map(({ name }) => name)
const withoutSeason = BASE_SERIES.filter(({ season }) => season === undefined).map(({ name }) => name)

/** Kinds with events of their own every few hundred values: the first of them are anomalies. */
const eventful = ['idle and busy', 'level shifts', 'mentions']
const uneventful = MONITORING_SERIES.map(({ name }) => name).filter(name => !eventful.includes(name))

const SPIKES = 'hourly job, ordinary spikes'
const without = (names: readonly string[], one: string): string[] => names.filter(name => name !== one)

const claims: readonly RateClaim[] = [
  ...onEach(['white noise', 'AR(1) 0.8'], { detector: normal, alpha: 0.01, least: 1, most: 1 }),
  ...onEach(['white noise', 'AR(1) 0.8'], { detector: normal, alpha: 1e-3, least: 1, most: 1 }),
  ...onEach(['white noise', 'AR(1) 0.8'], { detector: 'arma', alpha: 0.01, least: 0.9, most: 1.1 }),
  ...onEach(['white noise', 'AR(1) 0.8'], { detector: 'arma', alpha: 1e-3, least: 0.9, most: 1.1 }),
  { detector: 'arma', base: 'heavy tails, t(3)', alpha: 1e-3, least: 0.5, most: 2 },
  { detector: 'arma', base: 'heavy tails, t(3)', alpha: 1e-4, least: 0.2, most: 5 },
  // Events, as its list line says.
  ...onEach(all, { detector: 'auto', alpha: 1e-3, least: 0.25, most: 2 }),
  ...onEach(without(all, 'Poisson, mean 5'), { detector: 'auto', alpha: 1e-4, least: 0.25, most: 2 }),
  // Small counts are skewed beyond what their tails are taken for: 3.8 times alpha.
  { detector: 'auto', base: 'Poisson, mean 5', alpha: 1e-4, least: 0.25, most: 4.5 },
  ...onEach(without(uneventful, SPIKES), { detector: 'auto', alpha: 1e-3, least: 0.1, most: 1.5 }),
  // What is ordinary there comes every few dozen values: it is learned from the third of its size on.
  { detector: 'auto', base: SPIKES, alpha: 1e-3, least: 0.1, most: 3 },
  ...onEach(eventful, { detector: 'auto', alpha: 1e-3, least: 0.1, most: 3.5 }),
  ...onEach(withoutSeason, { detector: 'ewma', alpha: 0.01, least: 0.5, most: 2 }),
  ...onEach(withoutSeason, { detector: 'ewma', alpha: 1e-3, least: 0.5, most: 2 }),
  ...['seasonalNaive by day', 'holtWinters by day', 'robustZ by day', 'arima(0, 1, 1)'].flatMap(detector =>
    ['daily season + AR(1) 0.5', 'heavy tails, t(3)'].flatMap(base => [
      { detector, base, alpha: 0.01, least: 0.5, most: 2 },
      { detector, base, alpha: 1e-3, least: 0.5, most: 2 },
    ]),
  ),
  ...['fitted normal', 'cusum', 'pageHinkley', 'changePoint', cusumEvents, pageHinkleyEvents].flatMap(
    detector => [
      { detector, base: 'white noise', alpha: 0.01, least: 0.9, most: 1.1 },
      { detector, base: 'white noise', alpha: 1e-3, least: 0.9, most: 1.1 },
    ],
  ),
  ...['white noise', 'AR(1) 0.8', 'heavy tails, t(3)'].flatMap(base => [
    { detector: 'kMeansDistance', base, alpha: 0.01, least: 0.8, most: 1.25 },
    { detector: 'kMeansDistance', base, alpha: 1e-3, least: 0.8, most: 1.25 },
  ]),
  // Conservative p-values have what the true distribution has beyond the steps of these rates: 0.20, 0.23, 0.87 and
  // 0.65 of them.
  ...onEach(['Poisson, mean 5'], { detector: 'fitted poisson', alpha: 0.01, least: 0.2, most: 1 }),
  ...onEach(['Poisson, mean 5'], { detector: 'fitted poisson', alpha: 1e-3, least: 0.2, most: 1 }),
  ...onEach(['Poisson, mean 50'], { detector: 'fitted poisson', alpha: 0.01, least: 0.8, most: 1 }),
  ...onEach(['Poisson, mean 50'], { detector: 'fitted poisson', alpha: 1e-3, least: 0.6, most: 1 }),
  // Randomised ones have alpha itself.
  ...['Poisson, mean 5', 'Poisson, mean 50'].flatMap(base => [
    { detector: randomised, base, alpha: 0.01, least: 1, most: 1 },
    { detector: randomised, base, alpha: 1e-3, least: 1, most: 1 },
  ]),
  // Few counts reach a rate: the distribution itself has less than alpha there, by more the smaller the mean.
  { detector: 'counts', base: 'Poisson, mean 5', alpha: 0.01, least: 0, most: 1 },
  { detector: 'counts', base: 'Poisson, mean 5', alpha: 1e-3, least: 0, most: 1 },
  { detector: 'counts', base: 'Poisson, mean 50', alpha: 0.01, least: 0.25, most: 1 },
  { detector: 'counts', base: 'Poisson, mean 50', alpha: 1e-3, least: 0.25, most: 1 },
]

const SERIES = 240
const VALUES = 3000
/** A mean of that many series is further off than so many standard errors once in ten thousand tables. */
const REACH = 3.9

const lineOf = (detector: string | BenchDetector): BenchDetector =>
  typeof detector === 'string' ? DETECTORS.find(({ name }) => name === detector)! : detector

interface Rate {
  /** Mean of the rates of alarms of the series, over alpha, and its standard error by their spread. */
  readonly times: number
  readonly off: number
  readonly series: number
}

/** The rate of alarms over series, of the values from a place on. */
function rateOf(
  line: BenchDetector,
  baseName: string,
  alpha: number,
  series: number,
  from: number,
  seed: number,
): Rate {
  const base = [...BASE_SERIES, ...MONITORING_SERIES].find(({ name }) => name === baseName)!
  const rates: number[] = []
  for (let s = 0; s < series; s++) {
    const { everyMs = HOUR_MS } = base
    const values = base.draw(seeded(104_729 * s + seed), VALUES)
    const timesMs = values.map((_, i) => START_MS + i * everyMs)
    const scoredOne = scoredSeries(line, { everyMs, alpha })
    const { logP, suppressed } = scoredOne.score(timesMs, values)
    let scored = 0
    let alarms = 0
    logP.forEach((log, i) => {
      if (i < from || Number.isNaN(log)) return
      scored++
      if (log < scoredOne.logThreshold && suppressed[i] === 0) alarms++
    })
    if (scored > 0) rates.push(alarms / scored)
  }
  const mean = rates.reduce((a, b) => a + b, 0) / rates.length
  const variance = rates.reduce((a, b) => a + (b - mean) ** 2, 0) / (rates.length - 1)
  return { times: mean / alpha, off: Math.sqrt(variance / rates.length) / alpha, series: rates.length }
}

describe(`the rate of alarms over ${SERIES} series`, () => {
  it('is claimed of every detector of the list', () => {
    const claimed = new Set(claims.map(({ detector }) => detector))
    expect(DETECTORS.map(({ name }) => name).filter(name => !claimed.has(name))).toEqual([])
  })

  for (const { detector, base: baseName, alpha, least, most } of claims) {
    const line = lineOf(detector)
    it(`${line.name} on ${baseName} at ${alpha}: ${least} to ${most} of it`, () => {
      const { times, off, series } = rateOf(line, baseName, alpha, SERIES, 0, 11)
      expect(series).toBeGreaterThanOrEqual(200)
      console.log(`${line.name} on ${baseName}: ${times.toFixed(3)} ± ${off.toFixed(3)} of ${alpha}`)
      expect(times - REACH * off, 'the rate is not above').toBeLessThanOrEqual(most)
      expect(times + REACH * off, 'the rate is not below').toBeGreaterThanOrEqual(least)
    })
  }
})

/**
 * Detectors that score several values at once, whose alarms come together: the interval of three standard errors between
 * series reaches into the limits, and is narrow enough to say something. Sums alarm for long at a time: they take more series.
 */
describe('window detectors, once 1,000 values are known', () => {
  const FROM = 1000
  const windows: readonly (RateClaim & { series: number })[] = [
    ...[0.05, 0.01, 1e-3].map(alpha => ({
      detector: 'changePoint',
      base: 'white noise',
      alpha,
      least: 1,
      most: 1,
      series: 400,
    })),
    ...['white noise', 'AR(1) 0.8', 'heavy tails, t(3)'].flatMap(base =>
      [0.05, 0.01, 1e-3].map(alpha => ({
        detector: 'kMeansDistance',
        base,
        alpha,
        least: 0.8,
        most: 1.25,
        series: 400,
      })),
    ),
    ...['white noise', 'heavy tails, t(3)'].flatMap(base =>
      [0.05, 0.01, 1e-3].map(alpha => ({
        detector: learned,
        base,
        alpha,
        least: 0.8,
        most: 1.25,
        series: 400,
      })),
    ),
    ...['cusum', 'pageHinkley'].flatMap(detector =>
      [0.05, 0.01, 1e-3].map(alpha => ({
        detector,
        base: 'white noise',
        alpha,
        least: 0.9,
        most: 1.1,
        series: 4000,
      })),
    ),
  ]
  for (const { detector, base, alpha, least, most, series } of windows) {
    const line = lineOf(detector)
    it(`${line.name} on ${base} at ${alpha}: ${least} to ${most} of it, over ${series} series`, () => {
      const { times, off } = rateOf(line, base, alpha, series, FROM, 2_026_003)
      console.log(
        `from ${FROM} on, ${line.name} on ${base}: ${times.toFixed(3)} ± ${off.toFixed(3)} of ${alpha}`,
      )
      expect(off).toBeLessThan(alpha < 0.01 ? 0.1 : 0.05)
      expect(times - 3 * off, 'the rate is not above').toBeLessThanOrEqual(most)
      expect(times + 3 * off, 'the rate is not below').toBeGreaterThanOrEqual(least)
    })
  }
})
