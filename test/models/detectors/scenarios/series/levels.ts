/** A level and noise: at any scale, far from zero or about it. */

import { gaussian, type Uniform } from '../../simulate.ts'
import {
  anyOf,
  autoregressive,
  between,
  DAY_MS,
  HOUR_MS,
  independent,
  MINUTE_MS,
  type Noise,
  sum,
  white,
} from '../parts.ts'
import { inGroup, type SeriesKind } from '../scenario.ts'

/** A cycle of about 20 steps that comes and goes: AR(2) with roots of modulus 0.9. */
function cycle(u: Uniform): Noise {
  const [first, second] = [2 * 0.9 * Math.cos((2 * Math.PI) / 20), -0.81]
  let [z, before] = [0, 0]
  const noise: Noise = spread => {
    const next = first * z + second * before + spread * gaussian(u)
    before = z
    return (z = next)
  }
  for (let i = 0; i < 50; i++) noise(1)
  return noise
}

function movingAverage(u: Uniform, theta: number): Noise {
  let e = gaussian(u)
  return spread => {
    const last = e
    e = spread * gaussian(u)
    return e + theta * last
  }
}

export const LEVELS: readonly SeriesKind[] = inGroup('levels', { everyMs: HOUR_MS, sigma: 1 }, [
  { name: 'white noise', open: u => sum({ noise: white(u) }) },
  { name: 'level 50', farFromZero: true, open: u => sum({ mean: () => 50, noise: white(u) }) },
  { name: 'level −500', farFromZero: true, open: u => sum({ mean: () => -500, noise: white(u) }) },
  {
    name: 'level 1e9, noise 1',
    everyMs: 5 * MINUTE_MS,
    farFromZero: true,
    open: u => sum({ mean: () => 1e9, noise: white(u) }),
  },
  {
    name: 'level 3e-8, noise 1e-9',
    sigma: 1e-9,
    farFromZero: true,
    open: u => sum({ mean: () => 3e-8, noise: white(u, 1e-9) }),
  },
  {
    name: 'level 1e12, noise 1e10',
    sigma: 1e10,
    farFromZero: true,
    open: u => sum({ mean: () => 1e12, noise: white(u, 1e10) }),
  },
  {
    name: 'uniform noise',
    open: u => sum({ noise: independent(() => Math.sqrt(12) * (u() - 0.5)) }),
  },
  { name: 'level, step not told', everyMs: undefined, open: u => sum({ mean: () => 7, noise: white(u) }) },
  { name: 'level by day', everyMs: DAY_MS, open: u => sum({ mean: () => 7, noise: white(u) }) },
  { name: 'level by minute', everyMs: MINUTE_MS, open: u => sum({ mean: () => 7, noise: white(u) }) },
  { name: 'AR(1) 0.5', open: u => sum({ mean: () => 30, noise: autoregressive(u, 0.5) }) },
  { name: 'AR(1) 0.8', open: u => sum({ noise: autoregressive(u, 0.8) }) },
  {
    name: 'AR(1) 0.95',
    everyMs: 5 * MINUTE_MS,
    wanders: true,
    open: u => sum({ noise: autoregressive(u, 0.95) }),
  },
  { name: 'AR(1) −0.7', open: u => sum({ noise: autoregressive(u, -0.7) }) },
  { name: 'AR(2), a cycle that comes and goes', wanders: true, open: u => sum({ noise: cycle(u) }) },
  { name: 'MA(1) −0.6', open: u => sum({ noise: movingAverage(u, -0.6) }) },
])

/** A level that takes a step of its own each time, under white noise. */
function localLevel(u: Uniform, step: number): Noise {
  let level = 0
  return spread => {
    level += step * gaussian(u)
    return level + spread * gaussian(u)
  }
}

/** Slopes up and down, and levels that wander. */
export const TRENDS: readonly SeriesKind[] = inGroup('trends and walks', { everyMs: HOUR_MS, sigma: 1 }, [
  {
    name: 'ramp up',
    open: u => {
      const slope = between(u, 0.02, 0.5)
      return sum({ mean: ({ i }) => slope * i, noise: white(u) })
    },
  },
  {
    name: 'ramp down',
    open: u => {
      const slope = between(u, 0.02, 0.5)
      return sum({ mean: ({ i }) => 100 - slope * i, noise: white(u) })
    },
  },
  {
    name: 'steep ramp, step not told',
    everyMs: undefined,
    open: u => {
      const slope = between(u, 2, 8)
      return sum({ mean: ({ i }) => slope * i, noise: white(u) })
    },
  },
  {
    name: 'growth, exponential',
    everyMs: DAY_MS,
    open: u => {
      const rate = between(u, 0.0005, 0.001)
      return sum({ mean: ({ i }) => 50 * Math.exp(rate * i), noise: white(u) })
    },
  },
  {
    name: 'saw-tooth',
    everyMs: 5 * MINUTE_MS,
    season: 96,
    nights: true,
    open: u => {
      const phase = anyOf(u, 96)
      return sum({ course: p => ((((p + phase) % 96) + 96) % 96) / 2, noise: white(u) })
    },
  },
  { name: 'random walk', wanders: true, open: u => sum({ noise: autoregressive(u, 1) }) },
  {
    name: 'random walk with drift',
    wanders: true,
    open: u => {
      const drift = between(u, -0.5, 0.5)
      return sum({ mean: ({ i }) => drift * i, noise: autoregressive(u, 1) })
    },
  },
  {
    name: 'random walk by day',
    everyMs: DAY_MS,
    wanders: true,
    open: u => sum({ noise: autoregressive(u, 1) }),
  },
  {
    name: 'random walk, step not told',
    everyMs: undefined,
    wanders: true,
    open: u => sum({ mean: () => 1000, noise: autoregressive(u, 1) }),
  },
  { name: 'level that drifts', wanders: true, sigma: 1.05, open: u => sum({ noise: localLevel(u, 0.1) }) },
])
