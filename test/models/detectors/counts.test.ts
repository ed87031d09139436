import { describe, expect, it } from 'vitest'
import { openCounts } from '../../../src/models/detectors/counts.ts'
import { logTwoSided } from '../../../src/models/detectors/negative-binomial.ts'
import { counts } from '../../../src/models/detectors/specs.ts'
import { alarms, binomialInterval, context, countNumber, hourly, judge, seeded } from './simulate.ts'

const WEEK = 168
const profileOf = (i: number): number => {
  const day = Math.floor(i / 24) % 7
  return (i % 24 < 6 ? 0.05 : 1 + 0.5 * Math.sin(i % 24)) * (day > 4 ? 0.6 : 1)
}

/** Some series of `weeks` and what judged them; `truth` are p-values by the law they were drawn from. */
function simulate(mean: number, phi: number, seasonal: boolean, keys: number, weeks = 20) {
  const judged: number[] = []
  const truth: number[] = []
  for (let key = 0; key < keys; key++) {
    const u = seeded(1000 * key + 17)
    const means = Float64Array.from({ length: weeks * WEEK }, (_, i) => mean * (seasonal ? profileOf(i) : 1))
    const values = means.map(mu => countNumber(u, mu, phi))
    judge(
      openCounts(counts(), context({ wants: { bounds: 'none', pValues: 'all' } })),
      hourly(values),
    ).logP.forEach((log, i) => {
      if (Number.isNaN(log)) return
      judged.push(log)
      truth.push(logTwoSided(values[i]!, means[i]!, phi))
    })
  }
  return { judged: Float64Array.from(judged), truth: Float64Array.from(truth) }
}

describe("the alarm rate does not exceed alpha, and is a quarter of the true law's or more where counts are large", () => {
  it.each([
    { name: 'Poisson, rare', mean: 0.05, phi: 0, seasonal: false },
    { name: 'Poisson', mean: 20, phi: 0, seasonal: false },
    { name: 'overdispersed', mean: 20, phi: 0.1, seasonal: false },
    { name: 'overdispersed, large', mean: 3000, phi: 0.2, seasonal: false },
    { name: 'Poisson, hour of week', mean: 20, phi: 0, seasonal: true },
    { name: 'overdispersed, hour of week, small', mean: 1, phi: 0.3, seasonal: true },
    { name: 'overdispersed, hour of week', mean: 20, phi: 0.1, seasonal: true },
  ])('$name', ({ mean, phi, seasonal }) => {
    const { judged, truth } = simulate(mean, phi, seasonal, 5)
    for (const alpha of [0.05, 0.01, 1e-3]) {
      const found = alarms(judged, alpha)
      expect(found.alarms).toBeLessThan(binomialInterval(found.judged, alpha)[1])
      const ideal = alarms(truth, alpha).alarms
      if (mean >= 20 && alpha >= 0.01) expect(found.alarms).toBeGreaterThan(0.25 * ideal)
    }
  })
})

describe('a storm', () => {
  const weeks = 10
  const u = seeded(5)
  const values = Float64Array.from({ length: weeks * WEEK }, (_, i) =>
    countNumber(u, 20 * profileOf(i), 0.02),
  )
  const struck = Float64Array.from(values)
  const start = 8 * WEEK
  struck.fill(0, start, start + 40)
  const calm = judge(openCounts(counts(), context()), hourly(values))
  const stormy = judge(openCounts(counts(), context()), hourly(struck))

  it('is seen', () => {
    const day = stormy.logP.subarray(start + 6, start + 24)
    expect(alarms(day, 1e-4).alarms).toBeGreaterThan(12)
  })

  it('hardly moves what is expected afterwards', () => {
    for (let i = start + 40; i < values.length; i++) {
      const [after, before] = [stormy.expected[i]!, calm.expected[i]!]
      expect(Math.abs(after - before)).toBeLessThan(0.12 * before + 0.4)
    }
  })

  it('hardly widens the bounds afterwards', () => {
    let wide = 0
    let narrow = 0
    for (let i = start + 40; i < values.length; i++) {
      wide += stormy.upper[i]! - stormy.lower[i]!
      narrow += calm.upper[i]! - calm.lower[i]!
    }
    expect(wide / narrow).toBeLessThan(1.15)
  })

  it('leaves no alarms behind', () => {
    const left = (output: typeof calm) => alarms(output.logP.subarray(start + 40), 1e-4).alarms
    expect(left(stormy)).toBeLessThanOrEqual(left(calm) + 1)
  })
})

it.each([2.5, 0.3])('a lasting level %d times the old one is expected within five days', ratio => {
  const u = seeded(8)
  const start = 8 * WEEK
  const values = Float64Array.from({ length: 10 * WEEK }, (_, i) =>
    countNumber(u, 20 * profileOf(i) * (i < start ? 1 : ratio), 0.02),
  )
  const { expected, logP } = judge(openCounts(counts(), context()), hourly(values))
  expect(alarms(logP.subarray(start, start + 24), 1e-3).alarms).toBeGreaterThan(8)
  const from = start + 120
  let said = 0
  let true_ = 0
  for (let i = from; i < values.length; i++) {
    said += expected[i]!
    true_ += 20 * profileOf(i) * ratio
  }
  expect(Math.abs(said / true_ - 1)).toBeLessThan(0.12)
  expect(alarms(logP.subarray(from), 1e-3).alarms).toBeLessThan(5)
})

it('learns the hours of the week', () => {
  const u = seeded(3)
  const values = Float64Array.from({ length: 20 * WEEK }, (_, i) => countNumber(u, 40 * profileOf(i), 0))
  const { expected } = judge(openCounts(counts(), context()), hourly(values))
  for (let i = 19 * WEEK; i < 20 * WEEK; i++) {
    const truth = 40 * profileOf(i)
    expect(Math.abs(expected[i]! - truth)).toBeLessThan(4 * Math.sqrt(truth / 12) + 1)
  }
})

it('judges nothing before the warm-up has passed', () => {
  const { logP } = judge(
    openCounts(counts({ warmup: '3d' }), context()),
    hourly(new Float64Array(100).fill(4)),
  )
  expect(logP.findIndex(log => !Number.isNaN(log))).toBe(72)
})

it('scores the impossibly rare without underflow', () => {
  const values = new Float64Array(20 * WEEK).fill(3)
  values[19 * WEEK] = 1e6
  const { logP } = judge(openCounts(counts(), context()), hourly(values))
  expect(logP[19 * WEEK]).toBeLessThan(-1000)
  expect(Number.isFinite(logP[19 * WEEK])).toBe(true)
})
