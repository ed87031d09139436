import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Calibrator,
  type CalibratorName,
  calibratorNames,
  openCalibrator,
} from '../../../src/models/calibration/calibrator.ts'
import { studentLogP } from '../../../src/models/detectors/parts/student.ts'
import { gammaNumber, gaussian, seeded, stateFor, type Uniform } from '../detectors/simulate.ts'

const distributions: Readonly<Record<string, (u: Uniform) => number>> = {
  normal: gaussian,
  't with 3 degrees of freedom': u => gaussian(u) / Math.sqrt((2 * gammaNumber(u, 1.5)) / 3) / Math.sqrt(3),
  'centred exponential': u => -Math.log(1 - u()) - 1,
}

/** A calibrator with state for some keys. */
function open(name: CalibratorName, alpha: number, keys = 1) {
  const calibrator = openCalibrator(name, alpha)
  const state = stateFor({ layout: calibrator.layout, step() {} }, keys)
  calibrator.bind(state)
  return { calibrator, state }
}

const own = (u: number) => studentLogP(u, 1e6)

/** Share of p < alpha among the later half of so many statistics. */
function alarmRate(calibrator: Calibrator, draw: () => number, alpha: number, length: number): number {
  let alarms = 0
  for (let i = 0; i < length; i++) {
    const u = draw()
    if (i >= length / 2 && calibrator.logP(0, u, own(u)) < Math.log(alpha)) alarms++
    calibrator.learn(0, u, 1)
  }
  return alarms / (length / 2)
}

describe.each(Object.entries(distributions))('of a %s statistic', (distribution, draw) => {
  it.each(['conformal', 'tail'] as const)('%s alarms at rate alpha', name => {
    for (const alpha of [0.05, 0.01]) {
      const u = seeded(distribution.length + 3)
      const rate = alarmRate(open(name, alpha).calibrator, () => draw(u), alpha, 40_000)
      // Four standard deviations of the count, and as much again for what is learned of the distribution.
      const reach = 8 * Math.sqrt((alpha * (1 - alpha)) / 20_000)
      expect(Math.abs(rate - alpha)).toBeLessThan(reach)
    }
  })
})

it('analytic believes the distribution of the statistic', () => {
  const { calibrator } = open('analytic', 0.01)
  expect(calibrator.logP(0, 3, -5.9)).toBe(-5.9)
  expect(calibrator.critical(0, 1)).toBeNaN()
  expect(calibrator.layout).toEqual({})
})

describe.each(calibratorNames.filter(name => name !== 'analytic'))('%s', name => {
  const taught = (seed: number, length: number, alpha: number, keys = 1, key = 0) => {
    const opened = open(name, alpha, keys)
    const u = seeded(seed)
    for (let i = 0; i < length; i++) {
      opened.calibrator.learn(key, gaussian(u) * (u() < 0.1 ? 3 : 1), u() < 0.1 ? u() : 1)
    }
    return opened
  }

  it('scores from a state of zeros', () => {
    const log = open(name, 0.01).calibrator.logP(0, 2, own(2))
    expect(log).toBeLessThanOrEqual(0)
    expect(log).toBeGreaterThan(Math.log(0.01))
  })

  it('finds what is further out no likelier, on each side', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 3000 }), (seed, length) => {
        const { calibrator } = taught(seed, length, 0.01)
        for (const side of [1, -1]) {
          let before = 0
          for (let size = 0.001; size < 50; size += size < 6 ? 0.013 : 0.7) {
            const log = calibrator.logP(0, side * size, own(size))
            expect(log).toBeLessThanOrEqual(before + 1e-12)
            before = log
          }
        }
      }),
      { numRuns: 15 },
    )
  })

  it('calls p < alpha exactly what lies beyond its critical value', () => {
    const alphas = fc.constantFrom(0.2, 0.05, 0.01, 1e-3)
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 5000 }), alphas, (seed, length, alpha) => {
        const { calibrator } = taught(seed, length, alpha)
        for (const side of [1, -1]) {
          const critical = calibrator.critical(0, side)
          expect(critical).toBeGreaterThan(0)
          if (critical === Infinity) {
            expect(calibrator.logP(0, side * 1e300, -1e9)).toBeGreaterThanOrEqual(Math.log(alpha))
            continue
          }
          const beyond = critical * (1 + 1e-6)
          const within = critical * (1 - 1e-6)
          expect(calibrator.logP(0, side * beyond, own(beyond))).toBeLessThan(Math.log(alpha))
          expect(calibrator.logP(0, side * within, own(within))).toBeGreaterThanOrEqual(Math.log(alpha))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('goes on from a copy of its state', () => {
    const first = taught(5, 500, 0.01)
    const copy = openCalibrator(name, 0.01)
    copy.bind(structuredClone(first.state))
    const u = seeded(6)
    for (let i = 0; i < 500; i++) {
      const x = gaussian(u)
      expect(copy.logP(0, x, own(x))).toBe(first.calibrator.logP(0, x, own(x)))
      copy.learn(0, x, 1)
      first.calibrator.learn(0, x, 1)
    }
  })

  it('learns the same whether exact p-values are wanted or not, and finds the same anomalies', () => {
    const exact = open(name, 0.01)
    const rough = openCalibrator(name, 0.01, false)
    const state = stateFor({ layout: rough.layout, step() {} }, 1)
    rough.bind(state)
    const u = seeded(12)
    for (let i = 0; i < 3000; i++) {
      const x = gaussian(u) * (u() < 0.1 ? 3 : 1)
      const log = exact.calibrator.logP(0, x, own(x))
      const about = rough.logP(0, x, own(x))
      if (log < Math.log(0.01)) expect(about).toBe(log)
      else expect(about).toBeGreaterThanOrEqual(Math.log(0.01))
      exact.calibrator.learn(0, x, 1)
      rough.learn(0, x, 1)
    }
    expect(state).toEqual(exact.state)
  })

  it('scores a key alike alone and beside others, asked much or little', () => {
    const alone = taught(8, 700, 0.01).calibrator
    const { calibrator } = open(name, 0.01, 3)
    const u = seeded(8)
    const noise = seeded(9)
    for (let i = 0; i < 700; i++) {
      calibrator.learn(0, 5 * gaussian(noise), 1)
      calibrator.logP(1, 3, own(3))
      calibrator.critical(1, 1)
      calibrator.learn(1, gaussian(u) * (u() < 0.1 ? 3 : 1), u() < 0.1 ? u() : 1)
      calibrator.learn(2, 9 * noise(), 1)
    }
    for (const x of [0.3, -1.2, 2.5, -4, 9]) {
      expect(calibrator.logP(1, x, own(x))).toBe(alone.logP(0, x, own(x)))
    }
  })

  it('says nothing of a missing statistic, and learns nothing from it', () => {
    const { calibrator } = taught(4, 100, 0.01)
    expect(calibrator.logP(0, Number.NaN, Number.NaN)).toBeNaN()
    const before = calibrator.logP(0, 2, own(2))
    calibrator.learn(0, Number.NaN, 1)
    expect(calibrator.logP(0, 2, own(2))).toBe(before)
  })
})

describe('tail', () => {
  it('gives no p-value of zero to what is finite', () => {
    const { calibrator } = open('tail', 0.01)
    const u = seeded(1)
    for (let i = 0; i < 5000; i++) calibrator.learn(0, gaussian(u), 1)
    let before = 0
    for (const size of [5, 50, 1e3, 1e10, 1e100, 1e300]) {
      const log = calibrator.logP(0, size, Number.NaN)
      expect(log).toBeGreaterThan(-Infinity)
      expect(log).toBeLessThan(before)
      before = log
    }
    expect(calibrator.logP(0, Infinity, Number.NaN)).toBe(-Infinity)
  })

  it('extrapolates from 5000 values to 1e-5, for normal, exponential and Pareto tails: by the median, within a factor of 5', () => {
    const points = {
      normal: 4.4172,
      'centred exponential': -Math.log(1e-5) - 1,
      't with 3 degrees of freedom': 47.93 / Math.sqrt(3),
    }
    for (const [distribution, point] of Object.entries(points)) {
      const found = Array.from({ length: 9 }, (_, seed) => {
        const u = seeded(1000 * seed + 17)
        const { calibrator } = open('tail', 1e-5)
        for (let i = 0; i < 5000; i++) calibrator.learn(0, distributions[distribution]!(u), 1)
        return calibrator.logP(0, point, Number.NaN)
      })
      const median = found.sort((a, b) => a - b)[4]!
      expect(Math.abs(median - Math.log(1e-5))).toBeLessThan(Math.log(5))
    }
  })
})

describe('conformal', () => {
  it('is never sure before 1/alpha points, and may be from then on', () => {
    const { calibrator } = open('conformal', 0.01)
    for (let i = 0; i < 99; i++) {
      expect(calibrator.logP(0, 1e9, -1e9)).toBeCloseTo(-Math.log(i + 1), 12)
      expect(calibrator.critical(0, 1)).toBe(Infinity)
      calibrator.learn(0, 0.5, 1)
    }
    calibrator.learn(0, 0.5, 1)
    expect(calibrator.logP(0, 1e9, -1e9)).toBeLessThan(Math.log(0.01))
    expect(calibrator.critical(0, 1)).toBeLessThan(0.6)
  })

  it('counts ties as greater', () => {
    const { calibrator } = open('conformal', 0.05)
    for (let i = 0; i < 9; i++) calibrator.learn(0, 2, 1)
    expect(calibrator.logP(0, -2, own(2))).toBe(0)
    expect(calibrator.logP(0, 2.5, own(2.5))).toBeCloseTo(Math.log(0.1), 12)
  })

  it('p is uniform whatever the distribution, at every alpha that is not too small', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.3, max: 3, noNaN: true }), (seed, power) => {
        const u = seeded(seed)
        const { calibrator } = open('conformal', 0.01)
        const shares = new Float64Array(10)
        for (let i = 0; i < 6000; i++) {
          const x = Math.abs(gaussian(u)) ** power
          if (i >= 1000) {
            const tenth = Math.floor(10 * Math.exp(calibrator.logP(0, x, Number.NaN)))
            shares[Math.min(9, tenth)] = shares[Math.min(9, tenth)]! + 1 / 5000
          }
          calibrator.learn(0, x, 1)
        }
        for (let j = 0; j < 3; j++) expect(Math.abs(shares[j]! - 0.1)).toBeLessThan(0.04)
      }),
      { numRuns: 10 },
    )
  })

  it('forgets: a distribution that changed is known again after some memories', () => {
    const u = seeded(2)
    const { calibrator } = open('conformal', 0.01)
    for (let i = 0; i < 20_000; i++) calibrator.learn(0, 4 * gaussian(u), 1)
    const wide = calibrator.critical(0, 1)
    for (let i = 0; i < 120_000; i++) calibrator.learn(0, gaussian(u), 1)
    const narrow = calibrator.critical(0, 1)
    expect(wide).toBeGreaterThan(9)
    expect(narrow).toBeLessThan(3)
  })
})
