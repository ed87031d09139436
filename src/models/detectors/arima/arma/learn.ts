/** What the `arma` detector learns of a value after it was scored. */
import { nextMeanSize, OUTLIER_Z, SCALE_KEEP } from '../../parts/robust-scale.ts'
import { advance, advanceUncertain } from '../innovation-filter.ts'
import type { Arma } from './context.ts'
import { weighOutlier } from './level.ts'
import { learnSlot } from './profile.ts'
import { KEY as KEY_RECORD } from './state.ts'

// The compiler knows constants of this module, see `score.ts`.
const KEY = KEY_RECORD
const KEEP = SCALE_KEEP
const LIMIT = OUTLIER_Z

/** Learns y, the value of `arma.row`; NaN for a missing one. */
export function learn(arma: Arma, y: number): void {
  const { numbers, filter, row, drift } = arma
  const { key, at } = row
  const level = numbers[at + KEY.level]!
  row.share = 0
  if (!Number.isNaN(y)) {
    const { u } = row
    if (Math.abs(u) <= LIMIT && numbers[at + KEY.run] === 0) {
      row.share = 1
      row.weight = 1
      numbers[at + KEY.returned] = 0
    } else {
      weighOutlier(arma, y)
    }
    const run = numbers[at + KEY.run]!
    // Within a run it is the level that is in question, not the model.
    if (drift !== undefined && run <= 1 && run >= -1 && Number.isFinite(y)) drift.given.innovation = u
    // Ordinary innovations teach scale, calibrator and profile; outliers a little of the first two.
    const { weight } = row
    const counted = numbers[at + KEY.counted]!
    if (Number.isFinite(y)) {
      numbers[at + KEY.meanSize] = nextMeanSize(numbers[at + KEY.meanSize]!, Math.abs(u) * row.unit, counted)
    }
    const size = Math.min(Math.abs(u), LIMIT)
    numbers[at + KEY.absolute] = numbers[at + KEY.absolute]! * KEEP + weight * size * row.unit
    numbers[at + KEY.counted] = counted * KEEP + weight
    if (!arma.scoring.analytic) arma.calibrator.learn(key, u, weight)
    learnSlot(arma, y, size)
  }
  const { share } = row
  const error = share === 0 ? 0 : row.error
  arma.past[row.place] = share > 0 ? row.expected + share * error - level : Number.NaN
  if (share === 1 && !row.uncertain) advance(filter, key, error)
  else numbers[at + KEY.uncertain] = advanceUncertain(filter, key, error, share) ? 1 : 0
}

/** Moves the filter of a key over a step that had no value. */
export function learnMissing({ numbers, filter }: Arma, key: number): void {
  numbers[key * KEY.width + KEY.uncertain] = advanceUncertain(filter, key, 0, 0) ? 1 : 0
}
