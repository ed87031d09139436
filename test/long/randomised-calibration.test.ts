/**
 * Are randomised p-values uniform? Under distributions that are known: Kolmogorov–Smirnov over a million values. Under
 * distributions that are learned: the rate of alarms pooled over 2,000 series, once 1,000 values are known.
 */
import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../src/core/detector.ts'
import { counts, fitted } from '../../src/models/detectors/index.ts'
import {
  bernoulli,
  binomial,
  type Distribution,
  geometric,
  goodnessOfFit,
  negativeBinomial,
  poisson,
  uniform,
} from '../../src/models/distributions/index.ts'
import { detectors } from '../models/detectors/all-detectors.ts'
import {
  alarms,
  binomialInterval,
  context,
  hourly,
  type Rows,
  score,
  seeded,
} from '../models/detectors/simulate.ts'

const VALUES = 1_000_000
const ALPHAS = [0.01, 1e-3, 1e-4]

const logsOf = (spec: DetectorSpec, rows: Rows): Float64Array =>
  score(
    detectors[spec.kind]!(spec, context({ wants: { bounds: 'none', pValues: 'all' } })),
    rows,
  ).logP.filter(log => !Number.isNaN(log))

const unevenness = (logs: Float64Array) =>
  goodnessOfFit(logs.map(Math.exp), uniform({ min: 0, max: 1 }), { fittedParameters: 0 }).kolmogorovSmirnov

describe(`a distribution that is known: ${VALUES} values`, () => {
  it.each([
    ['poisson(3)', poisson({ rate: 3 })],
    ['poisson(40)', poisson({ rate: 40 })],
    ['binomial(100, 0.2)', binomial({ trials: 100, p: 0.2 })],
    ['negativeBinomial(2, mean 6)', negativeBinomial({ size: 2, mean: 6 })],
    ['geometric(0.3)', geometric({ p: 0.3 })],
    ['bernoulli(0.01)', bernoulli({ p: 0.01 })],
  ] as const)('%s', (name, distribution: Distribution) => {
    const rows = hourly(distribution.sample(seeded(20_261), VALUES))
    const logs = logsOf(distribution.asDetector({ randomised: true }), rows)
    const test = unevenness(logs)
    const found = ALPHAS.map(alpha => alarms(logs, alpha).alarms)
    console.log(
      `${name}: KS p ${test.pValue.toFixed(3)}, ${found.map((n, i) => (n / VALUES / ALPHAS[i]!).toFixed(3)).join(', ')}`,
    )
    expect(test.pValue).toBeGreaterThan(1e-3)
    ALPHAS.forEach((alpha, i) => {
      const [least, most] = binomialInterval(VALUES, alpha)
      expect(found[i]).toBeGreaterThan(least)
      expect(found[i]).toBeLessThan(most)
    })
    const conservative = logsOf(distribution.asDetector(), rows)
    expect(conservative.filter((log, i) => !(log >= logs[i]! - 1e-12))).toHaveLength(0)
  })
})

const SERIES = 2000
const KNOWN = 1000

describe(`a distribution that is learned: ${SERIES} series, after ${KNOWN} values of each`, () => {
  const options = { warmup: KNOWN, randomised: true } as const
  const cases: readonly [string, DetectorSpec, Distribution][] = [
    ['poisson(0.3)', fitted('poisson', options), poisson({ rate: 0.3 })],
    ['poisson(5)', fitted('poisson', options), poisson({ rate: 5 })],
    ['poisson(50)', fitted('poisson', options), poisson({ rate: 50 })],
    ['binomial(40, 0.3)', fitted('binomial', { ...options, trials: 40 }), binomial({ trials: 40, p: 0.3 })],
    ['geometric(0.1)', fitted('geometric', options), geometric({ p: 0.1 })],
    [
      'negativeBinomial(4, mean 12)',
      fitted('negativeBinomial', options),
      negativeBinomial({ size: 4, mean: 12 }),
    ],
    [
      'counts of negativeBinomial(4, mean 12)',
      counts({ season: 'none', warmup: '1000h', randomised: true }),
      negativeBinomial({ size: 4, mean: 12 }),
    ],
  ]
  it.each(cases)('%s: alarms at 0.8 to 1.25 times alpha', (name, spec, distribution) => {
    const rates = ALPHAS.map(() => 0)
    let scored = 0
    for (let s = 0; s < SERIES; s++) {
      const logs = logsOf(spec, hourly(distribution.sample(seeded(6007 * s + 5), 2 * KNOWN)))
      scored += logs.length
      ALPHAS.forEach((alpha, i) => {
        rates[i] = rates[i]! + alarms(logs, alpha).alarms / alpha
      })
    }
    const found = rates.map(rate => rate / scored)
    console.log(`${name}: ${scored} values, ${found.map(rate => rate.toFixed(3)).join(', ')}`)
    for (const rate of found.slice(0, 2)) {
      expect(rate).toBeGreaterThan(0.8)
      expect(rate).toBeLessThan(1.25)
    }
  })
})
