/** The spec of an `arima` detector of a pool, checked, in steps of the series and values of the pool. */
import type { DetectorContext, DetectorSpec } from '../../../../core/detector.ts'
import { specPoints } from '../../parts/span.ts'
import { DEFAULT_REFIT, DEFAULT_WARMUP, MAX_REACH } from '../constants.ts'
import { type RefitDelay, specRefitDelay } from '../deferred-fits.ts'
import { arimaOrders, arimaRefusal, type SeasonalOrders } from '../orders.ts'

/** Values of all keys that a fit sees, and steps of a segment of one key: at least, and in lags of the model. */
const DEFAULT_WINDOW = 16_384
const SEGMENT_STEPS = 64
const SEGMENT_REACHES = 4
const MIN_SEGMENTS = 4
const DEFAULT_SEGMENTS = 16
/** Values of a series, beyond those that a prediction needs, that tell of the model: fewer have no mean of their own. */
const MIN_VALUES = 8

export interface PooledConfig extends SeasonalOrders {
  readonly everyMs: number | undefined
  /** Values with enough of their series before them, at which the first fit comes. */
  readonly warmup: number
  /** Most instants between fits; and instants until a fit takes effect. */
  readonly refitEvery: number
  readonly refitDelay: RefitDelay
  /** The sample that fits are made of: segments, and steps of each. */
  readonly segments: number
  readonly steps: number
  /** Steps of a series before the first that a fit can use. */
  readonly before: number
  /** Fewest values that a fit is made of. */
  readonly minValues: number
}

/**
 * The configuration of a spec.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense, or a model too large to be learned;
 *   {@link PlanError} `DETECTOR_STEP`.
 */
export function pooledConfig(spec: DetectorSpec, { everyMs }: DetectorContext): PooledConfig {
  const orders = arimaOrders(spec)
  const { p, d, q, P, D, Q, period } = orders
  if (spec.season != null)
    throw arimaRefusal(spec, 'no season beside pooled: seasonal lags instead', spec.season)
  if (spec.refitOn === 'drift') throw arimaRefusal(spec, "refitOn 'schedule' beside pooled", spec.refitOn)
  const reach = Math.max(p + d + (P + D) * period, q + Q * period)
  if (reach > MAX_REACH) throw arimaRefusal(spec, `lags within ${MAX_REACH} steps`, reach)
  const steps = Math.max(SEGMENT_STEPS, SEGMENT_REACHES * reach)
  const window = spec.window ?? Math.max(DEFAULT_WINDOW, DEFAULT_SEGMENTS * steps)
  if (!Number.isInteger(window) || (window as number) < MIN_SEGMENTS * steps || (window as number) > 2e6) {
    throw arimaRefusal(spec, `a window of ${MIN_SEGMENTS * steps} to 2000000 values of all keys`, window)
  }
  const spanOf = (name: string, otherwise: number) =>
    spec[name] == null ? otherwise : specPoints(spec, name, everyMs)
  return {
    ...orders,
    everyMs,
    warmup: spanOf('warmup', DEFAULT_WARMUP),
    refitEvery: spanOf('refitEvery', DEFAULT_REFIT),
    refitDelay: specRefitDelay(spec),
    segments: Math.floor((window as number) / steps),
    steps,
    before: p + d + (P + D) * period + MIN_VALUES,
    minValues: 16 + 8 * (p + q + P + Q + 1),
  }
}
