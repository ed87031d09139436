import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { centralInterval, logTwoSided } from '../../../src/models/detectors/negative-binomial.ts'
import { negativeBinomialTails } from '../../../src/models/distributions/negative-binomial.ts'

const tails = new Float64Array(2)
const ends = new Float64Array(2)
const means = fc.oneof(
  fc.double({ min: 1e-3, max: 200, noNaN: true }),
  fc.double({ min: 1e-6, max: 1e5, noNaN: true }),
)
const dispersions = fc.oneof(
  fc.double({ min: 1e-4, max: 0.5, noNaN: true }),
  fc.double({ min: 1e-3, max: 50, noNaN: true }),
)

describe('the two-sided p-value', () => {
  it('is that of the incomplete beta function', () => {
    fc.assert(
      fc.property(means, dispersions, fc.double({ min: 0, max: 5, noNaN: true }), (mu, phi, ratio) => {
        const x = Math.floor(mu * ratio + 3 * ratio)
        negativeBinomialTails(x, 1 / phi, mu, tails)
        const truth = Math.min(0, Math.LN2 + Math.min(tails[0]!, tails[1]!))
        expect(Math.abs(logTwoSided(x, mu, phi) - truth)).toBeLessThan(1e-10 * Math.max(1, Math.abs(truth)))
      }),
      { numRuns: 400 },
    )
  })

  it('of nothing is a power', () => {
    expect(logTwoSided(0, 10, 0.2)).toBeCloseTo(Math.LN2 - 5 * Math.log(3), 12)
    expect(logTwoSided(0, 10, 0)).toBeCloseTo(Math.LN2 - 10, 5)
  })

  it('is 0 for the impossible and unknown for the unknown', () => {
    expect(logTwoSided(-1, 3, 0.1)).toBe(Number.NEGATIVE_INFINITY)
    expect(logTwoSided(Number.POSITIVE_INFINITY, 3, 0.1)).toBe(Number.NEGATIVE_INFINITY)
    expect(logTwoSided(Number.NaN, 3, 0.1)).toBeNaN()
  })
})

it('the central interval holds exactly the counts with p at least alpha', () => {
  fc.assert(
    fc.property(means, dispersions, fc.constantFrom(0.3, 0.05, 1e-3, 1e-6, 1e-12), (mu, phi, alpha) => {
      centralInterval(mu, phi, alpha, ends)
      const log = Math.log(alpha)
      const slack = 1e-9 * Math.abs(log)
      const [lower, upper] = [ends[0]!, ends[1]!]
      expect(logTwoSided(lower, mu, phi)).toBeGreaterThanOrEqual(log - slack)
      expect(logTwoSided(upper, mu, phi)).toBeGreaterThanOrEqual(log - slack)
      expect(logTwoSided(upper + 1, mu, phi)).toBeLessThan(log + slack)
      if (lower > 0) expect(logTwoSided(lower - 1, mu, phi)).toBeLessThan(log + slack)
    }),
    { numRuns: 300 },
  )
})
