import { describe, expect, it } from 'vitest'
import { openArima } from '../../../src/models/detectors/arima/arima.ts'
import { arma } from '../../../src/models/detectors/index.ts'
import { alarms, armaSeries, binomialInterval, context, gaussian, hourly, score, seeded } from './simulate.ts'

const noBounds = context({ wants: { bounds: 'none', pValues: 'all' } })

/** p-values of some series of ARMA(2, 1) with a daily season. */
function simulate(
  keys: number,
  options: Parameters<typeof arma>[0],
  change: (x: number, u: () => number, i: number) => number = x => x,
): Float64Array {
  const all: number[] = []
  for (let key = 0; key < keys; key++) {
    const u = seeded(77 * key + 5)
    const z = armaSeries(u, [0.5, 0.2], [0.3], 3000)
    const values = z.map((x, i) => change(20 + 3 * x + 6 * Math.sin((i * Math.PI) / 12), u, i))
    all.push(...score(openArima(arma(options), noBounds), hourly(values)).logP)
  }
  return Float64Array.from(all)
}

describe('the alarm rate on a Gaussian ARMA series is alpha, up to what is learned of the tails', () => {
  it.each(['analytic', 'tail'] as const)('calibrated by %s', calibrate => {
    const logP = simulate(10, { p: 2, q: 1, season: '1d', calibrate })
    for (const alpha of [0.05, 0.01, 1e-3]) {
      const found = alarms(logP, alpha)
      const [least, most] = binomialInterval(found.scored, alpha)
      const slack = calibrate === 'analytic' ? 1 : 1.15
      expect(found.alarms).toBeGreaterThan(least / slack)
      expect(found.alarms).toBeLessThan(most * slack)
    }
  })

  it('with a third of the values missing', () => {
    const logP = simulate(10, { p: 2, q: 1, season: '1d', calibrate: 'analytic' }, (x, u) =>
      u() < 0.33 ? Number.NaN : x,
    )
    for (const alpha of [0.05, 0.01, 1e-3]) {
      const found = alarms(logP, alpha)
      const [least, most] = binomialInterval(found.scored, alpha)
      expect(found.alarms).toBeGreaterThan(least)
      expect(found.alarms).toBeLessThan(most)
    }
  })
})

it.each([
  { name: 'skewed', draw: (u: () => number) => -10 * Math.log(1 - u()) },
  { name: 'lognormal', draw: (u: () => number) => Math.exp(gaussian(u)) },
])('learned tails keep the alarm rate of a $name series near alpha', ({ draw }) => {
  const all: number[] = []
  for (let key = 0; key < 8; key++) {
    const u = seeded(key + 99)
    const values = Float64Array.from({ length: 4000 }, () => draw(u))
    all.push(...score(openArima(arma({ p: 1, q: 0 }), noBounds), hourly(values)).logP)
  }
  for (const alpha of [0.05, 0.01, 1e-3]) {
    const found = alarms(Float64Array.from(all), alpha)
    const [least, most] = binomialInterval(found.scored, alpha)
    expect(found.alarms).toBeLessThan(1.25 * most)
    expect(found.alarms).toBeGreaterThan(0.8 * least)
  }
})

describe.each([
  { name: 'ARMA(2, 1)', p: 2, q: 1, ar: [0.5, 0.2], ma: [0.3] },
  { name: 'AR(1), persistent', p: 1, q: 0, ar: [0.8], ma: [] },
  { name: 'white noise', p: 2, q: 1, ar: [], ma: [] },
])('a $name series', ({ p, q, ar, ma }) => {
  const z = armaSeries(seeded(21), ar, ma, 1200)
  const open = () => openArima(arma({ p, q }), context())
  const calm = score(open(), hourly(z))

  it('struck once by 50 sigma is expected as if that value were missing, by half a sigma', () => {
    const struck = Float64Array.from(z)
    const gapped = Float64Array.from(z)
    struck[800] = struck[800]! + 50
    gapped[800] = Number.NaN
    const { expected, logP } = score(open(), hourly(struck))
    const without = score(open(), hourly(gapped)).expected
    expect(logP[800]).toBeLessThan(Math.log(1e-3))
    for (let i = 801; i < 900; i++) expect(Math.abs(expected[i]! - without[i]!)).toBeLessThan(0.5)
  })

  it('shifted by 10 sigma is expected within a sigma after 20 points', () => {
    const shifted = z.map((x, i) => (i < 800 ? x : x + 10))
    const { expected, logP } = score(open(), hourly(shifted))
    expect(alarms(logP.subarray(800, 805), 1e-3).alarms).toBeGreaterThanOrEqual(2)
    let distance = 0
    for (let i = 820; i < 860; i++) distance += (expected[i]! - (calm.expected[i]! + 10)) / 40
    expect(Math.abs(distance)).toBeLessThan(1)
    expect(alarms(logP.subarray(820), 1e-3).alarms).toBeLessThan(4)
  })
})

it('a storm long enough to be a level is over soon after its end', () => {
  const z = armaSeries(seeded(14), [0.4], [], 1200)
  const struck = z.map((x, i) => (i >= 800 && i < 820 ? x + 15 : x))
  const { expected, logP } = score(openArima(arma({ p: 2, q: 1 }), context()), hourly(struck))
  expect(expected[819]).toBeGreaterThan(12)
  expect(alarms(logP.subarray(820), 1e-3).alarms).toBeLessThanOrEqual(4)
  for (let i = 826; i < 900; i++) expect(Math.abs(expected[i]!)).toBeLessThan(3)
})

it('a gap widens the bounds up to those of the series, and they close again', () => {
  const z = armaSeries(seeded(4), [0.9], [], 1200)
  const gapped = z.map((x, i) => (i >= 1000 && i < 1040 ? Number.NaN : x))
  const { lower, upper } = score(
    openArima(arma({ p: 1, q: 0, calibrate: 'analytic', warmup: 900, window: 900 }), context()),
    hourly(gapped),
  )
  const width = (i: number) => upper[i]! - lower[i]!
  const unit = width(999)
  for (let h = 0; h <= 40; h++) {
    // 1 + φ² + φ⁴ + …, for the φ estimated.
    const truth = Math.sqrt((1 - 0.9 ** (2 * h + 2)) / (1 - 0.9 ** 2))
    expect(Math.abs(width(1000 + h) / unit / truth - 1)).toBeLessThan(0.2)
    if (h > 0) expect(width(1000 + h)).toBeGreaterThan(width(999 + h) * (1 - 1e-9))
  }
  expect(Math.abs(width(1041) / unit - 1)).toBeLessThan(0.1)
})

it('rows that are absent are missing values when the step is known', () => {
  const z = armaSeries(seeded(6), [0.5, 0.2], [0.3], 900)
  const gone = (i: number) => i % 7 === 3 || (i > 600 && i < 640)
  const full = hourly(z.map((x, i) => (gone(i) ? Number.NaN : x)))
  const present = Array.from(z.keys()).filter(i => !gone(i))
  const sparse = {
    keys: new Uint32Array(present.length),
    timesMs: Float64Array.from(present, i => full.timesMs[i]!),
    values: Float64Array.from(present, i => full.values[i]!),
  }
  const open = () => openArima(arma({ p: 2, q: 1, season: '1d' }), context())
  const whole = score(open(), full)
  const parts = score(open(), sparse)
  present.forEach((i, j) => {
    expect(parts.logP[j]).toBe(whole.logP[i])
    expect(parts.upper[j]).toBe(whole.upper[i])
  })
})

it('is first fitted when the warm-up is over', () => {
  const z = armaSeries(seeded(2), [0.5], [], 500)
  const { expected, logP } = score(openArima(arma({ p: 1, q: 0, warmup: '10d' }), context()), hourly(z))
  expect(logP.findIndex(log => !Number.isNaN(log))).toBe(240)
  expect(expected.findIndex(x => !Number.isNaN(x))).toBe(240)
})

it('waits for enough values, then starts', () => {
  const z = armaSeries(seeded(2), [0.5], [], 2000).map((x, i) => (i < 900 && i > 5 ? Number.NaN : x))
  const { logP } = score(openArima(arma({ p: 1, q: 0 }), context()), hourly(z))
  const first = logP.findIndex(log => !Number.isNaN(log))
  expect(first).toBeGreaterThan(930)
  expect(first).toBeLessThan(1100)
})

it('a series that mostly stands still alarms at moves at most, also where fits follow a drift', () => {
  const u = seeded(12)
  let x = 10
  let moves = 0
  const values = Float64Array.from({ length: 4000 }, () => {
    if (u() < 0.2) {
      x += gaussian(u)
      moves++
    }
    return x
  })
  const detector = openArima(arma({ p: 1, q: 0, calibrate: 'analytic', refitOn: 'drift' }), noBounds)
  const { logP } = score(detector, hourly(values))
  // Without the floor by the mean size of all innovations, the scale is that of standing still: 1973 alarms.
  expect(alarms(logP, 1e-6).alarms).toBeLessThan(moves)
})
