/** What is measured of a detector on a kind of series, and when it falls short. Plain data, which threads can pass on. */

/** Alarms among values in which there is nothing to be marked. */
export interface FalseAlarms {
  readonly judged: number
  /** Marked values not more than 50 apart are one. */
  readonly events: number
  /** Values with p < alpha, marked or suppressed. */
  readonly low: number
  /** Events per judged value: the ends of its exact interval of 95 %. */
  readonly interval: readonly [number, number]
}

export interface FaultCell {
  readonly fault: string
  /** Part of the goal. */
  readonly large: boolean
  readonly seeds: number
  readonly found: number
  /** Median of the rows from the first that is marked to the alarm, where it was found. */
  readonly medianDelay: number | null
  /** How often each reason was given where it was found. */
  readonly reasons: Readonly<Record<string, number>>
  /** False alarms from when it should have recovered until 400 rows after what is marked; null where it is not measured. */
  readonly after: FalseAlarms | null
}

export interface RateCells {
  readonly alpha: number
  /** The first 300 values that are judged in a series. */
  readonly first: FalseAlarms
  /** Those after them. */
  readonly later: FalseAlarms
  readonly faults: readonly FaultCell[]
}

/** All that was measured of a detector on the series of a kind. */
export interface Cells {
  readonly detector: string
  readonly series: string
  readonly group: string
  readonly rates: readonly RateCells[]
  readonly cpuMs: number
}

/** The upper end of the interval of false alarms may be so many times alpha. */
export const MOST_FALSE = 2
/** The part of the seeds in which a large fault has to be found. */
export const LEAST_FOUND = 0.95
/** More values than so many times alpha with p < alpha are a flood, be it one event or many. */
const FLOOD = 20
/** Of fewer values times alpha little is decided: were its rate half of alpha, the interval would often be too wide. */
const LEAST_EXPECTED = 5

/** Enough values to say that a rate is low enough, or a rate that is too high for certain. */
export const isDecided = ({ judged, interval }: FalseAlarms, alpha: number): boolean =>
  judged * alpha >= LEAST_EXPECTED || interval[0] > MOST_FALSE * alpha

export const alarmsTooOften = (sum: FalseAlarms, alpha: number): boolean =>
  isDecided(sum, alpha) && (sum.interval[1] > MOST_FALSE * alpha || isFlooded(sum, alpha))

/** After an event fewer values are judged: it falls short where the rate is too high for certain. */
export const recoversTooLate = (after: FalseAlarms, alpha: number): boolean =>
  after.judged > 0 && (after.interval[0] > MOST_FALSE * alpha || isFlooded(after, alpha))

const isFlooded = ({ low, judged }: FalseAlarms, alpha: number): boolean => low > FLOOD * alpha * judged

export const foundTooSeldom = ({ large, found, seeds }: FaultCell): boolean =>
  large && found < LEAST_FOUND * seeds

/** The reasons that were given, most frequent first. */
export const byFrequency = (reasons: Readonly<Record<string, number>>): [reason: string, times: number][] =>
  Object.entries(reasons).sort((a, b) => b[1] - a[1])

/** A figure that falls short of the goal, by name. */
export interface Miss {
  readonly detector: string
  readonly series: string
  readonly alpha: number
  /** `first values`, `later values`, the name of a fault, or `after` it. */
  readonly cell: string
  /** Events per value in times alpha, or the part of the seeds. */
  readonly figure: number
}

export function missesOf({ detector, series, rates }: Cells): Miss[] {
  return rates.flatMap(({ alpha, first, later, faults }) => {
    const miss = (cell: string, figure: number): Miss => ({ detector, series, alpha, cell, figure })
    const times = ({ events, judged }: FalseAlarms) => events / judged / alpha
    return [
      ...(alarmsTooOften(first, alpha) ? [miss('first values', times(first))] : []),
      ...(alarmsTooOften(later, alpha) ? [miss('later values', times(later))] : []),
      ...faults.flatMap(cell => [
        ...(foundTooSeldom(cell) ? [miss(cell.fault, cell.found / cell.seeds)] : []),
        ...(cell.after && recoversTooLate(cell.after, alpha)
          ? [miss(`after ${cell.fault}`, times(cell.after))]
          : []),
      ]),
    ]
  })
}

/** How many figures there are that could fall short. */
export const figuresOf = ({ rates }: Cells): number =>
  rates
    .flatMap(({ faults }) => [
      2,
      ...faults.map(({ large, after }) => (large ? 1 : 0) + (after?.judged ? 1 : 0)),
    ])
    .reduce((a, b) => a + b, 0)
