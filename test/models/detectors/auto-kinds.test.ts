/** What `auto` knows of kinds of series: what is ordinary in them is not told, and what is not is. */
import { describe, expect, it } from 'vitest'
import { REASONS } from '../../../src/core/detector.ts'
import { clockChangeBefore } from '../../../src/models/detectors/auto/clock-change.ts'
import { auto } from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { context, gaussian, score, seeded, stateFor } from './simulate.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A Monday, with no change of clocks near. */
const MONDAY = Date.UTC(2024, 0, 8)
const SEEDS = [1, 2, 3, 4]

interface Series {
  readonly values: ArrayLike<number>
  readonly everyMs?: number
  readonly from?: number
  readonly alpha?: number
  /** Rows that there are none of. */
  readonly absent?: (i: number) => boolean
}

function judge({ values, everyMs = HOUR_MS, from = MONDAY, alpha = 1e-4, absent = () => false }: Series) {
  const rows = Array.from(values, (value, i) => ({ i, value })).filter(({ i }) => !absent(i))
  const detector = detectors.auto!(auto(), context({ alpha, everyMs }))
  const state = stateFor(detector, 1)
  const output = score(
    detector,
    {
      keys: new Uint32Array(rows.length),
      timesMs: Float64Array.from(rows, ({ i }) => from + i * everyMs),
      values: Float64Array.from(rows, ({ value }) => value),
    },
    [],
    state,
  )
  const marked = rows.flatMap(({ i }, row) =>
    output.logP[row]! < Math.log(alpha) && output.suppressed[row] === 0
      ? [{ i, reason: REASONS[output.reason[row]!]! }]
      : [],
  )
  return { marked, places: marked.map(({ i }) => i), traits: detector.describe!(state, 0), output }
}

const noisy = (seed: number, length: number, mean: (i: number) => number, sigma = 1): number[] => {
  const u = seeded(seed)
  return Array.from({ length }, (_, i) => mean(i) + sigma * gaussian(u))
}
const placesOf = (of: (seed: number) => Series): number[] => SEEDS.flatMap(seed => judge(of(seed)).places)

describe('auto() and what has never moved', () => {
  const constant = (at: number) => Array.from({ length: 900 }, (_, i) => (i === at ? 21 : 20))

  it('how far the first move goes says nothing: it is as rare as a first move is', () => {
    expect(judge({ values: constant(200) }).places).toEqual([])
    expect(judge({ values: constant(200), alpha: 1e-3 }).places).toEqual([200])
    expect(judge({ values: constant(700) }).places).toEqual([700])
  })

  it('has no bounds that a first move could be beyond, until there are some', () => {
    const { upper } = judge({ values: constant(899) }).output
    expect(upper[200]).toBeNaN()
    expect(upper[800]).toBeGreaterThanOrEqual(20)
    expect(upper[800]).toBeLessThan(20.01)
  })
})

describe('auto() and demand that comes now and then', () => {
  const demand = (seed: number, of: (i: number) => number | undefined) => {
    const u = seeded(seed)
    return Array.from({ length: 1000 }, (_, i) => {
      const size = 10 * Math.exp(0.5 * gaussian(u))
      const now = u() < 0.1 ? size : 0
      return of(i) ?? now
    })
  }

  it('is not told of its first values, and is where it is ten times as large', () => {
    expect(placesOf(seed => ({ values: demand(seed, () => undefined) })).length).toBeLessThanOrEqual(1)
    const found = placesOf(seed => ({ values: demand(seed, i => (i === 800 ? 120 : undefined)) }))
    expect(found.filter(i => i === 800).length).toBeGreaterThanOrEqual(3)
  })

  it('sizes are known by what they have been, and after a new level by how far they are above it', () => {
    const orders = (seed: number, level: number) =>
      demand(seed, () => undefined).map((x, i) => (i < 600 ? x : x + level))
    const large = (seed: number, level: number) =>
      orders(seed, level).map((x, i) => (i === 900 ? level + 90 : x))
    for (const level of [0, 200]) {
      const told = placesOf(seed => ({ values: orders(seed, level) })).filter(i => i > 620)
      expect(told.length).toBeLessThanOrEqual(1)
      expect(placesOf(seed => ({ values: large(seed, level) })).filter(i => i === 900)).toEqual(
        SEEDS.map(() => 900),
      )
    }
  })

  it('what is far beyond them twice is no longer told', () => {
    const huge = [400, 500, 600, 700, 800, 900]
    const places = placesOf(seed => ({ values: demand(seed, i => (huge.includes(i) ? 3000 : undefined)) }))
    expect(places.filter(i => i === 400).length).toBe(SEEDS.length)
    expect(places.filter(i => i >= 600)).toEqual([])
  })
})

describe('auto() and silences', () => {
  const first = (at: number) => (seed: number) => ({
    values: noisy(seed, 900, () => 30),
    absent: (i: number) => i >= at && i < at + 30,
  })

  it('one in the first values may be what the series does; one after many is told', () => {
    expect(placesOf(first(220)).filter(i => i === 250)).toEqual([])
    expect(placesOf(first(700)).filter(i => i === 730).length).toBeGreaterThanOrEqual(3)
  })
})

describe('auto() and jobs', () => {
  const job = (seed: number, days = 6) =>
    noisy(seed, 288 * days, i => (i % 288 >= 100 && i % 288 < 124 ? 35 : 20))

  it('a job of two hours a day is a season, with edges as sharp as it has', () => {
    for (const seed of SEEDS) {
      const { places, traits, output } = judge({ values: job(seed), everyMs: 5 * MINUTE_MS })
      expect(traits.seasons).toEqual([{ steps: 288 }])
      expect(places.filter(i => i >= 288 * 3)).toEqual([])
      const at = 288 * 5 + 100
      expect(output.expected[at - 1]).toBeLessThan(22)
      expect(output.expected[at]).toBeGreaterThan(33)
    }
  })

  it('one that does not come is told at once', () => {
    for (const seed of SEEDS) {
      const values = job(seed)
        .map((x, i) => (i >= 288 * 5 + 100 ? x - 15 : x))
        .slice(0, 288 * 5 + 124)
      const { places } = judge({ values, everyMs: 5 * MINUTE_MS, alpha: 1e-3 })
      expect(places.filter(i => i >= 288 * 5 + 90)).toEqual([288 * 5 + 100])
    }
  })
})

describe('auto() and weekends, of many values an hour', () => {
  const day = (i: number) => 10 - 8 * Math.cos((2 * Math.PI * i) / 288)
  const weekend = (i: number) => Math.floor(i / 288) % 7 > 4
  const load = (seed: number, busy: (i: number) => boolean, weeks = 4) =>
    noisy(seed, 2016 * weeks, i => 20 + day(i) * (weekend(i) && !busy(i) ? 0.4 : 1))
  const everyMs = 5 * MINUTE_MS

  it('are known from the third week on', () => {
    const found = placesOf(seed => ({ values: load(seed, () => false), everyMs })).filter(i => i >= 2 * 2016)
    expect(found.length).toBeLessThanOrEqual(2)
  })

  it('a Saturday that is like any other day is told', () => {
    const saturday = 3 * 2016 + 5 * 288
    for (const seed of SEEDS) {
      const values = load(seed, i => i >= saturday, 4)
      const { places } = judge({ values, everyMs })
      expect(places.some(i => i >= saturday && i < saturday + 144)).toBe(true)
    }
  })
})

describe('auto() and clocks that are changed', () => {
  const hours = (seed: number, from: number, changedAt: number, by: number, length = 60 * 24) =>
    noisy(seed, length, i => {
      const wall = from + i * HOUR_MS + (from + i * HOUR_MS >= changedAt ? by * HOUR_MS : 0)
      const hour = Math.floor(wall / HOUR_MS) % 24
      return hour >= 8 && hour < 18 ? 50 : 20
    })

  it('a season that goes by the clock on the wall goes on, an hour earlier or later', () => {
    for (const [at, by] of [
      [Date.UTC(2024, 2, 31, 1), 1],
      [Date.UTC(2024, 9, 27, 1), -1],
      [Date.UTC(2024, 10, 3, 6), -1],
    ] as const) {
      const from = at - 40 * DAY_MS
      const found = placesOf(seed => ({ values: hours(seed, from, at, by), from }))
      expect(found.filter(i => i >= 40 * 24)).toEqual([])
    }
  })

  it('one that does not goes on as it was, and an hour at any other time is told', () => {
    const at = Date.UTC(2024, 2, 31, 1)
    const from = at - 40 * DAY_MS
    expect(placesOf(seed => ({ values: hours(seed, from, at, 0), from })).filter(i => i >= 40 * 24)).toEqual(
      [],
    )
    for (const seed of SEEDS) {
      const wrong = at - 10 * DAY_MS
      const { places } = judge({ values: hours(seed, from, wrong, 1), from })
      expect(places.some(i => i >= 30 * 24 && i < 31 * 24)).toBe(true)
    }
  })

  it('knows when that is', () => {
    const changeAt = (iso: string) => {
      const { at, hours } = clockChangeBefore(Date.parse(iso))
      return at === 0 ? 'none' : `${new Date(at).toISOString()} ${hours}`
    }
    expect(changeAt('2024-03-31T00:59:59Z')).toBe('none')
    expect(changeAt('2024-03-31T01:00:00Z')).toBe('2024-03-31T01:00:00.000Z 1')
    expect(changeAt('2024-04-03T12:00:00Z')).toBe('2024-03-31T01:00:00.000Z 1')
    expect(changeAt('2024-10-28T00:00:00Z')).toBe('2024-10-27T01:00:00.000Z -1')
    expect(changeAt('2024-11-04T00:00:00Z')).toBe('2024-11-03T06:00:00.000Z -1')
    expect(changeAt('2024-03-11T00:00:00Z')).toBe('2024-03-10T06:00:00.000Z 1')
    expect(changeAt('2024-10-06T00:00:00Z')).toBe('2024-10-05T14:00:00.000Z 1')
    expect(changeAt('2024-07-01T00:00:00Z')).toBe('none')
    expect(changeAt('2025-01-01T00:00:00Z')).toBe('none')
  })
})
