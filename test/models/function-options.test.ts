/** Options that do not exist are refused: what R or statsmodels would call them was ignored, and another model fitted. */

import { expect, it } from 'vitest'
import * as models from '../../src/models/index.ts'

const {
  arima,
  autoArima,
  acf,
  burg,
  correlation,
  css,
  detectPeriod,
  hannanRissanen,
  histogram,
  holtWinters,
} = models
const { innovationsMa, kMeans, linearRegression, pacf, periodogram, stl, streamingKMeans, yuleWalker } =
  models

const series = Array.from({ length: 60 }, (_, t) => 10 + ((t * 7) % 11) + (t % 4))
const untyped = (options: unknown) => options as never

const calls: [name: string, call: () => unknown][] = [
  ['arima', () => arima(series, untyped({ ordr: [1, 0, 0] }))],
  ['arima', () => arima(series, untyped([1, 0, 0]))],
  ['autoArima', () => autoArima(series, untyped({ m: 12 }))],
  ['holtWinters', () => holtWinters(series, untyped({ season: 4 }))],
  ['stl', () => stl(series, untyped({ period: 4, window: 7 }))],
  ['stl', () => stl(series, untyped(undefined))],
  ['acf', () => acf(series, untyped({ nlags: 5 }))],
  ['acf', () => pacf(series, untyped({ nlags: 5 }))],
  ['detectPeriod', () => detectPeriod(series, untyped({ max: 12 }))],
  ['periodogram', () => periodogram(series, untyped({ detrended: true }))],
  ['histogram', () => histogram(series, untyped(10))],
  ['correlation', () => correlation(series, series, untyped({ kind: 'spearman' }))],
  ['linearRegression', () => linearRegression(series, series, untyped({ fitIntercept: false }))],
  ['kMeans', () => kMeans(series, untyped({ k: 3 }))],
  ['streamingKMeans', () => streamingKMeans(untyped({ clusters: 2, dimensions: 1, leastRate: 0.1 }))],
  ['yuleWalker', () => yuleWalker(series, untyped({ p: 2 }))],
  ['burg', () => burg(series, untyped({ p: 2 }))],
  ['hannanRissanen', () => hannanRissanen(series, untyped({ p: 1, q: 1, order: 2 }))],
  ['innovationsMa', () => innovationsMa(series, untyped({ order: 1, m: 3 }))],
  ['css', () => css(series, untyped({ p: 1, d: 1 }))],
  ['forecast', () => arima(series, { order: [1, 0, 0] }).forecast(3, untyped({ levels: [0.8] }))],
]

it.each(calls)('%s refuses what it does not know', (name, call) => {
  expect(call).toThrow(expect.objectContaining({ name: 'ModelError', code: 'MODEL_OPTION' }))
  expect(call).toThrow(new RegExp(`^${name}\\(\\) (has no such option|takes an object of options)`))
})

it('a spec is taken as it is', () => {
  expect(arima(series, untyped(models.ar({ p: 1 }))).order).toEqual([1, 0, 0])
})
