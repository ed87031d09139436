import { describe, expect, it } from 'vitest'
import { type BenchDetector, ONE_EVENT } from '../../../bench/detectors.ts'
import type { CorpusSeries } from '../../../bench/nab/read-corpus.ts'
import { scoreCorpus } from '../../../bench/nab/score-corpus.ts'
import { arma } from '../../../src/models/detectors/index.ts'
import { gaussian, HOUR_MS, START_MS, seeded } from '../../models/detectors/simulate.ts'

/** White noise with a storm of alternating values outside of the window, and a spike in it. */
function series(name: string, seed: number): CorpusSeries {
  const u = seeded(seed)
  const values = Float64Array.from({ length: 1500 }, gaussian.bind(null, u))
  for (let i = 0; i < 9; i++) values[1000 + i] = i % 2 === 0 ? 12 : -12
  values[1300] = 40
  return {
    name,
    rows: values.length,
    values,
    timesMs: Float64Array.from(values, (_, i) => START_MS + i * HOUR_MS),
    windows: [{ first: 1295, last: 1334 }],
  }
}

const corpus = [series('a', 1), series('b', 2)]
const detector: BenchDetector = {
  name: 'arma',
  spec: arma({ p: 1, q: 0 }),
  alpha: 1e-3,
}

describe('a detector over a corpus', () => {
  const plain = scoreCorpus(detector, corpus, undefined)
  const thinned = scoreCorpus({ ...detector, events: ONE_EVENT }, corpus, undefined)

  it('is scored at its own rate of false alarms, or at the one given', () => {
    expect(plain.headline.threshold).toBeCloseTo(3, 12)
    expect(scoreCorpus(detector, corpus, 1e-2).headline.threshold).toBeCloseTo(2, 12)
    expect(plain.headline.hits).toBe(2)
    expect(plain.headline.falsePositives).toBeGreaterThan(8)
  })

  it('counts an event once where a suppressAlarms rule says so', () => {
    expect(thinned.headline.hits).toBe(2)
    expect(thinned.headline.falsePositives).toBeLessThan(plain.headline.falsePositives / 2)
    expect(thinned.headline.scores.standard).toBeGreaterThan(plain.headline.scores.standard)
  })

  it('is nowhere better than at its best threshold', () => {
    const rates = [1e-1, 1e-2, 1e-3, 1e-5, 1e-8, 1e-12]
    for (const rate of rates) {
      const { scores } = scoreCorpus(detector, corpus, rate).headline
      for (const profile of ['standard', 'lowFP', 'lowFN'] as const) {
        expect(scores[profile]).toBeLessThanOrEqual(plain.best[profile].scores[profile] + 1e-9)
      }
    }
  })

  it('thinned again at its best threshold, is what a detector opened at that rate says', () => {
    for (const profile of ['standard', 'lowFP', 'lowFN'] as const) {
      const { threshold, ...outcome } = thinned.best[profile]
      expect(threshold).toBeTypeOf('number')
      const opened = scoreCorpus({ ...detector, events: ONE_EVENT }, corpus, 10 ** -(threshold as number))
      expect(opened.headline).toMatchObject(outcome)
    }
  })

  it('knows nothing of the other series, or of what is to come', () => {
    const alone = scoreCorpus(detector, [corpus[1]!], undefined)
    expect(
      alone.headline.falsePositives + scoreCorpus(detector, [corpus[0]!], undefined).headline.falsePositives,
    ).toBe(plain.headline.falsePositives)
    const cut = corpus.map(({ name, timesMs, values }) => ({
      name,
      rows: 1335,
      timesMs: timesMs.slice(0, 1335),
      values: values.slice(0, 1335),
      windows: [{ first: 1295, last: 1334 }],
    }))
    expect(scoreCorpus(detector, cut, undefined).headline.hits).toBe(2)
  })
})

it('an error names the file', () => {
  const broken: BenchDetector = { name: 'arma', spec: arma({ p: 1, q: 0, season: '1h' }) }
  expect(() => scoreCorpus(broken, corpus, undefined)).toThrow(/^a: /)
})
