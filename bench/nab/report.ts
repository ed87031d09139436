/** Scores as a table for people. */

import { alignedTable } from '../harness/aligned-table.ts'
import type { Best, BestByProfile } from './best-threshold.ts'
import { PUBLISHED } from './published.ts'
import type { Outcome, ProfileName } from './score.ts'
import type { Scored } from './score-corpus.ts'

const PROFILE_NAMES: readonly ProfileName[] = ['standard', 'lowFP', 'lowFN']

/** What the detectors reach at the threshold fixed in advance. */
export const headlineTable = (scored: readonly Scored[]): string =>
  alignedTable([
    ['fixed in advance', 'score >', 'standard', 'low FP', 'low FN', 'hits', 'false', 'CPU s'],
    ...scored.map(({ name, headline, cpuMs }) => [
      name,
      headline.threshold.toFixed(1),
      ...scoresOf(headline),
      String(headline.hits),
      String(headline.falsePositives),
      (cpuMs / 1000).toFixed(1),
    ]),
  ])

/** What they would reach at thresholds chosen by the labels, as others are published. */
export const bestTable = (
  scored: readonly Scored[],
  gaussian: BestByProfile,
  published: 'none' | 'half' | 'whole',
): string =>
  alignedTable([
    ['best for the corpus', 'standard', 'at ≥', 'hits', 'false', 'low FP', 'at ≥', 'low FN', 'at ≥'],
    ...scored.map(({ name, best }) => bestLine(name, best)),
    bestLine('Windowed Gaussian, run here', gaussian),
    ...(published === 'none' ? [] : PUBLISHED).flatMap(({ name, whole, half: onHalf }) => {
      const line = (what: string, scores: Partial<Record<ProfileName, number>>) => [
        `${name}, ${what}`,
        figure(scores.standard),
        '',
        '',
        '',
        figure(scores.lowFP),
        '',
        figure(scores.lowFN),
        '',
      ]
      const lines = [line('whole corpus', whole)]
      if (published === 'half' && onHalf !== undefined) lines.unshift(line('this half', { standard: onHalf }))
      return lines
    }),
  ])

const bestLine = (name: string, { standard, lowFP, lowFN }: BestByProfile): string[] => [
  name,
  standard.scores.standard.toFixed(1),
  at(standard),
  String(standard.hits),
  String(standard.falsePositives),
  lowFP.scores.lowFP.toFixed(1),
  at(lowFP),
  lowFN.scores.lowFN.toFixed(1),
  at(lowFN),
]

const scoresOf = ({ scores }: Outcome): string[] => PROFILE_NAMES.map(profile => scores[profile].toFixed(1))
const at = ({ threshold }: Best): string => (threshold === 'none' ? 'none' : threshold.toFixed(1))
const figure = (value: number | undefined): string => value?.toFixed(1) ?? ''
