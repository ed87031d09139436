/**
 * The value of detections by the Numenta Anomaly Benchmark (Lavin & Ahmad 2015, *Evaluating Real-time Anomaly
 * Detection Algorithms*, §II; the benchmark's own program where the paper leaves a choice).
 */

/** Rows of an anomaly, both inclusive. */
export interface RowWindow {
  readonly first: number
  readonly last: number
}

export interface LabelledSeries {
  readonly rows: number
  /** In order, apart from each other. */
  readonly windows: readonly RowWindow[]
}

/** What a window found counts, and what a false detection and a window missed cost. */
export interface Profile {
  readonly found: number
  readonly falseDetection: number
  readonly missed: number
}

export const PROFILES = {
  standard: { found: 1, falseDetection: 0.11, missed: 1 },
  lowFP: { found: 1, falseDetection: 0.22, missed: 1 },
  lowFN: { found: 1, falseDetection: 0.11, missed: 2 },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof PROFILES

/** 1 far before the end of a window, 0 at its end, −1 far behind it. */
export const sigmoid = (x: number): number => (x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1)

const EARLIEST = sigmoid(-1)

/** Rows at the start of a series in which nothing counts. */
export const probation = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750)

/** What a detection at each row of a series would mean, before the weights of a profile. */
export interface RowValues {
  /** Which window a row lies in; −1 outside of all. */
  readonly window: Int32Array
  /** In a window 1 (at its start) down to almost 0; outside 0 (right behind a window) down to −1. */
  readonly value: Float64Array
  /** Rows before this one count neither way. */
  readonly start: number
}

export function rowValues({ rows, windows }: LabelledSeries): RowValues {
  const window = new Int32Array(rows).fill(-1)
  const value = new Float64Array(rows).fill(-1)
  windows.forEach(({ first, last }, w) => {
    const width = last - first + 1
    for (let row = first; row <= last; row++) {
      window[row] = w
      value[row] = sigmoid(-(last - row + 1) / width) / EARLIEST
    }
    const next = windows[w + 1]?.first ?? rows
    for (let row = last + 1; row < next; row++) value[row] = sigmoid((row - last) / (width - 1))
  })
  return { window, value, start: probation(rows) }
}

/** Windows with a row that counts: one that lies in the probation cannot be missed. */
const countable = ({ windows, rows }: LabelledSeries): number =>
  windows.filter(({ last }) => last >= probation(rows)).length

/** Score of no detection at all, unscaled. */
export const nullScore = (corpus: readonly LabelledSeries[], profile: Profile): number =>
  -profile.missed * corpus.reduce((total, series) => total + countable(series), 0)

/** Score of a detection at the first row of every window and nowhere else, unscaled. */
export const perfectScore = (corpus: readonly LabelledSeries[], profile: Profile): number =>
  profile.found * corpus.reduce((total, { windows }) => total + windows.length, 0)

/** A raw score on the scale on which no detection is 0 and perfection 100. */
export function scaled(raw: number, corpus: readonly LabelledSeries[], profile: Profile): number {
  const least = nullScore(corpus, profile)
  return (100 * (raw - least)) / (perfectScore(corpus, profile) - least)
}

export interface Outcome {
  /** Windows with a detection. */
  readonly hits: number
  /** Detections outside of windows. */
  readonly falsePositives: number
  /** On the scale of 0 to 100, which may go far below 0. */
  readonly scores: Readonly<Record<ProfileName, number>>
}

/** Scores the rows detected in each series, in any order; those in the probation count neither way. */
export function score(corpus: readonly LabelledSeries[], detected: readonly Iterable<number>[]): Outcome {
  let hits = 0
  let falsePositives = 0
  /** Sums of the best values in windows, and of the values outside. */
  let inside = 0
  let outside = 0
  corpus.forEach((series, s) => {
    const { window, value, start } = rowValues(series)
    const best = new Float64Array(series.windows.length)
    for (const row of detected[s]!) {
      if (row < start) continue
      const w = window[row]!
      if (w >= 0) {
        if (best[w] === 0) hits++
        best[w] = Math.max(best[w]!, value[row]!)
      } else {
        falsePositives++
        outside += value[row]!
      }
    }
    for (const value of best) inside += value
  })
  const total = -nullScore(corpus, { found: 1, falseDetection: 0, missed: 1 })
  const of = (profile: Profile): number =>
    scaled(
      profile.found * inside + profile.falseDetection * outside - profile.missed * (total - hits),
      corpus,
      profile,
    )
  return {
    hits,
    falsePositives,
    scores: { standard: of(PROFILES.standard), lowFP: of(PROFILES.lowFP), lowFN: of(PROFILES.lowFN) },
  }
}
