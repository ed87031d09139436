import { describe, expect, it } from 'vitest'
import { alarmsOn, allowed, OWN_MODELS } from './own-models.ts'

const ALPHAS = [0.01, 1e-3]

describe('on Gaussian series of its own model the analytic distribution has alarms as often as it says', () => {
  it.each(OWN_MODELS)('$name', model => {
    const { scored, alarms } = alarmsOn(model, ALPHAS, { series: 8, length: 2500 })
    expect(scored).toBeGreaterThan(15_000)
    for (const [i, alpha] of ALPHAS.entries()) {
      const [least, most] = allowed(scored, alpha)
      expect(alarms[i]).toBeGreaterThanOrEqual(least)
      expect(alarms[i]).toBeLessThanOrEqual(most)
    }
  })
})
