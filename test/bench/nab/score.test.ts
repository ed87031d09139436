import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type LabelledSeries,
  nullScore,
  PROFILES,
  type ProfileName,
  perfectScore,
  probation,
  rowValues,
  scaled,
  score,
} from '../../../bench/nab/score.ts'
import { anyCorpus, anyScoredCorpus } from './arbitrary.ts'
import { rawScore } from './oracle.ts'

/** One window of ten rows. */
const ten: LabelledSeries = { rows: 100, windows: [{ first: 40, last: 49 }] }
const standard = (series: LabelledSeries, ...rows: number[]) => score([series], [rows]).scores.standard

describe('by hand: one window of ten rows, S(x) = 2 / (1 + e^(5x)) − 1', () => {
  it('its first row earns everything, nothing earns nothing', () => {
    expect(standard(ten, 40)).toBeCloseTo(100, 10)
    expect(standard(ten)).toBe(0)
  })

  it('its last row has x = −1/10: 0.24824 of a window found, and of the window missed that it is not', () => {
    // S(−0.1) = 0.244919, S(−1) = 0.986614.
    expect(standard(ten, 49)).toBeCloseTo(62.412, 3)
  })

  it('only the best of its detections counts', () => {
    expect(standard(ten, 49, 45, 41, 44)).toBe(standard(ten, 41))
  })

  it('the row behind it has x = 1/9 and costs 0.11 · 0.27085', () => {
    expect(standard(ten, 50)).toBeCloseTo((-100 * 0.11 * 0.270847) / 2, 5)
  })

  it('27 rows behind it is x = 3; a row more costs everything', () => {
    const { value } = rowValues(ten)
    expect(value[76]).toBeCloseTo(-0.99999939, 8)
    expect(value[77]).toBe(-1)
  })

  it('before the first window a row costs everything, and every row costs', () => {
    expect(standard(ten, 20)).toBeCloseTo(-5.5, 10)
    expect(standard(ten, 20, 21, 39)).toBeCloseTo(-16.5, 10)
  })

  it('the first 15 of 100 rows cost nothing; of 10,000 rows it is the first 750', () => {
    expect(standard(ten, 0, 14)).toBe(0)
    expect(standard(ten, 15)).toBeCloseTo(-5.5, 10)
    expect([probation(100), probation(109), probation(10_000)]).toEqual([15, 16, 750])
  })

  it('profiles weigh: 0.22 a false detection, or 2 a miss', () => {
    const { scores, hits, falsePositives } = score([ten], [[20, 40]])
    expect(hits).toBe(1)
    expect(falsePositives).toBe(1)
    expect(scores.standard).toBeCloseTo(100 - 5.5, 10)
    expect(scores.lowFP).toBeCloseTo(100 - 11, 10)
    expect(scores.lowFN).toBeCloseTo(100 - 11 / 3, 10)
  })
})

it('after two windows a row is measured by the second', () => {
  const { value, window } = rowValues({
    rows: 100,
    windows: [
      { first: 20, last: 40 },
      { first: 50, last: 54 },
    ],
  })
  expect(value[45]).toBeCloseTo(2 / (1 + Math.exp(5 * (5 / 20))) - 1, 12)
  expect(value[56]).toBeCloseTo(2 / (1 + Math.exp(5 * (2 / 4))) - 1, 12)
  expect(Array.from(window.subarray(49, 56))).toEqual([-1, 1, 1, 1, 1, 1, -1])
})

it('behind a window of one row everything costs everything', () => {
  const { value } = rowValues({ rows: 40, windows: [{ first: 20, last: 20 }] })
  expect(value[20]).toBe(1)
  expect(value[21]).toBe(-1)
})

it('a window in the probation cannot be missed', () => {
  const series = { rows: 100, windows: [{ first: 3, last: 9 }] }
  expect(nullScore([series], PROFILES.standard)).toBeCloseTo(0, 12)
  expect(score([series, ten], [[5], []]).hits).toBe(0)
  expect(score([series, ten], [[5], []]).scores.standard).toBe(0)
})

describe('of any corpus', () => {
  it('a detection at the first row of each window scores 100, none 0', () => {
    fc.assert(
      fc.property(anyCorpus, corpus => {
        const perfect = score(
          corpus,
          corpus.map(({ windows }) => windows.map(({ first }) => first)),
        )
        const nothing = score(
          corpus,
          corpus.map(() => []),
        )
        for (const profile of Object.keys(PROFILES) as ProfileName[]) {
          expect(perfect.scores[profile]).toBeCloseTo(100, 9)
          expect(nothing.scores[profile]).toBe(0)
        }
      }),
    )
  })

  it('one detection more never earns less in a window, and costs outside', () => {
    fc.assert(
      fc.property(anyScoredCorpus, fc.nat(), ({ corpus, scores }, pick) => {
        const detected = scores.map(values => [...values.keys()].filter(row => values[row]! > 6))
        const s = pick % corpus.length
        const row = pick % corpus[s]!.rows
        if (detected[s]!.includes(row)) return
        const before = score(corpus, detected)
        detected[s]!.push(row)
        const after = score(corpus, detected)
        const { window, start } = rowValues(corpus[s]!)
        for (const profile of Object.keys(PROFILES) as ProfileName[]) {
          const more = after.scores[profile] - before.scores[profile]
          if (row < start) expect(more).toBe(0)
          else if (window[row]! >= 0) expect(more).toBeGreaterThanOrEqual(-1e-9)
          else expect(more).toBeLessThan(0)
        }
      }),
    )
  })

  it('agrees with the rules applied row by row', () => {
    fc.assert(
      fc.property(anyScoredCorpus, ({ corpus, scores }) => {
        const rows = scores.map(values => [...values.keys()].filter(row => values[row]! > 6))
        const outcome = score(corpus, rows)
        for (const profile of Object.keys(PROFILES) as ProfileName[]) {
          const raw = rawScore(corpus, (s, row) => scores[s]![row]! > 6, PROFILES[profile])
          expect(outcome.scores[profile]).toBeCloseTo(scaled(raw, corpus, PROFILES[profile]), 8)
        }
      }),
    )
  })
})

it('a perfect score is one window credit per window', () => {
  expect(perfectScore([ten, ten], PROFILES.lowFN)).toBe(2)
  expect(nullScore([ten, ten], PROFILES.lowFN)).toBe(-4)
})
