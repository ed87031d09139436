import { describe, expect, it } from 'vitest'
import { type DetectorOutput, REASONS } from '../../../src/core/detector.ts'
import { join, PARTS } from '../../../src/models/detectors/auto/union.ts'
import { auto } from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { armaSeries, context, countNumber, gaussian, hourly, score, seeded } from './simulate.ts'

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

/** A series at which detectors are wrong in ways of their own: noise, outliers, a season, a level shift, silence. */
const troubled = (seed: number, kind: number): Float64Array => {
  const u = seeded(seed)
  return Float64Array.from({ length: 900 }, (_, i) => {
    if (u() < 0.02) return Number.NaN
    if (kind === 4) return u() < 0.2 ? Math.ceil(4 + gaussian(u) ** 2) * (u() < 0.03 ? 20 : 1) : 0
    const season = kind % 2 === 0 ? 0 : 8 * Math.sin((2 * Math.PI * i) / 24)
    const noise = kind === 3 ? 0 : kind === 2 ? Math.round(3 * gaussian(u)) : gaussian(u)
    const outlier = u() < 0.01 ? 30 * gaussian(u) : 0
    return 100 + season + noise + outlier + (i > 600 ? 12 : 0)
  })
}

describe('what auto() says of a value agrees with itself', () => {
  it.each([0, 1, 2, 3, 4])(
    'beyond its bounds is p < alpha, and within them another reason than the value itself (%i)',
    kind => {
      let beyond = 0
      for (let seed = 1; seed <= 6; seed++) {
        const values = troubled(seed, kind)
        const alpha = seed % 2 === 0 ? 1e-3 : 1e-4
        const opened = detectors.auto!(auto(), context({ alpha, wants: { bounds: 'all', pValues: 'all' } }))
        const { logP, lower, upper, reason, reasonLogP } = score(opened, hourly(values))
        for (let i = 0; i < values.length; i++) {
          if (Number.isNaN(logP[i]!)) continue
          const x = values[i]!
          const slack = 1e-9 * (upper[i]! - lower[i]!)
          if (x > upper[i]! + slack || x < lower[i]! - slack) {
            beyond++
            expect(logP[i]!).toBeLessThanOrEqual(Math.log(alpha) + 1e-6)
          } else if (logP[i]! < Math.log(alpha) - 1e-6 && x < upper[i]! - slack && x > lower[i]! + slack) {
            expect(REASONS[reason[i]!]).not.toBe('spike')
          }
          expect(reasonLogP[i]!).toBeLessThanOrEqual(logP[i]! + 1e-9)
        }
      }
      expect(beyond).toBeGreaterThan(10)
    },
  )

  it('the share of statistics sums to one', () => {
    // All parts at the same p: the least over its share is p over the largest share.
    const union = { logP: 0, reason: 0, reasonLogP: 0 }
    const log = Math.log(1e-9)
    join(log, new Float64Array(PARTS).fill(Number.NaN), union)
    let shares = Math.exp(log - union.logP)
    for (let part = 0; part < PARTS; part++) {
      const logs = new Float64Array(PARTS).fill(Number.NaN)
      logs[part] = log
      join(0, logs, union)
      shares += Math.exp(log - union.logP)
    }
    expect(shares).toBeCloseTo(1, 9)
  })
})

describe('auto() forgets', () => {
  const marked = (values: Float64Array, alpha = 1e-3) => anomalies(scored(values, alpha), alpha)
  const flat = (change: (i: number) => number) => Float64Array.from({ length: 2000 }, (_, i) => change(i))

  it('two equal spikes of a series without noise, and two levels, are found where they are', () => {
    expect(marked(flat(i => (i === 300 || i === 1500 ? 10 : 0)))).toEqual([300, 1500])
    expect(marked(flat(i => (i < 300 ? 0 : i < 1500 ? 10 : 20)))).toEqual([300, 1500])
    expect(marked(flat(i => (i < 300 || i >= 900 ? 5 : 10)))).toEqual([300, 900])
  })

  it('of a ramp, an alternation, a sine and a square wave only what stands out is found', () => {
    expect(marked(flat(i => 3 * i + (i === 1500 ? 2000 : 0)))).toEqual([1500])
    expect(marked(flat(i => (i % 2) * 10 + (i === 1500 ? 100 : 0)))).toEqual([1500])
    expect(marked(flat(i => 10 * Math.sin((i * Math.PI) / 12) + (i === 1500 ? 300 : 0)))).toEqual([1500])
    expect(marked(flat(i => (i % 24 < 9 || i % 24 > 17 ? 20 : 80)))).toEqual([])
  })

  it('after one spike ordinary values are ordinary, and a second one is found like the first', () => {
    let first = 0
    let second = 0
    let low = 0
    for (let seed = 1; seed <= 20; seed++) {
      const u = seeded(seed)
      const values = flat(() => gaussian(u))
      values[700] = values[1100] = 12
      const { logP } = scored(values, 1e-3)
      if (logP[700]! < Math.log(1e-3)) first++
      if (logP[1100]! < Math.log(1e-3)) second++
      for (let i = 750; i < 1100; i++) if (logP[i]! < Math.log(1e-3)) low++
    }
    expect([first, second]).toEqual([20, 20])
    expect(low).toBeLessThan(0.003 * 20 * 350)
  })
})

describe('auto() knows kinds of series', () => {
  const reasonsOf = (values: Float64Array): string[] => {
    const { logP, suppressed, reason } = scored(values, 1e-4)
    return [...logP.keys()]
      .filter(i => logP[i]! < Math.log(1e-4) && suppressed[i] === 0)
      .map(i => `${i} ${REASONS[reason[i]!]}`)
  }

  it('a counter that begins again is none, one that stops is', () => {
    const u = seeded(3)
    let total = 0
    const values = Float64Array.from({ length: 1500 }, (_, i) => {
      total = i % 400 === 399 ? 0 : total + (i < 1300 ? 50 + 5 * gaussian(u) : 0)
      return total
    })
    const found = reasonsOf(values)
    expect(found.length).toBeGreaterThan(0)
    expect(Number.parseInt(found[0]!, 10)).toBe(1300)
  })

  it('small counts, and shares that miss little to 1, are as rare as their law says', () => {
    let counts = 0
    let shares = 0
    for (let seed = 1; seed <= 20; seed++) {
      const u = seeded(seed)
      const values = Float64Array.from({ length: 2500 }, () => countNumber(u, 5, 0))
      counts += reasonsOf(values).length
      shares += reasonsOf(values.map(count => 1 - Math.min(100, count) / 100)).length
    }
    // 47,000 values: five would be alpha, twenty of each were told by symmetric tails.
    expect(counts).toBeLessThan(8)
    expect(shares).toBeLessThan(8)
  })

  it('the next of jobs that come at any time is not told, the first of a quiet series is', () => {
    let jobs = 0
    let first = 0
    for (let seed = 1; seed <= 20; seed++) {
      const u = seeded(seed)
      const values = Float64Array.from({ length: 700 }, () => gaussian(u))
      const quiet = values.slice()
      quiet[650] = 12
      if (reasonsOf(quiet).includes('650 spike')) first++
      jobs += reasonsOf(values.map(x => (u() < 0.01 ? x + 5 + 15 * u() : x))).length
    }
    // 110 jobs in the values that are judged.
    expect(jobs).toBeLessThan(10)
    expect(first).toBeGreaterThan(18)
  })

  it('a stretch that is missing is told where values come again', () => {
    const u = seeded(5)
    const values = Float64Array.from({ length: 1200 }, (_, i) =>
      i >= 1000 && i < 1020 ? Number.NaN : gaussian(u),
    )
    expect(reasonsOf(values)).toEqual(['1020 gap'])
  })

  it('a sensor that stands still is told within some values', () => {
    const u = seeded(7)
    const values = Float64Array.from({ length: 1200 }, () => gaussian(u))
    values.fill(values[1000]!, 1000, 1020)
    const [found] = reasonsOf(values)
    expect(found).toMatch(/^10(0[1-9]|1\d) flatline$/)
  })
})
