/**
 * Series as monitoring has them: their noise comes in clusters, grows with the level or has a long tail, they know
 * regimes, jobs and spikes that are nothing unusual, they are rounded, shifted, or have holes. Simulated, with the ways
 * to go wrong of `base-series.ts`; `sigma` is the size of their noise where it is ordinary.
 */
import { countNumber, gaussian } from '../detectors/simulate.ts'
import type { BaseSeries } from './base-series.ts'
import { colored, course, drawn, exponential, minutes, type Open, student } from './drawn-series.ts'

/** GARCH(1, 1) of variance 1 in an AR(1) 0.5 (Bollerslev 1986, *Journal of Econometrics* 31). */
const volatility: Open = u => {
  let h = 1
  const z = colored(0.5, () => {
    const e = Math.sqrt(h) * gaussian(u)
    h = 0.05 + 0.15 * e * e + 0.8 * h
    return e
  })
  return (_i, spread) => z(spread)
}

/** A job at each hour, and one value in 200 that is a spike as any other. */
const jobs: Open = u => {
  const z = colored(0.7, () => gaussian(u))
  return (i, spread) => {
    const atHour = i % 12 === 0 ? 1 : 0
    const job = 6 + 0.5 * gaussian(u)
    const spike = 8 * exponential(u)
    const jump = u() < 0.005 ? 1 : 0
    return z(spread) + atHour * job + jump * spike
  }
}

/** Idle for 100 values in the mean, busy for 40, noisier at it. */
const regimes: Open = u => {
  let busy = false
  const z = colored(0.5, () => gaussian(u))
  return (_i, spread) => {
    if (u() < (busy ? 1 / 40 : 1 / 100)) busy = !busy
    return (busy ? 8 : 0) + (busy ? 1 : 0.4) * z(spread)
  }
}

const percents: Open = u => {
  const z = colored(0.95, () => 0.4 * gaussian(u))
  return (_i, spread) => z(spread)
}

/** Half hours of a week whose noise grows with the level. */
const traffic: Open = u => {
  const z = colored(0.6, () => 0.12 * student(u, 5))
  return (i, spread) => {
    const level = Math.exp(0.8 * course(i, 48)) * (Math.floor(i / 48) % 7 > 4 ? 0.6 : 1)
    return level * (1 + z(spread))
  }
}

/** Lognormal delays, one in 100 of them retried. */
const latency: Open = u => {
  const z = colored(0.5, () => 0.4 * gaussian(u))
  return (_i, spread) => {
    const retried = u() < 0.01 ? 3 : 1
    return retried * Math.exp(z(spread))
  }
}

/** A level that wanders slowly, under white noise. */
const drifting: Open = u => {
  let level = 0
  return (_i, spread) => {
    level += 0.05 * gaussian(u)
    return level + spread * gaussian(u)
  }
}

/** Once in 500 values the level moves for good. */
const moved: Open = u => {
  let level = 0
  const z = colored(0.5, () => gaussian(u))
  return (_i, spread) => {
    const by = 4 * gaussian(u)
    if (u() < 1 / 500) level += by
    return level + z(spread)
  }
}

/** Counts by five minutes with a day, overdispersed; once in 400 values something is talked of, and forgotten. */
const mentions: Open = u => {
  let talk = 0
  return (i, spread) => {
    const burst = 2 * exponential(u)
    talk = 0.8 * talk + (u() < 1 / 400 ? burst : 0)
    const mean = 20 * Math.exp(0.6 * course(i, 288)) * (1 + talk)
    return mean + spread * (countNumber(u, mean, 0.05) - mean)
  }
}

/** A machine's temperature: the day, and a slow answer to its load. */
const temperature: Open = u => {
  const z = colored(0.97, () => 0.25 * gaussian(u))
  return (i, spread) => 3 * course(i, 288) + z(spread) + 0.1 * gaussian(u)
}

/** One value in 30 is missing, and at times ten in a row. */
const holes: Open = u => {
  let hole = 0
  const z = colored(0.8, () => gaussian(u))
  return (_i, spread) => {
    const x = z(spread)
    if (u() < 1 / 400) hole = 10
    const missing = u() < 1 / 30
    hole--
    return missing || hole >= 0 ? Number.NaN : x
  }
}

const whole = (x: number): number => Math.round(x)
const fromZero = (x: number): number => Math.max(0, x)
const wholeFromZero = (x: number): number => Math.max(0, Math.round(x))

export const MONITORING_SERIES: readonly BaseSeries[] = [
  { name: 'volatility clusters', everyMs: minutes(5), sigma: 1, draw: drawn(1, volatility) },
  { name: 'hourly job, ordinary spikes', everyMs: minutes(5), season: 12, sigma: 1, draw: drawn(1, jobs) },
  { name: 'idle and busy', everyMs: minutes(5), sigma: 1, draw: drawn(1, regimes, undefined, 0) },
  { name: 'whole per cents', everyMs: minutes(5), sigma: 0.5, draw: drawn(0.5, percents, whole) },
  {
    name: 'traffic, noise by level',
    everyMs: minutes(30),
    season: 48,
    sigma: 0.12,
    draw: drawn(0.12, traffic, fromZero, 0),
  },
  { name: 'latencies', everyMs: minutes(5), sigma: 0.5, draw: drawn(0.5, latency, fromZero, 0) },
  { name: 'drifting level', everyMs: minutes(60), sigma: 1, draw: drawn(1, drifting) },
  { name: 'level shifts', everyMs: minutes(60), sigma: 1, draw: drawn(1, moved) },
  {
    name: 'mentions',
    everyMs: minutes(5),
    season: 288,
    sigma: 6,
    draw: drawn(6, mentions, wholeFromZero, 0),
  },
  { name: 'temperature', everyMs: minutes(5), season: 288, sigma: 0.28, draw: drawn(0.28, temperature) },
  { name: 'holes', everyMs: minutes(5), sigma: 1, draw: drawn(1, holes) },
]
