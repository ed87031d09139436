import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linearRegression } from '../../../src/models/index.ts'
import { LONGLEY, NORRIS } from './certified.ts'

/** Decimal digits that agree: −log₁₀ of the relative error. */
const digits = (found: number, certified: number): number =>
  found === certified ? 16 : -Math.log10(Math.abs(found - certified) / Math.abs(certified))

describe('certified values of NIST', () => {
  it.each([
    ['Norris', NORRIS],
    ['Longley', LONGLEY],
  ])('%s, to thirteen digits or more', (_, { x, y, estimates, standardErrors, sigma, rSquared, f }) => {
    const fit = linearRegression(x, y)
    const terms = [fit.intercept!, ...fit.slopes]
    for (const [i, { estimate, standardError }] of terms.entries()) {
      expect(digits(estimate, estimates[i]!)).toBeGreaterThan(13)
      expect(digits(standardError, standardErrors[i]!)).toBeGreaterThan(13)
    }
    expect(digits(fit.sigma, sigma)).toBeGreaterThan(13)
    expect(digits(fit.rSquared, rSquared)).toBeGreaterThan(13)
    expect(digits(fit.f, f)).toBeGreaterThan(10)
    expect(fit.n).toBe(y.length)
    expect(fit.degreesOfFreedom).toBe(y.length - terms.length)
  })

  it('NoInt1, which has no intercept', () => {
    const fit = linearRegression(
      Array.from({ length: 11 }, (_, i) => 60 + i),
      Array.from({ length: 11 }, (_, i) => 130 + i),
      { intercept: false },
    )
    expect(fit.intercept).toBeNull()
    expect(digits(fit.slopes[0]!.estimate, 2.07438016528926)).toBeGreaterThan(14)
    expect(digits(fit.slopes[0]!.standardError, 0.0165289256198347)).toBeGreaterThan(13)
    expect(digits(fit.sigma, 3.56753034006338)).toBeGreaterThan(13)
    expect(digits(fit.rSquared, 0.999365492298663)).toBeGreaterThan(14)
  })

  it('Wampler1, a polynomial of degree five without noise', () => {
    const x = Array.from({ length: 21 }, (_, i) => i)
    const powers = x.map(value => [1, 2, 3, 4, 5].map(k => value ** k))
    const y = powers.map(row => row.reduce((sum, value) => sum + value, 1))
    const fit = linearRegression(powers, y)
    for (const { estimate } of [fit.intercept!, ...fit.slopes])
      expect(digits(estimate, 1)).toBeGreaterThan(12)
    expect(fit.rSquared).toBe(1)
  })
})

it('one regressor gives the slope of the exact rational formula', () => {
  const points = fc.array(
    fc.record({
      x: fc.integer({ min: -1000, max: 1000 }),
      y: fc.integer({ min: -1000, max: 1000 }),
    }),
    { minLength: 3, maxLength: 40 },
  )
  fc.assert(
    fc.property(points, rows => {
      const sum = (of: (row: { x: number; y: number }) => number) =>
        rows.reduce((total, row) => total + of(row), 0)
      const n = rows.length
      const spread = n * sum(r => r.x * r.x) - sum(r => r.x) ** 2
      fc.pre(spread > 0)
      const slope = (n * sum(r => r.x * r.y) - sum(r => r.x) * sum(r => r.y)) / spread
      const fit = linearRegression(
        rows.map(r => r.x),
        rows.map(r => r.y),
      )
      expect(fit.slopes[0]!.estimate).toBeCloseTo(slope, 11)
      // The residuals are orthogonal to the regressor and the constant.
      expect(fit.residuals.reduce((total, e) => total + e, 0)).toBeCloseTo(0, 7)
      expect(fit.residuals.reduce((total, e, i) => total + e * rows[i]!.x, 0)).toBeCloseTo(0, 4)
    }),
  )
})

it('points that miss something do not count, and keep their place', () => {
  const x = [
    [1, 2],
    [2, null],
    [3, 1],
    [4, 5],
    [5, 3],
    [6, 6],
  ]
  const y = [1, 2, 3, null, 6, 5]
  const fit = linearRegression(x, y)
  expect(fit.n).toBe(4)
  const kept = [0, 2, 4, 5]
  const alone = linearRegression(
    kept.map(i => x[i]!),
    kept.map(i => y[i]!),
  )
  expect(fit.slopes).toEqual(alone.slopes)
  expect([...fit.residuals].map(Number.isNaN)).toEqual([false, true, false, true, false, false])
  expect(fit.predict([3, 1]) + fit.residuals[2]!).toBeCloseTo(3, 12)
})

it('as many points as coefficients leave no degrees of freedom', () => {
  const fit = linearRegression([1, 2], [3, 5])
  expect(fit.slopes[0]!.estimate).toBeCloseTo(2, 14)
  expect(fit.degreesOfFreedom).toBe(0)
  expect(fit.slopes[0]!.standardError).toBeNaN()
  expect(fit.slopes[0]!.pValue).toBeNaN()
  expect(fit.pValue).toBeNaN()
})

it('refuses what it cannot fit', () => {
  const code = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      return (error as { code: string }).code
    }
    return 'fitted'
  }
  expect(code(() => linearRegression([1], [2]))).toBe('REGRESSION_DATA')
  expect(code(() => linearRegression([1, 2], [2]))).toBe('REGRESSION_DATA')
  expect(code(() => linearRegression(null as any, [2]))).toBe('REGRESSION_DATA')
  expect(code(() => linearRegression([[1], [2, 3], [4]], [1, 2, 3]))).toBe('REGRESSION_DATA')
  expect(code(() => linearRegression([7, 7, 7], [1, 2, 3]))).toBe('REGRESSION_COLLINEAR')
  expect(code(() => linearRegression([0.1, 0.1, 0.1], [1, 2, 3]))).toBe('REGRESSION_COLLINEAR')
  const twice = [1, 2, 5, 7].map(value => [value, 3 * value + 0.1])
  expect(code(() => linearRegression(twice, [1, 2, 3, 5]))).toBe('REGRESSION_COLLINEAR')
  expect(code(() => linearRegression([1, 2, 3], [1, 2, Infinity]))).toBe('SERIES_TYPE')
  expect(code(() => linearRegression([1, 2, 3], [1, 2, 4], { level: 95 }))).toBe('LEVEL')
  expect(code(() => linearRegression([1, 2, 3], [1, 2, 4]).predict([1, 2]))).toBe('REGRESSION_DATA')
})
