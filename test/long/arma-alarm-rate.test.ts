/**
 * Is alpha the rate of alarms of `arma` on ARMA(2, 1) series, once 1,000 points are known?
 *
 * The series are simulated, so the probability that the next value falls outside the bounds is known at each point; its
 * mean is the rate, with far less noise than a count of alarms would have (Rao–Blackwell).
 */
import { describe, expect, it } from 'vitest'
import { arma } from '../../src/models/detectors/index.ts'
import { normal, studentT } from '../../src/models/distributions/index.ts'
import { detectors } from '../models/detectors/all-detectors.ts'
import {
  context,
  gammaNumber,
  gaussian,
  hourly,
  score,
  seeded,
  type Uniform,
} from '../models/detectors/simulate.ts'

interface Noise {
  readonly draw: (u: Uniform) => number
  readonly distribution: { cdf(x: number): number; sf(x: number): number }
}

const NOISES: Readonly<Record<string, Noise>> = {
  Gaussian: { draw: gaussian, distribution: normal({ mean: 0, sd: 1 }) },
  't(3)': {
    draw: u => gaussian(u) / Math.sqrt((2 * gammaNumber(u, 1.5)) / 3),
    distribution: studentT({ df: 3 }),
  },
  'centred exponential': {
    draw: u => -Math.log(1 - u()) - 1,
    distribution: { cdf: x => (x < -1 ? 0 : -Math.expm1(-x - 1)), sf: x => (x < -1 ? 1 : Math.exp(-x - 1)) },
  },
}

const KNOWN = 1000

/** The rate of alarms over alpha, pooled over series. */
function rate(
  noise: Noise,
  calibrate: 'analytic' | 'tail',
  alpha: number,
  series: number,
  length: number,
): number {
  const spec = arma({ p: 2, q: 1, calibrate })
  let sum = 0
  for (let s = 0; s < series; s++) {
    const u = seeded(7919 * s + 1)
    const partial = 1.4 * u() - 0.5
    const phi2 = 0.8 * u() - 0.4
    const phi1 = partial * (1 - phi2)
    const theta = 1.2 * u() - 0.6
    const values = new Float64Array(length)
    const means = new Float64Array(length)
    let [z1, z2, e1] = [0, 0, 0]
    for (let i = 0; i < length; i++) {
      const mean = phi1 * z1 + phi2 * z2 + theta * e1
      e1 = noise.draw(u)
      z2 = z1
      z1 = mean + e1
      means[i] = mean
      values[i] = z1
    }
    const { lower, upper } = score(detectors[spec.kind]!(spec, context({ alpha })), hourly(values))
    for (let i = KNOWN; i < length; i++) {
      sum += noise.distribution.cdf(lower[i]! - means[i]!) + noise.distribution.sf(upper[i]! - means[i]!)
    }
  }
  return sum / (series * (length - KNOWN) * alpha)
}

describe('analytic, Gaussian, 2000 series', () => {
  it.each([0.05, 0.01, 1e-3, 1e-4, 1e-6])('alpha %d', alpha => {
    const found = rate(NOISES.Gaussian!, 'analytic', alpha, 2000, 2000)
    console.log(`analytic, Gaussian, ${alpha}: ${found.toFixed(3)}`)
    expect(found).toBeGreaterThan(0.95)
    expect(found).toBeLessThan(1.05)
  })
})

describe.each(Object.keys(NOISES))('tail, %s, 60 series', name => {
  it.each([0.05, 0.01, 1e-3])('alpha %d', alpha => {
    const found = rate(NOISES[name]!, 'tail', alpha, 60, 4000)
    console.log(`tail, ${name}, ${alpha}: ${found.toFixed(3)}`)
    expect(found).toBeGreaterThan(0.8)
    expect(found).toBeLessThan(1.25)
  })
})
