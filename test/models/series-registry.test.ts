import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ModelError } from '../../src/core/errors.ts'
import { ar, arima, arma, autoArima, distributionFromJSON } from '../../src/models/index.ts'
import { loadSeriesModels } from '../../src/models/series-registry.ts'

const series = await loadSeriesModels(['arima', 'autoArima', 'distribution'])

const specs = [
  ar({ p: 1 }),
  arma({ p: 1, q: 1 }),
  arima({ order: [0, 1, 1] }),
  arima({ order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 4 } }),
  arima({ order: [1, 1, 0], constant: true }),
  arima({ order: [1, 0, 1], method: 'css' }),
  autoArima({ maxP: 1, maxQ: 1, maxD: 1 }),
]
const families =
  'normal poisson gamma lognormal exponential negativeBinomial studentT uniform empirical binomial'

const value = fc.oneof(
  fc.constant(Number.NaN),
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: 0, max: 1e12 }).map(n => n / 1e6),
  fc.constantFrom(1e12, -1e12, 1e-9, Infinity),
)
const values = fc.array(value, { maxLength: 14 }).map(list => Float64Array.from(list))

/** What `make` gives; undefined where it refuses the data. Anything else but a refusal is a mistake. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof ModelError) return undefined
    throw error
  }
}

it('a model of time fits or refuses any series, and forecasts from its JSON as from itself', () => {
  let fitted = 0
  fc.assert(
    fc.property(values, fc.constantFrom(...specs), (data, spec) => {
      const model = series[spec.kind]!(JSON.parse(JSON.stringify(spec)))
      const found = unlessRefused(() => model.fit(data))
      if (!found) return
      fitted++
      const again = arima.fromJSON(JSON.parse(found.json))
      const { mean, standardError, lower } = model.forecast!(data, 3, 0.9)
      const ahead = again.forecast(3, { level: 0.9 })
      for (let i = 0; i < 3; i++) {
        expect(ahead.mean[i]).toBe(mean[i])
        expect(ahead.standardError[i]).toBe(standardError[i])
        expect(ahead.lower[0]![i]).toBe(lower[i])
      }
      expect(found.sigma2).toBe(again.sigma2)
    }),
    { numRuns: 400 },
  )
  expect(fitted).toBeGreaterThan(50)
})

it('a family fits or refuses any sample, and its JSON is the distribution', () => {
  let fitted = 0
  fc.assert(
    fc.property(values, fc.constantFrom(...families.split(' ')), (data, name) => {
      const found = unlessRefused(() => series.distribution!({ kind: 'distribution', name }).fit(data))
      if (!found) return
      fitted++
      expect(distributionFromJSON(JSON.parse(found.json)).name).toBe(name)
      expect(found.aic).toBeGreaterThanOrEqual(-2 * found.logLik)
    }),
    { numRuns: 400 },
  )
  expect(fitted).toBeGreaterThan(50)
})
