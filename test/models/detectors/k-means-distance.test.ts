import { describe, expect, it } from 'vitest'
import { kMeansDistance } from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { context, gaussian, hourly, score, seeded } from './simulate.ts'

const run = (values: Float64Array, spec = kMeansDistance()) =>
  score(detectors.kMeansDistance!(spec, context()), hourly(values))

it('is alarmed by independent values about as often as it was asked to be', () => {
  const rates: number[] = []
  for (let s = 0; s < 30; s++) {
    const u = seeded(77 * s + 3)
    const { logP } = run(Float64Array.from({ length: 1500 }, () => gaussian(u)))
    const scored = logP.filter(log => !Number.isNaN(log))
    rates.push(scored.filter(log => log < Math.log(0.01)).length / scored.length / 0.01)
  }
  const mean = rates.reduce((a, b) => a + b) / rates.length
  const error = Math.sqrt(rates.reduce((a, b) => a + (b - mean) ** 2, 0) / (rates.length - 1) / rates.length)
  expect(mean).toBeGreaterThan(0.8 - 3.9 * error)
  expect(mean).toBeLessThan(1.25 + 3.9 * error)
})

describe('a square wave', () => {
  const u = seeded(4)
  const values = Float64Array.from({ length: 1200 }, (_, i) => (i % 8 < 4 ? 0 : 10) + 0.3 * gaussian(u))
  const spec = kMeansDistance({ clusters: 8, lags: 4 })

  it('has a value in range at the wrong place for an anomaly', () => {
    const wrong = Float64Array.from(values)
    // Half way up: nowhere near any pattern, though right at the mean.
    wrong[1001] = 5
    const { logP, expected, lower, upper } = run(wrong, spec)
    expect(logP[1001]).toBeLessThan(Math.log(1e-3))
    expect(Math.abs(expected[1001]! - 0)).toBeLessThan(1)
    expect(lower[1000]! < expected[1000]! && expected[1000]! < upper[1000]!).toBe(true)
    // The values after it are scored as if it had been what was expected.
    for (let i = 1002; i < 1006; i++) expect(logP[i]).toBeGreaterThan(Math.log(1e-3))
  })

  it('is scored through gaps as if what was expected had come', () => {
    const gaps = values.map((x, i) => (i > 600 && i % 17 === 0 ? Number.NaN : x))
    const { logP } = run(gaps, spec)
    const scored = logP.filter(log => !Number.isNaN(log))
    expect(scored.filter(log => log < Math.log(0.01)).length / scored.length).toBeLessThan(0.03)
  })
})

it('an unusually small distance is no anomaly', () => {
  const u = seeded(6)
  const values = Float64Array.from({ length: 1000 }, () => gaussian(u))
  const { expected } = run(values)
  const still = Float64Array.from(values)
  still[900] = expected[900]!
  expect(run(still).logP[900]).toBeGreaterThan(Math.log(0.05))
})
