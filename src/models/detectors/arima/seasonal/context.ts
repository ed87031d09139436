/** What an open `arima` detector works with: the numbers of a key, by name, its arrays, and its parts. */
import type { Background } from '../../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../../core/fold.ts'
import { record } from '../../../../core/record.ts'
import { type ExcessState, excessState } from '../../../arma/filter/excess-state.ts'
import { f64, u32 } from '../../parts/fields.ts'
import { type Gap, gapField } from '../../parts/gap-field.ts'
import type { Rescaled } from '../../parts/residual-statistic.ts'
import { type DeferredFits, deferredFits, type RefitDelay } from '../deferred-fits.ts'
import { type DriftMonitor, driftLags, openDriftMonitor } from '../drift-monitor.ts'
import type { SeasonalOrders } from '../orders.ts'
import { type SeasonalFit, seasonalFit } from '../seasonal-fit.ts'

/** Fewest points that a fit after a change is made of. */
const MIN_DRIFT_POINTS = 32

/** Numbers of a key. */
export const KEY = record({
  position: 'steps since the first value',
  fitted: '1 once a model has been fitted',
  nextFit: 'position of the next fit, 0 before the first value',
  offset: 'what the series is above the values kept, unit of the values',
  constant: 'c of the model',
  gap: 'missing steps in a row, now',
})

/** What a spec comes to. */
export interface SeasonalConfig extends SeasonalOrders {
  readonly warmup: number
  /** Most points, and fewest, that a fit is made of. */
  readonly window: number
  readonly minPoints: number
  readonly refitEvery: number
  readonly refitDelay: RefitDelay
  readonly onDrift: boolean
}

/** An open detector. Its arrays are those of the step at hand, of all keys. */
export interface SeasonalArima {
  readonly config: SeasonalConfig
  readonly fit: SeasonalFit
  readonly fits: DeferredFits
  readonly drift: DriftMonitor | undefined
  /** The scale by a fit after a change. */
  readonly rescaled: Rescaled
  /** Lags of the filter. */
  readonly m: number
  readonly work: ExcessState
  /** Room for dense coefficients φ* and θ*, for ψ weights, and for a value. */
  readonly phi: Float64Array
  readonly theta: Float64Array
  readonly psi: Float64Array
  readonly one: Float64Array
  readonly next: NextValue
  /** {@link KEY} of each key. */
  numbers: Float64Array
  /** φ, θ, Φ, Θ. */
  params: Float64Array
  /** φ* and θ* at the lags of the fit. */
  ar: Float64Array
  ma: Float64Array
  /** Predictions of the next m values. */
  means: Float64Array
  /** The last values less the offset, a ring; after the first fit missing ones are predictions. */
  past: Float64Array
  /** 1 where they are; kept only on drift. */
  filled: Uint32Array
  gaps: (Gap | undefined)[]
}

/** What is expected of the next step: the value less the offset, and its error's variance beyond σ², in units of σ². */
export interface NextValue {
  expected: number
  excess: number
}

/** Gaps up to this length are filled again at their end. */
export const MAX_SMOOTHED = 64

export function newSeasonalArima(config: SeasonalConfig, background: Background | undefined): SeasonalArima {
  const { p, q, period, window, minPoints } = config
  const fit = seasonalFit(config, window)
  const m = Math.max(fit.arLags.at(-1) ?? 0, fit.maLags.at(-1) ?? 0)
  const none = new Float64Array(0)
  return {
    ...{ config, fit, m },
    fits: deferredFits(config.refitDelay, 'seasonal', fit.params.length + 1, background),
    drift: config.onDrift
      ? openDriftMonitor(driftLags(Math.max(p, q), period), Math.max(MIN_DRIFT_POINTS, minPoints), window)
      : undefined,
    rescaled: { errors: 0, meanSize: 0 },
    work: excessState(m, 1),
    phi: new Float64Array(m),
    theta: new Float64Array(m),
    psi: new Float64Array(MAX_SMOOTHED + 2),
    one: new Float64Array(1),
    // Doubles from the start, so that a write allocates nothing.
    next: { expected: Number.NaN, excess: Number.NaN },
    ...{ numbers: none, params: none, ar: none, ma: none, means: none, past: none },
    filled: new Uint32Array(0),
    gaps: [],
  }
}

/** Fields of a key. */
export function seasonalLayout({ config, fit, fits, drift, m }: SeasonalArima): StateLayout {
  const { params, arLags, maLags } = fit
  return {
    arima: KEY.field,
    params: record({ value: ['φ, θ, Φ, Θ', params.length] }).field,
    ar: record({ value: ['φ* at the lags of the model', arLags.length] }).field,
    ma: record({ value: ['θ* at the lags of the model', maLags.length] }).field,
    filter: record({ mean: ['predictions of the next values less the offset', m] }).field,
    past: { kind: 'f64', width: config.window },
    gaps: gapField,
    ...fits.layout,
    ...(drift && { ...drift.layout, filled: { kind: 'u32', width: config.window } as const }),
  }
}

/** Points a detector at the arrays of a step. */
export function bindSeasonal(arima: SeasonalArima, state: StateTable): void {
  arima.numbers = f64(state, 'arima')
  arima.params = f64(state, 'params')
  arima.ar = f64(state, 'ar')
  arima.ma = f64(state, 'ma')
  arima.means = f64(state, 'filter')
  arima.past = f64(state, 'past')
  arima.gaps = (state as unknown as { gaps: (Gap | undefined)[] }).gaps
  arima.fits.bind(state)
  if (arima.drift === undefined) return
  arima.drift.bind(state)
  arima.filled = u32(state, 'filled')
}
