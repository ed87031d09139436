import { describe, expect, it } from 'vitest'
import { narrowLogP, widenLogP } from '../../../src/models/detectors/counts/uncertain-dispersion.ts'
import { normal, studentT } from '../../../src/models/distributions/index.ts'

describe("a p-value of the normal distribution, widened, is Student's", () => {
  const distribution = normal({ mean: 0, sd: 1 })
  const errors = (freedom: number, least: number): number => {
    const student = studentT({ df: freedom })
    let worst = 0
    for (let t = 0.25; 2 * student.sf(t) > least; t += 0.25) {
      const wide = Math.exp(widenLogP(Math.log(2 * distribution.sf(t)), freedom))
      worst = Math.max(worst, Math.abs(wide / (2 * student.sf(t)) - 1))
    }
    return worst
  }

  it('to a tenth of it down to 1e-4 and to a fifth down to 1e-6, from 20 degrees of freedom on', () => {
    for (const freedom of [20, 30, 100, 1000]) {
      expect(errors(freedom, 1e-4)).toBeLessThan(0.1)
      expect(errors(freedom, 1e-6)).toBeLessThan(0.2)
    }
  })
})

const freedoms = [4, 10, 50, 1e3, 1e6, 1e12]
const logs = [0, -1e-9, -0.1, -1, -7, -14, -100, -700]

it('is never smaller than it was, grows with what it was, and is 1 where that is', () => {
  for (const freedom of freedoms) {
    expect(widenLogP(0, freedom)).toBe(0)
    const wide = logs.map(log => widenLogP(log, freedom))
    wide.forEach((log, i) => {
      expect(log).toBeGreaterThanOrEqual(logs[i]! * (1 + 1e-9))
      if (i > 0) expect(log).toBeLessThan(wide[i - 1]!)
    })
  }
})

it('is undone by narrowing', () => {
  for (const freedom of freedoms) {
    for (const log of logs) {
      const back = narrowLogP(widenLogP(log, freedom), freedom)
      expect(Math.abs(back - log)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(log)))
    }
  }
})

it('leaves the impossible impossible and the unknown unknown', () => {
  expect(widenLogP(Number.NEGATIVE_INFINITY, 10)).toBe(Number.NEGATIVE_INFINITY)
  expect(widenLogP(Number.NaN, 10)).toBeNaN()
})
