import { describe, expect, it } from 'vitest'
import { ModelError, PlanError } from '../../../src/core/errors.ts'
import {
  ar,
  arma,
  counts,
  ewma,
  holtWinters,
  robustZ,
  seasonalNaive,
} from '../../../src/models/detectors/index.ts'
import { arima, poisson } from '../../../src/models/index.ts'
import { detectors } from './all-detectors.ts'
import { context } from './simulate.ts'

const fit = arima.withCoefficients({ ar: [0.5], mean: 3 })

const refusal = (run: () => unknown): ModelError => {
  try {
    run()
  } catch (error) {
    return error as ModelError
  }
  throw new Error('nothing was refused')
}

describe('specs', () => {
  it('are frozen JSON that opens a detector', () => {
    for (const spec of [
      counts(),
      counts({ season: 'none', warmup: '1h' }),
      arma({ p: 2, q: 1, season: '1d' }),
      arma({ p: 2, q: 1, season: 86_400_000 }),
      arima({
        order: [0, 1, 1],
        seasonal: { order: [0, 1, 1], period: 24 },
        warmup: '2w',
        calibrate: 'analytic',
      }),
      seasonalNaive({ season: '1w' }),
      holtWinters({ season: 24, trend: true }),
      robustZ(),
      fit.asDetector(),
      arima.fromJSON(JSON.parse(JSON.stringify(fit))).asDetector(),
      poisson({ rate: 3 }).asDetector(),
      poisson.fit([1, 2, 3]).distribution.asDetector(),
    ]) {
      expect(Object.isFrozen(spec)).toBe(true)
      const copy = JSON.parse(JSON.stringify(spec))
      expect(copy).toEqual(spec)
      expect(detectors[copy.kind]!(copy, context()).layout).toBeTypeOf('object')
    }
  })

  it.each([
    ['a season that is none', () => counts({ season: 'weekly' as never })],
    ['a misspelt option', () => counts({ warmUp: '2w' } as never)],
    ['an option of hostile name', () => counts(JSON.parse('{"__proto__": 1}'))],
    ['no time to forget in', () => counts({ halfLife: 0 })],
    ['no options', () => arma(undefined as never)],
    ['a window too short', () => arma({ p: 2, q: 1, window: 20 })],
    ['half a point', () => arma({ p: 1, q: 0, warmup: 10.5 })],
    ['a distribution that is none', () => arma({ p: 1, q: 0, calibrate: 'exact' as never })],
    ['a lag in ar() that is of ma()', () => ar({ p: 1, q: 1 } as never)],
    ['a period beside the order', () => arima({ order: [0, 1, 1], period: 12 } as never)],
    ['half a cycle', () => seasonalNaive({ season: 24, cycles: 0.5 })],
    ['a weight above 1', () => holtWinters({ alpha: 1.5 })],
    ['a trend in words', () => holtWinters({ trend: 'damped' as never })],
    ['a window of hardly anything', () => robustZ({ window: 3 })],
    ['an option that a model has not', () => fit.asDetector({ randomised: true } as never)],
    ['a model with regressors', () => arima.withCoefficients({ xreg: [2] }).asDetector()],
  ])('refuse %s, say what they got and what to do', (_, run) => {
    const error = refusal(run)
    expect(error).toBeInstanceOf(ModelError)
    expect(error.code).toBe('DETECTOR_OPTION')
    expect(error.message).toMatch(/got/)
    expect(error.hint).toBeTruthy()
    expect(error.stack!.split('\n').find(line => line.includes('    at '))).toContain('specs.test.ts')
  })

  it.each([
    ['half a lag', () => arma({ p: 0.5, q: 0 })],
    ['a negative order', () => ar({ p: -1 })],
    ['orders that are none', () => arima({ order: [0, 1] })],
  ])('refuse %s', (_, run) => {
    const error = refusal(run)
    expect(error.code).toBe('ARIMA_ORDER')
    expect(error.stack!.split('\n').find(line => line.includes('    at '))).toContain('specs.test.ts')
  })

  it('refuse what is not a duration', () => {
    expect(refusal(() => seasonalNaive({} as never)).code).toBe('DURATION')
    expect(refusal(() => arma({ p: 1, q: 0, season: 'daily' as never })).code).toBe('DURATION')
    expect(refusal(() => counts({ warmup: 'soon' as never })).code).toBe('DURATION')
  })
})

describe('opening', () => {
  it('refuses specs that were tampered with', () => {
    for (const spec of [
      { ...counts(), season: 'never' },
      { ...counts(), warmupMs: Number.NaN },
      { ...arma({ p: 1, q: 1 }), order: [1e9, 0, 1] },
      { ...arma({ p: 1, q: 1 }), order: null },
      arima({ order: [1, 1, 0], seasonal: { order: [17, 0, 0], period: 2 } }),
      { ...arma({ p: 1, q: 1 }), window: '512' },
      { ...arma({ p: 1, q: 1 }), warmup: 3 },
      { ...ewma(), smoothing: 1.5 },
      { ...seasonalNaive({ season: 24 }), season: 24 },
      { ...holtWinters(), trend: 1 },
      { ...robustZ(), window: 1 },
      { ...poisson({ rate: 3 }).asDetector(), distribution: null },
      { ...fit.asDetector(), model: {} },
    ]) {
      expect(refusal(() => detectors[spec.kind]!(spec, context())).code).toBe('DETECTOR_SPEC')
    }
  })

  it('refuses a season that its series cannot have', () => {
    const error = refusal(() => detectors.arima!(arma({ p: 1, q: 0, season: '1h' }), context()))
    expect(error).toBeInstanceOf(PlanError)
    expect(error.code).toBe('DETECTOR_SEASON')
  })

  it('refuses a warm-up in time when time has no step', () => {
    const error = refusal(() =>
      detectors.arima!(arma({ p: 1, q: 0, warmup: '1d' }), context({ everyMs: undefined })),
    )
    expect(error.code).toBe('DETECTOR_STEP')
  })
})
