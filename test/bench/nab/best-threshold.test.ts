import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestOf, bestThresholds } from '../../../bench/nab/best-threshold.ts'
import { PROFILES, type ProfileName, scaled, score } from '../../../bench/nab/score.ts'
import { anyScoredCorpus } from './arbitrary.ts'
import { rawScore } from './oracle.ts'

const profiles = Object.keys(PROFILES) as ProfileName[]
const series = { rows: 100, windows: [{ first: 40, last: 49 }] }

/** Scores of a hundred rows: zero but for some. */
const scoresWith = (some: Record<number, number>): Float64Array[] => [
  Float64Array.from({ length: 100 }, (_, row) => some[row] ?? 0),
]

describe('the best threshold', () => {
  it('is the highest score at which all that pays is detected', () => {
    const { standard } = bestThresholds([series], scoresWith({ 20: 3, 40: 7, 60: 5 }))
    expect(standard).toMatchObject({ threshold: 7, hits: 1, falsePositives: 0 })
    expect(standard.scores.standard).toBeCloseTo(100, 10)
  })

  it('takes a false detection for a window found, unless it is dearer', () => {
    const { standard } = bestThresholds([series], scoresWith({ 20: 9, 40: 7 }))
    expect(standard).toMatchObject({ threshold: 7, hits: 1, falsePositives: 1 })
    const many = Object.fromEntries(Array.from({ length: 19 }, (_, i) => [20 + i, 9]))
    expect(bestThresholds([series], scoresWith({ ...many, 40: 7 })).standard).toMatchObject({
      threshold: 'none',
      hits: 0,
    })
    // A window missed costs twice as much here.
    expect(bestThresholds([series], scoresWith({ ...many, 40: 7 })).lowFN).toMatchObject({ threshold: 7 })
  })

  it('takes or leaves equal scores together', () => {
    const { standard } = bestThresholds([series], scoresWith({ 20: 7, 40: 7 }))
    expect(standard).toMatchObject({ threshold: 7, hits: 1, falsePositives: 1 })
  })

  it('may be infinite, and is none where there is no score', () => {
    expect(bestThresholds([series], scoresWith({ 40: Number.POSITIVE_INFINITY })).standard.threshold).toBe(
      Number.POSITIVE_INFINITY,
    )
    expect(bestThresholds([series], [new Float64Array(100).fill(Number.NaN)]).standard).toMatchObject({
      threshold: 'none',
      falsePositives: 0,
    })
  })

  it('passes over the probation', () => {
    expect(bestThresholds([series], scoresWith({ 3: 9, 40: 7 })).standard.threshold).toBe(7)
  })

  it('is as good as that of trying every threshold by the rules', () => {
    fc.assert(
      fc.property(anyScoredCorpus, ({ corpus, scores }) => {
        const found = bestThresholds(corpus, scores)
        const tried = new Set(scores.flatMap(values => [...values]).filter(value => !Number.isNaN(value)))
        for (const profile of profiles) {
          let best = 0
          for (const threshold of tried) {
            const raw = rawScore(corpus, (s, row) => scores[s]![row]! >= threshold, PROFILES[profile])
            best = Math.max(best, scaled(raw, corpus, PROFILES[profile]))
          }
          expect(found[profile].scores[profile]).toBeCloseTo(best, 8)
          const { threshold } = found[profile]
          const detected = scores.map(values =>
            [...values.keys()].filter(row => threshold !== 'none' && values[row]! >= threshold),
          )
          expect(score(corpus, detected).scores[profile]).toBeCloseTo(best, 8)
        }
      }),
    )
  })
})

it('of given thresholds the best for each profile is taken', () => {
  const detectedAt = (threshold: number) => [threshold > 5 ? [20, 40] : [45]]
  const { standard, lowFP } = bestOf([series], [4, 6], detectedAt)
  expect(standard.threshold).toBe(6)
  // 100 − 11 against (1 + S(−0.5) / S(−1)) / 2 = 0.9299.
  expect(lowFP.threshold).toBe(4)
  expect(lowFP.scores.lowFP).toBeCloseTo(92.99, 2)
  expect(bestOf([series], [4], () => [[20]]).standard.threshold).toBe('none')
})
