/**
 * Ordinary series of known distributions, and ways in which they go wrong: for measuring what detectors see of it.
 *
 * A change leaves everything before its onset as it is, to the bit: the same numbers are drawn.
 */
import { countNumber, gammaNumber, gaussian, type Uniform } from '../detectors/simulate.ts'

/** What changes at the onset; `k` counts values from it. */
export interface Change {
  readonly onset: number
  /** The level of the distribution is off by this many sigmas. Of counts: their mean. */
  level?(k: number): number
  /** A single value is off by this many sigmas, whatever comes of the next. */
  outlier?(k: number): number
  /** What cannot be predicted is so many times its size. */
  spread?(k: number): number
  /** The season is so many steps ahead. */
  ahead?(k: number): number
  /** So many values repeat the last one before the onset. */
  readonly stuck?: number
  /** For so many values its source is down. */
  readonly down?: number
  /** The next value is off to the other side of the last: an autoregression changes its sign. */
  readonly turned?: true
}

export interface BaseSeries {
  readonly name: string
  /** Whole numbers from 0. */
  readonly counts?: true
  /** Steps of its season, where it has one. */
  readonly season?: number
  /** Its sampling step, ms. Default an hour. */
  readonly everyMs?: number
  /** It has a correlation of successive values whose sign can change. */
  readonly turns?: true
  /** Standard deviation of the next value given the distribution and the values before. */
  readonly sigma: number
  draw(u: Uniform, length: number, change?: Change): Float64Array
}

const DAY = 24

/** Hours of the day: a night, a morning and an evening peak. Standard deviation 2.9. */
const hourOfDay = (i: number): number => {
  const angle = (2 * Math.PI * i) / DAY
  return -3.5 * Math.cos(angle) + 2 * Math.sin(2 * angle)
}

/** A season plus φ times its last deviation plus noise: φ = 1 is a random walk. */
function autoregressive(
  phi: number,
  noise: (u: Uniform) => number,
  sigma: number,
  season: (i: number) => number = () => 0,
): BaseSeries['draw'] {
  return (u, length, change) => {
    const values = new Float64Array(length)
    // A start as if it had always run; a random walk starts at 0.
    let z = phi < 1 ? gaussian(u) * (sigma / Math.sqrt(1 - phi * phi)) : 0
    for (let i = 0; i < length; i++) {
      const k = change ? i - change.onset : -1
      const within = k >= 0
      z = (within && change?.turned ? -phi : phi) * z + noise(u) * (within ? (change?.spread?.(k) ?? 1) : 1)
      const ahead = within ? (change?.ahead?.(k) ?? 0) : 0
      const off = within ? (change?.level?.(k) ?? 0) + (change?.outlier?.(k) ?? 0) : 0
      values[i] = season(i + ahead) + z + sigma * off
    }
    return stick(values, change, sigma)
  }
}

function poisson(mean: number): BaseSeries['draw'] {
  const sigma = Math.sqrt(mean)
  return (u, length, change) => {
    const values = new Float64Array(length)
    for (let i = 0; i < length; i++) {
      const k = change ? i - change.onset : -1
      if (k < 0) {
        values[i] = countNumber(u, mean, 0)
        continue
      }
      const now = Math.max(0, mean + sigma * (change?.level?.(k) ?? 0))
      const x = countNumber(u, now, 0)
      const spread = now + (x - now) * (change?.spread?.(k) ?? 1)
      values[i] = Math.max(0, Math.round(spread + sigma * (change?.outlier?.(k) ?? 0)))
    }
    return stick(values, change, sigma, 0)
  }
}

/** Values that are not measured: they repeat the last, or read what a source that is `down` gives. */
export function stick(
  values: Float64Array,
  change: Change | undefined,
  sigma: number,
  down = -10 * sigma,
): Float64Array {
  if (change?.stuck) {
    const last = values.subarray(0, change.onset).findLast(x => !Number.isNaN(x))
    values.fill(last ?? 0, change.onset, change.onset + change.stuck)
  }
  if (change?.down) values.fill(down, change.onset, change.onset + change.down)
  return values
}

/** Student's t with three degrees of freedom: variance 3. */
const studentThree = (u: Uniform): number => gaussian(u) / Math.sqrt((2 * gammaNumber(u, 1.5)) / 3)

export const BASE_SERIES: readonly BaseSeries[] = [
  { name: 'white noise', sigma: 1, draw: autoregressive(0, gaussian, 1) },
  { name: 'AR(1) 0.8', sigma: 1, turns: true, draw: autoregressive(0.8, gaussian, 1) },
  {
    name: 'daily season + AR(1) 0.5',
    sigma: 1,
    season: DAY,
    turns: true,
    draw: autoregressive(0.5, gaussian, 1, hourOfDay),
  },
  { name: 'random walk', sigma: 1, draw: autoregressive(1, gaussian, 1) },
  { name: 'heavy tails, t(3)', sigma: Math.sqrt(3), draw: autoregressive(0, studentThree, Math.sqrt(3)) },
  { name: 'Poisson, mean 5', sigma: Math.sqrt(5), counts: true, draw: poisson(5) },
  { name: 'Poisson, mean 50', sigma: Math.sqrt(50), counts: true, draw: poisson(50) },
]
