/**
 * Are the predictive distributions of `fitted` honest? For each family 24 series of 2400 values are drawn from a
 * distribution, and its probability outside the bounds of each step is averaged: the rate of alarms without the noise of
 * counting. Those of whole numbers are randomised, so that they, too, are scored by alpha. Then alarms are counted over
 * 2,000 series.
 */
import { describe, expect, it } from 'vitest'
import { type FittedOptions, fitted } from '../../src/models/detectors/index.ts'
import type { Distribution } from '../../src/models/distributions/index.ts'
import { detectors } from '../models/detectors/all-detectors.ts'
import { families, trueRate } from '../models/detectors/fitted-families.ts'
import { alarms, context, hourly, score, seeded } from '../models/detectors/simulate.ts'

/** Whole numbers have a rate of alpha where their p-values are randomised. */
const optionsOf = (truth: Distribution, options?: FittedOptions): FittedOptions =>
  truth.kind === 'discrete' ? { ...options, randomised: true } : { ...options }

describe('the rate of alarms over alpha', () => {
  for (const { family, truth, options } of families) {
    for (const profile of [undefined, 'hourOfDay', 'hourOfWeek'] as const) {
      it(`${family}${profile ? ` by ${profile}` : ''}`, () => {
        for (const alpha of [0.01, 1e-3]) {
          const spec = fitted(family, { ...optionsOf(truth, options), profile })
          const times = trueRate(truth, spec, alpha, 24, 2400) / alpha
          console.log(`${family}${profile ? ` by ${profile}` : ''}: ${times.toFixed(3)} at ${alpha}`)
          // Hours of a week that do not differ are scored as if they might.
          expect(times).toBeGreaterThan(profile === 'hourOfWeek' ? 0.6 : 0.8)
          expect(times).toBeLessThan(1.25)
        }
      })
    }
  }
})

describe('counted over 2,000 series, once 1,000 values are known: 0.8 to 1.25 times alpha', () => {
  const KNOWN = 1000
  const wants = { bounds: 'none', pValues: 'all' } as const
  it.each(families)('$family', ({ family, truth, options }) => {
    const spec = fitted(family, { ...optionsOf(truth, options), warmup: KNOWN })
    const alphas = [0.01, 1e-3]
    const found = alphas.map(() => 0)
    let scored = 0
    for (let s = 0; s < 2000; s++) {
      const values = truth.sample(seeded(7919 * s + 13), 2 * KNOWN)
      const { logP } = score(detectors.fitted!(spec, context({ wants })), hourly(values))
      scored += KNOWN
      alphas.forEach((alpha, i) => {
        found[i] = found[i]! + alarms(logP, alpha).alarms
      })
    }
    const times = alphas.map((alpha, i) => found[i]! / scored / alpha)
    console.log(`${family}, 2,000 series: ${times.map(t => t.toFixed(3)).join(' and ')}`)
    for (const t of times) {
      expect(t).toBeGreaterThan(0.8)
      expect(t).toBeLessThan(1.25)
    }
  })
})
