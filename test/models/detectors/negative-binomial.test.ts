import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  centralInterval,
  centralIntervalOfLog,
  isUnremarkable,
  logTwoSided,
} from '../../../src/models/detectors/parts/negative-binomial.ts'
import { negativeBinomialTails } from '../../../src/models/distributions/negative-binomial.ts'
import { runs } from '../../effort.ts'

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
      { numRuns: runs(400) },
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
    { numRuns: runs(300) },
  )
})

it('an interval of an alpha below the least number has ends beyond those of a greater one', () => {
  centralInterval(20, 0.1, 1e-300, ends)
  const upper = ends[1]!
  centralIntervalOfLog(20, 0.1, -5000, ends)
  expect(ends[0]).toBe(0)
  expect(logTwoSided(ends[1]!, 20, 0.1)).toBeGreaterThanOrEqual(-5000)
  expect(logTwoSided(ends[1]! + 1, 20, 0.1)).toBeLessThan(-5000)
  expect(ends[1]).toBeGreaterThan(upper)
})

describe('what is prediction to be common has p of at least 1e-3', () => {
  const grid = [0, 1e-6, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 8, 20, 50, 100]

  /** The count farthest from the mean on one side that is said to be common. */
  function farthest(mu: number, phi: number, side: 1 | -1): number {
    let inside = side > 0 ? Math.floor(mu) : Math.ceil(mu)
    let outside = side > 0 ? inside + 1 : -1
    for (let reach = 1; side > 0 && isUnremarkable(outside, mu, phi); reach *= 2) {
      inside = outside
      outside += reach
    }
    while (Math.abs(outside - inside) > 1) {
      const middle = Math.floor((outside + inside) / 2)
      if (isUnremarkable(middle, mu, phi)) inside = middle
      else outside = middle
    }
    return inside
  }

  it('at the edge of it, for means from 1e-4 to 1e7', () => {
    let least = 0
    for (let log = -4; log <= 7; log += 0.1) {
      const mu = 10 ** log
      for (const phi of grid) {
        for (const side of [1, -1] as const) {
          const x = farthest(mu, phi, side)
          if (isUnremarkable(x, mu, phi)) least = Math.min(least, logTwoSided(x, mu, phi))
        }
      }
    }
    expect(least).toBeGreaterThan(Math.log(1.5e-3))
    expect(least).toBeLessThan(Math.log(3e-3))
  })

  it('anywhere', () => {
    fc.assert(
      fc.property(means, dispersions, fc.double({ min: 0, max: 12, noNaN: true }), (mu, phi, ratio) => {
        const x = mu * ratio + (ratio > 6 ? ratio : 0)
        for (const count of [x, Math.floor(x)]) {
          if (isUnremarkable(count, mu, phi)) {
            expect(logTwoSided(count, mu, phi)).toBeGreaterThan(Math.log(1e-3))
          }
        }
      }),
      { numRuns: runs(2000) },
    )
  })

  it('nearly everything with p above a hundredth is; nothing impossible, unknown, broken or too dispersed is', () => {
    for (const mu of [0.5, 5, 50, 500]) {
      for (const phi of [0, 0.05, 0.2]) {
        for (let x = 0; x < 5 * mu; x++) {
          if (logTwoSided(x, mu, phi) > Math.log(0.03)) expect(isUnremarkable(x, mu, phi)).toBe(true)
        }
      }
    }
    for (const x of [-1, 4.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(isUnremarkable(x, 5, 0.1)).toBe(false)
    expect(isUnremarkable(5, 5, 101)).toBe(false)
    expect(isUnremarkable(5, 5, Number.NaN)).toBe(false)
  })
})
