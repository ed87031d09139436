/** Series without noise. Their unit is a part of their amplitude, or the resolution they are read with. */
import { anyOf, between, HOUR_MS, MINUTE_MS, office, repeating, sine, sum } from '../parts.ts'
import { inGroup, type SeriesKind } from '../scenario.ts'

export const NOISE_FREE: readonly SeriesKind[] = inGroup(
  'without noise',
  { everyMs: HOUR_MS, sigma: 1, exact: true },
  [
    { name: 'constant 0, exact', sigma: 1, still: true, open: () => sum({}) },
    {
      name: 'constant, exact',
      everyMs: 5 * MINUTE_MS,
      sigma: 0.5,
      still: true,
      farFromZero: true,
      open: u => {
        const level = between(u, 5, 500)
        return sum({ mean: () => level })
      },
    },
    {
      name: 'constant, step not told, exact',
      everyMs: undefined,
      sigma: 1e-3,
      still: true,
      open: () => sum({ mean: () => 0.1 }),
    },
    // Of sines, a tenth of the amplitude.
    {
      name: 'sine by day, exact',
      season: 24,
      sigma: 1,
      nights: true,
      open: u => sum({ course: sine(u, 24, 10) }),
    },
    {
      name: 'sine by day, 5 min, exact',
      everyMs: 5 * MINUTE_MS,
      season: 288,
      sigma: 1,
      nights: true,
      open: u => sum({ course: sine(u, 288, 10) }),
    },
    {
      name: 'sine of 24, step not told, exact',
      everyMs: undefined,
      season: 24,
      sigma: 1,
      nights: true,
      open: u => sum({ mean: () => 100, course: sine(u, 24, 10) }),
    },
    {
      name: 'sine by day on a ramp, exact',
      season: 24,
      sigma: 1,
      nights: true,
      open: u => {
        const slope = between(u, 0.05, 0.5)
        return sum({ mean: ({ i }) => slope * i, course: sine(u, 24, 10) })
      },
    },
    {
      name: 'square wave by day, exact',
      season: 24,
      // A tenth of the step.
      sigma: 6,
      nights: true,
      still: true,
      farFromZero: true,
      open: u => sum({ mean: () => 80, course: office(u, 24, 60) }),
    },
    {
      name: 'square wave by day, 5 min, exact',
      everyMs: 5 * MINUTE_MS,
      season: 288,
      sigma: 6,
      nights: true,
      still: true,
      farFromZero: true,
      open: u => sum({ mean: () => 80, course: office(u, 288, 60) }),
    },
    // A fifth of the step.
    {
      name: '0, 10, 0, 10, …, exact',
      season: 2,
      sigma: 2,
      open: () => sum({ course: place => (place % 2) * 10 }),
    },
    {
      name: 'seven values in turn, exact',
      everyMs: undefined,
      season: 7,
      sigma: 1,
      open: () => sum({ course: place => (place * 3) % 7 }),
    },
    // Ten steps of it.
    {
      name: 'ramp, exact',
      sigma: 10,
      open: u => {
        const slope = between(u, 0.5, 1.5)
        return sum({ mean: ({ i }) => slope * i })
      },
    },
    {
      name: 'ramp down, step not told, exact',
      everyMs: undefined,
      sigma: 10,
      open: u => {
        const slope = between(u, 0.5, 1.5)
        return sum({ mean: ({ i }) => 5000 - slope * i })
      },
    },
    {
      name: 'staircase, exact',
      // A step of the stairs.
      sigma: 1,
      still: true,
      open: u => {
        const phase = anyOf(u, 10)
        return sum({ mean: ({ i }) => Math.floor((i + phase) / 10) })
      },
    },
    {
      name: 'saw-tooth of 50, exact',
      everyMs: 5 * MINUTE_MS,
      season: 50,
      sigma: 2,
      nights: true,
      open: u => {
        const phase = anyOf(u, 50)
        return sum({ course: place => repeating(50, p => p)(place + phase) })
      },
    },
    {
      name: 'on and off by schedule, exact',
      season: 24,
      // Values are 0 and 1: a spike of six is a value of 6 or 7.
      sigma: 1,
      still: true,
      open: u => {
        const on = office(u, 24, 1)
        return sum({ mean: () => 0.5, course: on })
      },
    },
  ],
)
