import { expect, it } from 'vitest'
import { noiseVariance, rateVariance } from '../../../src/models/detectors/counts/between-variance.ts'
import { countNumber, gammaNumber, seeded } from './simulate.ts'

const model = { unit: 1, kappa: 1, phi: 0, level: 1 }
const flat = { stride: 2, groups: 1, members: 24 }

it.each([
  { variance: 0, phi: 0 },
  { variance: 0.02, phi: 0 },
  { variance: 0.3, phi: 0 },
  { variance: 0.1, phi: 0.2 },
])(
  'rates that differ by a relative variance of $variance are found to, dispersion $phi',
  ({ variance, phi }) => {
    const u = seeded(11)
    const repeats = 400
    let sum = 0
    for (let n = 0; n < repeats; n++) {
      const sums = new Float64Array(48)
      for (let m = 0; m < 24; m++) {
        const rate = variance > 0 ? variance * gammaNumber(u, 1 / variance) : 1
        for (let day = 0; day < 10; day++) sums[2 * m]! += countNumber(u, 20 * rate, phi)
        sums[2 * m + 1] = 10
      }
      sum += rateVariance(sums, 0, flat, { ...model, phi }, { variance: 0, information: 1e-6 })
    }
    // The standard error of a mean over 400 is a fortieth of the estimate's.
    expect(Math.abs(sum / repeats - variance)).toBeLessThan(0.003 + 0.15 * variance)
  },
)

it('hours of the week are compared with their hour of the day, not with the whole', () => {
  const sums = new Float64Array(336)
  for (let slot = 0; slot < 168; slot++) {
    sums[2 * slot] = 1000 * (1 + (slot % 24))
    sums[2 * slot + 1] = 1000
  }
  expect(
    rateVariance(sums, 0, { stride: 2, groups: 24, members: 7 }, model, { variance: 0, information: 1e-6 }),
  ).toBe(1e-4)
  expect(
    rateVariance(sums, 0, { stride: 2, groups: 1, members: 168 }, model, { variance: 0, information: 1e-6 }),
  ).toBeGreaterThan(0.2)
})

it('without counts a variance is what was guessed', () => {
  expect(rateVariance(new Float64Array(48), 0, flat, model, { variance: 0.5, information: 4 })).toBe(0.5)
})

it('noise that differs by no more than chance has variance 0 five times in six; other noise has what it has', () => {
  const u = seeded(12)
  const hours = { stride: 4, groups: 1, members: 24 }
  const phi = 0.05
  const estimate = (variance: number): number => {
    const sums = new Float64Array(96)
    for (let m = 0; m < 24; m++) {
      const deviate = (scale: number) => (u() + u() + u() - 1.5) * 2 * Math.sqrt(scale)
      // Rare and frequent counts; the noise 1 + φμ is off by a factor, and so is what is known of it.
      const mu = m < 12 ? 2 : 40
      const relative = (1 + phi * mu) / mu
      sums[4 * m] = 10 * mu
      sums[4 * m + 1] = 10
      sums[4 * m + 3] = 50 / (relative * relative)
      sums[4 * m + 2] = sums[4 * m + 3]! * (phi + relative * (deviate(variance) + deviate(2 / 50)))
    }
    return noiseVariance(sums, 0, hours, { phi, scale: 2, level: 1 })
  }
  const alike = Array.from({ length: 600 }, () => estimate(0))
  expect(alike.filter(variance => variance > 0).length / 600).toBeLessThan(0.2)
  const different = Array.from({ length: 600 }, () => estimate(1))
  expect(Math.abs(different.reduce((a, b) => a + b) / 600 - 1)).toBeLessThan(0.1)
  expect(noiseVariance(new Float64Array(96), 0, hours, { phi, scale: 2, level: 1 })).toBe(0)
})
