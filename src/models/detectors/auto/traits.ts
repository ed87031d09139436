/** What has been recognised of a series, in its own units. */
import { type SeriesTraits, seriesTraits } from '../../../core/detector.ts'
import { KEY } from './key-state.ts'
import * as predictor from './predictor.ts'
import { PREDICTOR } from './predictor.ts'
import { periodsOf } from './profile.ts'
import { KINDS } from './structure.ts'

const COUNTER = KINDS.indexOf('counter')

/** Of a key, by its own numbers, those of its predictor, and its seasons; nothing where it has not been looked at. */
export function traitsOf(
  key: number,
  numbers: Float64Array,
  series: Float64Array,
  profile: Float64Array | undefined,
): SeriesTraits {
  const at = key * KEY.width
  const unit = numbers[at + KEY.unit]!
  if (unit === 0) return seriesTraits()
  const origin = numbers[at + KEY.origin]!
  const { level, trend, scale } = predictor.describe(series, key * PREDICTOR.width)
  const isCounter = numbers[at + KEY.kind] === COUNTER
  const step = numbers[at + KEY.resolution]!
  return {
    kind: KINDS[numbers[at + KEY.kind]!]!,
    level: isCounter ? numbers[at + KEY.last]! : level * unit + origin,
    trend: isCounter ? level * unit + origin : trend * unit,
    seasons: profile ? periodsOf(profile).map(steps => ({ steps })) : [],
    scale: Math.max(scale, numbers[at + KEY.floor]!) * unit,
    // A step no larger than the rounding of the values is none that they were read with.
    resolution: step > 2 ** -36 * Math.max(1, Math.abs(origin / unit)) ? step * unit : Number.NaN,
  }
}
