import { describe, expect, it } from 'vitest'
import { scenarioSeries } from './draw.ts'
import { type Change, type Drawn, FAULTS, type Fault, onsetOf, type ScenarioSeries, SERIES } from './index.ts'

const SEED = 10_001
const suiting = (series: ScenarioSeries): Fault[] =>
  FAULTS.filter(fault => fault.suits(series) && !series.not?.includes(fault.name))
const seriesOf = (name: string): ScenarioSeries => SERIES.find(series => series.name === name)!
const faultOf = (name: string): Fault => FAULTS.find(fault => fault.name === name)!
const until = (series: ScenarioSeries, steps: number) => onsetOf(series, SEED) + steps

it('has kinds and faults enough, each of its own name', () => {
  expect(new Set(SERIES.map(({ name }) => name)).size).toBe(SERIES.length)
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length)
  expect(SERIES.length).toBeGreaterThanOrEqual(60)
  for (const fault of FAULTS) expect(SERIES.some(fault.suits), fault.name).toBe(true)
  for (const { name, not = [] } of SERIES) {
    for (const fault of not) expect(faultOf(fault), `${name}: ${fault}`).toBeDefined()
  }
})

/** To the bit; `toEqual` takes its time over long arrays. */
function sameRows(a: Drawn, b: Drawn, from: number, to: number): boolean {
  const bytes = (xs: Float64Array) => Buffer.from(xs.buffer, xs.byteOffset + 8 * from, 8 * (to - from))
  if (Math.max(to, from) > Math.min(a.values.length, b.values.length)) return false
  return bytes(a.values).equals(bytes(b.values)) && bytes(a.timesMs).equals(bytes(b.timesMs))
}

describe.each(SERIES)('$name', series => {
  it('is what it is of its seed, up to the onset of any fault and no further', () => {
    const length = until(series, 2 * (series.season ?? 0) + 500)
    const clean = series.draw(SEED, length)
    expect(sameRows(series.draw(SEED, length), clean, 0, clean.values.length)).toBe(true)
    for (const fault of suiting(series)) {
      const faulty = series.draw(SEED, length, fault)
      const [truth] = faulty.truth
      const { onset } = faulty
      expect(truth!.from).toBeGreaterThanOrEqual(onset)
      expect(truth!.to + truth!.delay).toBeLessThan(faulty.values.length)
      expect(sameRows(faulty, clean, 0, onset), fault.name).toBe(true)
      expect(sameRows(faulty, clean, onset, faulty.values.length), fault.name).toBe(false)
    }
  })
})

/** The series as it is before anything reads it. */
const unread = (series: ScenarioSeries): ScenarioSeries => {
  const { reading: _, ...kind } = series
  return scenarioSeries(kind)
}

const changing = (change: Omit<Change, 'onset'>, onset = 40): Fault => ({
  ...faultOf('gap'),
  change: () => ({ onset, ...change }),
})

/** Differences that a change makes to the last of so many values, over seeds. */
function differences(series: ScenarioSeries, before: Fault, after: Fault, seeds: number): number[] {
  return Array.from({ length: seeds }, (_, s) => {
    const last = ({ values }: Drawn) => values.at(-1)!
    return last(series.draw(20_000 + s, 41, before)) - last(series.draw(20_000 + s, 41, after))
  })
}

const deviation = (xs: readonly number[]): number => {
  const mean = xs.reduce((a, b) => a + b, 0) / xs.length
  return Math.sqrt(xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length)
}

describe('sigma', () => {
  // Of what an unusual scale, or a time to which it is bound, does not multiply: the others have units of their own.
  const plain = SERIES.filter(
    ({ name, exact, restless, season, group, still }) =>
      !exact &&
      !restless &&
      !still &&
      season === undefined &&
      name !== 'counter, seldom' &&
      group !== 'demand, shares and states',
  )
  it.each(plain.filter(({ name }) => !name.startsWith('one in a hundred')))(
    'of $name is the deviation of what cannot be predicted',
    series => {
      const innovations = differences(
        unread(series),
        changing({}),
        changing({ spread: k => (k === 0 ? 0 : 1) }),
        400,
      )
      // A standard error of 3.5 %, more where tails are heavy.
      const reach = series.group === 'heavy tails' || series.counter ? 0.35 : 0.15
      expect(Math.abs(deviation(innovations) / series.sigma - 1)).toBeLessThan(reach)
    },
  )
})

describe('faults are of the size they say', () => {
  const sizes = (name: string, fault: string) => {
    const series = unread(seriesOf(name))
    const length = until(series, 500)
    const faulty = series.draw(SEED, length, faultOf(fault))
    const clean = series.draw(SEED, length)
    const { from, to } = faulty.truth[0]!
    return { off: faulty.values.map((x, row) => x - clean.values[row]!), from, to, series }
  }

  it.each(['white noise', 'day, 5 min', 'Poisson 50', 't(3)', 'level 3e-8, noise 1e-9'])(
    'spikes on %s',
    name => {
      for (const size of [4, 6, 10, -6]) {
        const { off, from, to, series } = sizes(name, `spike ${size < 0 ? '−6' : `+${size}`}σ`)
        const unit = series.spike ?? series.sigma
        expect(to).toBe(from)
        expect(off[from]! / unit).toBeCloseTo(size, 5)
        expect(off.filter(x => x !== 0)).toHaveLength(1)
      }
    },
  )

  it('spikes go with the noise where that goes with the season', () => {
    const { off, from, series } = sizes('day, multiplicative', 'spike +6σ')
    expect(off[from]! / series.sigma).toBeGreaterThan(6 * Math.exp(-0.9))
    expect(off[from]! / series.sigma).toBeLessThan(6 * Math.exp(0.9))
  })

  it('levels, ramps and their like', () => {
    const level = sizes('AR(1) 0.8', 'level −6σ')
    expect(level.off.subarray(level.from).every(x => Math.abs(x + 6) < 1e-9)).toBe(true)
    const back = sizes('AR(1) 0.8', 'level back')
    expect(Math.abs(back.off[back.from - 1]!)).toBeCloseTo(6, 9)
    expect(back.off[back.from]).toBe(0)
    const ramp = sizes('ramp up', 'ramp sets in')
    expect(ramp.off[ramp.from + 59]!).toBeCloseTo(6, 9)
    const second = sizes('white noise', 'second spike')
    expect(second.off[second.from - 400]!).toBe(second.off[second.from]!)
  })

  it('noise', () => {
    const { off, from, series } = sizes('white noise', 'variance ×4')
    const clean = series.draw(SEED, until(series, 500)).values
    expect(off[from]!).toBeCloseTo(3 * clean[from]!, 9)
    const exact = sizes('sine by day, exact', 'noise sets in')
    expect(deviation([...exact.off.subarray(exact.from)])).toBeGreaterThan(0.85)
    expect(deviation([...exact.off.subarray(exact.from)])).toBeLessThan(1.15)
  })

  it('gaps have no row, and flat lines one value', () => {
    const { timesMs, truth } = seriesOf('day, 5 min').draw(SEED, 2000, faultOf('gap'))
    const { from } = truth[0]!
    expect(timesMs[from]! - timesMs[from - 1]!).toBe(31 * 300_000)
    const series = seriesOf('random walk')
    const flat = series.draw(SEED, until(series, 100), faultOf('flatline'))
    const start = flat.truth[0]!.from
    expect(new Set(flat.values.subarray(start - 1, start + 60)).size).toBe(1)
    expect(flat.values[start + 60]).not.toBe(flat.values[start])
  })

  it('nights: a value of the day at the bottom of the season', () => {
    const series = seriesOf('sine by day, exact')
    const { values, truth } = series.draw(SEED, until(series, 100), faultOf('day at night'))
    expect(values[truth[0]!.from]!).toBeCloseTo(10, 9)
    expect(series.draw(SEED, until(series, 100)).values[truth[0]!.from]!).toBeCloseTo(-10, 9)
  })

  it('seasons: none, a quarter ahead, twice as high', () => {
    const series = seriesOf('sine by day, exact')
    const clean = series.draw(SEED, until(series, 100))
    const drawn = (name: string) => series.draw(SEED, until(series, 100), faultOf(name)).values
    const { onset } = clean
    expect(drawn('season lost')[onset + 3]).toBe(0)
    expect(drawn('season a quarter ahead')[onset + 3]).toBeCloseTo(clean.values[onset + 9]!, 9)
    expect(drawn('season ×2')[onset + 3]).toBeCloseTo(2 * clean.values[onset + 3]!, 9)
  })

  it('counters stop, jump and step back', () => {
    const stops = sizes('counter', 'counter stops')
    const stopped = seriesOf('counter').draw(SEED, until(stops.series, 100), faultOf('counter stops')).values
    expect(new Set(stopped.subarray(stops.from - 1)).size).toBe(1)
    const jumps = sizes('counter', 'counter jumps')
    expect(jumps.off[jumps.from]).toBe(100)
    const back = sizes('counter', 'counter steps back')
    expect(back.off.at(-1)).toBe(-2000)
  })
})

describe('clocks', () => {
  it('of summer time are an hour ahead from the last Sunday of March on', () => {
    const series = seriesOf('day by the clock, summer time begins')
    const quiet = scenarioSeries({
      ...series,
      open: () => ({ next: ({ place }) => place % 24 }),
    })
    const { timesMs, values } = quiet.draw(1, 1500)
    const hourAt = (ms: number) => values[timesMs.indexOf(ms)]
    expect(hourAt(Date.UTC(2001, 2, 25, 0))).toBe(1)
    expect(hourAt(Date.UTC(2001, 2, 25, 1))).toBe(3)
  })

  it('of business hours go on in the morning', () => {
    const { timesMs } = seriesOf('business hours alone').draw(1, 12)
    expect([...timesMs].map(ms => new Date(ms).getUTCHours())).toEqual([
      8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 8, 9,
    ])
  })
})
