import { describe, expect, it } from 'vitest'
import type { DetectorOutput } from '../../../src/core/detector.ts'
import { cauchyCombination } from '../../../src/models/detectors/auto/cauchy-combination.ts'
import { auto } from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { armaSeries, context, gaussian, hourly, score, seeded } from './simulate.ts'

const scored = (values: ArrayLike<number>, alpha = 1e-4): DetectorOutput =>
  score(
    detectors.auto!(auto(), context({ alpha, wants: { bounds: 'none', pValues: 'all' } })),
    hourly(values),
  )

/** The positions called anomalies: below alpha, and not going on with one before. */
const anomalies = ({ logP, suppressed }: DetectorOutput, alpha = 1e-4): number[] =>
  [...logP.keys()].filter(i => logP[i]! < Math.log(alpha) && suppressed[i] === 0)

function change(values: Float64Array, from: number, to: number, by: (i: number) => number): void {
  for (let i = from; i < to; i++) values[i] = values[i]! + by(i)
}

describe('auto', () => {
  const length = 1200
  const at = 1000
  const base = (seed: number) => armaSeries(seeded(seed), [0.5], [], length)
  const faults: Record<string, (values: Float64Array, u: () => number) => void> = {
    'a spike': values => {
      values[at] = values[at]! + 12
    },
    'a shift': values => change(values, at, length, () => 4),
    'a burst': (values, u) => change(values, at, at + 30, () => 4 * gaussian(u)),
    'a flatline': values => {
      values.fill(values[at]!, at, at + 10)
    },
    'a slow drift': values => change(values, at, length, i => 0.15 * (i - at)),
  }

  it.each(Object.entries(faults))('sees %s', (_, fault) => {
    let seen = 0
    for (let seed = 0; seed < 10; seed++) {
      const values = base(seed)
      fault(values, seeded(seed + 100))
      if (anomalies(scored(values)).some(i => i >= at && i < at + 120)) seen++
    }
    expect(seen).toBeGreaterThan(7)
  })

  it('sees a series turn from following itself to opposing itself', () => {
    let seen = 0
    for (let seed = 0; seed < 10; seed++) {
      const values = armaSeries(seeded(seed), [0.8], [], length)
      values.set(armaSeries(seeded(seed + 100), [-0.8], [], 100), at)
      if (anomalies(scored(values)).some(i => i >= at && i < at + 60)) seen++
    }
    expect(seen).toBeGreaterThan(7)
  })

  it('sees a shift although there was a fault before', () => {
    let seen = 0
    for (let seed = 0; seed < 20; seed++) {
      const values = base(seed)
      const u = seeded(seed + 100)
      change(values, 600, 640, () => 5 + 3 * gaussian(u))
      change(values, at, length, () => 6)
      if (anomalies(scored(values)).some(i => i >= at && i < at + 60)) seen++
    }
    expect(seen).toBeGreaterThan(9)
  })

  it('gets used to a series that changes between idle and busy', () => {
    let changes = 0
    let events = 0
    for (let seed = 0; seed < 8; seed++) {
      const u = seeded(seed)
      let busy = false
      const values = Float64Array.from({ length: 3000 }, (_, i) => {
        if (u() < (busy ? 1 / 40 : 1 / 100)) {
          busy = !busy
          if (i >= at) changes++
        }
        return (busy ? 8 : 0) + (busy ? 1 : 0.4) * gaussian(u)
      })
      events += anomalies(scored(values, 1e-3), 1e-3).filter(i => i >= at).length
    }
    expect(changes).toBeGreaterThan(200)
    expect(events).toBeLessThan(changes / 2)
  })

  it('sees an hour of the day come at the wrong hour', () => {
    const u = seeded(4)
    const values = Float64Array.from(
      { length: 24 * 60 },
      (_, i) => 10 * Math.sin((2 * Math.PI * i) / 24) + gaussian(u),
    )
    values.set(values.subarray(24 * 50, 24 * 51 - 6), 24 * 50 + 6)
    expect(anomalies(scored(values)).some(i => i >= 24 * 50 && i < 24 * 51)).toBe(true)
  })

  it('calls a lasting fault once, or again when it grows', () => {
    const values = base(1)
    for (let i = 0; i < 40; i++) values[at + i] = values[at + i]! + (i % 2 ? 8 : -8)
    const once = anomalies(scored(values)).filter(i => i >= at && i < at + 60)
    expect(once.length).toBeLessThan(5)
    const { logP } = scored(values)
    expect(logP.subarray(at, at + 40).filter(log => log < Math.log(1e-4)).length).toBeGreaterThan(10)
  })
})

describe('cauchyCombination', () => {
  it('of one p-value is that', () => {
    for (const log of [-0.5, -3, -17, -19, -800, Number.NEGATIVE_INFINITY]) {
      expect(cauchyCombination([log], 1)).toBeCloseTo(log, 9)
    }
  })

  it('takes weights as if a p-value were there so often', () => {
    for (const logs of [
      [-2, -3, -1],
      [-20, -25, -1],
    ]) {
      expect(cauchyCombination(logs, 3, [2, 1, 1])).toBeCloseTo(cauchyCombination([logs[0]!, ...logs], 4), 9)
    }
  })

  it('of uniform ones is nearly uniform where it is small, dependent or not', () => {
    const u = seeded(1)
    const n = 200_000
    for (const shared of [0, 0.7]) {
      let below = 0
      for (let i = 0; i < n; i++) {
        const common = gaussian(u)
        const logs = Array.from({ length: 5 }, () => {
          const z = Math.sqrt(shared) * common + Math.sqrt(1 - shared) * gaussian(u)
          return Math.log(twoSided(z))
        })
        if (cauchyCombination(logs, 5) < Math.log(0.01)) below++
      }
      expect(below / n).toBeGreaterThan(0.008)
      expect(below / n).toBeLessThan(0.012)
    }
  })

  it('goes over smoothly from tangents to logarithms, and leaves NaNs out', () => {
    const near = (log: number) => cauchyCombination([log, -1, -2], 3)
    expect(near(-18.0001) - near(-17.9999)).toBeCloseTo(-0.0002, 6)
    expect(cauchyCombination([-5, Number.NaN], 2)).toBeCloseTo(-5, 9)
    expect(cauchyCombination([Number.NaN], 1)).toBeNaN()
  })
})

/** Two-sided p of a standard normal number by its series: good to 1e-10 for |z| < 6. */
function twoSided(z: number): number {
  let term = z
  let sum = z
  for (let k = 1; k < 200; k++) {
    term *= (z * z) / (2 * k + 1)
    sum += term
  }
  return Math.max(1e-12, 1 - (2 * Math.abs(sum) * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI))
}
