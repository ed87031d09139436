import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_GAP, eventThreshold } from '../../../bench/power/event-threshold.ts'

/** Events at a threshold, counted along each series. */
function eventsAt(logPs: readonly Float64Array[], logP: number): number {
  let events = 0
  for (const values of logPs) {
    let last = Number.NEGATIVE_INFINITY
    values.forEach((log, i) => {
      if (!(log <= logP)) return
      if (i - last > EVENT_GAP) events++
      last = i
    })
  }
  return events
}

const quiet = (some: Record<number, number>): Float64Array =>
  Float64Array.from({ length: 300 }, (_, i) => some[i] ?? -0.1)

describe('the threshold that allows so many events', () => {
  it('takes alarms close together for one event', () => {
    const series = [quiet({ 10: -9, 40: -8, 90: -7, 200: -6, 201: -5 })]
    expect(eventThreshold(series, 1)).toEqual({ logP: -7, reachable: true, events: 1 })
    expect(eventThreshold(series, 2)).toEqual({ logP: -5, reachable: true, events: 2 })
  })

  it('keeps the events of two series apart', () => {
    expect(eventThreshold([quiet({ 10: -9 }), quiet({ 12: -8 })], 1)).toMatchObject({ logP: -9 })
  })

  it('is not reached where too many values are equally unlikely', () => {
    const some = { 10: Number.NEGATIVE_INFINITY, 100: Number.NEGATIVE_INFINITY }
    expect(eventThreshold([quiet(some)], 1)).toMatchObject({ reachable: false })
  })

  it('is the most lenient before which no stricter one makes more events', () => {
    const anyLogP = fc.constantFrom(-0.1, -1, -2, -3, -4, -5, -6, Number.NaN, Number.NEGATIVE_INFINITY)
    const anySeries = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 70 }), anyLogP), { maxLength: 12 })
      .map(steps => {
        const values = steps.flatMap(([gap, logP]) => [...new Array<number>(gap - 1).fill(-0.1), logP])
        return Float64Array.from(values)
      })
    fc.assert(
      fc.property(fc.array(anySeries, { maxLength: 3 }), fc.integer({ min: 0, max: 5 }), (logPs, most) => {
        const levels = [...new Set(logPs.flatMap(values => [...values]))]
          .filter(log => log < -Math.LN2)
          .sort((a, b) => a - b)
        let expected: number | undefined
        for (const level of levels) {
          if (eventsAt(logPs, level) > most) break
          expected = level
        }
        const found = eventThreshold(logPs, most)
        expect(found.reachable).toBe(expected !== undefined)
        if (expected !== undefined) {
          expect(found.logP).toBe(expected)
          expect(found.events).toBe(eventsAt(logPs, expected))
        }
      }),
      { numRuns: 500 },
    )
  })
})
