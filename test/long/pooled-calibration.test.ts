/**
 * Is alpha the rate of alarms of pools, on panels of their own models?
 *
 * Keys have levels and scales of their own; most come later than others, so that many are scored while they have few
 * values. The interval is that of the spread between panels, whose values have one fit in common.
 */
import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../src/core/detector.ts'
import { ar, arima, arma, fitted } from '../../src/models/detectors/index.ts'
import { detectors } from '../models/detectors/all-detectors.ts'
import { panelOf } from '../models/detectors/panels.ts'
import {
  armaSeries,
  context,
  countNumber,
  gammaNumber,
  gaussian,
  score,
  seeded,
  type Uniform,
} from '../models/detectors/simulate.ts'

interface Case {
  readonly name: string
  readonly spec: DetectorSpec
  readonly keys: number
  readonly length: number
  readonly series: (u: Uniform, length: number) => Float64Array
  readonly begins?: (key: number) => number
  /** Values take steps: the rate is no more than alpha. */
  readonly whole?: boolean
}

const PANELS = 16

const walk = (steps: Float64Array): Float64Array => {
  let sum = 0
  return steps.map(step => {
    sum += step
    return sum
  })
}

/** A seasonal random walk with moving averages (0, 1, 1)(0, 1, 1) by 12. */
function airline(u: Uniform, length: number): Float64Array {
  const n = length + 60
  const e = Float64Array.from({ length: n }, () => gaussian(u))
  const y = new Float64Array(n)
  const back = (x: Float64Array, t: number) => (t < 0 ? 0 : x[t]!)
  for (let t = 0; t < n; t++) {
    y[t] =
      e[t]! -
      0.4 * back(e, t - 1) -
      0.6 * back(e, t - 12) +
      0.24 * back(e, t - 13) +
      back(y, t - 1) +
      back(y, t - 12) -
      back(y, t - 13)
  }
  return y.slice(60)
}

/** A level and a scale of its own. */
const own = (u: Uniform, z: Float64Array, spread = 0.5): Float64Array => {
  const level = 100 * gaussian(u)
  const scale = Math.exp(spread * gaussian(u))
  return z.map(x => level + scale * x)
}

const late = (key: number) => (key < 200 ? 0 : key % 60)
const panel = { keys: 500, length: 60, begins: late }
const analytic = { pooled: true, calibrate: 'analytic' } as const

const cases: readonly Case[] = [
  {
    name: 'ar(1)',
    spec: ar({ p: 1, ...analytic }),
    ...panel,
    series: (u, n) => own(u, armaSeries(u, [0.6], [], n)),
  },
  {
    name: 'ar(1), tails learned',
    spec: ar({ p: 1, pooled: true }),
    ...panel,
    series: (u, n) => own(u, armaSeries(u, [0.6], [], n)),
  },
  {
    name: 'arma(2, 1)',
    spec: arma({ p: 2, q: 1, ...analytic }),
    ...panel,
    series: (u, n) => own(u, armaSeries(u, [0.5, 0.2], [0.3], n)),
  },
  {
    name: 'arma(2, 1), all scales alike',
    spec: arma({ p: 2, q: 1, ...analytic }),
    ...panel,
    series: (u, n) => own(u, armaSeries(u, [0.5, 0.2], [0.3], n), 0),
  },
  {
    name: 'arma(2, 1), scales over two orders of magnitude',
    spec: arma({ p: 2, q: 1, ...analytic }),
    ...panel,
    series: (u, n) => own(u, armaSeries(u, [0.5, 0.2], [0.3], n), 1.2),
  },
  {
    name: 'ar(1), a tenth of the values missing',
    spec: ar({ p: 1, ...analytic }),
    ...panel,
    series: (u, n) => own(u, armaSeries(u, [0.6], [], n)).map(x => (u() < 0.1 ? Number.NaN : x)),
  },
  {
    name: 'ar(1), 3000 keys of twelve values',
    spec: ar({ p: 1, ...analytic }),
    ...{ keys: 3000, length: 12, begins: key => Math.floor(key / 10) },
    series: (u, n) => own(u, armaSeries(u, [0.6], [], n)),
  },
  {
    name: 'ar(1), noise of Student’s distribution with three degrees of freedom, tails learned',
    spec: ar({ p: 1, pooled: true }),
    ...panel,
    series: (u, n) => {
      let z = 0
      const draw = () => gaussian(u) / Math.sqrt(gammaNumber(u, 1.5) / 1.5)
      return own(
        u,
        Float64Array.from({ length: n }, () => {
          z = 0.6 * z + draw()
          return z
        }),
      )
    },
  },
  {
    name: 'arima(0, 1, 1)',
    spec: arima({ order: [0, 1, 1], ...analytic }),
    ...panel,
    series: (u, n) => own(u, walk(armaSeries(u, [], [-0.6], n))),
  },
  {
    name: 'arima(1, 1, 0) with drifts',
    spec: arima({ order: [1, 1, 0], constant: true, ...analytic }),
    ...panel,
    series: (u, n) => {
      const drift = gaussian(u)
      return own(
        u,
        walk(armaSeries(u, [0.4], [], n)).map((x, t) => x + drift * t),
      )
    },
  },
  {
    name: 'arima(0, 1, 1)(0, 1, 1) by 12',
    spec: arima({ order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 12 }, ...analytic }),
    ...{ keys: 100, length: 120 },
    series: (u, n) => own(u, airline(u, n)),
  },
  {
    name: 'arma(2, 1), five keys of 3000 values',
    spec: arma({ p: 2, q: 1, ...analytic }),
    ...{ keys: 5, length: 3000 },
    series: (u, n) => own(u, armaSeries(u, [0.5, 0.2], [0.3], n)),
  },
  {
    name: 'fitted normal',
    spec: fitted('normal', { pooled: true }),
    ...panel,
    series: (u, n) => Float64Array.from({ length: n }, () => 10 + 3 * gaussian(u)),
  },
  {
    name: 'fitted gamma',
    spec: fitted('gamma', { pooled: true }),
    ...{ keys: 50, length: 60 },
    series: (u, n) => Float64Array.from({ length: n }, () => 3 * gammaNumber(u, 2.5)),
  },
  {
    name: 'fitted poisson',
    spec: fitted('poisson', { pooled: true }),
    ...panel,
    series: (u, n) => Float64Array.from({ length: n }, () => countNumber(u, 40, 0)),
    whole: true,
  },
]

describe.each(cases)('$name', ({ spec, keys, length, series, begins, whole }) => {
  it('alarms as often as it says', () => {
    const counts = { scored: 0, hundredth: 0, thousandth: 0 }
    const shares: number[] = []
    for (let seed = 1; seed <= PANELS; seed++) {
      const u = seeded(7919 * seed)
      const { rows } = panelOf(
        Array.from({ length: keys }, () => series(u, length)),
        begins,
      )
      const detector = detectors[spec.kind]!(spec, context({ wants: { bounds: 'none', pValues: 'all' } }))
      let scored = 0
      let alarms = 0
      for (const log of score(detector, rows).logP) {
        if (Number.isNaN(log)) continue
        scored++
        if (log < Math.log(0.01)) counts.hundredth++
        if (log < Math.log(1e-3)) alarms++
      }
      counts.scored += scored
      counts.thousandth += alarms
      shares.push(alarms / scored)
    }
    const mean = shares.reduce((sum, x) => sum + x, 0) / PANELS
    const error = Math.sqrt(shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (PANELS - 1) / PANELS)
    const rate = { hundredth: counts.hundredth / counts.scored / 0.01, thousandth: mean / 1e-3 }
    console.log(
      spec.kind,
      counts.scored,
      rate.hundredth.toFixed(3),
      rate.thousandth.toFixed(3),
      (error / 1e-3).toFixed(3),
    )
    expect(rate.hundredth).toBeLessThan(1.25)
    expect(rate.thousandth).toBeLessThan(1.25 + (2 * error) / 1e-3)
    if (whole) return
    expect(rate.hundredth).toBeGreaterThan(0.8)
    expect(rate.thousandth).toBeGreaterThan(0.8 - (2 * error) / 1e-3)
  })
})
