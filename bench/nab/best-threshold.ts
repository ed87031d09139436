/** The threshold a corpus is scored best with: what NAB reports, and what no one knows in advance. */

import {
  type LabelledSeries,
  type Outcome,
  PROFILES,
  type ProfileName,
  type RowValues,
  rowValues,
  score,
} from './score.ts'

export interface Best extends Outcome {
  /** Rows with a score of at least so much are detections; `'none'` where it is best to detect nothing. */
  readonly threshold: number | 'none'
}

export type BestByProfile = Readonly<Record<ProfileName, Best>>

interface ScoredRow {
  readonly score: number
  readonly series: number
  readonly row: number
}

/**
 * The best threshold for each profile of all that there are, one for the whole corpus; the highest of equals.
 *
 * `scores` has an array for each series, NaN where there is no score.
 */
export function bestThresholds(
  corpus: readonly LabelledSeries[],
  scores: readonly Float64Array[],
): BestByProfile {
  const rows = corpus.map(rowValues)
  const order: ScoredRow[] = []
  scores.forEach((values, series) => {
    for (let row = rows[series]!.start; row < values.length; row++) {
      const score = values[row]!
      if (!Number.isNaN(score)) order.push({ score, series, row })
    }
  })
  // Not by difference: scores may be infinite.
  order.sort((a, b) => (a.score < b.score ? 1 : a.score > b.score ? -1 : 0))
  return byProfile(profile => {
    const count = bestPrefix(corpus, rows, order, profile)
    const detected: number[][] = corpus.map(() => [])
    for (const { series, row } of order.slice(0, count)) detected[series]!.push(row)
    return { threshold: order[count - 1]?.score ?? 'none', ...score(corpus, detected) }
  })
}

/** How many of the rows, from the highest score down, are detected at the best. */
function bestPrefix(
  corpus: readonly LabelledSeries[],
  rows: readonly RowValues[],
  order: readonly ScoredRow[],
  profileName: ProfileName,
): number {
  const profile = PROFILES[profileName]
  const best = corpus.map(({ windows }) => new Float64Array(windows.length))
  let raw = 0
  let highest = 0
  let count = 0
  order.forEach(({ score, series, row }, i) => {
    const value = rows[series]!.value[row]!
    const w = rows[series]!.window[row]!
    if (w < 0) raw += profile.falseDetection * value
    else {
      const before = best[series]![w]!
      if (before === 0) raw += profile.missed
      if (value > before) {
        raw += profile.found * (value - before)
        best[series]![w] = value
      }
    }
    // Equal scores are detections together.
    if (order[i + 1]?.score !== score && raw > highest) {
      highest = raw
      count = i + 1
    }
  })
  return count
}

/**
 * The best of the given thresholds for each profile, where detections depend on one another, so that a row more does
 * not just add to those there were.
 *
 * `detectedAt` gives the rows of each series detected at a threshold.
 */
export function bestOf(
  corpus: readonly LabelledSeries[],
  thresholds: readonly number[],
  detectedAt: (threshold: number) => readonly Iterable<number>[],
): BestByProfile {
  const nothing = score(
    corpus,
    corpus.map(() => []),
  )
  const outcomes: Best[] = [
    { threshold: 'none', ...nothing },
    ...[...thresholds]
      .sort((a, b) => b - a)
      .map(threshold => ({ threshold, ...score(corpus, detectedAt(threshold)) })),
  ]
  return byProfile(profile =>
    outcomes.reduce((best, outcome) => (outcome.scores[profile] > best.scores[profile] ? outcome : best)),
  )
}

const byProfile = (best: (profile: ProfileName) => Best): BestByProfile => ({
  standard: best('standard'),
  lowFP: best('lowFP'),
  lowFN: best('lowFN'),
})
