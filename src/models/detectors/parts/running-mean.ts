/** Predicts the mean of the values so far. */
import { record } from '../../../core/record.ts'
import { f64 } from './fields.ts'
import type { Predictor } from './residual-statistic.ts'

const MEAN = record({ level: 'the mean', count: 'effective number of values in it' })
/** Effective number of values in a new level. */
const FIRST_COUNT = 12

/**
 * The mean of all values while they are fewer than `memory`, with exponential forgetting from then on.
 *
 * While nothing is forgotten the innovations of a normal series, (x − mean of n)/√(1 + 1/n), are independent of one
 * another (Hawkins 1987, *The Statistician* 36: self-starting charts), so that sums of them drift no more than those of
 * known parameters.
 */
export function runningMean(memory: number, onMove: (key: number) => void): Predictor {
  let mean: Float64Array = new Float64Array(0)
  return {
    layout: { mean: MEAN.field },
    bind(state) {
      mean = f64(state, 'mean')
    },
    expect(key) {
      const at = key * MEAN.width
      return mean[at + MEAN.count] === 0 ? Number.NaN : mean[at + MEAN.level]!
    },
    spread: key => Math.sqrt(1 + 1 / Math.max(1, mean[key * MEAN.width + MEAN.count]!)),
    take(key, _timeMs, x) {
      if (Number.isNaN(x)) return
      const at = key * MEAN.width
      const count = Math.min(mean[at + MEAN.count]! + 1, memory)
      mean[at + MEAN.count] = count
      mean[at + MEAN.level] = mean[at + MEAN.level]! + (x - mean[at + MEAN.level]!) / count
    },
    skip() {},
    describe: key =>
      mean[key * MEAN.width + MEAN.count] === 0 ? {} : { level: mean[key * MEAN.width + MEAN.level]! },
    move(key, by) {
      const at = key * MEAN.width
      mean[at + MEAN.level] = mean[at + MEAN.level]! + by
      mean[at + MEAN.count] = Math.min(mean[at + MEAN.count]!, FIRST_COUNT)
      onMove(key)
    },
  }
}
