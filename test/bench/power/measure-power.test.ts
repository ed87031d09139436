import { describe, expect, it } from 'vitest'
import { FAULTS } from '../../../bench/power/faults.ts'
import { measurePower } from '../../../bench/power/measure-power.ts'
import { arma } from '../../../src/models/detectors/index.ts'
import { seeded } from '../../models/detectors/simulate.ts'
import { BASE_SERIES } from '../../models/generators/base-series.ts'
import { MONITORING_SERIES } from '../../models/generators/monitoring-series.ts'
import { RESTLESS_SERIES } from '../../models/generators/restless-series.ts'

const base = (name: string) => BASE_SERIES.find(base => base.name === name)!

describe.each([...BASE_SERIES, ...MONITORING_SERIES, ...RESTLESS_SERIES])('a series of $name', base => {
  it('is what it was up to the onset of any fault, and another from there on', () => {
    const clean = base.draw(seeded(5), 300)
    for (const fault of FAULTS.filter(({ suits }) => suits?.(base) ?? true)) {
      const faulty = base.draw(seeded(5), 300, fault.change(200, 1, base))
      expect(faulty.subarray(0, 200)).toEqual(clean.subarray(0, 200))
      expect(faulty).not.toEqual(clean)
    }
  })
})

describe.each(BASE_SERIES)('a series of $name', base => {
  it('has the sigma it says', () => {
    // Of differences, which for a series without memory are twice as large in variance.
    const values = base.draw(seeded(9), 200_000)
    const phi = { 'AR(1) 0.8': 0.8, 'daily season + AR(1) 0.5': 0.5, 'random walk': 1 }[base.name] ?? 0
    const mean = base.counts ? base.sigma ** 2 : 0
    const seasonal = new Float64Array(base.season ?? 1)
    values.forEach((x, i) => {
      if (base.season) seasonal[i % 24] = seasonal[i % 24]! + x / (values.length / 24)
    })
    let squares = 0
    for (let i = 1; i < values.length; i++) {
      const at = (j: number) => values[j]! - mean - seasonal[j % seasonal.length]!
      squares += (at(i) - phi * at(i - 1)) ** 2
    }
    // The fourth moment of t(3) is infinite: its variance settles slowly.
    const reach = base.name.startsWith('heavy') ? 0.1 : 0.02
    expect(Math.abs(Math.sqrt(squares / values.length) / base.sigma - 1)).toBeLessThan(reach)
  })
})

describe('power', () => {
  const detector = { name: 'arma', spec: arma({ p: 2, q: 1 }) }
  const measured = measurePower(detector, base('white noise'), 30)
  const rate = (fault: string) => measured.seen.find(seen => seen.fault === fault)!

  it('is measured at one event of false alarms in 10,000 clean values', () => {
    expect(measured.cleanValues).toBe(30_000)
    expect(measured.threshold.events).toBeLessThanOrEqual(3)
    expect(measured.threshold.reachable).toBe(true)
  })

  it('sees every spike of ten sigmas at once, and more of what is larger', () => {
    expect(rate('spike 10σ')).toEqual({ fault: 'spike 10σ', rate: 1, medianDelay: 0 })
    expect(rate('spike 4σ').rate).toBeLessThan(rate('spike 6σ').rate)
    expect(rate('shift 1σ').rate).toBeLessThan(rate('shift 4σ').rate)
  })

  it('asks only seasonal series about seasons, and is the same at every run', () => {
    expect(measured.seen.map(({ fault }) => fault)).not.toContain('season ¼')
    const { cpuMs: _, ...again } = measurePower(detector, base('white noise'), 30)
    expect(measured).toMatchObject(again)
  })
})
