import { describe, expect, it } from 'vitest'
import { openArima } from '../../../src/models/detectors/arima/arima.ts'
import { arima, holtWinters, robustZ, seasonalNaive } from '../../../src/models/detectors/index.ts'
import { gapField } from '../../../src/models/detectors/parts/gap-field.ts'
import { empirical, arima as modelOf, normal, poisson } from '../../../src/models/index.ts'
import { detectors } from './all-detectors.ts'
import { withGaps } from './own-models.ts'
import { context, gaussian, hourly, score, seeded } from './simulate.ts'

const LOG_ALPHA = Math.log(1e-3)

/** Days of the same profile, with small noise. */
function days(seed: number, count: number): Float64Array {
  const u = seeded(seed)
  const profile = Float64Array.from({ length: 24 }, () => 10 * gaussian(u))
  return Float64Array.from({ length: 24 * count }, (_, i) => profile[i % 24]! + gaussian(u))
}

describe.each([
  ['seasonalNaive', seasonalNaive({ season: '1d', calibrate: 'analytic' })],
  ['seasonalNaive of one cycle', seasonalNaive({ season: '1d', cycles: 1, calibrate: 'analytic' })],
  ['holtWinters', holtWinters({ season: '1d', calibrate: 'analytic' })],
  ['robustZ', robustZ({ season: '1d', calibrate: 'analytic' })],
])('a season of %s', (_, spec) => {
  const open = () => detectors[spec.kind]!(spec, context())

  it('is not changed by one outlier', () => {
    const values = days(3, 30)
    const calm = score(open(), hourly(values)).expected
    values[24 * 20 + 7] = values[24 * 20 + 7]! + 60
    const { expected, logP } = score(open(), hourly(values))
    expect(logP[24 * 20 + 7]).toBeLessThan(LOG_ALPHA)
    expect(Math.abs(expected[24 * 21 + 7]! - calm[24 * 21 + 7]!)).toBeLessThan(2)
  })

  it('is learned again where it changes: an hour is unusual on two days, and then ordinary', () => {
    const values = days(4, 40)
    for (let i = 24 * 20 + 7; i < values.length; i += 24) values[i] = values[i]! + 30
    const { logP } = score(open(), hourly(values))
    const hour = Array.from({ length: 20 }, (_, day) => logP[24 * (20 + day) + 7]! < LOG_ALPHA)
    expect(hour.slice(0, 2)).toEqual([true, true])
    expect(hour.slice(3).filter(Boolean).length).toBeLessThan(2)
    // Its neighbours are what they were.
    expect(Array.from({ length: 20 }, (_, day) => logP[24 * (20 + day) + 8]! < LOG_ALPHA)).not.toContain(true)
  })

  it('goes on over days without a row', () => {
    const values = days(5, 30)
    const { timesMs, keys } = hourly(values)
    const left = Array.from(values.keys()).filter(i => i < 24 * 20 || i >= 24 * 20 + 37)
    const { logP } = score(open(), {
      keys: keys.subarray(0, left.length),
      timesMs: Float64Array.from(left, i => timesMs[i]!),
      values: Float64Array.from(left, i => values[i]!),
    })
    expect(logP.filter(log => log < Math.log(1e-5)).length).toBe(0)
  })
})

it('holtWinters follows a slope, and less so a damped one', () => {
  const u = seeded(8)
  const values = Float64Array.from({ length: 600 }, (_, i) => 0.5 * i + gaussian(u))
  const lag = (spec: ReturnType<typeof holtWinters>) => {
    const { expected } = score(detectors.holtWinters!(spec, context()), hourly(values))
    let sum = 0
    for (let i = 300; i < 600; i++) sum += (0.5 * i - expected[i]!) / 300
    return sum
  }
  expect(Math.abs(lag(holtWinters({ trend: true })))).toBeLessThan(0.2)
  expect(lag(holtWinters({ trend: true, damped: 0.5 }))).toBeGreaterThan(1)
})

it('robustZ has median and median absolute deviation of the last values, as sorting would give them', () => {
  const u = seeded(21)
  const window = 25
  const values = Float64Array.from(
    { length: 400 },
    () => Math.round(3 * gaussian(u)) + gaussian(u) * (u() < 0.5 ? 1 : 0),
  )
  const spec = robustZ({ window, calibrate: 'analytic' })
  const { expected, lower, upper } = score(detectors.robustZ!(spec, context()), hourly(values))
  const medianOf = (x: Float64Array): number => {
    const sorted = x.toSorted()
    return 0.5 * (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!)
  }
  const widths: number[] = []
  for (let i = 150; i < 400; i++) {
    const last = values.slice(i - window, i)
    const median = medianOf(last)
    expect(expected[i]).toBeCloseTo(median, 12)
    const deviation = medianOf(last.map(x => Math.abs(x - median)))
    if (deviation > 0) widths.push((upper[i]! - lower[i]!) / deviation)
  }
  // The bounds are the same number of deviations away at every value.
  expect(widths.length).toBeGreaterThan(200)
  expect(Math.max(...widths) / Math.min(...widths)).toBeCloseTo(1, 9)
})

describe('given', () => {
  it.each([
    ['an ARMA(2, 1)', { ar: [0.5, 0.2], ma: [0.3], mean: 5, sigma2: 4 }],
    ['a model with drift', { ar: [0.5], d: 1, drift: 0.3 }],
    ['the airline model', { ma: [-0.4], sma: [-0.6], d: 1, seasonalD: 1, period: 12 }],
  ])('%s predicts as its online filter does', (_, coefficients) => {
    const model = modelOf.withCoefficients(coefficients)
    const values = withGaps(model.simulate(seeded(5), 1500))
    const { logP, expected } = score(detectors['fixed-arima']!(model.asDetector(), context()), hourly(values))
    const online = model.online()
    let scored = 0
    for (const [i, x] of values.entries()) {
      const step = online.update(x)
      // From the first outlier on they differ: here it is a missing one.
      if (step.logPValue !== null && step.logPValue < Math.log(6e-5)) break
      if (!Number.isFinite(step.variance)) continue
      expect(expected[i]).toBeCloseTo(step.mean, 9)
      if (step.logPValue !== null) expect(logP[i]).toBeCloseTo(step.logPValue, 8)
      scored++
    }
    expect(scored).toBeGreaterThan(1000)
  })

  it('keeps gaps in snapshots as they are', () => {
    const gap = {
      excess: [Float64Array.of(1, 2), Float64Array.of(3, -0)],
      diffuse: [Float64Array.of(0.1, NaN)],
    }
    if (gapField.kind !== 'object') throw new Error('a gap has no fixed size')
    expect(gapField.decode(gapField.encode(gap))).toEqual(gap)
  })

  it('says of a distribution what its tails say, far out too', () => {
    const distribution = normal({ mean: 3, sd: 2 })
    const { logP, expected, lower, upper } = score(
      detectors['fixed-distribution']!(distribution.asDetector(), context()),
      hourly([3, 7, -1, 83]),
    )
    expect(Array.from(expected)).toEqual([3, 3, 3, 3])
    expect(logP[1]).toBeCloseTo(Math.LN2 + distribution.logSf(7), 12)
    expect(logP[2]).toBeCloseTo(logP[1]!, 12)
    expect(logP[3]).toBeCloseTo(Math.LN2 + distribution.logSf(83), 9)
    expect(distribution.cdf(lower[0]!)).toBeCloseTo(0.0005, 12)
    expect(distribution.sf(upper[0]!)).toBeCloseTo(0.0005, 12)
  })

  it('counts the value itself to the tail of a distribution of whole numbers', () => {
    const distribution = poisson({ rate: 4 })
    const { logP } = score(
      detectors['fixed-distribution']!(distribution.asDetector(), context()),
      hourly([12, 4, 0, 11.5]),
    )
    expect(logP[0]).toBeCloseTo(Math.LN2 + distribution.logSf(11), 12)
    expect(logP[1]).toBe(0)
    expect(logP[2]).toBeCloseTo(Math.LN2 + distribution.logCdf(0), 12)
    expect(logP[3]).toBe(logP[0])
  })

  it('takes what is beyond a sample of n for one in n + 1 on its side', () => {
    const spec = empirical(Float64Array.from({ length: 99 }, (_, i) => i)).asDetector()
    const { logP } = score(detectors['fixed-distribution']!(spec, context()), hourly([1000, 98, 49]))
    expect(logP[0]).toBeCloseTo(Math.log(2 / 100), 12)
    expect(logP[1]).toBeCloseTo(Math.log(4 / 100), 12)
    expect(logP[2]).toBe(0)
  })
})

describe('arima', () => {
  it('comes to predict as well as the model that made the series', () => {
    const truth = modelOf.withCoefficients({ ma: [-0.4], sma: [-0.6], d: 1, seasonalD: 1, period: 12 })
    const spec = arima({ order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 12 } })
    let squares = 0
    for (const seed of [1, 2, 3]) {
      const values = truth.simulate(seeded(seed), 3000)
      const { expected } = score(openArima(spec, context()), hourly(values))
      for (let i = 1000; i < 3000; i++) squares += (values[i]! - expected[i]!) ** 2 / 6000
    }
    expect(squares).toBeGreaterThan(0.93)
    expect(squares).toBeLessThan(1.1)
  })

  it('is the arma detector where nothing is differenced', () => {
    const u = seeded(9)
    const values = Float64Array.from({ length: 900 }, () => gaussian(u))
    const pure = score(openArima(arima({ order: [1, 0, 1], season: '1d' }), context()), hourly(values))
    expect(pure.logP.filter(log => !Number.isNaN(log)).length).toBe(900 - 336)
  })

  it('refuses a profile beside differences', () => {
    const spec = arima({ order: [0, 1, 1], season: '1d' })
    expect(() => openArima(spec, context())).toThrow(/takes no profile of "1d"/)
  })
})
