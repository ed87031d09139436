import { expect, it } from 'vitest'
import { windowedGaussian } from '../../../bench/nab/windowed-gaussian.ts'
import { gaussian, seeded } from '../../models/detectors/simulate.ts'

const u = seeded(4)
const values = Float64Array.from({ length: 6700 }, () => 100 + gaussian(u))
const scores = windowedGaussian(values)

/** Mean and standard deviation of values[from … to − 1]. */
function moments(from: number, to: number): [number, number] {
  const part = values.subarray(from, to)
  const mean = part.reduce((a, b) => a + b, 0) / part.length
  return [mean, Math.sqrt(part.reduce((a, b) => a + (b - mean) ** 2, 0) / part.length)]
}

/** Standardised distance that a score says: P(Z > z) = 1 − score, found by bisection on Simpson's rule. */
function distance(score: number): number {
  const tail = (z: number): number => {
    const steps = 2000
    const h = z / steps
    let sum = 0
    for (let k = 0; k <= steps; k++) {
      const weight = k === 0 || k === steps ? 1 : k % 2 === 1 ? 4 : 2
      sum += weight * Math.exp(-0.5 * (k * h) ** 2)
    }
    return 0.5 - (sum * h) / 3 / Math.sqrt(2 * Math.PI)
  }
  let [low, high] = [0, 8]
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2
    if (1 - tail(middle) < score) low = middle
    else high = middle
  }
  return low
}

it.each([
  { at: 2, from: 0, to: 2 },
  { at: 500, from: 0, to: 500 },
  { at: 6399, from: 0, to: 6399 },
  { at: 6400, from: 0, to: 6400 },
  { at: 6499, from: 0, to: 6400 },
  { at: 6500, from: 100, to: 6500 },
  { at: 6650, from: 200, to: 6600 },
])('value $at is scored by values $from to $to', ({ at, from, to }) => {
  const [mean, sd] = moments(from, to)
  expect(distance(scores[at]!)).toBeCloseTo(Math.abs(values[at]! - mean) / sd, 6)
})

it('the first value is nothing, and of values all alike another is all', () => {
  expect(scores[0]).toBe(0)
  expect(Array.from(windowedGaussian(Float64Array.of(5, 5, 5, 6)))).toEqual([0, 0.5, 0.5, 1])
})
