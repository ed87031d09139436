/** The table of test/models/detectors/own-models.ts at a length that shows the rates themselves. */
import { expect, it } from 'vitest'
import { alarmsOn, OWN_MODELS } from '../models/detectors/own-models.ts'

const ALPHAS = [0.01, 1e-3]

it.each(OWN_MODELS)('$name: alarms at 0.8 to 1.25 times alpha', model => {
  const { scored, alarms } = alarmsOn(model, ALPHAS, { series: 40, length: 10_000 })
  const rates = ALPHAS.map((alpha, i) => alarms[i]! / (scored * alpha))
  console.log(`${model.name}: ${scored} values, ${rates.map(rate => rate.toFixed(3)).join(' and ')}`)
  for (const rate of rates) {
    expect(rate).toBeGreaterThan(0.8)
    expect(rate).toBeLessThan(1.25)
  }
})
