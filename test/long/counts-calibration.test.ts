/**
 * Is the rate of alarms of `counts` what was asked for? Of series from the class of distributions it learns, the expected
 * rate of values outside of what was scored, by the distribution that drew them, is compared with that outside the true
 * distribution's interval.
 */
import { describe, expect, it } from 'vitest'
import type { CountSeason } from '../../src/models/detectors/index.ts'
import { type Kind, kinds, pooled, ratesOf, simulated } from '../models/detectors/count-series.ts'

const ALPHAS = [0.05, 0.01, 1e-3, 1e-4, 1e-6]
const PHIS = [0, 0.02, 0.1, 0.3]
const SERIES = 4

/** Expected over ideal rate at each of `ALPHAS`. */
function ratios(all: readonly Kind[], fromWeek: number, toWeek: number, season: CountSeason = 'hourOfWeek') {
  return ALPHAS.map(alpha => {
    const rates = all.flatMap((kind, k) =>
      Array.from({ length: SERIES }, (_, n) =>
        ratesOf(simulated(kind, toWeek, 7919 * (SERIES * k + n) + 1), kind.phi, alpha, {
          fromWeek,
          toWeek,
          stride: fromWeek < 10 ? 11 : 53,
          season,
        }),
      ),
    )
    const { expected, ideal } = pooled(rates)
    return expected / ideal
  })
}

const within = (ratio: number, low: number, high: number): void => {
  expect(ratio).toBeGreaterThan(low)
  expect(ratio).toBeLessThan(high)
}

// Whole counts of a small mean have a rate that jumps with the mean: only over many series is there a ratio to speak of.
const groups = [
  { name: 'means from 0.05 to 3', all: kinds([0.05, 0.15, 0.5, 1, 3], PHIS) },
  { name: 'means about 20', all: kinds([14, 20], PHIS) },
  { name: 'means of 200 and 3000', all: kinds([200, 3000], PHIS) },
]

describe.each(groups)('$name', ({ all }) => {
  it('from the eleventh week on, rates are as asked down to 1e-3, nearly at 1e-4, within a factor of two at 1e-6', () => {
    const found = ratios(all, 10, 20)
    console.info('weeks 10 to 20', found.map(ratio => ratio.toFixed(2)).join(' '))
    for (const ratio of found.slice(0, 3)) within(ratio, 0.8, 1.25)
    within(found[3]!, 0.75, 1.4)
    within(found[4]!, 0.5, 2)
  })

  it('in the first two weeks scored, rates are as asked down to 1e-2', () => {
    const found = ratios(all, 2, 4)
    console.info('weeks 2 to 4', found.map(ratio => ratio.toFixed(2)).join(' '))
    for (const ratio of found.slice(0, 2)) within(ratio, 0.75, 1.25)
    within(found[2]!, 0.6, 1.6)
  })
})

it.each([
  { season: 'hourOfDay', shapes: ['flat', 'hour of day'] },
  { season: 'none', shapes: ['flat'] },
] as const)('the season $season keeps to the rates, too', ({ season, shapes }) => {
  const found = ratios(kinds([0.15, 0.5, 3, 20, 60], PHIS, shapes), 10, 20, season)
  console.info(season, found.map(ratio => ratio.toFixed(2)).join(' '))
  for (const ratio of found.slice(0, 3)) within(ratio, 0.8, 1.25)
})
