import { describe, expect, it } from 'vitest'
import { type Cells, type FalseAlarms, figuresOf, missesOf } from '../../../bench/scenarios/cells.ts'
import { SCENARIO_DETECTORS } from '../../../bench/scenarios/detectors.ts'
import { measure } from '../../../bench/scenarios/measure.ts'
import { normal } from '../../../src/models/distributions/index.ts'
import { FAULTS, SERIES } from '../../models/detectors/scenarios/index.ts'

const size = { firstSeed: 10_001, seeds: 60, values: 20_000, mostSeeds: 10_000 }
const series = SERIES.find(({ name }) => name === 'white noise')!
const faults = FAULTS.filter(({ name }) => ['spike +6σ', 'level +6σ', 'gap'].includes(name))

describe('who knows the distribution', () => {
  const known = normal({ mean: 0, sd: 1 }).asDetector()
  const [rate] = measure(known, series, faults, [1e-3], size)

  it('alarms at its rate, first and later', () => {
    for (const sum of [rate!.first, rate!.later]) {
      expect(sum.interval[0]).toBeLessThan(1e-3)
      expect(sum.interval[1]).toBeGreaterThan(1e-3)
      expect(sum.events).toBeLessThanOrEqual(sum.low)
    }
    expect(rate!.later.judged).toBeGreaterThanOrEqual(20_000)
    expect(rate!.first.judged).toBeGreaterThanOrEqual(20_000)
  })

  it('finds large spikes and levels at once, and no gap', () => {
    const [spike, level, gap] = rate!.faults
    expect(spike).toMatchObject({ found: 60, medianDelay: 0, reasons: { spike: 60 } })
    expect(level).toMatchObject({ found: 60, medianDelay: 0 })
    expect(gap!.found).toBeLessThanOrEqual(2)
  })

  it('keeps alarming at a new level, which is one event and a flood', () => {
    const { after } = rate!.faults[1]!
    expect(after!.judged).toBe(60 * 350)
    expect(after!.events).toBe(60)
    expect(after!.low).toBeGreaterThan(0.9 * after!.judged)
  })

  it('measures the same again', () => {
    expect(measure(known, series, faults, [1e-3], size)).toEqual([rate])
  })
})

describe('what falls short', () => {
  const sum = (events: number, low = events): FalseAlarms => ({
    judged: 100_000,
    events,
    low,
    interval: [events / 1.5e5, events / 7e4],
  })
  const cells = (over: Partial<Cells['rates'][number]>): Cells => ({
    detector: 'x',
    series: 's',
    group: 'g',
    cpuMs: 0,
    rates: [{ alpha: 1e-3, first: sum(90), later: sum(90), faults: [], ...over }],
  })
  const fault = { fault: 'f', large: true, seeds: 100, found: 95, medianDelay: 0, reasons: {}, after: null }
  const named = (of: Cells) => missesOf(of).map(({ cell, figure }) => [cell, figure])

  it('is nothing where all is within the goal', () => {
    expect(missesOf(cells({ faults: [fault, { ...fault, after: sum(200) }] }))).toEqual([])
  })

  it('are rates whose upper end is above twice alpha, and floods', () => {
    expect(named(cells({ first: sum(150), later: sum(20, 3000) }))).toEqual([
      ['first values', 1.5],
      ['later values', 0.2],
    ])
  })

  it('is not what too few values decide', () => {
    expect(missesOf(cells({ first: { ...sum(100), judged: 5000 } }))).toEqual([])
  })

  it('are large faults found too seldom, and events that are not over', () => {
    const found = (over: object) => cells({ faults: [{ ...fault, ...over }] })
    expect(named(found({ found: 94 }))).toEqual([['f', 0.94]])
    expect(named(found({ found: 94, large: false }))).toEqual([])
    expect(named(found({ after: sum(400) }))).toEqual([['after f', 4]])
    expect(named(found({ after: sum(20, 3000) }))).toEqual([['after f', 0.2]])
  })

  it('is counted out of all figures that could', () => {
    expect(
      figuresOf(cells({ faults: [fault, { ...fault, large: false }, { ...fault, after: sum(1) }] })),
    ).toBe(5)
  })
})

it('asks seasonal detectors about seasons alone, and those of counts about counts', () => {
  const asked = (name: string) =>
    SERIES.filter(kind => SCENARIO_DETECTORS.find(one => one.name === name)!.spec(kind) !== undefined)
  expect(asked('holtWinters').every(({ season }) => season !== undefined)).toBe(true)
  expect(asked('counts').every(({ counts }) => counts !== undefined)).toBe(true)
  expect(asked('auto')).toHaveLength(SERIES.length)
})
