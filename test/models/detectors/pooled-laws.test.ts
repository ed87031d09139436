import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import type { FieldSpec, StateTable } from '../../../src/core/fold.ts'
import { ar, arima, arma, fitted } from '../../../src/models/detectors/index.ts'
import { runs } from '../../effort.ts'
import { detectors } from './all-detectors.ts'
import { context, gaussian, HOUR_MS, type Rows, START_MS, score, seeded, stateFor } from './simulate.ts'

interface Case {
  readonly name: string
  readonly spec: DetectorSpec
  readonly everyMs: number | undefined
  /** p-values do not change with the unit and origin of all values. */
  readonly locationScale?: boolean
}

const cases: readonly Case[] = [
  {
    name: 'ar(1)',
    spec: ar({ p: 1, pooled: true, warmup: 30, window: 512, calibrate: 'analytic' }),
    everyMs: HOUR_MS,
    locationScale: true,
  },
  {
    name: 'arma(1, 1), tails learned',
    spec: arma({ p: 1, q: 1, pooled: true, warmup: 30, window: 1024, refitEvery: 12 }),
    everyMs: undefined,
  },
  {
    name: 'arima(0, 1, 1), fits in effect 7 instants later',
    spec: arima({ order: [0, 1, 1], pooled: true, warmup: 30, window: 512, refitEvery: 12, refitDelay: 7 }),
    everyMs: HOUR_MS,
  },
  {
    name: 'arima(0, 1, 1)(0, 1, 1) by 6',
    spec: arima({
      order: [0, 1, 1],
      seasonal: { order: [0, 1, 1], period: 6 },
      ...{ pooled: true, warmup: 60, window: 512, refitEvery: 30, calibrate: 'analytic' },
    }),
    everyMs: HOUR_MS,
  },
  {
    name: 'fitted normal',
    spec: fitted('normal', { pooled: true }),
    everyMs: undefined,
    locationScale: true,
  },
  {
    name: 'fitted poisson by hour of day, tails learned',
    spec: fitted('poisson', { pooled: true, profile: 'hourOfDay', warmup: 60, calibrate: 'tail' }),
    everyMs: HOUR_MS,
  },
]

/** Values of up to twelve keys, hour by hour: keys come and go, some have two values in an hour. */
function panel(seed: number, hours: number): Rows {
  const u = seeded(seed)
  const keys: number[] = []
  const timesMs: number[] = []
  const values: number[] = []
  const add = (key: number, hour: number) => {
    const kind = u()
    keys.push(key)
    timesMs.push(START_MS + hour * HOUR_MS)
    values.push(
      kind < 0.06
        ? Number.NaN
        : kind < 0.08
          ? 300 * u()
          : Math.max(0, Math.round(9 + key / 4 + 2 * gaussian(u))),
    )
  }
  for (let hour = 0; hour < hours; hour++) {
    for (let key = 0; key < 12; key++) {
      if (hour < 9 * (key % 5) || u() < 0.1) continue
      add(key, hour)
      if (u() < 0.03) add(key, hour)
    }
  }
  return {
    keys: Uint32Array.from(keys),
    timesMs: Float64Array.from(timesMs),
    values: Float64Array.from(values),
  }
}

const part = ({ keys, timesMs, values }: Rows, from: number, to?: number): Rows => ({
  keys: keys.subarray(from, to),
  timesMs: timesMs.subarray(from, to),
  values: values.subarray(from, to),
})

const seeds = fc.integer({ min: 0, max: 1e6 })
const few = { numRuns: runs(3) }

describe.each(cases)('pooled: $name', ({ spec, everyMs, locationScale }) => {
  const open = (over = {}) => detectors[spec.kind]!(spec, context({ everyMs, ...over }))

  it('says the same however the rows are cut into steps, in the midst of an instant too', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 12 }), (seed, cuts) => {
        const rows = panel(seed, 60)
        expect(score(open(), rows, cuts)).toEqual(score(open(), rows))
      }),
      few,
    )
  })

  it('scores values of an instant by what was known before it', () => {
    fc.assert(
      fc.property(seeds, seeds, fc.integer({ min: 0, max: 59 }), (seed, other, hour) => {
        const rows = panel(seed, 60)
        const from = rows.timesMs.findIndex(timeMs => timeMs >= START_MS + hour * HOUR_MS)
        const u = seeded(other)
        const values = rows.values.map((x, i) => (i < from || u() < 0.2 ? x : 40 * u()))
        const before = score(open(), rows)
        const after = score(open(), { ...rows, values })
        const instant = rows.timesMs.findIndex(timeMs => timeMs > rows.timesMs[from]!)
        const to = instant < 0 ? rows.keys.length : instant
        expect(after.logP.subarray(0, from)).toEqual(before.logP.subarray(0, from))
        expect(after.expected.subarray(0, to)).toEqual(before.expected.subarray(0, to))
        expect(after.upper.subarray(0, to)).toEqual(before.upper.subarray(0, to))
      }),
      few,
    )
  })

  it('says the same whatever slots keys have, and after a restore that gives them others', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 400 }), (seed, cut) => {
        const rows = panel(seed, 60)
        const straight = score(open(), rows)
        const slot = (key: number) => (7 * key + 5) % 12
        const renamed = { ...rows, keys: rows.keys.map(slot) }
        expect(score(open(), renamed)).toEqual(straight)

        const first = open()
        const state = stateFor(first, 12)
        score(first, part(rows, 0, cut), [], state)
        const second = open()
        const moved = stateFor(second, 12)
        for (let key = 0; key < 12; key++) move(second.layout, state, key, moved, slot(key))
        // What was snapshot does not change with what comes after.
        score(first, part(rows, cut), [], state)
        expect(score(second, part(renamed, cut), [], moved).logP).toEqual(straight.logP.subarray(cut))
      }),
      few,
    )
  })

  it('says the same whatever is wanted beside it, and at every alpha', () => {
    const rows = panel(7, 60)
    const all = score(open(), rows)
    expect(score(open({ wants: { bounds: 'none', pValues: 'all' } }), rows).logP).toEqual(all.logP)
    const anomalies = score(open({ wants: { bounds: 'anomalies', pValues: 'all' } }), rows)
    expect(anomalies.logP).toEqual(all.logP)
    expect(anomalies.upper).toEqual(
      all.upper.map((upper, i) => (all.logP[i]! < Math.log(1e-3) ? upper : Number.NaN)),
    )
    const other = score(open({ alpha: 0.2 }), rows)
    expect(other.logP).toEqual(all.logP)
    expect(other.expected).toEqual(all.expected)
  })

  it('calls a value an anomaly exactly when it is outside its bounds', () => {
    for (const alpha of [0.2, 1e-4]) {
      const rows = panel(11, 60)
      const { lower, upper, logP } = score(open({ alpha }), rows)
      let scored = 0
      const wrong: number[] = []
      logP.forEach((log, i) => {
        if (Number.isNaN(log)) return
        scored++
        const x = rows.values[i]!
        if ((x < lower[i]! || x > upper[i]!) !== log < Math.log(alpha)) wrong.push(i)
      })
      expect(wrong).toEqual([])
      expect(scored).toBeGreaterThan(200)
    }
  })

  it('scores no missing value, takes infinities for impossible, and goes on', () => {
    const rows = panel(9, 60)
    const { values } = rows
    const odd = [Infinity, -Infinity, 1e308, -1e308, 1e200, 5e-324, -0]
    for (const [i, value] of odd.entries()) values[400 + 3 * i] = value
    const { logP, expected } = score(open(), rows)
    values.forEach((x, i) => {
      if (Number.isNaN(x)) expect(logP[i]).toBeNaN()
    })
    expect(logP[400]).toBe(Number.NEGATIVE_INFINITY)
    expect(logP[403]).toBe(Number.NEGATIVE_INFINITY)
    for (const i of [450, 460, values.length - 1]) expect(Math.abs(expected[i]!)).toBeLessThan(400)
  })

  it('stands constant, empty and enormous values', () => {
    for (const value of [0, 5, 1e15, Number.NaN]) {
      const rows = panel(3, 60)
      const { logP } = score(open(), { ...rows, values: rows.values.map(() => value) })
      expect(logP.some(log => log < Math.log(1e-3))).toBe(false)
    }
  })

  it.runIf(locationScale)('gives the same p-values in any unit and from any origin', () => {
    const rows = panel(13, 60)
    const plain = score(open(), rows).logP
    for (const [a, b] of [
      [-1000, 32],
      [7, -0.3],
    ] as const) {
      score(open(), { ...rows, values: rows.values.map(x => a + b * x) }).logP.forEach((log, i) => {
        if (Number.isNaN(plain[i]!)) expect(log).toBeNaN()
        else expect(Math.abs(log - plain[i]!)).toBeLessThan(1e-6 * (1 + Math.abs(plain[i]!)))
      })
    }
  })

  it('keeps a key in a kilobyte, and the pool in a few hundred', () => {
    const detector = open()
    const state = stateFor(detector, 12)
    score(detector, panel(17, 200), [], state)
    let own = 0
    let shared = 0
    for (const [name, field] of Object.entries<FieldSpec>(detector.layout)) {
      const held = (state as unknown as Record<string, unknown[]>)[name]!
      if (field.kind !== 'object') own += (field.width ?? 1) * (field.kind === 'f64' ? 8 : 4)
      else if (name === 'pool') shared = field.encode(held.find(value => value !== undefined)).length
      else own += Math.max(...held.map(value => (value === undefined ? 0 : field.encode(value).length)))
    }
    expect(own).toBeLessThan(1024)
    expect(shared).toBeLessThan(300_000)
  })
})

/** Puts what a snapshot would keep of a key into another slot of another state. */
function move(
  layout: Readonly<Record<string, FieldSpec>>,
  from: StateTable,
  key: number,
  to: StateTable,
  slot: number,
) {
  for (const [name, field] of Object.entries(layout)) {
    const [source, target] = [from, to].map(state => (state as unknown as Record<string, unknown>)[name])
    if (field.kind === 'object') {
      const held = (source as unknown[])[key]
      if (held !== undefined) (target as unknown[])[slot] = field.decode(field.encode(held))
      continue
    }
    const width = field.width ?? 1
    const numbers = source as Float64Array
    ;(target as Float64Array).set(numbers.subarray(key * width, (key + 1) * width), slot * width)
  }
}
