/**
 * The distribution of a CUSUM of standard normal innovations, s ← max(0, s + z − k), k the slack.
 *
 * In the long run s has an atom at 0 and a density f on the rest, f(s) = F₀·φ(s + k) + ∫ f(t)·φ(s + k − t) dt (Lindley
 * 1952, *Proc. Cambridge Phil. Soc.* 48); how long it takes from 0 to beyond h is L(0) of
 * L(s) = 1 + L(0)·Φ(k − s) + ∫₀ʰ L(t)·φ(t + k − s) dt (Page 1954, *Biometrika* 41). Both are solved at the nodes of a
 * composite Gauss–Legendre rule, which for so smooth a kernel is far more exact than the Markov chain of Brook & Evans
 * 1972. Far out log P(s ≥ x) falls by 2k per unit (Siegmund, *Sequential Analysis*, §8.2: E exp(2k·(z − k)) = 1).
 *
 * Of two sums, one per direction, runs end at the rate of both together (Kemp 1961, *J. R. Statist. Soc. B* 23). The
 * probability that either is large is at most twice that of one: nearly so where it is small, within some per cent up to
 * 0.2.
 */
import { standardNormalDensity, standardNormalSf } from '../../distributions/normal.ts'

// Nodes and weights of the Gauss–Legendre rule of order 8 on [−1, 1] (Abramowitz & Stegun, table 25.4).
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363] as const
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763] as const
const ORDER = 8
const PANEL = 1.5
/** Beyond this many standard deviations the normal density is taken for 0. */
const REACH = 9
/** log P(s ≥ x) by the equation down to about this, by its slope below. */
const TABLE_DEPTH = 16
const DEPTH = 32
const STEPS = 32

/** The rule on [0, end]. */
function rule(end: number): { nodes: Float64Array; weights: Float64Array } {
  const panels = Math.ceil(end / PANEL)
  const half = end / panels / 2
  const nodes = new Float64Array(panels * ORDER)
  const weights = new Float64Array(panels * ORDER)
  for (let panel = 0; panel < panels; panel++) {
    for (let j = 0; j < ORDER; j++) {
      const i = j < 4 ? 3 - j : j - 4
      nodes[panel * ORDER + j] = half * (2 * panel + 1 + (j < 4 ? -NODES[i]! : NODES[i]!))
      weights[panel * ORDER + j] = half * WEIGHTS[i]!
    }
  }
  return { nodes, weights }
}

/**
 * Solves (I − K)·x = b in place for K of rows `kernel(i, j)`, nothing where nodes are farther apart than `band`. K is
 * positive with a spectral radius below 1: elimination needs no pivots.
 */
function solve(n: number, band: number, kernel: (i: number, j: number) => number, b: Float64Array): void {
  const width = 2 * band + 1
  const a = new Float64Array(n * width)
  for (let i = 0; i < n; i++) {
    const from = Math.max(0, i - band)
    const to = Math.min(n - 1, i + band)
    for (let j = from; j <= to; j++) a[i * width + j - i + band] = (i === j ? 1 : 0) - kernel(i, j)
  }
  for (let i = 0; i < n; i++) {
    const pivot = a[i * width + band]!
    const last = Math.min(n - 1, i + band)
    for (let row = i + 1; row <= last; row++) {
      const ratio = a[row * width + i - row + band]! / pivot
      if (ratio === 0) continue
      for (let j = i + 1; j <= last; j++) {
        const at = row * width + j - row + band
        a[at] = a[at]! - ratio * a[i * width + j - i + band]!
      }
      b[row] = b[row]! - ratio * b[i]!
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!
    const last = Math.min(n - 1, i + band)
    for (let j = i + 1; j <= last; j++) sum -= a[i * width + j - i + band]! * b[j]!
    b[i] = sum / a[i * width + band]!
  }
}

/** The distribution of one sum in the long run. */
export interface CusumDistribution {
  /** log P(s ≥ x), for x > 0; 0 for x ≤ 0. */
  logTail(x: number): number
  /** The x > 0 with that log tail; 0 where it is not reached. */
  point(logTail: number): number
}

const distributions = new Map<number, CusumDistribution>()

/**
 * The long-run distribution of a CUSUM with a slack of 0.1 to 2, in standard deviations.
 *
 * @example
 * Math.exp(cusumDistribution(0.5).logTail(4)) // 0.0102…
 */
export function cusumDistribution(slack: number): CusumDistribution {
  const known = distributions.get(slack)
  if (known) return known
  const { nodes, weights } = rule(Math.max(REACH, DEPTH / (2 * slack)))
  const n = nodes.length
  const density = nodes.map(s => standardNormalDensity(s + slack))
  const perNode = nodes[n - 1]! / n
  const band = Math.min(n - 1, Math.ceil((REACH + slack) / perNode) + ORDER)
  solve(n, band, (i, j) => weights[j]! * standardNormalDensity(nodes[i]! + slack - nodes[j]!), density)
  let total = 1
  for (let i = 0; i < n; i++) total += weights[i]! * density[i]!
  const length = Math.max(REACH / 2, TABLE_DEPTH / (2 * slack))
  const count = Math.ceil(length * STEPS)
  const logs = new Float64Array(count + 1)
  for (let index = 0; index <= count; index++) {
    const x = index / STEPS
    let tail = standardNormalSf(x + slack)
    for (let i = n - 1; i >= 0; i--) {
      const distance = x + slack - nodes[i]!
      if (distance > REACH) break
      tail += weights[i]! * density[i]! * (distance < -REACH ? 1 : standardNormalSf(distance))
    }
    logs[index] = Math.log(tail / total)
  }
  const last = logs[count]!
  const end = count / STEPS
  const distribution: CusumDistribution = {
    logTail(x) {
      if (!(x > 0)) return Number.isNaN(x) ? x : 0
      if (x >= end) return last - 2 * slack * (x - end)
      const place = x * STEPS
      const index = place | 0
      return logs[index]! + (place - index) * (logs[index + 1]! - logs[index]!)
    },
    point(logTail) {
      if (logTail <= last) return end + (last - logTail) / (2 * slack)
      if (logTail >= logs[0]!) return 0
      let low = 0
      let high = count
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if (logs[middle]! >= logTail) low = middle
        else high = middle
      }
      return (low + (logTail - logs[low]!) / (logs[high]! - logs[low]!)) / STEPS
    },
  }
  distributions.set(slack, distribution)
  return distribution
}

/**
 * Expected number of innovations until one of two sums, one per direction, that begin at 0 is beyond the limit.
 *
 * @example
 * cusumRunLength(0.5, 4) // 167.68…: 168 in Montgomery, *Introduction to Statistical Quality Control*, table 9.3
 */
export function cusumRunLength(slack: number, limit: number): number {
  const { nodes, weights } = rule(limit)
  const n = nodes.length
  // The last unknown is the run length from 0.
  const lengths = new Float64Array(n + 1).fill(1)
  const place = (i: number): number => (i === n ? 0 : nodes[i]!)
  const kernel = (i: number, j: number): number =>
    j === n
      ? standardNormalSf(place(i) - slack)
      : weights[j]! * standardNormalDensity(nodes[j]! + slack - place(i))
  solve(n + 1, n, kernel, lengths)
  return lengths[n]! / 2
}

/**
 * The limit that two sums pass once in `every` innovations, on average; at least 0. A sum that has passed it does not
 * count again until it is back at 0: it falls from the limit and its overshoot by the slack each time. The other sum goes on.
 */
export function cusumLimit(slack: number, every: number): number {
  const cycle = (limit: number): number => cusumRunLength(slack, limit) + (0.5 * (limit + OVERSHOOT)) / slack
  let low = 0
  let high = 1
  while (cycle(high) < every) {
    low = high
    high *= 1.5
  }
  for (let i = 0; i < 40 && high - low > 1e-6; i++) {
    const middle = 0.5 * (low + high)
    if (cycle(middle) < every) low = middle
    else high = middle
  }
  return high
}

/** By how much a normal random walk passes a limit, on average (Siegmund, *Sequential Analysis*, §10.4). */
const OVERSHOOT = 0.5826
