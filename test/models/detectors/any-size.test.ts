import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import {
  arma,
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
import { arima } from '../../../src/models/index.ts'
import { detectors } from './all-detectors.ts'
import { context, gaussian, hourly, score, seeded } from './simulate.ts'

/** Detectors to which the unit of values is nothing. */
const ofAnyUnit: Readonly<Record<string, DetectorSpec>> = {
  arima: arima({ order: [0, 1, 1], warmup: 50, window: 100 }),
  arma: arma({ p: 1, q: 1, season: '1d', warmup: 72, window: 96 }),
  changePoint: changePoint(),
  cusum: cusum(),
  ewma: ewma(),
  'fitted exponential': fitted('exponential'),
  'fitted gamma': fitted('gamma'),
  'fitted normal': fitted('normal'),
  holtWinters: holtWinters(),
  'holtWinters by day': holtWinters({ season: '1d' }),
  'holtWinters by day with trend': holtWinters({ season: '1d', trend: true }),
  kMeansDistance: kMeansDistance(),
  pageHinkley: pageHinkley(),
  robustZ: robustZ(),
  'robustZ by day': robustZ({ season: '1d' }),
  seasonalNaive: seasonalNaive({ season: '1d' }),
}
const ofCounts: Readonly<Record<string, DetectorSpec>> = {
  counts: counts(),
  'counts without season': counts({ season: 'none' }),
  'fitted poisson': fitted('poisson'),
  'fitted geometric': fitted('geometric'),
}

const run = (spec: DetectorSpec, values: Float64Array) =>
  score(detectors[spec.kind]!(spec, context()), hourly(values))

/** About 23, with a noise of 2, whole. */
function ordinary(seed: number, length: number): Float64Array {
  const u = seeded(seed)
  return Float64Array.from({ length }, (_, i) => Math.round(20 + (i % 7) + 2 * gaussian(u)))
}

const few = { numRuns: 2 }
/** Besides these, sizes at the border of the ordinary ones, where outliers are beyond it. */
const atBorders = { numRuns: 6, examples: [[435], [474], [476], [-446]] as [number][] }

describe.each(Object.entries(ofAnyUnit))('%s', (_, spec) => {
  it('scores a series times a power of two as it scores the series', () => {
    const values = ordinary(1, 250)
    values[200] = 90
    values[220] = Number.NaN
    const plain = run(spec, values)
    fc.assert(
      fc.property(fc.integer({ min: -1020, max: 1015 }), exponent => {
        const scaled = run(
          spec,
          values.map(x => x * 2 ** exponent),
        )
        scaled.logP.forEach((log, i) => {
          const own = plain.logP[i]!
          if (log !== own && !(Number.isNaN(log) && Number.isNaN(own)))
            expect(Math.abs(log - own)).toBeLessThan(1e-9 * Math.abs(own))
          const expected = scaled.expected[i]! / 2 ** exponent
          if (!Number.isNaN(plain.expected[i]!))
            expect(Math.abs(expected - plain.expected[i]!)).toBeLessThan(1e-9)
        })
      }),
      atBorders,
    )
  })
})

describe.each(Object.entries({ ...ofAnyUnit, ...ofCounts }))('%s', (name, spec) => {
  const beyond =
    name in ofCounts ? [1e30, 1e200, Number.MAX_VALUE] : [1e9, 1e30, 1e100, 1e200, Number.MAX_VALUE]

  it('recovers from one absurd value, wherever it comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 }), fc.constantFrom(...beyond), (at, absurd) => {
        const values = ordinary(2, 620)
        values[at] = absurd
        values[600] = 500
        const { logP, expected } = run(spec, values)
        expect(logP.subarray(400, 600).filter(log => log < Math.log(1e-3)).length).toBeLessThan(8)
        expect(logP[600]).toBeLessThan(Math.log(1e-3))
        expect(Math.abs(expected[619]! - 23)).toBeLessThan(10)
      }),
      { numRuns: 3 },
    )
  })

  it('ends with whatever comes', () => {
    const odd = fc.constantFrom(
      0,
      -0,
      5e-324,
      1e-310,
      1,
      1e16,
      1e154,
      1e200,
      1.7e308,
      -1.7e308,
      Infinity,
      NaN,
    )
    fc.assert(
      fc.property(fc.array(odd, { minLength: 1, maxLength: 4 }), cycle => {
        const { logP } = run(
          spec,
          Float64Array.from({ length: 120 }, (_, i) => cycle[i % cycle.length]!),
        )
        expect(logP.every(log => log <= 0 || Number.isNaN(log))).toBe(true)
      }),
      few,
    )
  })
})

it('a series that turns to another size begins again', () => {
  const values = ordinary(3, 400)
  values.subarray(200).forEach((x, i) => {
    values[200 + i] = x * 1e200
  })
  const { expected, logP } = run(ewma(), values)
  expect(logP[205]).toBe(Number.NEGATIVE_INFINITY)
  expect(Math.abs(expected[399]! / 1e200 - 23)).toBeLessThan(3)
  expect(logP[399]).toBeGreaterThan(Math.log(1e-3))
})

it('bounded noise keeps its p-values when one outlier comes', () => {
  const values = Float64Array.from({ length: 900 }, (_, i) => 20 + (i % 7) + (i === 800 ? 500 : 0))
  const { logP } = run(holtWinters({ season: '1d' }), values)
  expect([...logP.keys()].filter(i => logP[i]! < Math.log(1e-3))).toEqual([800])
})
