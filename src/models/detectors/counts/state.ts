/** What the `counts` detector keeps of a key, and what its spec says: shared by what predicts and what learns. */
import { type RecordLayout, record } from '../../../core/record.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** The numbers of a key that are not of its profile. */
export const LEVEL = record({
  seen: 'values learned from',
  firstMs: 'event time of the first value, ms',
  lastMs: 'event time of the last value, ms',
  weight:
    'weight of an observation now: grows by the inverse of the forgetting, so that old sums need no touch',
  count: 'recent counts, with forgetting',
  exposure: 'what the profile alone expected of them',
  first: 'what the first of them weighs by now',
  excess: 'numerator of the dispersion',
  information: 'denominator of the dispersion',
  phi: 'dispersion: may be negative',
  strain: 'how long and to which side counts have been outliers: signed, forgets slowly',
  strainSinceMs: 'event time of the first of these outliers, ms',
  strainCount: 'counts since then',
  strainExposure: 'what the profile alone expected of them',
  total: 'weighted sum of all counts',
  totalExposure: 'weighted sum of their levels',
  hourVariance: 'relative variance of hours of the day around the mean',
  slotVariance: 'relative variance of hours of the week around their hour of the day',
  noiseVariance: 'relative variance of the noise of an hour of the day around 1 + phi * mean',
})

/** An hour of the week in the profile. */
export const SLOT = record({ count: 'weighted counts', exposure: 'weighted levels' })
/** An hour of the day in the profile. */
export const HOUR = record({
  count: 'weighted counts',
  exposure: 'weighted levels',
  excess: 'numerator of its own dispersion',
  information: 'denominator of its own dispersion',
})

const WEEK = record({ week: [SLOT, 168], day: [HOUR, 24] })
const DAY = record({ day: [HOUR, 24] })

/** What a spec says, for one opened detector. */
export interface CountSettings {
  /** Whether hours of the day differ, and hours of the week. */
  readonly daily: boolean
  readonly weekly: boolean
  readonly warmupMs: number
  readonly halfLifeMs: number
  readonly levelHalfLifeMs: number
  readonly patienceMs: number
  /** The first season, in which the level is 1. */
  readonly firstSeasonMs: number
  /** The profile of a key; none without a season. */
  readonly profile: RecordLayout<'day'> | undefined
}

export const profileRecord = (season: 'hourOfWeek' | 'hourOfDay' | 'none'): CountSettings['profile'] =>
  season === 'hourOfWeek' ? WEEK : season === 'hourOfDay' ? DAY : undefined
