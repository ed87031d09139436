/** What a job's sinks have been given of anomalies: plain data, for the live page and notebooks. */

/** A value that `detect` called an anomaly, as a sink got it. */
export interface JobAlert {
  /** Counts up in the job. */
  readonly number: number
  /** The name of the sink that got it first. */
  readonly sink: string
  /** Whose value it is: its keys and other texts, such as `origin=IAH`. Empty where there is one series. */
  readonly series: string
  /** The column that was scored, where it is among those written. */
  readonly column?: string
  /** Event time, ms since 1970. */
  readonly timeMs: number
  readonly value: number | null
  readonly expected: number | null
  readonly lower: number | null
  readonly upper: number | null
  /** −log10 of the p-value. */
  readonly score: number | null
  /** What it is that is unusual, where the detector says so. */
  readonly reason?: string
}

/** A value of a series that is scored, with its bounds. */
export interface ScoredPoint {
  readonly timeMs: number
  readonly value: number | null
  readonly expected: number | null
  readonly lower: number | null
  readonly upper: number | null
  readonly anomaly: boolean
}
