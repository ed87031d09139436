/** Calls of every function of `millrace/models` that work, by its name; each argument is then made hostile in turn. */
import * as models from '../../../src/models/index.ts'
import { counts, other, series } from './values.ts'

export interface Call {
  readonly run: (...given: any[]) => unknown
  readonly given: readonly unknown[]
}

const call = (run: unknown, ...given: unknown[]): Call => ({ run: run as Call['run'], given })
/** A function of one number, which it may be called with for every row: what is no number at all is not looked for. */
const ofNumber = (run: (x: number) => unknown, x: number): Call =>
  call(
    (value: unknown) =>
      run(typeof value === 'symbol' || typeof value === 'bigint' ? Number.NaN : (value as number)),
    x,
  )
/** A method of what `make` gives. */
const method = (make: () => object, name: string, ...given: unknown[]): Call => ({
  run: (...args) => (make() as Record<string, Call['run']>)[name]!(...args),
  given,
})

const saved = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const model = models.arima.withCoefficients({ ar: [0.5], ma: [0.2], mean: 20, sigma2: 2 })
const fit = models.arima(series, { order: [1, 0, 0] })
const workspace = () => models.cssWorkspace({ capacity: 48, p: 1, q: 1 })
const clusters = () => models.streamingKMeans({ clusters: 2, dimensions: 1, warmup: 4 })
const out = new Float64Array(2)
const keyed = () => {
  const made = models.keyedOnline(model)
  made.updateBatch(['a', 'b'], [20, 21])
  return made
}
const trained = () => {
  const made = clusters()
  made.add([1, 9, 2, 8, 1])
  return made
}

/** Parameters of every family. */
export const parameters = {
  bernoulli: { p: 0.5 },
  beta: { alpha: 2, beta: 3 },
  binomial: { trials: 10, p: 0.3 },
  chiSquared: { df: 3 },
  exponential: { rate: 2 },
  fisherF: { df1: 2, df2: 8 },
  gamma: { shape: 2, rate: 3 },
  geometric: { p: 0.2 },
  logistic: { location: 0, scale: 1 },
  lognormal: { meanLog: 0, sdLog: 1 },
  negativeBinomial: { size: 2, p: 0.3 },
  normal: { mean: 1, sd: 2 },
  poisson: { rate: 4 },
  studentT: { df: 4, location: 1, scale: 2 },
  uniform: { min: 0, max: 3 },
  weibull: { shape: 2, scale: 3 },
} as const

/** Samples that families of a narrower support can be fitted to. */
const samples: Readonly<Record<string, readonly number[]>> = {
  bernoulli: counts.map(x => x % 2),
  beta: counts.map(x => (x + 1) / 20),
}

type Family = (given: object) => models.Distribution
const exported = new Map<string, unknown>(Object.entries(models))
const families = Object.entries(parameters).map(([name, given]): [string, Call[]] => {
  const family = exported.get(name) as Family & { fit: Call['run'] }
  const options = name === 'binomial' ? { trials: 20 } : name === 'studentT' ? { df: 4 } : undefined
  return [
    name,
    [
      call(family, given),
      call(family.fit, samples[name] ?? counts.map(x => x + 1), ...(options ? [options] : [])),
      method(() => family(given), 'asDetector', { calibrate: 'tail' }),
      ofNumber(x => family(given).quantile(x), 0.5),
      ofNumber(x => family(given).logSf(x), 1),
    ],
  ]
})

/** Functions whose first argument is a fitted thing have their methods here, under the class that it is of. */
export const calls: Readonly<Record<string, readonly Call[]>> = {
  ArimaFit: [
    method(() => fit, 'forecast', 3, { level: [0.8, 0.9] }),
    method(() => fit, 'forecast', 3, { level: 0.9 }),
    method(() => fit, 'diagnostics', { lag: 5 }),
    method(() => fit, 'online', { from: 'end' }),
    method(() => fit, 'asDetector', { calibrate: 'tail' }),
  ],
  AutoArimaFit: [method(() => models.autoArima(other, { maxP: 0, maxQ: 0 }), 'forecast', 2, {})],
  KeyedOnlineArima: [method(keyed, 'update', 'a', 20), method(keyed, 'updateBatch', ['a', 'b'], [20, 21])],
  OnlineArima: [
    method(() => model.online(), 'update', 20),
    method(() => model.online(), 'updateBatch', [20, 21]),
    method(() => model.online(), 'forecast', 2, { level: 0.9 }),
  ],
  StreamingKMeans: [method(trained, 'add', [[1], [2]]), method(trained, 'nearest', [[1], [2]])],
  acf: [call(models.acf, series, { maxLag: 5, demean: true }), call(models.acf, series, 5)],
  acov: [call(models.acov, series, { maxLag: 5, demean: true })],
  ar: [call(models.ar, { p: 2, season: '1d', warmup: 50, window: 100, refitEvery: 20, refitDelay: 3 })],
  arima: [
    call(models.arima, series, { order: [1, 0, 0], constant: true, method: 'css', xreg: other }),
    call(models.arima, series, { order: [0, 0, 0], fixed: { mean: 20 } }),
    call(models.arima, { order: [1, 0, 0], seasonal: { order: [0, 1, 0], period: 12 }, refitOn: 'drift' }),
    call(models.arima.withCoefficients, { ar: [0.5], sma: [0.1], period: 4, mean: 3, sigma2: 2 }),
    call(models.arima.withCoefficients, { ma: [0.2], d: 1, seasonalD: 0, drift: 1, xreg: [1] }),
    call(models.arima.fromJSON, saved(fit)),
    call(models.arima.online.restore, saved(fit.online())),
  ],
  arma: [call(models.arma, { p: 1, q: 1, calibrate: 'tail', refitOn: 'schedule' })],
  armaAcf: [call(models.armaAcf, { ar: [0.5], ma: [0.2] }, 5)],
  armaAcov: [call(models.armaAcov, { ar: [0.5], ma: [0.2] }, 5, 2)],
  armaPacf: [call(models.armaPacf, { ar: [0.5], ma: [0.2] }, 5)],
  autoArima: [
    call(models.autoArima, other, { d: 0, maxP: 1, maxQ: 0, search: 'stepwise', approximation: 'auto' }),
    call(models.autoArima, { period: 12, seasonalD: 1, maxD: 1, criterion: 'aicc', method: 'css' }),
  ],
  burg: [call(models.burg, series, { order: 2, demean: true }), call(models.burg, series, 2)],
  correlation: [
    call(models.correlation, series, other, { method: 'pearson', level: 0.9 }),
    call(models.correlation, series, other, { method: 'spearman' }),
  ],
  css: [call(models.css, series, { p: 1, q: 1 })],
  cssConditioning: [call(models.cssConditioning, workspace())],
  cssFit: [call(models.cssFit, workspace(), series, 48, 20)],
  cssObjective: [call(models.cssObjective, workspace(), series, 48)],
  cssResiduals: [call(models.cssResiduals, series, 48, [0.5], [0.2], 20, new Float64Array(48))],
  cssWorkspace: [call(models.cssWorkspace, { capacity: 48, p: 1, q: 1, seasonalP: 0, period: 4 })],
  detectPeriod: [call(models.detectPeriod, series, { minPeriod: 2, maxPeriod: 20 })],
  difference: [call(models.difference, series, { lag: 2, times: 1 }), call(models.difference, series, 2)],
  distributionFromJSON: [
    call(models.distributionFromJSON, { name: 'normal', parameters: parameters.normal }),
  ],
  empirical: [call(models.empirical, counts), call(models.empirical.fit, counts)],
  goodnessOfFit: [
    call(models.goodnessOfFit, series, models.normal({ mean: 25, sd: 5 }), {}),
    call(models.goodnessOfFit, counts, models.poisson({ rate: 6 })),
  ],
  hannanRissanen: [call(models.hannanRissanen, series, { p: 1, q: 1 })],
  histogram: [
    call(models.histogram, series, { bins: 10, range: [0, 40] }),
    call(models.histogram, series, { edges: [0, 20, 40] }),
  ],
  holtWinters: [
    call(models.holtWinters, series, { period: 12, alpha: 0.3, beta: 0.1, gamma: 0.1, seasonal: 'additive' }),
    call(models.holtWinters, series, { period: 12, seasonal: 'multiplicative' }),
    call(models.holtWinters, series, {}),
    method(
      () => models.holtWinters(series, { period: 12, alpha: 0.3, beta: 0.1, gamma: 0.1 }),
      'forecast',
      3,
    ),
  ],
  innovationsMa: [call(models.innovationsMa, series, { order: 2 }), call(models.innovationsMa, series, 2)],
  kMeans: [
    call(models.kMeans, series, { clusters: 3, seed: 1, maxIterations: 50 }),
    call(
      models.kMeans,
      [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      { clusters: 2 },
    ),
  ],
  keyedOnline: [call(models.keyedOnline, model), call(models.keyedOnline, saved(keyed().save()))],
  levinsonDurbin: [call(models.levinsonDurbin, [3, 1, 0.5], 2)],
  linearRegression: [call(models.linearRegression, other, series, { intercept: true, level: 0.9 })],
  ma: [call(models.ma, { q: 1, pooled: false })],
  // Their parameters are of the caller's own making, and not checked.
  negativeBinomialTails: [ofNumber(x => models.negativeBinomialTails(x, 2, 0.5, out), 3)],
  normalLogSf: [ofNumber(models.normalLogSf, 2)],
  normalLogTwoSided: [ofNumber(models.normalLogTwoSided, 2)],
  pacf: [call(models.pacf, series, { maxLag: 5 })],
  periodogram: [call(models.periodogram, series, { detrend: true })],
  poissonTails: [ofNumber(x => models.poissonTails(x, 2, out), 3)],
  portmanteau: [call(models.portmanteau, series, { lag: 4, fitted: 1, type: 'ljung-box' })],
  psiWeights: [call(models.psiWeights, { ar: [0.5], ma: [0.2] }, 5)],
  stl: [call(models.stl, series, { period: 12, seasonalWindow: 7, trendWindow: 21, robust: true })],
  streamingKMeans: [
    call(models.streamingKMeans, { clusters: 2, dimensions: 1, warmup: 4, minRate: 0.1, seed: 1 }),
    call(models.streamingKMeans.restore, saved(trained().save())),
  ],
  yuleWalker: [call(models.yuleWalker, series, { order: 2 }), call(models.yuleWalker, series, 2)],
  ...Object.fromEntries(families),
}
