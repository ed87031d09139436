import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Background, type DetectorSpec, inPlace } from '../../../src/core/detector.ts'
import { openArima } from '../../../src/models/detectors/arima/arima.ts'
import { driftLags, openDriftMonitor, RUN_LENGTH } from '../../../src/models/detectors/arima/drift-monitor.ts'
import { ar, arima, arma, ma } from '../../../src/models/detectors/index.ts'
import { runs } from '../../effort.ts'
import {
  alarms,
  armaSeries,
  context,
  gaussian,
  hourly,
  score,
  seeded,
  stateFor,
  type Uniform,
} from './simulate.ts'

/** Student's t with 3 degrees of freedom. */
const heavy = (u: Uniform): number =>
  gaussian(u) / Math.sqrt((gaussian(u) ** 2 + gaussian(u) ** 2 + gaussian(u) ** 2) / 3)

const quick = context({ wants: { bounds: 'none', pValues: 'anomalies' } })

interface Shape {
  readonly ar?: readonly number[]
  readonly ma?: readonly number[]
}

/** ARMA of one shape up to a position, and of the other from it on, without a break. */
function changing(
  u: Uniform,
  before: Shape,
  after: Shape,
  at: number,
  length: number,
  draw = gaussian,
): Float64Array {
  const z = new Float64Array(length)
  const e = new Float64Array(length)
  for (let t = 0; t < length; t++) {
    const { ar = [], ma = [] } = t < at ? before : after
    e[t] = draw(u)
    z[t] = e[t]!
    ar.forEach((phi, i) => {
      z[t] = z[t]! + phi * (z[t - 1 - i] ?? 0)
    })
    ma.forEach((theta, j) => {
      z[t] = z[t]! + theta * (e[t - 1 - j] ?? 0)
    })
  }
  return z
}

const summed = (values: Float64Array): Float64Array => {
  let sum = 0
  return values.map(x => (sum += x))
}

/** Says at which position each fit was set off, and to how many points. Every fit takes effect a point later. */
function fitsOf(spec: DetectorSpec, values: Float64Array, parameters: number) {
  const fits: { position: number; points: number }[] = []
  let at = 0
  const background: Background = {
    submit(task) {
      fits.push({ position: at + 1, points: task.input.length - parameters })
      return inPlace.submit(task)
    },
  }
  const detector = openArima(spec, { ...quick, background })
  const state = stateFor(detector, 1)
  const { timesMs } = hourly(values)
  for (; at < values.length; at++) {
    const row = {
      keys: new Uint32Array(1),
      timesMs: timesMs.subarray(at, at + 1),
      values: values.subarray(at, at + 1),
    }
    score(detector, row, [], state)
  }
  return fits
}

/** Numbers of an input of the fit of AR(1) that are no points of the series. */
const AR1 = 4
const fewest = 32

describe('innovations of a model that holds', () => {
  it.each([
    { name: 'normal', draw: gaussian, least: 0.55 },
    { name: 'of heavy tails', draw: heavy, least: 0 },
  ])('set off fits as seldom as stated when they are $name', ({ draw, least }) => {
    const u = seeded(12)
    const lags = driftLags(2, 1)
    const watch = openDriftMonitor(lags, fewest, 512)
    const width = watch.layout.drift as { width: number }
    watch.bind({ drift: new Float64Array(width.width) } as never)
    const sample = Float64Array.from({ length: 30_000 }, () => draw(u))
    const unit = (Math.sqrt(Math.PI / 2) * sample.reduce((sum, x) => sum + Math.abs(x), 0)) / sample.length
    // Means over the sample so often that nothing is left of the prior.
    for (let i = 0; i < 3; i++) watch.begin(0, sample, sample.length)
    const length = 2_000_000
    let count = 0
    for (let t = 0; t < length; t++) {
      watch.given.position = t
      watch.given.innovation = draw(u) / unit
      watch.watch(0)
      if (!watch.isFresh(0)) continue
      count++
      watch.start(0, t + 600, true)
      watch.begin(0, sample, sample.length)
    }
    const expected = length / RUN_LENGTH
    expect(count).toBeLessThan(1.55 * expected)
    expect(count).toBeGreaterThan(least * expected)
  })

  it.each([
    {
      name: 'AR(1)',
      spec: ar({ p: 1, refitOn: 'drift', refitDelay: 1 }),
      draw: gaussian,
      shape: { ar: [0.7] },
    },
    {
      name: 'AR(1) with heavy tails',
      spec: ar({ p: 1, refitOn: 'drift', refitDelay: 1 }),
      draw: heavy,
      shape: { ar: [0.7] },
    },
    {
      name: 'MA(1)',
      spec: ma({ q: 1, refitOn: 'drift', refitDelay: 1 }),
      draw: gaussian,
      shape: { ma: [0.5] },
    },
  ])('of $name, with all that is estimated, do so less than once in 10,000', ({ spec, draw, shape }) => {
    let chains = 0
    const background: Background = {
      submit(task) {
        if (task.input.length - AR1 < 1.5 * fewest) chains++
        return inPlace.submit(task)
      },
    }
    const length = 20_000
    const series = 12
    for (let key = 0; key < series; key++) {
      const values = changing(seeded(31 * key + 7), shape, shape, 0, length, draw)
      score(openArima(spec, { ...quick, background }), hourly(values))
    }
    expect(chains).toBeLessThan((series * length) / 10_000)
  })
})

describe.each([
  { name: 'AR from 0.8 to −0.5', spec: () => ar({ p: 1 }), before: { ar: [0.8] }, after: { ar: [-0.5] } },
  { name: 'AR from 0.3 to 0.9', spec: () => ar({ p: 1 }), before: { ar: [0.3] }, after: { ar: [0.9] } },
  { name: 'MA from 0.8 to −0.6', spec: () => ma({ q: 1 }), before: { ma: [0.8] }, after: { ma: [-0.6] } },
  {
    name: 'ARMA(2, 1)',
    spec: () => arma({ p: 2, q: 1 }),
    before: { ar: [1.2, -0.4], ma: [0.3] },
    after: { ar: [0.2, 0.3], ma: [-0.5] },
  },
  {
    name: 'the moving average of differences from −0.8 to 0.3',
    spec: () => arima({ order: [0, 1, 1] }),
    before: { ma: [-0.8] },
    after: { ma: [0.3] },
    differences: true,
  },
])('a change of $name', ({ spec, before, after, differences }) => {
  const at = 3000
  /** Of the thousand points after it: mean squared error, that of the last 800, in variances of the shock; alarms. */
  const outcome = (refitOn: 'schedule' | 'drift') => {
    let error = 0
    let later = 0
    let found = 0
    const series = 8
    for (let key = 0; key < series; key++) {
      const stationary = changing(seeded(key + 40), before, after, at, at + 1000)
      const values = differences ? summed(stationary) : stationary
      const { expected, logP } = score(openArima({ ...spec(), refitOn }, quick), hourly(values))
      for (let t = at; t < at + 1000; t++) {
        const squared = (values[t]! - expected[t]!) ** 2 / series
        error += squared / 1000
        if (t >= at + 200) later += squared / 800
      }
      found += alarms(logP.subarray(at), 1e-3).alarms
    }
    return { error, later, alarms: found }
  }

  it('is followed on drift, where the schedule errs on', () => {
    const late = outcome('schedule')
    const soon = outcome('drift')
    expect(late.error).toBeGreaterThan(2)
    expect(soon.error - 1).toBeLessThan(0.2 * (late.error - 1))
    expect(soon.later).toBeLessThan(1.1)
    expect(soon.alarms).toBeLessThan(0.6 * late.alarms)
  })
})

describe('after a change', () => {
  const at = 3000
  const spec = (refitDelay: number): DetectorSpec => ar({ p: 1, refitOn: 'drift', refitDelay })
  const values = changing(seeded(9), { ar: [0.8] }, { ar: [-0.5] }, at, at + 1500)

  it('fits are to the points since then, as soon as there are enough, and to twice as many until the window is full', () => {
    const fits = fitsOf(spec(1), values, AR1).filter(({ position }) => position > at)
    expect(fits.slice(0, 5).map(fit => fit.points)).toEqual([32, 64, 128, 256, 512])
    const since = fits[0]!.position - fits[0]!.points
    expect(Math.abs(since - at)).toBeLessThan(12)
    for (const { position, points } of fits.slice(0, 5)) expect(position - points).toBe(since)
    expect(fits.length).toBeLessThan(8)
  })

  it('each takes effect exactly its lag later', () => {
    const lag = 40
    const honest = score(openArima(spec(lag), context()), hourly(values)).expected
    const [first] = fitsOf(spec(lag), values, AR1).filter(({ position }) => position > at)
    const { position } = first!
    // Whatever it comes to, nothing is expected of it before.
    let calls = 0
    const background: Background = {
      submit(task) {
        const { take } = inPlace.submit(task)
        const isIt = task.input.length - AR1 === first!.points && ++calls === 1
        return { ready: true, take: () => (isIt ? take().map(x => x + 0.1) : take()) }
      },
    }
    const other = score(openArima(spec(lag), context({ background })), hourly(values)).expected
    const parted = other.findIndex((x, i) => !Object.is(x, honest[i]))
    expect(parted).toBe(position + lag)
  })

  it('another, while the fit to the first is waited for, is followed too, and sets off no storm', () => {
    const lag = 60
    const twice = changing(seeded(5), { ar: [0.8] }, { ar: [-0.5] }, at, at + 80)
    const u = seeded(6)
    const third = armaSeries(u, [0.9], [], 1200)
    const both = Float64Array.of(...twice, ...third)
    const fits = fitsOf(spec(lag), both, AR1).filter(({ position }) => position > at)
    const origins = fits.map(({ position, points }) => position - points)
    expect(origins.some(since => Math.abs(since - at) < 20)).toBe(true)
    fits.slice(1).forEach(({ position }, i) => {
      expect(position - fits[i]!.position).toBeGreaterThanOrEqual(fewest)
    })
    expect(fits.length).toBeLessThan(16)
    const { expected } = score(openArima(spec(lag), context()), hourly(both))
    let error = 0
    for (let t = both.length - 800; t < both.length; t++) error += (both[t]! - expected[t]!) ** 2 / 800
    expect(error).toBeLessThan(1.25)
  })
})

it('a level that moves is no change of the model', () => {
  const z = armaSeries(seeded(3), [0.5], [], 4000)
  const fits = fitsOf(
    ar({ p: 1, refitOn: 'drift', refitDelay: 1 }),
    z.map((x, i) => (i < 3200 ? x : x + 12)),
    AR1,
  )
  expect(fits.filter(({ position }) => position > 3100)).toEqual([])
})

it('series that never settle set off no more than a fit in so many points as make one', () => {
  const u = seeded(8)
  let sd = 1
  const values = Float64Array.from({ length: 6000 }, (_, i) => {
    if (i % 60 === 0) sd = sd === 1 ? 6 : 1
    return sd * gaussian(u)
  })
  const fits = fitsOf(ar({ p: 1, refitOn: 'drift', refitDelay: 1 }), values, AR1)
  expect(fits.length).toBeGreaterThan(20)
  fits.slice(1).forEach(({ position }, i) => {
    expect(position - fits[i]!.position).toBeGreaterThanOrEqual(fewest)
  })
})

describe.each([
  {
    name: 'arma by day',
    spec: (lag: number | 'asap') =>
      arma({ p: 2, q: 1, season: '1d', warmup: 100, window: 128, refitOn: 'drift', refitDelay: lag }),
  },
  {
    name: 'seasonal arima',
    spec: (lag: number | 'asap') =>
      arima({
        order: [1, 0, 0],
        seasonal: { order: [1, 0, 0], period: 6 },
        warmup: 140,
        window: 160,
        refitOn: 'drift',
        refitDelay: lag,
      }),
  },
])('$name', ({ spec }) => {
  const rough = (seed: number): Float64Array => {
    const u = seeded(seed)
    return changing(u, { ar: [0.8] }, { ar: [-0.7] }, 300, 700).map((z, i) =>
      u() < 0.05 && i > 0 ? Number.NaN : 50 + 3 * z + (u() < 0.02 ? 40 * gaussian(u) : 0),
    )
  }
  const seeds = fc.integer({ min: 0, max: 1e6 })

  it.each([0, 25])('is a function of its series alone, with a lag of %d', lag => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 280, max: 699 }),
        fc.array(fc.integer({ min: 0, max: 90 })),
        (seed, cut, cuts) => {
          const rows = hourly(rough(seed))
          const straight = score(openArima(spec(lag), context()), rows)
          expect(score(openArima(spec(lag), context()), rows, cuts)).toEqual(straight)
          const before = openArima(spec(lag), context())
          const state = stateFor(before, 1)
          score(before, hourly(rows.values.subarray(0, cut)), [], state)
          const rest = {
            keys: rows.keys.subarray(cut),
            timesMs: rows.timesMs.subarray(cut),
            values: rows.values.subarray(cut),
          }
          const after = score(openArima(spec(lag), context()), rest, [], structuredClone(state))
          expect(after.logP).toEqual(straight.logP.subarray(cut))
          const changed = score(
            openArima(spec(lag), context()),
            hourly(rows.values.map((x, i) => (i < cut ? x : 1e3))),
          )
          expect(changed.logP.subarray(0, cut)).toEqual(straight.logP.subarray(0, cut))
        },
      ),
      { numRuns: runs(6) },
    )
  })

  it('fits again what it would not on its schedule', () => {
    const rows = hourly(rough(1))
    const { refitOn: _, ...older } = spec(0)
    const scheduled = score(openArima({ ...spec(0), refitOn: 'schedule' }, context()), rows)
    expect(score(openArima(older as unknown as DetectorSpec, context()), rows)).toEqual(scheduled)
    expect(score(openArima(spec(0), context()), rows).expected.subarray(500)).not.toEqual(
      scheduled.expected.subarray(500),
    )
  })

  it('keeps nothing for drift on its schedule', () => {
    expect(Object.keys(openArima({ ...spec(0), refitOn: 'schedule' }, context()).layout)).not.toContain(
      'drift',
    )
  })
})

it('a gap longer than the window, after a change, leaves the schedule in force', () => {
  const values = changing(seeded(2), { ar: [0.8] }, { ar: [-0.5] }, 1000, 4000)
  values.fill(Number.NaN, 1025, 1900)
  for (const spec of [ar({ p: 1, refitOn: 'drift' }), arima({ order: [0, 1, 1], refitOn: 'drift' })]) {
    const { expected } = score(openArima(spec, context()), hourly(values))
    for (const x of expected.subarray(1000)) expect(Math.abs(x)).toBeLessThan(10)
  }
})

it.each(['often', true, 7])('refuses to be fitted on %j', refitOn => {
  expect(() => arma({ p: 1, q: 0, refitOn: refitOn as never })).toThrow(/refitOn/)
  expect(() => openArima({ ...arma({ p: 1, q: 0 }), refitOn }, context())).toThrow(/refitOn/)
  expect(() => openArima({ ...arima({ order: [0, 1, 1] }), refitOn }, context())).toThrow(/refitOn/)
})
