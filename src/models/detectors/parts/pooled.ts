/**
 * Detectors that learn from all keys together.
 *
 * - **Instants.** All values of an instant, one event time, are scored by what was known before it, and learned together
 *   when the first value of a later instant comes. So it does not matter how rows are cut into steps. Until then the values
 *   are part of the state.
 * - **Order.** Rows come in event-time order and, within an instant, in the total order of rows, which neither batches nor
 *   shards change. Values are learned in strides of about the golden section of that order, starting at another one each
 *   time, so that keys with similar names, which may have outliers together, do not follow one another.
 * - **Where.** The pool is an object in the row of the key that had the first value of all. Keys are numbered by the order
 *   of their first values, since a restore gives them other slots.
 *
 * One calibrator learns from the statistics of all keys.
 */
import type { Detector, DetectorContext, DetectorInput, DetectorOutput } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { openCalibrator } from '../../calibration/index.ts'
import { f64 } from './fields.ts'
import { addPending, emptyPool, type Pool, poolField } from './pool-field.ts'
import { openScorer } from './scorer.ts'
import { READY, type Statistic } from './statistic.ts'

/** A statistic with a state that all keys share, beside one per key, which is its `layout`. */
export interface PooledStatistic extends Statistic {
  /** Fields of one slot, 0. */
  readonly pool: StateLayout
  /** Points it at the pool of a step. */
  bindPool(pool: StateTable): void
  /** All values of an instant have been learned. */
  close?(): void
}

/** One series of all keys: a statistic that does not tell them apart. */
export function shareAcrossKeys(statistic: Statistic): PooledStatistic {
  // Within an instant the prediction is the same for all keys: it is computed once, and so are its bounds.
  let predictedMs = Number.NaN
  const ends = new Float64Array(2)
  const scores = new Float64Array(2)

  return {
    ...statistic,
    layout: {},
    pool: statistic.layout,
    bind() {},
    bindPool(pool) {
      predictedMs = Number.NaN
      statistic.bind(pool)
    },
    predict(_key, timeMs) {
      if (timeMs === predictedMs) return
      predictedMs = timeMs
      scores.fill(Number.NaN)
      statistic.predict(0, timeMs)
    },
    valueAt(u) {
      const side = u > 0 ? 1 : 0
      if (scores[side] !== u) {
        scores[side] = u
        ends[side] = statistic.valueAt(u)
      }
      return ends[side]!
    },
    bound(side, alpha) {
      const place = side > 0 ? 1 : 0
      if (Number.isNaN(scores[place]!)) {
        scores[place] = side * Number.MAX_VALUE
        ends[place] = statistic.bound(side, alpha)
      }
      return ends[place]!
    },
    learn(_key, timeMs, x, u) {
      predictedMs = Number.NaN
      return statistic.learn(0, timeMs, x, u)
    },
  }
}

/** The detector of a pooled statistic and a calibrator: like `scoreWith`, instant by instant. */
export function pooledDetector(
  statistic: PooledStatistic,
  calibrate: CalibratorName,
  context: DetectorContext,
): Detector {
  const calibrator = openCalibrator(calibrate, context.alpha, context.wants.pValues === 'all')
  const analytic = calibrate === 'analytic'
  const score = openScorer(statistic, calibrator, analytic, context)
  const layout = { ...statistic.pool, ...calibrator.layout }
  /** The row of the pool, the pool in it, and the slots of keys by their ordinals. */
  let home = 0
  let pool: Pool | undefined
  let slots: number[] = []

  /** Finds the pool in the rows of its keys. */
  const find = (pools: readonly (Pool | undefined)[], ordinals: Float64Array): void => {
    home = pools.findIndex(held => held !== undefined)
    pool = pools[home]
    slots = []
    for (let key = 0; key < ordinals.length; key++) if (ordinals[key]! > 0) slots[ordinals[key]! - 1] = key
  }

  /** Learns the values of the instant that is over. */
  const learn = (pool: Pool): void => {
    const { pending, timeMs, ordinals, values, scores } = pool
    const stride = strideOf(pending)
    for (let j = 0, i = pool.instants % pending; j < pending; j++, i = (i + stride) % pending) {
      const key = slots[ordinals[i]!]!
      const x = values[i]!
      statistic.predict(key, timeMs)
      const weight = statistic.learn(key, timeMs, x, statistic.measure(x))
      if (!analytic && Number.isFinite(scores[i]!)) calibrator.learn(0, scores[i]!, weight)
    }
    pool.pending = 0
    pool.instants++
    statistic.close?.()
  }

  return {
    layout: { ...statistic.layout, ordinal: { kind: 'f64' }, pool: poolField(layout) },
    step(state: StateTable, input: DetectorInput, output: DetectorOutput) {
      const { count, keys, timesMs, values } = input
      if (count === 0) return
      const pools = (state as unknown as { readonly pool: (Pool | undefined)[] }).pool
      const ordinals = f64(state, 'ordinal')
      if (pool === undefined || pools[home] !== pool) find(pools, ordinals)
      if (pool === undefined) {
        home = keys[0]!
        pool = emptyPool(layout)
        pools[home] = pool
      }
      statistic.bind(state)
      statistic.bindPool(pool.table)
      calibrator.bind(pool.table)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const timeMs = timesMs[i]!
        const x = values[i]!
        if (timeMs > pool.timeMs) {
          if (pool.pending > 0) learn(pool)
          pool.timeMs = timeMs
        }
        if (ordinals[key] === 0) {
          slots[pool.keys++] = key
          ordinals[key] = pool.keys
        }
        statistic.predict(key, timeMs)
        const ready = statistic.prediction[READY] === 1
        const u = score(key, 0, x, i, output)
        addPending(pool, ordinals[key]! - 1, x, ready ? u : Number.NaN)
      }
    },
  }
}

/** A stride of about the golden section of n that visits all of n places. */
function strideOf(n: number): number {
  let stride = Math.max(1, Math.round(0.618 * n))
  while (commonDivisor(stride, n) > 1) stride++
  return stride
}

function commonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b]
  return a
}
