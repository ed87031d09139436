import { describe, expect, it } from 'vitest'
import { ModelError } from '../../../src/core/errors.ts'
import { predictiveDistributions } from '../../../src/models/detectors/fitted/predictive/index.ts'
import { fitted } from '../../../src/models/detectors/index.ts'
import {
  exponential,
  gamma,
  negativeBinomial,
  normal,
  poisson,
  studentT,
} from '../../../src/models/distributions/index.ts'
import { detectors } from './all-detectors.ts'
import { families, trueRate } from './fitted-families.ts'
import { context, gaussian, hourly, score, seeded } from './simulate.ts'

describe('the rate of alarms, given what is learned, is that of the distribution itself', () => {
  describe.each(families)('$family', ({ family, truth, options }) => {
    it.each([
      ['without profile', undefined],
      ['by hour of day', 'hourOfDay'],
    ] as const)('%s', (_, profile) => {
      // Whole numbers have the rate where their p-values are randomised; conservative ones have steps.
      const randomised = truth.kind === 'discrete'
      const spec = fitted(family, { ...options, profile, randomised })
      for (const alpha of [0.01, 1e-3]) {
        const times = trueRate(truth, spec, alpha, 5, 700) / alpha
        // In the first month hours that do not differ are scored as if they might.
        expect(times).toBeGreaterThan(profile === undefined ? 0.8 : 0.6)
        expect(times).toBeLessThan(1.25)
      }
    })
  })
})

describe('predictive distributions', () => {
  const out = new Float64Array(2)
  it('of normal values is that of Student', () => {
    const distribution = predictiveDistributions.normal(0)
    distribution.set(2, 10, 9, 9)
    const t = studentT({ df: 9, location: 2, scale: 3 * Math.sqrt(1.1) })
    for (const x of [-40, 0, 2.5, 9]) {
      distribution.tails(x, out)
      expect(out[0]).toBeCloseTo(t.logCdf(x), 10)
      expect(out[1]).toBeCloseTo(t.logSf(x), 10)
    }
  })

  it('of Poisson values is the negative binomial one', () => {
    const distribution = predictiveDistributions.poisson(0)
    distribution.set(4, 5, 0, 0)
    const truth = negativeBinomial({ size: 20, mean: 4 })
    for (const x of [0, 3, 15]) {
      distribution.tails(x, out)
      expect(out[0]).toBeCloseTo(truth.logCdf(x), 10)
      expect(out[1]).toBeCloseTo(x === 0 ? 0 : truth.logSf(x - 1), 10)
    }
  })

  it.each(families.filter(({ truth }) => truth.kind === 'discrete'))(
    'of $family: P(X ≤ x) and P(X ≥ x) have P(X = x) in common, and all probabilities make 1',
    ({ family, options }) => {
      const distribution = predictiveDistributions[family](options?.trials ?? 0)
      distribution.look(new Float64Array(3), 0, 1)
      distribution.set(3, 6, 0, 0)
      let total = 0
      for (let k = 0; k <= Math.min(distribution.most, 4000); k++) {
        distribution.tails(k, out)
        const [below, from] = [Math.exp(out[0]!), Math.exp(out[1]!)]
        const point = below + from - 1
        expect(point).toBeGreaterThan(-1e-12)
        total += point
        expect(below).toBeCloseTo(total, 8)
      }
      expect(total).toBeCloseTo(1, 6)
    },
  )

  it('of exponential and gamma values come near the distribution itself when much is known', () => {
    for (const [family, truth] of [
      ['exponential', exponential({ rate: 0.5 })],
      ['gamma', gamma({ shape: 1, rate: 0.5 })],
    ] as const) {
      const distribution = predictiveDistributions[family](0)
      // A shape of 1 seen a million times.
      distribution.look(Float64Array.from([1e6, 1e6, -0.5772156649015329e6]), 0, 1)
      distribution.set(2, 1e6, 0, 0)
      for (const x of [0.01, 1, 20]) {
        distribution.tails(x, out)
        expect(out[0]! / truth.logCdf(x)).toBeCloseTo(1, 2)
        expect(out[1]! / truth.logSf(x)).toBeCloseTo(1, 2)
      }
    }
  })
})

describe('what cannot be', () => {
  it.each([
    ['poisson', {}, -1],
    ['binomial', { trials: 10 }, 11],
    ['binomial', { trials: 10 }, -1],
    ['bernoulli', {}, 2],
    ['geometric', {}, -0.5],
    ['exponential', {}, -1e-9],
    ['gamma', {}, 0],
    ['lognormal', {}, -3],
  ] as const)('has p = 0: %s %o %d', (family, options, impossible) => {
    const u = seeded(9)
    const values = Float64Array.from({ length: 200 }, () =>
      u() < 0.5 ? 1 : family === 'bernoulli' ? 0 : 1.5,
    )
    values[150] = impossible
    const { logP, expected } = score(detectors.fitted!(fitted(family, options), context()), hourly(values))
    expect(logP[150]).toBe(-Infinity)
    // And is not learned from.
    expect(expected[151]).toBe(expected[150])
  })
})

it('a profile is learned, and goes with the level when that moves for good', () => {
  const u = seeded(2)
  const mean = (i: number) => (i % 24 < 12 ? 4 : 40)
  const values = Float64Array.from(
    { length: 1500 },
    (_, i) => poisson({ rate: mean(i) * (i < 1200 ? 1 : 3) }).sample(u, 1)[0]!,
  )
  const { expected } = score(
    detectors.fitted!(fitted('poisson', { profile: 'hourOfDay' }), context()),
    hourly(values),
  )
  for (let i = 1000; i < 1200; i++) expect(Math.abs(expected[i]! / mean(i) - 1)).toBeLessThan(0.3)
  for (let i = 1300; i < 1500; i++) expect(Math.abs(expected[i]! / mean(i) / 3 - 1)).toBeLessThan(0.35)
})

it('normal values have a spread of their own in each hour', () => {
  const u = seeded(3)
  const sd = (i: number) => (i % 24 < 12 ? 1 : 5)
  const values = Float64Array.from({ length: 2400 }, (_, i) => sd(i) * gaussian(u))
  const { lower, upper } = score(
    detectors.fitted!(fitted(normal, { profile: 'hourOfDay' }), context({ alpha: 0.01 })),
    hourly(values),
  )
  for (let i = 2300; i < 2400; i++) {
    const width = (upper[i]! - lower[i]!) / (2 * 2.576 * sd(i))
    expect(width).toBeGreaterThan(0.7)
    expect(width).toBeLessThan(1.6)
  }
})

describe('specs of fitted', () => {
  it('hold the name of the family, however it was given', () => {
    expect(fitted(poisson)).toEqual(fitted('poisson'))
    expect(JSON.parse(JSON.stringify(fitted(poisson)))).toEqual(fitted('poisson'))
  })

  it.each([
    ['a family that is not learned online', () => fitted(studentT as never)],
    ['a function that is no family', () => fitted((() => 1) as never)],
    ['a name that is none', () => fitted('cauchy' as never)],
    ['trials of counts', () => fitted('poisson', { trials: 3 })],
    ['successes without trials', () => fitted('binomial')],
    ['half a trial', () => fitted('binomial', { trials: 0.5 })],
    ['a profile that is none', () => fitted('normal', { profile: 'daily' as never })],
    ['a memory too short', () => fitted('normal', { memory: 3 })],
  ])('refuse %s', (_, run) => {
    expect(run).toThrow(ModelError)
    expect(run).toThrow(expect.objectContaining({ code: 'DETECTOR_OPTION' }))
  })
})
