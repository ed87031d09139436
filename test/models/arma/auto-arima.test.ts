import { expect, it } from 'vitest'
import { arima, autoArima } from '../../../src/models/index.ts'
import { seeded } from '../../../src/testing.ts'

const models = [
  { period: 1, ar: [0.5, 0.2, -0.3], ma: [0.6], mean: 20, sigma2: 4 },
  { period: 4, ma: [-0.4], sma: [-0.6], d: 1, seasonalD: 1, sigma2: 4 },
]

it.each([1, 2, 5, 8])('quick fits choose no worse a model than whole fits of all: series %i', seed => {
  const { period, ...coefficients } = models[(seed + 1) % 2]!
  const seasonal = period > 1 ? { period } : {}
  const y = arima.withCoefficients({ ...coefficients, ...seasonal }).simulate(seeded(seed), 90)
  const quick = autoArima(y, { period, approximation: true })
  const whole = autoArima(y, { period, approximation: false })
  expect(quick.aicc).toBeLessThan(whole.aicc + 1e-3)
  // What was chosen is among what was tried.
  const chosen = quick.candidates.find(({ order }) => order.join() === quick.order.join())
  expect(chosen).toBeDefined()
})
