import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alarmRate, eventRule, suppressAlarms } from '../../src/core/alarm-suppression.ts'
import type { Detector } from '../../src/core/detector.ts'
import { hourly, score, seeded } from '../models/detectors/simulate.ts'

/** A detector whose values are their own log p. */
const given: Detector = {
  layout: {},
  step(_state, { count, values }, { logP }) {
    logP.set(values.subarray(0, count))
  },
}
const alpha = Math.exp(-5)
const marked = (logs: readonly number[], points = 3, cuts: readonly number[] = []) => {
  const { suppressed } = score(suppressAlarms(given, alpha, { points, again: 1.5 }), hourly(logs), cuts)
  return logs.flatMap((log, i) => (log < -5 && suppressed[i] === 0 ? [i] : []))
}

describe('suppressAlarms', () => {
  it('marks the first anomaly of an event, and those after it', () => {
    expect(marked([-6, -6, 0, -6, -6, 0, 0, 0, 0, -6])).toEqual([0, 4, 9])
  })
  it('marks one that has half as high a score again, and from there on asks for more', () => {
    expect(marked([-6, -8, -9.5, -13, -14.5, -15])).toEqual([0, 2, 4])
  })
  it('where an event lasts, counts from its last anomaly on', () => {
    const lasting = (logs: readonly number[]) => {
      const { suppressed } = score(
        suppressAlarms(given, alpha, { points: 3, again: 1.5, lasting: true }),
        hourly(logs),
      )
      return logs.flatMap((log, i) => (log < -5 && suppressed[i] === 0 ? [i] : []))
    }
    expect(lasting([-6, -6, 0, -6, -6, 0, 0, 0, 0, -6])).toEqual([0, 9])
    expect(lasting([-6, 0, 0, -6, 0, 0, -6, 0, 0, 0, -6])).toEqual([0, 10])
    expect(lasting([-6, 0, 0, -9.5, 0, 0, -6])).toEqual([0, 3])
  })
  it('counts missing values as values', () => {
    expect(marked([-6, Number.NaN, Number.NaN, Number.NaN, -6])).toEqual([0, 4])
    expect(marked([-6, Number.NaN, Number.NaN, -6])).toEqual([0])
  })
  it('goes on over steps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -20, max: 0, noNaN: true }), { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 20 })),
        (logs, cuts) => {
          expect(marked(logs, 3, cuts)).toEqual(marked(logs))
        },
      ),
    )
  })
  it('makes events come at the rate asked for, of independent values', () => {
    const u = seeded(1)
    const logs = Array.from({ length: 400_000 }, () => Math.log(u()))
    for (const rate of [0.02, 0.006, 0.001]) {
      const rule = eventRule(rate)
      const alarms = alarmRate(rate, rule)
      const { suppressed } = score(suppressAlarms(given, alarms, { ...rule, again: Infinity }), hourly(logs))
      const events = logs.filter((log, i) => log < Math.log(alarms) && suppressed[i] === 0).length
      expect(events / logs.length / rate).toBeGreaterThan(0.9)
      expect(events / logs.length / rate).toBeLessThan(1.1)
    }
  })
})
