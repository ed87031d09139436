/**
 * Correctly rounded tables of a distribution on the integers whose probabilities follow
 *
 *     w(k + 1) = w(k) · odds · (first + slope·k) / (k + 1)
 *
 * (binomial, Poisson, negative binomial: the Panjer class). Built in double-double arithmetic from the mode outwards and
 * divided by its own sum, so no special function is involved; a lookup is then all that `pmf`, `cdf` and `sf` cost.
 *
 * Source: H. H. Panjer (1981) for the recurrence; T. J. Dekker (1971) for the arithmetic.
 */
import { productError, sumError } from '../special/double-double.ts'

/** The recurrence; the second number of a pair is what the first lost by rounding. */
export interface Recurrence {
  mode: number
  /** Largest point, or Infinity. */
  max: number
  odds: readonly [number, number]
  first: number
  slope: number
}

/** Probabilities of the points `start`, `start + 1`, …; outside, everything is below 1e-320. */
export interface DiscreteTable {
  start: number
  pmf: Float64Array
  cdf: Float64Array
  sf: Float64Array
}

/** Weights start at 2^200 and stop at 1e-330 times that: far from underflow, so low words still exist. */
const START = 2 ** 200
const STOP = 1.6e-270

// Result of the last double-double operation.
let high = 0
let low = 0

function normalize(a: number, b: number): void {
  high = a + b
  low = b - (high - a)
}

function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const p = aHigh * bHigh
  normalize(p, productError(aHigh, bHigh, p) + (aHigh * bLow + aLow * bHigh))
}

function divide(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const q = aHigh / bHigh
  const p = q * bHigh
  const rest = aHigh - p - productError(q, bHigh, p) + aLow - q * bLow
  normalize(q, rest / bHigh)
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const s = aHigh + bHigh
  normalize(s, sumError(aHigh, bHigh, s) + (aLow + bLow))
}

/** Walks from the mode; returns the weights in walking order, high and low words. */
function walk(r: Recurrence, up: boolean): [number[], number[]] {
  const highs: number[] = []
  const lows: number[] = []
  let weight = START
  let rest = 0
  for (let k = r.mode; up ? k < r.max : k > 0; up ? k++ : k--) {
    const from = up ? k : k - 1
    const steps = r.slope * from
    const factor = r.first + steps
    const factorRest = sumError(r.first, steps, factor)
    multiply(r.odds[0], r.odds[1], factor, factorRest)
    if (up) {
      multiply(weight, rest, high, low)
      divide(high, low, k + 1, 0)
    } else {
      divide(weight, rest, high, low)
      multiply(high, low, k, 0)
    }
    weight = high
    rest = low
    if (!(weight > STOP)) break
    highs.push(weight)
    lows.push(rest)
  }
  return [highs, lows]
}

/** Builds the table; takes a few microseconds per hundred points. */
export function discreteTable(r: Recurrence): DiscreteTable {
  const [belowHigh, belowLow] = walk(r, false)
  const [aboveHigh, aboveLow] = walk(r, true)
  const highs = [...belowHigh.reverse(), START, ...aboveHigh]
  const lows = [...belowLow.reverse(), 0, ...aboveLow]
  const n = highs.length
  let sum = 0
  let sumRest = 0
  const below = new Float64Array(n)
  const belowRest = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    add(sum, sumRest, highs[i]!, lows[i]!)
    below[i] = sum = high
    belowRest[i] = sumRest = low
  }
  const total = sum
  const totalRest = sumRest
  const share = (value: number, rest: number): number => {
    divide(value, rest, total, totalRest)
    return high
  }
  const pmf = new Float64Array(n)
  const cdf = new Float64Array(n)
  const sf = new Float64Array(n)
  sum = sumRest = 0
  for (let i = n - 1; i >= 0; i--) {
    sf[i] = share(sum, sumRest)
    pmf[i] = share(highs[i]!, lows[i]!)
    cdf[i] = share(below[i]!, belowRest[i]!)
    add(sum, sumRest, highs[i]!, lows[i]!)
    sum = high
    sumRest = low
  }
  return { start: r.mode - belowHigh.length, pmf, cdf, sf }
}
