/** The state of a key, beside that of the parts. */
import { REASONS } from '../../../core/detector.ts'
import type { FieldSpec } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'

export const KEY = record({
  seen: 'values of the key',
  place: 'place of the last value: steps since 1970, or values and missing ones so far',
  last: 'the last value',
  first: 'place of the first value of the history',
  kept: 'values and missing ones in the history',
  held: 'values in it',
  moves: 'new levels in the history; below 0: it is not asked for a season of them again',
  movedAt: 'where in it the last of them begins',
  nextLook: 'how many of those make the next look at the structure; 0: there is none',
  kind: 'what kind of series it is: see structure.ts',
  origin: 'the value that is 0 to the model',
  unit: 'the power of two that is 1',
  floor: 'the least scale, in units',
  resolution: 'the step that values are read with, in units; 0: none',
  clock: 'time of the change of clocks at hand, ms',
  said: 'what values have said since for the season having moved with it',
  still: '1 where the first values were all the same: how far one is off says nothing',
  countStep: 'the step of counts, negative where they are of what is missing to 1; 0: they are none',
  untilRefresh: 'values until tails and bounds are looked at again',
  up: 'the bound above what is expected, in scales, since it was asked for last; 0: it has changed',
  down: 'and below',
  lasting: 'values in a row of which a window says the same with great certainty',
  lastingReason: 'what it says',
  alarms: ['values with p < alpha that were marked, by reason', REASONS.length],
})

/** Arrays that are not of one size, in snapshots. */
export const arrayField: FieldSpec = {
  kind: 'object',
  encode: value => new Uint8Array((value as Float64Array).slice().buffer),
  decode: bytes => new Float64Array(bytes.slice().buffer),
}
