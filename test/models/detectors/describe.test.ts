import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import {
  ar,
  arima,
  auto,
  changePoint,
  counts,
  cusum,
  ewma,
  fitted,
  holtWinters,
  kMeansDistance,
  pageHinkley,
  robustZ,
  seasonalNaive,
} from '../../../src/models/detectors/index.ts'
import { normal } from '../../../src/models/index.ts'
import { detectors } from './all-detectors.ts'
import { context, gaussian, hourly, score, seeded, stateFor } from './simulate.ts'

const DAY_MS = 86_400_000

/** What a detector says of a series of values an hour apart. */
function described(spec: DetectorSpec, values: ArrayLike<number>, everyMs: number | undefined = 3_600_000) {
  const detector = detectors[spec.kind]!(spec, context({ everyMs }))
  const state = stateFor(detector, 1)
  score(detector, hourly(values), [], state)
  return detector.describe!(state, 0)
}

/** About 50, of a standard deviation of 2. */
const steady = (): number[] => {
  const u = seeded(7)
  return Array.from({ length: 1500 }, () => 50 + 2 * gaussian(u))
}

const byDay = { season: '1d' } as const

const withLevelAndScale: readonly (readonly [string, DetectorSpec])[] = [
  ['auto', auto()],
  ['ewma', ewma()],
  ['robustZ', robustZ()],
  ['robustZ by day', robustZ(byDay)],
  ['holtWinters', holtWinters()],
  ['holtWinters by day', holtWinters({ ...byDay, trend: true })],
  ['cusum', cusum()],
  ['pageHinkley', pageHinkley()],
  ['changePoint', changePoint()],
  ['kMeansDistance', kMeansDistance()],
  ['ar', ar({ p: 1 })],
  ['fitted normal', fitted('normal')],
  ['fitted normal by hour of day', fitted('normal', { profile: 'hourOfDay' })],
  ['fitted lognormal', fitted('lognormal')],
  ['given a distribution', normal({ mean: 50, sd: 2 }).asDetector()],
]

describe('what a detector has recognised', () => {
  it.each(withLevelAndScale)('%s knows level and scale', (_name, spec) => {
    const { level, scale } = described(spec, steady())
    expect(Math.abs(level - 50)).toBeLessThan(1)
    expect(Math.abs(scale - 2)).toBeLessThan(0.3)
  })

  it.each(withLevelAndScale.slice(0, -2))('%s says it in the unit of the values', (_name, spec) => {
    const values = steady()
    const unit = 2 ** 700
    const here = described(spec, values)
    const there = described(
      spec,
      values.map(x => x * unit),
    )
    for (const trait of ['level', 'trend', 'scale', 'resolution'] as const)
      expect(there[trait]).toBe(here[trait] * unit)
    expect(there.seasons).toEqual(here.seasons)
    expect(there.kind).toBe(here.kind)
  })

  it('counts have the scale of counts', () => {
    const u = seeded(3)
    const values = Array.from({ length: 24 * 40 }, () => Math.max(0, Math.round(400 + 20 * gaussian(u))))
    const { level, scale, seasons } = described(counts(), values)
    expect(Math.abs(level - 400)).toBeLessThan(10)
    expect(Math.abs(scale - 20)).toBeLessThan(4)
    expect(seasons).toEqual([{ ms: DAY_MS }, { ms: 7 * DAY_MS }])
  })

  it('seasons are those that were given, or found', () => {
    const u = seeded(11)
    const daily = Array.from(
      { length: 1500 },
      (_, i) => 100 + 30 * Math.sin((2 * Math.PI * i) / 24) + gaussian(u),
    )
    expect(described(seasonalNaive({ season: 24 }), daily).seasons).toEqual([{ steps: 24 }])
    expect(
      described(arima({ order: [0, 0, 0], seasonal: { order: [1, 0, 0], period: 24 } }), daily).seasons,
    ).toEqual([{ steps: 24 }])
    const { kind, seasons, resolution, level } = described(auto(), daily, undefined)
    expect([kind, seasons, resolution]).toEqual(['numbers', [{ steps: 24 }], Number.NaN])
    expect(Math.abs(level - 100)).toBeLessThan(2)
  })

  it('auto says what kind of series it is, and with which step it is read', () => {
    const u = seeded(5)
    const counter = Array.from({ length: 600 }, (_, i) => 7 * i + Math.floor(3 * u()))
    const found = described(auto(), counter)
    expect(found.kind).toBe('counter')
    expect(found.level).toBe(counter.at(-1))
    expect(Math.abs(found.trend - 7)).toBeLessThan(0.5)

    expect(described(auto(), new Array(400).fill(3))).toMatchObject({ kind: 'constant', level: 3, trend: 0 })
    const halves = steady().map(x => Math.round(2 * x) / 2)
    expect(described(auto(), halves).resolution).toBe(0.5)
    const ramp = Array.from({ length: 600 }, (_, i) => 10 - 0.25 * i + gaussian(u))
    expect(described(auto(), ramp).trend).toBeCloseTo(-0.25, 1)
  })

  it('auto knows nothing of a series in its warm-up', () => {
    const { kind, level, seasons } = described(auto(), steady().slice(0, 100))
    expect([kind, level, seasons]).toEqual([undefined, Number.NaN, []])
  })
})
