import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import { auto, counts, fitted } from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { context, countNumber, hourly, score, seeded, stateFor } from './simulate.ts'

const HOURS = 24 * 7 * 8
const SPIKE = HOURS - 5

const specs: readonly (readonly [string, DetectorSpec])[] = [
  ['counts', counts()],
  ['counts by hour of day', counts({ season: 'hourOfDay' })],
  ['counts without season', counts({ season: 'none' })],
  ['fitted poisson by hour of day', fitted('poisson', { profile: 'hourOfDay' })],
  ['fitted negativeBinomial', fitted('negativeBinomial')],
  ['fitted geometric', fitted('geometric')],
  ['fitted geometric by hour of day', fitted('geometric', { profile: 'hourOfDay' })],
  ['fitted gamma', fitted('gamma')],
  ['auto', auto()],
]

/** Counts of about 50, and a spike of 5000 near the end. */
function seriesWith(huge: number, at: number): number[] {
  const u = seeded(7)
  const values = Array.from({ length: HOURS }, () => countNumber(u, 50, 0.01))
  values[at] = huge
  values[SPIKE] = 5000
  return values
}

describe('one huge value in the warm-up', () => {
  it.each(specs)('does not blind %s', (_name, spec) => {
    for (const [huge, at] of [
      [1e4, 3],
      [1e12, 0],
      [1e18, 12],
      [1e100, 40],
      [1e308, 100],
    ] as const) {
      const detector = detectors[spec.kind]!(spec, context())
      const { expected, upper, logP } = score(detector, hourly(seriesWith(huge, at)))
      const label = `${huge} at ${at}`
      expect(expected[SPIKE - 10]! > 30 && expected[SPIKE - 10]! < 90, label).toBe(true)
      expect(upper[SPIKE - 10]!, label).toBeLessThan(1000)
      expect(logP[SPIKE]!, label).toBeLessThan(Math.log(1e-3))
    }
  })

  it.each(specs)('is forgotten by %s whatever the steps', (_name, spec) => {
    const rows = hourly(seriesWith(1e12, 5).slice(0, 400))
    const whole = score(detectors[spec.kind]!(spec, context()), rows)
    const detector = detectors[spec.kind]!(spec, context())
    const cut = score(detector, rows, [1, 4, 1, 5, 3, 1, 200], stateFor(detector, 1))
    expect(cut).toEqual(whole)
  })

  it('a series that jumps a hundredfold in the warm-up is followed', () => {
    const u = seeded(9)
    const values = Array.from({ length: HOURS }, (_, i) => countNumber(u, i < 60 ? 5 : 2000, 0.01))
    for (const spec of [counts(), counts({ season: 'none' }), fitted('poisson', { profile: 'hourOfDay' })]) {
      const { expected } = score(detectors[spec.kind]!(spec, context()), hourly(values))
      expect(Math.abs(expected[HOURS - 1]! / 2000 - 1)).toBeLessThan(0.1)
    }
  })
})
