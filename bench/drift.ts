/**
 * What refits on drift gain over those on schedule, and how often they come for nothing: the tables of
 * `docs/benchmarks.md`. `node bench/drift.ts`, about half a minute.
 */

import { type Background, type DetectorSpec, inPlace } from '../src/core/detector.ts'
import { openArima } from '../src/models/detectors/arima/arima.ts'
import { ar, arima, arma, ma } from '../src/models/detectors/index.ts'
import {
  alarms,
  context,
  gaussian,
  hourly,
  score,
  seeded,
  type Uniform,
} from '../test/models/detectors/simulate.ts'

interface Shape {
  readonly ar?: readonly number[]
  readonly ma?: readonly number[]
}

interface Change {
  readonly name: string
  readonly spec: () => DetectorSpec
  readonly before: Shape
  readonly after: Shape
  readonly isSummed?: boolean
}

const LARGE: Shape = { ar: [0.5, 0.3], ma: [0.4] }
const CHANGES: readonly Change[] = [
  {
    name: 'AR(1), φ from 0.8 to −0.5',
    spec: () => ar({ p: 1 }),
    before: { ar: [0.8] },
    after: { ar: [-0.5] },
  },
  { name: 'AR(1), φ from 0.3 to 0.9', spec: () => ar({ p: 1 }), before: { ar: [0.3] }, after: { ar: [0.9] } },
  { name: 'AR(1), φ from 0.5 to 0.1', spec: () => ar({ p: 1 }), before: { ar: [0.5] }, after: { ar: [0.1] } },
  {
    name: 'MA(1), θ from 0.8 to −0.6',
    spec: () => ma({ q: 1 }),
    before: { ma: [0.8] },
    after: { ma: [-0.6] },
  },
  {
    name: 'ARMA(2, 1), all',
    spec: () => arma({ p: 2, q: 1 }),
    before: LARGE,
    after: { ar: [-0.4, 0.2], ma: [-0.5] },
  },
  {
    name: 'ARIMA(0, 1, 1), θ from −0.8 to 0.3',
    spec: () => arima({ order: [0, 1, 1] }),
    before: { ma: [-0.8] },
    after: { ma: [0.3] },
    isSummed: true,
  },
  { name: 'none, ARMA(2, 1)', spec: () => arma({ p: 2, q: 1 }), before: LARGE, after: LARGE },
]

const AT = 3000
const AFTER = 1000
const SERIES = 60
const quick = context({ wants: { bounds: 'none', pValues: 'anomalies' } })

/** A series of one shape up to a position, and of the other from it on. */
function series(u: Uniform, length: number, shapeAt: (t: number) => Shape, draw: (u: Uniform) => number) {
  const z = new Float64Array(length)
  const e = new Float64Array(length)
  for (let t = 0; t < length; t++) {
    const shape = shapeAt(t)
    e[t] = draw(u)
    let x = e[t]!
    for (const [i, phi] of (shape.ar ?? []).entries()) x += phi * (z[t - 1 - i] ?? 0)
    for (const [j, theta] of (shape.ma ?? []).entries()) x += theta * (e[t - 1 - j] ?? 0)
    z[t] = x
  }
  return z
}

function summed(values: Float64Array): Float64Array {
  let sum = 0
  return values.map(x => (sum += x))
}

/** Mean squared error in variances of the shock, and the share of alarms at 1e-3, of the points after the change. */
function outcome({ spec, before, after, isSummed }: Change, refitOn: 'schedule' | 'drift') {
  let [error, found, scored] = [0, 0, 0]
  for (let key = 0; key < SERIES; key++) {
    const stationary = series(seeded(key + 40), AT + AFTER, t => (t < AT ? before : after), gaussian)
    const values = isSummed ? summed(stationary) : stationary
    const { expected, logP } = score(openArima({ ...spec(), refitOn } as DetectorSpec, quick), hourly(values))
    for (let t = AT; t < AT + AFTER; t++) error += (values[t]! - expected[t]!) ** 2 / (AFTER * SERIES)
    const counted = alarms(logP.subarray(AT), 1e-3)
    found += counted.alarms
    scored += counted.scored
  }
  return { error, alarms: found / scored }
}

/** How often drift set off fits in one series: each time the first of them is to some 32 points, the next to 64. */
function triggers(spec: DetectorSpec, values: Float64Array): number {
  let count = 0
  const background: Background = {
    submit(task) {
      if (task.input.length < 60) count++
      return inPlace.submit(task)
    },
  }
  score(openArima(spec, { ...quick, background }), hourly(values))
  return count
}

const heavy = (u: Uniform) =>
  gaussian(u) / Math.sqrt((gaussian(u) ** 2 + gaussian(u) ** 2 + gaussian(u) ** 2) / 3)
const exponential = (u: Uniform) => -Math.log(1 - u()) - 1

/** GARCH(1, 1): variance 0.05 + 0.1 x² + 0.85 of the one before. */
function clustered(): (u: Uniform) => number {
  let [variance, last] = [1, 0]
  return u => {
    variance = 0.05 + 0.1 * last ** 2 + 0.85 * variance
    return (last = Math.sqrt(variance) * gaussian(u))
  }
}

const WATCHED = { refitOn: 'drift', refitDelay: 1 } as const
const STILL = [
  ['AR(1), normal', ar({ p: 1, ...WATCHED }), { ar: [0.8] }, () => gaussian],
  ['ARMA(2, 1), normal', arma({ p: 2, q: 1, ...WATCHED }), LARGE, () => gaussian],
  ['AR(1), Student, 3 degrees', ar({ p: 1, ...WATCHED }), { ar: [0.8] }, () => heavy],
  ['AR(1), exponential', ar({ p: 1, ...WATCHED }), { ar: [0.8] }, () => exponential],
  ['AR(1), GARCH(1, 1)', ar({ p: 1, ...WATCHED }), { ar: [0.8] }, clustered],
  ['AR(2) fitted as AR(1)', ar({ p: 1, ...WATCHED }), { ar: [0.5, 0.3] }, () => gaussian],
] as const

const rows = CHANGES.map(change => {
  const [schedule, drift] = [outcome(change, 'schedule'), outcome(change, 'drift')]
  return {
    change: change.name,
    'error, schedule': schedule.error.toFixed(3),
    drift: drift.error.toFixed(3),
    'alarms %, schedule': (100 * schedule.alarms).toFixed(2),
    'drift ': (100 * drift.alarms).toFixed(2),
  }
})
console.table(rows)
console.table(
  STILL.map(([name, spec, shape, draw]) => {
    const counts = Array.from({ length: 40 }, (_, key) =>
      triggers(
        spec,
        series(seeded(key + 1), 20_000, () => shape, draw()),
      ),
    )
    return { series: name, 'false triggers in 20,000': counts.reduce((a, b) => a + b) / 40 }
  }),
)
