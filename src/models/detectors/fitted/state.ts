/** What the `fitted` detector keeps of a key, and what its spec says: shared by what predicts and what learns. */
import { type RecordLayout, record } from '../../../core/record.ts'
import { OWN_SUMS } from '../parts/predictive.ts'

/** The numbers of a key before its cells. */
const HEAD = {
  seen: 'values learned from',
  weight: 'weight of a value now: grows by the inverse of the forgetting, so that old sums need no touch',
  counted: 'weights of all values learned from',
  moved: 'sum, or logarithm of the factor, by which the level has moved',
  movedCount: 'observations behind that; 0 before it did',
  own: ["sums of the family's own", OWN_SUMS],
} as const
export const FIT = record(HEAD)

const SUMS = { exposure: 'weights of the values', sum: 'weighted sum of the values' }
/** A cell: what is known of all values, of an hour of the day, of an hour of the week. */
export const CELL = record(SUMS)
/** That of an additive distribution. The first value of an hour has no residual. */
export const ADDITIVE_CELL = record({
  ...SUMS,
  squares: 'weighted squares of residuals',
  free: 'weights of these residuals',
})

/** The whole state of a key, by the number of profiles: none, hours of the day, hours of the day and of the week. */
export function fitRecord(additive: boolean, profiles: number): RecordLayout<'all'> {
  const cell = additive ? ADDITIVE_CELL : CELL
  return record({
    ...HEAD,
    all: cell,
    ...(profiles > 0 ? { day: [cell, 24] as const } : {}),
    ...(profiles > 1 ? { week: [cell, 168] as const } : {}),
  })
}

/** Values that are learned from whatever they are: too few to call one of them an outlier. */
export const MIN_COUNT = 8

/** The prediction at hand, of the distribution that is set. One per opened detector. */
export interface FittedPrediction {
  /** Whether enough is known for a distribution. */
  known: boolean
  /** Expected value, of the logarithm for logarithmic distributions. */
  mean: number
  /** Observations behind the mean of the last cell that has any; 0 where no value of the hour was seen. */
  seenCount: number
  /** Whether the hour of the week has not been seen. */
  fresh: boolean
  /** log p of the value measured last. */
  logTwoSided: number
  /** Where the cells of the value are: all, hour of day, hour of week. */
  readonly places: Int32Array
}
