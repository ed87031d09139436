/** What an open `arima` detector of a pool works with: numbers of keys and of the pool, by name, and its parts. */
import type { DetectorContext } from '../../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../../core/fold.ts'
import { record } from '../../../../core/record.ts'
import { f64 } from '../../parts/fields.ts'
import { bindFilter, type KeyedFilter, keyedFilter } from '../../parts/keyed-filter.ts'
import { type LevelShift, openLevelShift } from '../../parts/level-shift.ts'
import { PREDICTION } from '../../parts/statistic.ts'
import { type DeferredFits, deferredFits } from '../deferred-fits.ts'
import { type PanelSample, panelSample } from '../panel-sample.ts'
import { hasMean, pooledResults } from '../pooled-fit.ts'
import type { PooledConfig } from './config.ts'

/** Numbers of a key. */
export const KEY = record({
  step: 'steps since the first value',
  filtered: 'steps that the filter has taken',
  lastMs: 'event time of the last value, ms',
  offset: 'what values are above those filtered: the first value, and moves of the level',
  squares: "sum of r² of the level's least squares",
  products: 'sum of r·y',
  spread: 'weighted sum of squared innovations, outliers pulled in',
  counted: 'sum of their weights',
  meanSize: 'mean size of innovations, outliers almost in full',
  ordinary: 'values that were taken',
  held: 'segment of the sample that the key has, and 1',
})

/** Numbers of the pool. */
export const POOL = record({
  values: 'values of all keys',
  usable: 'those with enough of their series before them to fit the model',
  instants: 'instants that have been learned',
  fitted: '1 once a model has been fitted',
  nextFit: 'usable values at which the next fit is due',
  lastFit: 'instant of the last fit',
  priorSquare: "s₀², the pool's innovation variance",
  priorFree: 'ν₀, the degrees of freedom that it counts for in the scale of a key',
})

/** An open detector. Its arrays are those of the step at hand. */
export interface PooledArima {
  readonly config: PooledConfig
  /** Coefficients: φ, θ, Φ, Θ together. */
  readonly paramCount: number
  readonly filter: KeyedFilter
  /** Whether each series has a level, or a drift, of its own: then the filter's second column is its regressor. */
  readonly levelled: boolean
  readonly shift: LevelShift
  readonly sample: PanelSample
  readonly fits: DeferredFits
  /** Of the next value: see `statistic.ts`. */
  readonly prediction: Float64Array
  readonly next: NextValue
  /** Coefficients of the filter's model. */
  readonly compiled: Float64Array
  /** {@link KEY} of each key, and its number in the pool and 1. */
  numbers: Float64Array
  ordinals: Float64Array
  /** {@link POOL}, and φ, θ, Φ, Θ. */
  pool: Float64Array
  coefficients: Float64Array
}

/** The prediction of the value at hand. */
export interface NextValue {
  expected: number
  /** Scale of its innovation, and degrees of freedom of that. */
  scale: number
  free: number
  /** Variance of the filter's innovation, and of the prediction's, in units of σ². */
  variance: number
  total: number
  /** What the filter expects of the value less the offset, and what is left of r. */
  filtered: number
  rest: number
}

export function newPooledArima(config: PooledConfig, context: DetectorContext): PooledArima {
  const { p, d, q, P, D, Q, period } = config
  const paramCount = p + q + P + Q
  const before = d + D * period
  const m = Math.max(p + P * period + before, q + Q * period)
  const levelled = hasMean(config)
  return {
    ...{ config, paramCount, levelled },
    filter: keyedFilter(m, before, levelled ? 2 : 1),
    shift: openLevelShift(),
    sample: panelSample(config.segments, config.steps),
    fits: deferredFits(config.refitDelay, 'pooled', pooledResults(config), context.background),
    prediction: new Float64Array(PREDICTION),
    next: {
      // Doubles from the start, so that a write allocates nothing.
      ...{ expected: Number.NaN, scale: Number.NaN, free: Number.NaN, variance: Number.NaN },
      ...{ total: Number.NaN, filtered: Number.NaN, rest: Number.NaN },
    },
    compiled: new Float64Array(paramCount),
    numbers: new Float64Array(0),
    ordinals: new Float64Array(0),
    pool: new Float64Array(0),
    coefficients: new Float64Array(0),
  }
}

/** Fields of a key. */
export const keyLayout = ({ filter, shift }: PooledArima): StateLayout => ({
  series: KEY.field,
  ...filter.layout,
  ...shift.layout,
})

/** Fields of the pool. */
export const poolLayout = ({ paramCount, sample, fits }: PooledArima): StateLayout => ({
  fit: POOL.field,
  coefficients: record({ params: ['φ, θ, Φ, Θ', paramCount] }).field,
  ...sample.layout,
  ...fits.layout,
})

/** Points a detector at the arrays of a step. */
export function bindKeys(pooled: PooledArima, state: StateTable): void {
  pooled.numbers = f64(state, 'series')
  pooled.ordinals = f64(state, 'ordinal')
  bindFilter(pooled.filter, state)
  pooled.shift.bind(state)
}

/** Points it at the pool of a step. */
export function bindPool(pooled: PooledArima, state: StateTable): void {
  pooled.pool = f64(state, 'fit')
  pooled.coefficients = f64(state, 'coefficients')
  pooled.sample.bind(state)
  pooled.fits.bind(state)
}
