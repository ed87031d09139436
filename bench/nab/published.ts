/**
 * Published scores, each at its detector's best threshold for the corpus: numenta/NAB at ea702d75, README and
 * results/. Those of half of the corpus are of the recorded results, scored on its files alone.
 */

import type { LabelledSeries, ProfileName } from './score.ts'

export interface Published {
  readonly name: string
  /** On NAB's 58 series. */
  readonly whole: Readonly<Record<ProfileName, number>> | { readonly standard: number }
  /** On the 31 series that are every second file of each category: standard profile. */
  readonly half?: number
}

export const PUBLISHED: readonly Published[] = [
  { name: 'ARTime', whole: { standard: 74.9, lowFP: 65.1, lowFN: 80.4 }, half: 78.2 },
  { name: 'Numenta HTM', whole: { standard: 70.5, lowFP: 62.6, lowFN: 75.2 }, half: 71.2 },
  { name: 'CAD OSE', whole: { standard: 69.9, lowFP: 67.0, lowFN: 73.2 }, half: 74.1 },
  { name: 'KNN-CAD', whole: { standard: 58.0, lowFP: 43.4, lowFN: 64.8 }, half: 64.4 },
  { name: 'Windowed Gaussian', whole: { standard: 39.6, lowFP: 20.9, lowFN: 47.4 }, half: 36.7 },
  { name: 'random', whole: { standard: 11.0 } },
]

/** Whether a corpus is the half that {@link Published.half} speaks of. */
export const isPublishedHalf = (corpus: readonly (LabelledSeries & { readonly name: string })[]): boolean =>
  corpus.length === 31 &&
  corpus.reduce((total, { windows }) => total + windows.length, 0) === 57 &&
  corpus.some(({ name }) => name === 'realKnownCause/nyc_taxi.csv')
