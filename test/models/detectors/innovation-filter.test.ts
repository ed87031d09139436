import { describe, expect, it } from 'vitest'
import {
  advanceUncertain,
  filterOrder,
  readModel,
  setModel,
} from '../../../src/models/detectors/arima/innovation-filter.ts'
import { isStable } from '../../../src/models/detectors/arima/stationary-region.ts'
import { gaussian, seeded } from './simulate.ts'

/** Autocovariances of ARMA with unit shocks, from 3000 ψ weights. */
function autocovariances(ar: readonly number[], ma: readonly number[], length: number): number[] {
  const psi: number[] = []
  for (let j = 0; j < 3000; j++) {
    let value = j === 0 ? 1 : (ma[j - 1] ?? 0)
    ar.forEach((phi, i) => {
      value += phi * (psi[j - 1 - i] ?? 0)
    })
    psi.push(value)
  }
  return Array.from({ length }, (_, h) => psi.reduce((sum, x, j) => sum + x * (psi[j + h] ?? 0), 0))
}

/** Mean and variance of the last of jointly normal values given those seen before it, by Gauss elimination. */
function conditional(
  gamma: readonly number[],
  at: readonly number[],
  values: readonly number[],
  target: number,
) {
  const n = at.length
  const rows = at.map((s, i) => [
    ...at.map(t => gamma[Math.abs(s - t)]!),
    values[i]!,
    gamma[Math.abs(s - target)]!,
  ])
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const f = rows[i]![k]! / rows[k]![k]!
      for (let j = k; j < n + 2; j++) rows[i]![j] = rows[i]![j]! - f * rows[k]![j]!
    }
  }
  let mean = 0
  let variance = gamma[0]!
  for (let i = 0; i < n; i++) {
    const weight = rows[i]![n + 1]! / rows[i]![i]!
    mean += weight * values[i]!
    variance -= weight * gamma[Math.abs(at[i]! - target)]!
  }
  return { mean, variance }
}

describe.each([
  { ar: [0.6], ma: [] },
  { ar: [], ma: [0.5] },
  { ar: [0.5, 0.2], ma: [0.3] },
  { ar: [0.4], ma: [0.3, -0.5] },
  { ar: [0.4, 0.1, -0.3], ma: [0.6, 0.2] },
])('predictions of ARMA with ar $ar and ma $ma', ({ ar, ma }) => {
  it('are the conditional means and variances, whatever is missing', () => {
    const p = ar.length
    const m = filterOrder(p, ma.length)
    const model = new Float64Array(p + m)
    const means = new Float64Array(m)
    const excess = new Float64Array(m * m)
    const filter = { p, m, model, means, excess }
    setModel(filter, 0, [...ar, ...ma])
    const gamma = autocovariances(ar, ma, 40)
    // A long time of nothing seen is the stationary start.
    for (let i = 0; i < 2000; i++) advanceUncertain(filter, 0, 0, 0)
    const u = seeded(1)
    const at: number[] = []
    const values: number[] = []
    for (let t = 0; t < 30; t++) {
      const truth = conditional(gamma, at, values, t)
      expect(means[0]).toBeCloseTo(truth.mean, 9)
      expect(1 + excess[0]!).toBeCloseTo(truth.variance, 9)
      const seen = u() < 0.6
      const value = 2 * gaussian(u)
      if (seen) {
        at.push(t)
        values.push(value)
      }
      advanceUncertain(filter, 0, seen ? value - means[0]! : 0, seen ? 1 : 0)
    }
  })
})

it('gives back the parameters of a model', () => {
  const params = [0.5, 0.2, 0.3, -0.4]
  const filter = {
    ...{ p: 2, m: 2, means: new Float64Array(4), excess: new Float64Array(8) },
    model: new Float64Array(8),
  }
  setModel(filter, 1, params)
  const read = new Float64Array(4)
  readModel(filter, 1, read)
  read.forEach((value, i) => {
    expect(value).toBeCloseTo(params[i]!, 15)
  })
})

it('knows a stationary process from one that is not', () => {
  expect(isStable([0.5, 0.2], 0, 2, 1, 1)).toBe(true)
  expect(isStable([0.5, 0.5], 0, 2, 1, 1)).toBe(false)
  expect(isStable([1.2, -0.5], 0, 2, 1, 1)).toBe(true)
  expect(isStable([0.3, 0.2, -1.1], 0, 3, 1, 1)).toBe(false)
  // 1 + 0.5 B + 0.6 B²: invertible.
  expect(isStable([0.5, 0.6], 0, 2, -1, 1)).toBe(true)
  expect(isStable([0.5, 1.6], 0, 2, -1, 1)).toBe(false)
  expect(isStable([Number.NaN], 0, 1, 1, 1)).toBe(false)
})
