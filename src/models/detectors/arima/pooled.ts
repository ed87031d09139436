/**
 * The `arima` detector of a pool: one seasonal ARIMA model for all keys, so that a key is scored from its first values by
 * what all of them taught.
 *
 * y_t = offset + β r_t + z_t, with z of the pool's model, of innovation variance σ² of the key; r_t is 1, or the step where a
 * difference leaves a drift.
 *
 * - **Coefficients** are the pool's: `pooled-fit.ts`, over the sample of recent values of `panel-sample.ts`, at ends of
 *   instants. The first fit comes when `warmup` values had enough of their own series before them to be predicted; others
 *   at three times the number of values of the one before, until `refitEvery` instants are shorter. A `refitDelay` counts
 *   instants.
 * - **Filter.** That of each key, exact with missing values and from its start (`parts/keyed-filter.ts`). After a fit it goes
 *   on from where it is: what it predicted by the coefficients before fades as fast as its memory.
 * - **Level**, or drift, is the key's own: β by generalised least squares with a flat prior, which is the second column of
 *   the filter, for r (augmented Kalman filter: de Jong 1991, *Annals of Statistics* 19). Its uncertainty is part of the
 *   prediction's.
 * - **Scale** is the key's own, shrunk towards the pool's: σ² has the prior s₀²ν₀/χ²(ν₀) that the fit found, and squared
 *   innovations, which are independent ones, add to it (Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.6). So the
 *   distribution of a prediction is Student's with ν₀ + n degrees of freedom; from three on values are scored.
 * - **Outliers.** An innovation counts up to a normal score of 3.5 for the scale; beyond 4 a value is a missing one for filter
 *   and level. Twelve outliers to one side are a new level (`level-shift.ts`), fewer for a key with few values.
 *
 * The statistic is the normal score, so that the statistics of old and new keys have one distribution, which the pool's
 * calibrator learns. This file is the path of a value; `pooled/` has the series of a key and the model of the pool. State per
 * key: the filter's two columns, eleven numbers, and those of the level shift.
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { normalLogTwoSided } from '../../distributions/normal.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { specWord } from '../parts/check-spec.ts'
import { type PooledStatistic, pooledDetector } from '../parts/pooled.ts'
import { EXPECTED, READY } from '../parts/statistic.ts'
import { studentAt } from '../parts/student-score.ts'
import { pooledConfig } from './pooled/config.ts'
import {
  bindKeys,
  bindPool,
  KEY,
  keyLayout,
  newPooledArima,
  POOL,
  type PooledArima,
  poolLayout,
} from './pooled/context.ts'
import { compilePool, refitWhenDue } from './pooled/model.ts'
import { isUsable, learnValue, measure, passSteps, predictNext, startSeries } from './pooled/series.ts'

/**
 * Opens the `arima` detector of a pool.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense, or a model too large to be learned;
 *   {@link PlanError} `DETECTOR_STEP`.
 */
export const openPooledArima: DetectorFactory = (spec, context) => {
  const pooled = newPooledArima(pooledConfig(spec, context), context)
  return pooledDetector(
    pooledStatistic(pooled),
    specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail']),
    context,
  )
}

/** Normal scores of values under the pool's model. */
function pooledStatistic(pooled: PooledArima): PooledStatistic {
  const { prediction, next } = pooled
  return {
    layout: keyLayout(pooled),
    pool: poolLayout(pooled),
    prediction,
    bind: state => bindKeys(pooled, state),
    bindPool(state) {
      bindPool(pooled, state)
      compilePool(pooled)
    },
    predict(key, timeMs) {
      prediction[READY] = 0
      next.expected = Number.NaN
      if (pooled.numbers[key * KEY.width + KEY.step]! > 0) {
        passMissing(pooled, key, timeMs)
        prediction[READY] = 0
        predictNext(pooled, key)
      }
      prediction[EXPECTED] = next.expected
      if (Number.isNaN(next.expected)) prediction[READY] = 0
    },
    measure: x => measure(pooled, x),
    logP: u => normalLogTwoSided(u),
    valueAt: u => next.expected + studentAt(u, next.free) * next.scale,
    bound: (side, alpha) =>
      next.expected + side * studentAt(-standardNormalQuantile(alpha / 2), next.free) * next.scale,
    learn: (key, timeMs, x, u) => learn(pooled, key, timeMs, x, u),
    close() {
      const { pool } = pooled
      pooled.sample.close()
      pool[POOL.instants] = pool[POOL.instants]! + 1
      refitWhenDue(pooled)
    },
  }
}

/** Starts the filter of a key that has none yet, and takes steps that had no row for missing values. */
function passMissing(pooled: PooledArima, key: number, timeMs: number): void {
  const { numbers, filter } = pooled
  const { everyMs } = pooled.config
  const at = key * KEY.width
  if (filter.model !== undefined && numbers[at + KEY.filtered] === 0) startSeries(pooled, key)
  if (everyMs === undefined) return
  const steps = Math.round((timeMs - numbers[at + KEY.lastMs]!) / everyMs) - 1
  if (!(steps > 0)) return
  numbers[at + KEY.lastMs] = numbers[at + KEY.lastMs]! + steps * everyMs
  numbers[at + KEY.step] = numbers[at + KEY.step]! + steps
  if (filter.model !== undefined) passSteps(pooled, key, steps)
}

/** Learns a value of a key for its series, and for the sample that the pool's model is fitted to. */
function learn(pooled: PooledArima, key: number, timeMs: number, x: number, u: number): number {
  const { numbers, pool, filter, sample, config } = pooled
  const at = key * KEY.width
  const step = numbers[at + KEY.step]!
  if (step === 0) {
    if (!isUsable(x)) return 0
    numbers[at + KEY.offset] = x
  }
  let kept = isUsable(x) ? x - numbers[at + KEY.offset]! : Number.NaN
  let weight = 0
  if (filter.model !== undefined) {
    // The first step of the filter has no prediction behind it.
    if (numbers[at + KEY.filtered] === 0) predictNext(pooled, key)
    weight = learnValue(pooled, key, x, u)
    kept = filter.values[0]!
  }
  numbers[at + KEY.lastMs] = timeMs
  numbers[at + KEY.step] = step + 1
  pool[POOL.values] = pool[POOL.values]! + 1
  if (!Number.isNaN(kept) && step >= config.before) pool[POOL.usable] = pool[POOL.usable]! + 1
  numbers[at + KEY.held] = sample.add(
    pooled.ordinals[key]! - 1,
    numbers[at + KEY.held]!,
    step,
    kept,
    pool[POOL.values]!,
  )
  return weight
}
