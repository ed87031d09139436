import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import { ModelError } from '../../../src/core/errors.ts'
import { counts, fitted } from '../../../src/models/detectors/index.ts'
import { randomisedTwoSided, specDraws } from '../../../src/models/detectors/parts/randomised.ts'
import {
  binomial,
  type DiscreteDistribution,
  empirical,
  goodnessOfFit,
  negativeBinomial,
  normal,
  poisson,
  uniform,
} from '../../../src/models/distributions/index.ts'
import { arima } from '../../../src/models/index.ts'
import { detectors } from './all-detectors.ts'
import { alarms, binomialInterval, context, hourly, score, seeded, stateFor } from './simulate.ts'

const distributions: readonly { name: string; distribution: DiscreteDistribution }[] = [
  { name: 'poisson(3)', distribution: poisson({ rate: 3 }) },
  { name: 'poisson(0.05)', distribution: poisson({ rate: 0.05 }) },
  { name: 'binomial(20, 0.3)', distribution: binomial({ trials: 20, p: 0.3 }) },
  { name: 'negativeBinomial(2, mean 6)', distribution: negativeBinomial({ size: 2, mean: 6 }) },
]

const open = (spec: DetectorSpec, over = {}) => detectors[spec.kind]!(spec, context(over))

/** How unlikely uniform numbers are to be so uneven. */
const evenness = (logP: Float64Array): number =>
  goodnessOfFit(logP.filter(log => !Number.isNaN(log)).map(Math.exp), uniform({ min: 0, max: 1 }), {
    fittedParameters: 0,
  }).kolmogorovSmirnov.pValue

describe.each(distributions)('under $name', ({ distribution }) => {
  const values = distribution.sample(seeded(71), 30_000)
  const wants = { bounds: 'none', pValues: 'all' } as const

  it('p-values are uniform, and alarms come at rate alpha', () => {
    const { logP } = score(open(distribution.asDetector({ randomised: true }), { wants }), hourly(values))
    expect(evenness(logP)).toBeGreaterThan(1e-3)
    for (const alpha of [0.05, 0.01, 1e-3]) {
      const [least, most] = binomialInterval(values.length, alpha)
      const found = alarms(logP, alpha)
      expect(found.alarms).toBeGreaterThan(least)
      expect(found.alarms).toBeLessThan(most)
    }
  })

  it('conservative ones are never smaller, and not uniform', () => {
    const { logP } = score(open(distribution.asDetector({ randomised: true }), { wants }), hourly(values))
    const conservative = score(open(distribution.asDetector(), { wants }), hourly(values)).logP
    expect(conservative.filter((log, i) => !(log >= logP[i]! - 1e-12))).toHaveLength(0)
    expect(evenness(conservative)).toBeLessThan(1e-9)
  })

  it('is far in the tail what it is near the middle: a step of the distribution, divided by V', () => {
    const both = { tails: tailsOf(distribution) }
    for (const x of [0, 1, 7, 20, 60]) {
      if (distribution.pmf(x) === 0) continue
      for (const v of [1e-12, 0.3, 0.999]) {
        const u = distribution.cdf(x) - (1 - v) * distribution.pmf(x)
        const above = distribution.sf(x) + (1 - v) * distribution.pmf(x)
        const p = 2 * Math.min(u, above)
        expect(Math.exp(randomisedTwoSided(both, x, v)) / p).toBeCloseTo(1, 3)
      }
    }
  })
})

function tailsOf(distribution: DiscreteDistribution) {
  return (x: number, out: Float64Array): void => {
    out[0] = distribution.logCdf(x)
    out[1] = distribution.logSf(Math.ceil(x) - 1)
  }
}

it('does not underflow, nor lose digits to what is nearly certain', () => {
  const distribution = { tails: tailsOf(poisson({ rate: 3 })) }
  // P(X ≥ 1000) is about e^−4813, and nearly all of it is P(X = 1000).
  expect(randomisedTwoSided(distribution, 1000, 0.5)).toBeCloseTo(
    Math.log(2 * 0.5) + poisson({ rate: 3 }).logPmf(1000),
    1,
  )
  const rare = { tails: tailsOf(poisson({ rate: 1e-12 })) }
  // P(X ≥ 0) leaves (1 − V)·(1 − rate) above, and P(X ≥ 1) is below it by far.
  expect(Math.exp(randomisedTwoSided(rare, 0, 1 - 1e-10))).toBeCloseTo(2.02e-10, 12)
})

const learned: readonly { name: string; spec: DetectorSpec; distribution: DiscreteDistribution }[] = [
  {
    name: 'fitted poisson',
    spec: fitted('poisson', { randomised: true, warmup: 1000 }),
    distribution: distributions[0]!.distribution,
  },
  {
    name: 'fitted binomial',
    spec: fitted('binomial', { trials: 20, randomised: true, warmup: 1000 }),
    distribution: distributions[2]!.distribution,
  },
  {
    name: 'fitted negativeBinomial',
    spec: fitted('negativeBinomial', { randomised: true, warmup: 1000 }),
    distribution: distributions[3]!.distribution,
  },
  {
    name: 'counts',
    spec: counts({ season: 'none', warmup: '42d', randomised: true }),
    distribution: distributions[3]!.distribution,
  },
]

describe.each(learned)('$name', ({ spec, distribution }) => {
  const values = distribution.sample(seeded(5), 8000)
  const wants = { bounds: 'none', pValues: 'all' } as const

  it('has uniform p-values once its distribution is learned', () => {
    const { logP } = score(open(spec, { wants }), hourly(values))
    expect(evenness(logP)).toBeGreaterThan(1e-3)
  })

  it('learns what it learns without', () => {
    const { randomised: _, ...plain } = spec
    const conservative = score(open(plain as DetectorSpec, { wants }), hourly(values))
    const uniformly = score(open(spec, { wants }), hourly(values))
    expect(uniformly.expected).toEqual(conservative.expected)
    expect(uniformly.logP.filter((log, i) => log > conservative.logP[i]! + 1e-9)).toHaveLength(0)
  })

  it('is on the right side of alpha where only that is asked', () => {
    const logAlpha = Math.log(1e-4)
    const exact = score(open(spec, { alpha: 1e-4, wants }), hourly(values)).logP
    const fewer = { bounds: 'none', pValues: 'anomalies' }
    const { logP } = score(open(spec, { alpha: 1e-4, wants: fewer }), hourly(values))
    expect(logP.filter((log, i) => log < logAlpha !== exact[i]! < logAlpha)).toHaveLength(0)
  })
})

describe('what V depends on', () => {
  const spec = poisson({ rate: 3 }).asDetector({ randomised: true })
  const of = (seed: number) => {
    const draws = specDraws({ kind: 'test', randomised: { seed } }, true)!
    draws.bind(stateFor({ layout: draws.layout, step() {} }, 2))
    return draws
  }

  it('is in (0, 1), and uniform over times', () => {
    const draws = of(0)
    const logs = Float64Array.from({ length: 100_000 }, (_, i) => Math.log(draws.draw(0, 3_600_000 * i)))
    expect(logs.every(log => log < 0 && log > -Infinity)).toBe(true)
    expect(evenness(logs)).toBeGreaterThan(1e-3)
  })

  it('is uniform over seeds, and over what a key had before', () => {
    const bySeed = Float64Array.from({ length: 20_000 }, (_, seed) => Math.log(of(seed).draw(0, 7)))
    expect(evenness(bySeed)).toBeGreaterThan(1e-3)
    const byPast = Float64Array.from({ length: 20_000 }, (_, x) => {
      const draws = of(0)
      draws.note(0, 3, x)
      return Math.log(draws.draw(0, 7))
    })
    expect(evenness(byPast)).toBeGreaterThan(1e-3)
  })

  it('is the same for keys with the same past, and another as soon as a value differs', () => {
    const draws = of(3)
    expect(draws.draw(0, 1)).toBe(draws.draw(1, 1))
    draws.note(0, 1, 4)
    draws.note(1, 1, 4)
    expect(draws.draw(0, 2)).toBe(draws.draw(1, 2))
    draws.note(0, 2, 4)
    draws.note(1, 2, 5)
    let product = 0
    const n = 20_000
    for (let t = 3; t < n + 3; t++) {
      product += (draws.draw(0, t) - 0.5) * (draws.draw(1, t) - 0.5)
      draws.note(0, t, 1)
      draws.note(1, t, 1)
    }
    // A mean of n products of variance 1/144.
    expect(Math.abs(product / n)).toBeLessThan(4 / 12 / Math.sqrt(n))
  })

  it('has nothing to do with the value it is for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 99 }), (x, at) => {
        const values = poisson({ rate: 3 }).sample(seeded(2), 100)
        const before = score(open(spec), hourly(values))
        values[at] = x
        const after = score(open(spec), hourly(values))
        expect(after.lower.subarray(0, at + 1)).toEqual(before.lower.subarray(0, at + 1))
        expect(after.upper.subarray(0, at + 1)).toEqual(before.upper.subarray(0, at + 1))
      }),
    )
  })
})

describe('specs', () => {
  it('say nothing of it by default, and the seed where it is asked', () => {
    expect(counts()).not.toHaveProperty('randomised')
    expect(counts({ randomised: true }).randomised).toEqual({ seed: 0 })
    expect(fitted('poisson', { randomised: true, seed: 9 }).randomised).toEqual({ seed: 9 })
    expect(poisson({ rate: 1 }).asDetector({ randomised: false })).toEqual(poisson({ rate: 1 }).asDetector())
  })

  it.each([
    ['a word', () => counts({ randomised: 'yes' as never })],
    ['a seed of nothing', () => counts({ seed: 3 })],
    ['a negative seed', () => counts({ randomised: true, seed: -1 })],
    ['values that are not whole', () => fitted('gamma', { randomised: true })],
    ['learned tails', () => fitted('poisson', { randomised: true, calibrate: 'tail' })],
    ['a continuous distribution', () => normal({ mean: 0, sd: 1 }).asDetector({ randomised: true })],
    ['a sample', () => empirical([1, 2, 3]).asDetector({ randomised: true })],
    ['a series', () => arima.withCoefficients({ ar: [0.5] }).asDetector({ randomised: true } as never)],
    ['ranks', () => poisson({ rate: 3 }).asDetector({ randomised: true, calibrate: 'conformal' })],
  ])('refuse %s', (_, run) => {
    expect(run).toThrow(ModelError)
    expect(run).toThrow(expect.objectContaining({ code: 'DETECTOR_OPTION' }))
  })

  it('that were tampered with are refused when opened', () => {
    for (const spec of [
      { ...counts(), randomised: true },
      { ...counts(), randomised: { seed: 0.5 } },
      { ...fitted('normal'), randomised: { seed: 0 } },
      { ...normal({ mean: 0, sd: 1 }).asDetector(), randomised: { seed: 0 } },
    ]) {
      expect(() => open(spec)).toThrow(expect.objectContaining({ code: 'DETECTOR_SPEC' }))
    }
  })
})
