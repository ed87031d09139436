/** Numbers that the `arma` detector keeps, by name. */
import { record } from '../../../../core/record.ts'
import { LASTING } from '../../parts/level-shift.ts'

/** Numbers of a key. */
export const KEY = record({
  position: 'steps so far from the first value on, missing ones included',
  lastMs: 'event time of the last step, ms',
  fitted: '1 once a model has been fitted',
  nextFit: 'position of the next fit',
  level: 'level, unit of the values',
  uncertain: '1 while the excess covariance of the filter is not 0',
  absolute: 'weighted sum of absolute innovations',
  counted: 'sum of their weights',
  meanSize: 'mean size of innovations, outliers almost in full',
  run: 'outliers in a row, signed by their side; an ordinary value takes two off',
  runCount: 'outliers of the run',
  moved: 'how far the level last moved, 0 when it may not go back',
  returned: 'outliers in a row that are back at the level before',
  outliers: ['distances of the last outliers from level and profile', LASTING],
})

/** Numbers of a slot of the season. */
export const SLOT = record({
  mean: 'mean of the values less the level',
  visits: 'values behind that mean, up to what it remembers',
  size: 'weighted sum of the sizes of innovations, in scales of the series',
  counted: 'sum of their weights',
})
