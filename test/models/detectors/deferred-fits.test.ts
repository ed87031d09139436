import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Background,
  type BackgroundTask,
  type DetectorSpec,
  inPlace,
} from '../../../src/core/detector.ts'
import { openArima } from '../../../src/models/detectors/arima/arima.ts'
import { backgroundFits } from '../../../src/models/detectors/arima/background-fits.ts'
import { arma } from '../../../src/models/detectors/index.ts'
import { arima } from '../../../src/models/index.ts'
import { runs } from '../../effort.ts'
import { armaSeries, context, gaussian, hourly, score, seeded, stateFor } from './simulate.ts'

type Lag = number | 'asap'

const models: readonly { name: string; first: number; spec(refitDelay: Lag): DetectorSpec }[] = [
  {
    name: 'arma by day',
    first: 72,
    spec: refitDelay =>
      arma({ p: 2, q: 1, season: '1d', warmup: 72, window: 96, refitEvery: 50, refitDelay }),
  },
  {
    name: 'arma without lags',
    first: 60,
    spec: refitDelay => arma({ p: 0, q: 0, warmup: 60, window: 80, refitEvery: 70, refitDelay }),
  },
  {
    name: 'seasonal arima',
    first: 70,
    spec: refitDelay =>
      arima({
        order: [0, 1, 1],
        seasonal: { order: [0, 1, 1], period: 6 },
        ...{ warmup: 140, window: 160, refitEvery: 50, refitDelay },
      }),
  },
  {
    name: 'seasonal arma around a mean',
    first: 70,
    spec: refitDelay =>
      arima({
        order: [1, 0, 0],
        seasonal: { order: [1, 0, 0], period: 6 },
        ...{ warmup: 140, window: 160, refitEvery: 50, refitDelay },
      }),
  },
]

/** A series far from 0 with gaps and outliers. */
function rough(seed: number, length = 500): Float64Array {
  const u = seeded(seed)
  return armaSeries(u, [0.6], [0.3], length).map((z, i) => {
    const kind = u()
    if (kind < 0.06 && i > 0) return Number.NaN
    return 1000 + 4 * z + 5 * Math.sin((i * Math.PI) / 3) + (kind < 0.08 ? 300 * gaussian(u) : 0)
  })
}

/** Works out what it is given at once. */
const instant: Background = {
  submit(task) {
    const results = backgroundFits[task.name]!(task.input)
    return { ready: true, take: () => results }
  },
}

/** Is never done before it is asked. */
const late: Background = { submit: task => ({ ...inPlace.submit(task), ready: false }) }

/** Keeps what it is given, and is ready from the moment it is told to be. */
function held() {
  const tasks: BackgroundTask[] = []
  const state = { ready: false }
  const background: Background = {
    submit(task) {
      tasks.push(task)
      return {
        get ready() {
          return state.ready
        },
        take: () => inPlace.submit(task).take(),
      }
    },
  }
  return { background, tasks, state }
}

const few = { numRuns: runs(8) }
const seeds = fc.integer({ min: 0, max: 1e6 })
const cuts = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 10 })

describe.each(models)('$name', ({ first, spec }) => {
  const open = (lag: Lag, background?: Background) =>
    openArima(spec(lag), context(background ? { background } : {}))

  it('says the same whether its fits are worked out beside it, how fast, or not', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1, 7, 49, 50, 130, 250), cuts, (seed, lag, cuts) => {
        const rows = hourly(rough(seed))
        const alone = score(open(lag), rows)
        expect(score(open(lag, instant), rows, cuts)).toEqual(alone)
        expect(score(open(lag, late), rows, cuts)).toEqual(alone)
      }),
      few,
    )
  })

  it('goes on from its state while a fit is waited for', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 499 }), (seed, cut) => {
        const rows = hourly(rough(seed))
        const straight = score(open(45), rows)
        const before = open(45, instant)
        const state = stateFor(before, 1)
        score(before, hourly(rows.values.subarray(0, cut)), [], state)
        const copy = structuredClone(state)
        const rest = {
          keys: rows.keys.subarray(cut),
          timesMs: rows.timesMs.subarray(cut),
          values: rows.values.subarray(cut),
        }
        expect(score(open(45, late), rest, [], copy).logP).toEqual(straight.logP.subarray(cut))
      }),
      few,
    )
  })

  it('knows of the values before a fit was set off, and heeds it so many points later', () => {
    const values = rough(3)
    const honest = score(open(30), hourly(values))
    // The fits are those of another series from the second on: what is expected shows since when.
    const tasks: BackgroundTask[] = []
    const positions: number[] = []
    const detector = open(30, {
      submit(task) {
        tasks.push(task)
        positions.push(at)
        const { take } = inPlace.submit(task)
        const changed = () => take().map((x, i) => (i === 0 ? 0.5 * x + 0.1 : x))
        return { ready: true, take: tasks.length > 1 ? changed : take }
      },
    })
    const state = stateFor(detector, 1)
    let at = 0
    let parted = -1
    for (; at < values.length; at++) {
      const row = {
        keys: new Uint32Array(1),
        timesMs: hourly(values).timesMs.subarray(at, at + 1),
        values: values.subarray(at, at + 1),
      }
      const { expected } = score(detector, row, [], state)
      if (parted < 0 && !Object.is(expected[0], honest.expected[at])) parted = at
    }
    expect(tasks.length).toBeGreaterThan(3)
    expect(positions[0]! + 1).toBe(first)
    expect(honest.expected.findIndex(x => !Number.isNaN(x))).toBe(first + 30)
    if (tasks[0]!.results > 0) expect(parted).toBe(positions[1]! + 1 + 30)

    // Whatever comes after a fit was set off, it is given the same.
    const kept = held()
    const changed = values.map((x, i) => (i > positions[1]! ? 5000 : x))
    score(open(30, kept.background), hourly(changed))
    expect(kept.tasks.slice(0, 2).map(task => task.input)).toEqual(tasks.slice(0, 2).map(task => task.input))
  })

  it('without a lag asks no background and keeps nothing for one', () => {
    const kept = held()
    const detector = open(0, kept.background)
    score(detector, hourly(rough(5)))
    expect(kept.tasks).toEqual([])
    expect(Object.keys(detector.layout)).not.toContain('waitingFits')
    const { refitDelay: _, ...older } = spec(0)
    const plain = openArima(older as unknown as DetectorSpec, context())
    expect(score(detector, hourly(rough(5)))).toEqual(score(plain, hourly(rough(5))))
  })

  it('as soon as possible is at the first value that finds the fit ready', () => {
    const values = rough(8)
    const kept = held()
    const detector = open('asap', kept.background)
    const state = stateFor(detector, 1)
    const part = (from: number, to: number) => ({
      keys: new Uint32Array(to - from),
      timesMs: hourly(values).timesMs.subarray(from, to),
      values: values.subarray(from, to),
    })
    expect(score(detector, part(0, 201), [], state).expected.every(Number.isNaN)).toBe(true)
    expect(kept.tasks).toHaveLength(1)
    kept.state.ready = true
    expect(score(detector, part(201, 202), [], state).expected[0]).not.toBeNaN()
    // A fit that is ready at once takes effect with the next value, as one in place does.
    const soon = score(open('asap'), hourly(values)).logP
    score(open(0), hourly(values)).logP.forEach((log, i) => {
      if (Number.isNaN(log)) expect(soon[i]).toBeNaN()
      else expect(Math.abs(soon[i]! - log)).toBeLessThan(1e-6 * (1 + Math.abs(log)))
    })
  })
})

it('a gap longer than the window, while the first fit is waited for, does not spoil the series', () => {
  for (const { spec } of models) {
    const values = rough(4, 900)
    values.fill(Number.NaN, 80, 400)
    const { expected, logP } = score(openArima(spec(100), context()), hourly(values))
    for (const x of expected.subarray(600)) expect(Math.abs(x - 1000)).toBeLessThan(60)
    expect(logP.subarray(600).filter(log => log < Math.log(1e-3)).length).toBeLessThan(30)
  }
})

it.each([-1, 1.5, Number.NaN, 'soon', '1h'])('refuses a lag of %j', lag => {
  expect(() => arma({ p: 1, q: 0, refitDelay: lag as number })).toThrow(/refitDelay/)
  const edited = { ...arma({ p: 1, q: 0 }), refitDelay: lag }
  expect(() => openArima(edited, context())).toThrow(/refitDelay/)
})
