/** A mean of the values so far as their prediction. */
import { f64 } from './fields.ts'
import type { Predictor } from './residual-statistic.ts'

const LEVEL = 0
const COUNT = 1
const WIDTH = 2
/** Values behind a new level: what it is worth at first. */
const FIRST_WORTH = 12

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
    layout: { mean: { kind: 'f64', width: WIDTH } },
    bind(state) {
      mean = f64(state, 'mean')
    },
    expect: key => (mean[key * WIDTH + COUNT] === 0 ? Number.NaN : mean[key * WIDTH + LEVEL]!),
    spread: key => Math.sqrt(1 + 1 / Math.max(1, mean[key * WIDTH + COUNT]!)),
    take(key, _timeMs, x) {
      if (Number.isNaN(x)) return
      const at = key * WIDTH
      const count = Math.min(mean[at + COUNT]! + 1, memory)
      mean[at + COUNT] = count
      mean[at + LEVEL] = mean[at + LEVEL]! + (x - mean[at + LEVEL]!) / count
    },
    skip() {},
    move(key, by) {
      const at = key * WIDTH
      mean[at + LEVEL] = mean[at + LEVEL]! + by
      mean[at + COUNT] = Math.min(mean[at + COUNT]!, FIRST_WORTH)
      onMove(key)
    },
  }
}
