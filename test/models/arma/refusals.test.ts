/** What ARIMA models are not to take in silence. */
import { describe, expect, it } from 'vitest'
import { arima, autoArima, burg, innovationsMa, yuleWalker } from '../../../src/models/arma/index.ts'
import { seeded } from './generators.ts'

const rng = seeded(31)
const y = Array.from({ length: 48 }, () => rng())

const refused = (code: string, run: () => unknown) =>
  expect(run).toThrow(expect.objectContaining({ name: 'ModelError', code }))

describe('arima refuses', () => {
  it('orders beyond the series, however large', () => {
    for (const order of [
      [48, 0, 0],
      [0, 0, 1e9],
      [1e9, 0, 0],
      [0, 48, 0],
      [0, 1e9, 0],
      [20, 1, 27],
    ]) {
      refused('SERIES_TOO_SHORT', () => arima(y, { order }))
    }
    for (const order of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]) {
      refused('SERIES_TOO_SHORT', () => arima(y, { order: [0, 0, 0], seasonal: { order, period: 48 } }))
      refused('SERIES_TOO_SHORT', () => arima(y, { order: [0, 0, 0], seasonal: { order, period: 1e9 } }))
    }
  })

  it('a regressor that is null somewhere, by columns and by rows', () => {
    const column = y.map((_, t) => (t === 3 ? null : t)) as number[]
    refused('XREG_MISSING', () => arima(y, { order: [1, 0, 0], xreg: column }))
    refused('XREG_MISSING', () => arima(y, { order: [1, 0, 0], xreg: column.map(x => [x, 1]) }))
    refused('XREG_MISSING', () =>
      arima(y, { order: [1, 0, 0], xreg: [null, ...column.slice(1)] as number[] }),
    )
  })

  it('a constant held that the model does not have', () => {
    refused('ARIMA_FIXED', () => arima(y, { order: [1, 0, 0], constant: false, fixed: { mean: 2 } }))
    refused('ARIMA_FIXED', () => arima(y, { order: [0, 1, 1], constant: true, fixed: { mean: 2 } }))
    refused('ARIMA_FIXED', () => arima(y, { order: [0, 0, 1], fixed: { drift: 2 } }))
  })

  it('coefficients that are no numbers', () => {
    refused('ARIMA_COEFFICIENTS', () => arima.withCoefficients({ ar: [0.5], mean: Number.NaN }))
    refused('ARIMA_COEFFICIENTS', () => arima.withCoefficients({ d: 1, drift: Number.POSITIVE_INFINITY }))
  })

  it('saved models that lack a part', () => {
    const fit = arima(y, { order: [1, 0, 1] })
    for (const part of ['spec', 'coefficients', 'standardErrors', 'residuals', 'end']) {
      const { [part]: _left, ...rest } = JSON.parse(JSON.stringify(fit))
      refused('ARIMA_JSON', () => arima.fromJSON(rest))
    }
    for (const part of ['t', 'first', 'gains', 'mean', 'excess', 'diffuse']) {
      const { [part]: _left, ...rest } = JSON.parse(JSON.stringify(fit.online()))
      refused('ONLINE_STATE', () => arima.online.restore(rest))
    }
  })

  it('regressors of the future that the model does not have', () => {
    const fit = arima(y, { order: [1, 0, 0], xreg: y.map((_, t) => t) })
    expect(fit.forecast(2, { xreg: [48, 49] }).mean.length).toBe(2)
    refused('XREG_SHAPE', () =>
      fit.forecast(2, {
        xreg: [
          [48, 1],
          [49, 2],
        ],
      }),
    )
    refused('XREG_SHAPE', () => arima(y, { order: [1, 0, 0] }).forecast(2, { xreg: [1, 2] }))
  })
})

it('estimators refuse a series that does not vary', () => {
  for (const estimate of [yuleWalker, burg, innovationsMa]) {
    for (const value of [0, 3, 0.1]) refused('SERIES_CONSTANT', () => estimate(Array(20).fill(value), 1))
  }
})

it('autoArima refuses a series without noise', () => {
  refused('SERIES_CONSTANT', () => autoArima(Array(20).fill(1)))
  refused('SERIES_CONSTANT', () => autoArima(Array.from({ length: 30 }, (_, t) => 2 + 3 * t)))
})
