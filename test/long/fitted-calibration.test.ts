/**
 * Are the predictive laws of `fitted` honest? For each family 24 series of 2400 values are drawn from a law, and the
 * probability of that law outside the bounds of each step is averaged: the rate of alarms without the noise of counting.
 */
import { describe, expect, it } from 'vitest'
import { fitted } from '../../src/models/detectors/index.ts'
import { families, idealRate, trueRate } from '../models/detectors/fitted-families.ts'

describe('the rate of alarms over that of the law itself', () => {
  for (const { family, truth, options } of families) {
    for (const profile of [undefined, 'hourOfDay', 'hourOfWeek'] as const) {
      it(`${family}${profile ? ` by ${profile}` : ''}`, () => {
        for (const alpha of [0.01, 1e-3]) {
          const rate = trueRate(truth, fitted(family, { ...options, profile }), alpha, 24, 2400)
          const times = rate / idealRate(truth, alpha)
          console.log(`${family}${profile ? ` by ${profile}` : ''}: ${times.toFixed(3)} at ${alpha}`)
          // Hours of a week that do not differ are judged as if they might. Bounds of whole numbers move in steps.
          const least = profile === 'hourOfWeek' ? 0.4 : truth.kind === 'discrete' ? 0.65 : 0.8
          expect(times).toBeGreaterThan(least)
          expect(times).toBeLessThan(truth.kind === 'discrete' ? 1.4 : 1.25)
        }
      })
    }
  }
})
