import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import { panelSample } from '../../../src/models/detectors/arima/panel-sample.ts'
import { pooledFitInput, pooledFitOf } from '../../../src/models/detectors/arima/pooled-fit.ts'
import { ar, arima, arma, fitted } from '../../../src/models/detectors/index.ts'
import { emptyPool } from '../../../src/models/detectors/parts/pool-field.ts'
import { studentAt, studentScore } from '../../../src/models/detectors/parts/student-score.ts'
import { studentT } from '../../../src/models/index.ts'
import { detectors } from './all-detectors.ts'
import { panelOf } from './panels.ts'
import { armaSeries, context, gaussian, type Rows, score, seeded, type Uniform } from './simulate.ts'

/** A series of the model with a level and a scale of its own. */
const ownUnits = (u: Uniform, z: Float64Array): Float64Array => {
  const level = 100 * gaussian(u)
  const scale = Math.exp(0.5 * gaussian(u))
  return z.map(x => level + scale * x)
}

const logPs = (spec: DetectorSpec, rows: Rows, alpha = 1e-3) =>
  score(detectors[spec.kind]!(spec, context({ alpha, wants: { bounds: 'none', pValues: 'all' } })), rows).logP

/** Shares of p-values below 0.01 and 1e-3. */
function rates(logP: Float64Array): { scored: number; hundredth: number; thousandth: number } {
  const scored = logP.filter(log => !Number.isNaN(log))
  const below = (p: number) => scored.filter(log => log < Math.log(p)).length / scored.length
  return { scored: scored.length, hundredth: below(0.01), thousandth: below(1e-3) }
}

describe('a pool of 500 keys of 60 values, with levels and scales of their own', () => {
  const panels = [1, 2, 3].map(seed => {
    const u = seeded(seed)
    const series = Array.from({ length: 500 }, () => ownUnits(u, armaSeries(u, [0.5, 0.2], [0.3], 60)))
    return panelOf(series, key => (key < 250 ? 0 : key % 50))
  })
  const spec = arma({ p: 2, q: 1, pooled: true, calibrate: 'analytic' })
  const scored = panels.map(({ rows }) => logPs(spec, rows))

  it('alarms as often as it says', () => {
    const all = rates(Float64Array.from(scored.flatMap(logP => [...logP])))
    expect(all.scored).toBeGreaterThan(75_000)
    expect(all.hundredth).toBeGreaterThan(0.008)
    expect(all.hundredth).toBeLessThan(0.0125)
    expect(all.thousandth).toBeGreaterThan(0.0008)
    expect(all.thousandth).toBeLessThan(0.00125)
  })

  it('alarms no more often in the first ten values of a key', () => {
    const young = scored.flatMap((logP, i) => [...logP].filter((_, row) => panels[i]!.places[row]! < 10))
    const { scored: values, hundredth } = rates(Float64Array.from(young))
    expect(values).toBeGreaterThan(4000)
    expect(hundredth).toBeLessThan(0.016)
  })

  it('finds a spike of six scales in the tenth value of a new key, where a model a key scores nothing', () => {
    const u = seeded(9)
    const series = Array.from({ length: 100 }, () => ownUnits(u, armaSeries(u, [0.5, 0.2], [0.3], 100)))
    for (let key = 0; key < 100; key++) {
      const level = 100 * gaussian(u)
      const scale = Math.exp(0.5 * gaussian(u))
      const own = armaSeries(u, [0.5, 0.2], [0.3], 12)
      own[9] = own[9]! + 6
      series.push(own.map(x => level + scale * x))
    }
    const { rows, places } = panelOf(series, key => (key < 100 ? 0 : 80))
    const found = (logP: Float64Array) =>
      logP.filter((log, row) => rows.keys[row]! >= 100 && places[row] === 9 && log < Math.log(1e-3)).length
    expect(found(logPs(spec, rows))).toBeGreaterThan(75)
    expect(found(logPs(arma({ p: 2, q: 1, warmup: 10, calibrate: 'analytic' }), rows))).toBe(0)
  })
})

it('fitted: a pool scores a new key at once, by a distribution that many values have made sharp', () => {
  const u = seeded(4)
  const series = Array.from({ length: 50 }, () => Float64Array.from({ length: 40 }, () => gaussian(u)))
  series.push(Float64Array.of(0.3, 4.5, -0.2))
  const { rows } = panelOf(series, key => (key < 50 ? 0 : 37))
  const ofTheNew = (spec: DetectorSpec) => [...logPs(spec, rows)].filter((_, row) => rows.keys[row] === 50)
  expect(ofTheNew(fitted('normal', { pooled: true }))[1]).toBeLessThan(Math.log(1e-4))
  expect(ofTheNew(fitted('normal'))[1]).toBeNaN()
})

it('a pool is not moved by a spike of one key, and follows when all keys have a new level', () => {
  const u = seeded(2)
  const series = Array.from({ length: 40 }, () => Float64Array.from({ length: 200 }, () => 10 + gaussian(u)))
  for (const spec of [
    fitted('normal', { pooled: true }),
    ar({ p: 1, pooled: true }),
    arima({ order: [0, 1, 1], pooled: true }),
  ]) {
    const { rows } = panelOf(series)
    const at = (time: number, key: number) => time * 40 + key
    const expected = (values: Float64Array) =>
      score(detectors[spec.kind]!(spec, context()), { ...rows, values }).expected
    const calm = expected(rows.values)
    const spiked = expected(rows.values.with(at(150, 3), 60))
    for (let key = 0; key < 40; key++) {
      expect(Math.abs(spiked[at(151, key)]! - calm[at(151, key)]!)).toBeLessThan(0.5)
    }
    const shifted = expected(rows.values.map((x, i) => (i < at(150, 0) ? x : x + 10)))
    const off = Array.from({ length: 40 }, (_, key) => Math.abs(shifted[at(171, key)]! - 20))
    expect(off.filter(by => by < 1).length).toBeGreaterThan(30)
  }
})

it('the first value of a key may be an outlier: its level is given up after three that are elsewhere', () => {
  const u = seeded(6)
  const series = Array.from({ length: 60 }, () => armaSeries(u, [0.5], [], 60))
  const odd = armaSeries(u, [0.5], [], 20)
  odd[0] = 200
  series.push(odd)
  const { rows, places } = panelOf(series, key => (key < 60 ? 0 : 40))
  const { expected } = score(detectors.arima!(ar({ p: 1, pooled: true }), context()), rows)
  const own = [...expected].filter((_, row) => rows.keys[row] === 60 && places[row]! > 4)
  expect(Math.max(...own.map(Math.abs))).toBeLessThan(3)
})

describe('the fit of a pool', () => {
  const orders = { p: 1, d: 0, q: 0, P: 0, D: 0, Q: 0, period: 1, constant: true }
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
  const fits = (length: number, scale: (u: Uniform) => number) =>
    [1, 2, 3].map(seed => {
      const u = seeded(seed)
      const segments = Array.from({ length: 256 }, () => {
        const size = scale(u)
        return armaSeries(u, [0.6], [], length).map(x => 1e6 + size * x)
      })
      return pooledFitOf(pooledFitInput(orders, new Float64Array(1), segments))
    })

  it('is hardly biased by short segments, where means estimated take (1 + φ)/n off', () => {
    expect(mean(fits(20, () => 1).map(([phi]) => phi!))).toBeGreaterThan(0.57)
    expect(mean(fits(60, () => 1).map(([phi]) => phi!))).toBeCloseTo(0.6, 1)
  })

  it('finds how scales differ between keys', () => {
    const alike = fits(40, () => 3)
    for (const [, square, free] of alike) {
      expect(Math.sqrt(square!)).toBeCloseTo(3, 0)
      expect(free!).toBeGreaterThan(100)
    }
    // σ² of 4 degrees of freedom: 4/χ²(4).
    const drawn = fits(40, u => {
      let chi = 0
      for (let i = 0; i < 4; i++) chi += gaussian(u) ** 2
      return Math.sqrt(4 / chi)
    })
    const free = mean(drawn.map(fit => fit[2]!))
    expect(free).toBeGreaterThan(3)
    expect(free).toBeLessThan(5.5)
    expect(mean(drawn.map(fit => fit[1]!))).toBeCloseTo(1, 0)
  })

  it('of constant and empty segments is none', () => {
    const none = [new Float64Array(20).fill(3), new Float64Array(20).fill(Number.NaN)]
    expect(pooledFitOf(pooledFitInput(orders, new Float64Array(1), none))[1]).toBeNaN()
  })
})

describe('the sample of a pool', () => {
  const open = (segments: number) => {
    const sample = panelSample(segments, 10)
    sample.bind(emptyPool(sample.layout).table)
    const held: number[] = []
    const steps: number[] = []
    let now = 0
    const add = (key: number) => {
      steps[key] = (steps[key] ?? -1) + 1
      held[key] = sample.add(key, held[key] ?? 0, steps[key]!, 100 * key + steps[key]!, ++now)
    }
    return { sample, add }
  }
  const filled = ({ segments }: { segments: readonly Float64Array[] }) =>
    segments.reduce((sum, { length }) => sum + length, 0)

  it('gives few keys all the room, and keeps their last values', () => {
    const { sample, add } = open(8)
    for (let step = 0; step < 100; step++) {
      for (let key = 0; key < 2; key++) add(key)
      sample.close()
    }
    for (const key of [0, 1]) {
      const history = sample.history(key)
      expect(history.length).toBeGreaterThanOrEqual(30)
      expect(history).toEqual(Array.from(history, (_, i) => 100 * key + 100 - history.length + i))
    }
  })

  it('lets more keys than it has room for take turns, and is always half full', () => {
    const { sample, add } = open(8)
    const seen = new Set<number>()
    for (let step = 0; step < 400; step++) {
      for (let i = 0; i < 50; i++) add((step + i) % 50)
      sample.close()
      const now = sample.longer(0)
      if (step >= 10) expect(filled(now)).toBeGreaterThanOrEqual(40)
      for (const segment of now.segments) seen.add(Math.floor(segment[0]! / 100))
    }
    expect(seen.size).toBeGreaterThan(25)
  })

  it('takes the room of keys that have fallen silent', () => {
    const { sample, add } = open(4)
    for (let key = 0; key < 200; key++) {
      for (let step = 0; step < 5; step++) add(key)
      sample.close()
    }
    const last = sample.longer(0).segments.map(segment => Math.floor(segment[0]! / 100))
    expect(Math.max(...last)).toBeGreaterThan(150)
  })
})

it('scores of Student variables are normal from three degrees of freedom on, and are undone', () => {
  for (const dof of [3, 5, 12, 60, 2000]) {
    const distribution = studentT({ df: dof })
    for (const p of [0.3, 0.01, 1e-3, 1e-5]) {
      const t = distribution.isf(p)
      const score = studentScore(t, dof)
      expect(studentScore(-t, dof)).toBe(-score)
      expect(studentAt(score, dof) / t).toBeCloseTo(1, 10)
      const normal = studentT({ df: 1e12 }).sf(score)
      expect(Math.abs(normal / p - 1)).toBeLessThan(dof === 3 ? 0.05 : 0.003)
    }
  }
})

describe('what makes no sense is refused', () => {
  it.each([
    ['a profile', () => arma({ p: 1, q: 0, season: '1d', pooled: true })],
    ['fits on drift', () => arma({ p: 1, q: 0, refitOn: 'drift', pooled: true })],
    ['what is no switch', () => ar({ p: 1, pooled: 'yes' as unknown as boolean })],
    ['randomised p-values', () => fitted('poisson', { pooled: true, randomised: true })],
  ])('%s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'DETECTOR_OPTION' }))
  })

  it('a window too small for the model', () => {
    const spec = { ...ar({ p: 1, pooled: true }), window: 100 }
    expect(() => detectors.arima!(spec, context())).toThrow(
      expect.objectContaining({ code: 'DETECTOR_SPEC' }),
    )
  })
})
