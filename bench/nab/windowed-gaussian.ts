/**
 * NAB's simplest peer, written by the description of numenta/NAB at ea702d75, to run on the same files: its published
 * scores say whether the scorer is right.
 *
 * A value's score is one minus the normal tail beyond it, by mean and standard deviation of the last 6400 values, which
 * move on by a hundred at a time.
 */

import { normal } from '../../src/models/distributions/index.ts'

const WINDOW = 6400
const STEP = 100
const MIN_SD = 1e-6

/** Scores of a series from 0.5 to 1; 0 for the first value. */
export function windowedGaussian(values: Float64Array): Float64Array {
  const tail = normal({ mean: 0, sd: 1 })
  /** First value of the window, and how many it has. */
  let first = 0
  let count = 0
  let mean = 0
  /** Sum of squared distances from the mean. */
  let squares = 0
  const take = (x: number): void => {
    count++
    const off = x - mean
    mean += off / count
    squares += off * (x - mean)
  }
  return values.map((x, i) => {
    const sd = Math.sqrt(squares / count) || MIN_SD
    const z = count > 0 ? Math.abs(x - mean) / sd : Number.NaN
    if (count < WINDOW) take(x)
    else if (i + 1 === first + WINDOW + STEP) {
      first += STEP
      count = mean = squares = 0
      for (const y of values.subarray(first, first + WINDOW)) take(y)
    }
    return Number.isNaN(z) ? 0 : 1 - tail.sf(z)
  })
}
