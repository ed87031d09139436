/**
 * Law of the two-sided Kolmogorov–Smirnov statistic D of n values from a known continuous distribution.
 *
 * Sources: G. Marsaglia, W. W. Tsang & J. Wang, "Evaluating Kolmogorov's distribution" (2003), the matrix of Durbin
 * (n ≤ 500); Z. W. Birnbaum & F. H. Tingey (1951) for the tail, twice the one-sided probability; J. Vrbik, "Small-sample
 * corrections to Kolmogorov–Smirnov test statistic" (2018) for the limit law elsewhere. Error below 1e-12 for n ≤ 500
 * in the body, 3e-6 relative where the tail formula starts, 1e-5 absolute for larger n.
 */
import { logGamma } from './log-gamma.ts'

/**
 * P(D ≥ d) for n values.
 *
 * @param d The statistic, 0 … 1. @param n Number of values.
 * @example kolmogorovSf(0.274, 10) // 0.37152…
 */
export function kolmogorovSf(d: number, n: number): number {
  if (!(d > 0.5 / n)) return Number.isNaN(d) ? NaN : 1
  if (d >= 1) return 0
  if (n * d * d > 2.2) return Math.min(1, 2 * oneSided(d, n))
  if (n <= 500) return Math.min(1, Math.max(0, 1 - durbin(d, n)))
  const root = d * Math.sqrt(n)
  return limitSf(root + 1 / (6 * Math.sqrt(n)) + (root - 1) / (4 * n))
}

/** P(D⁺ ≥ d): all terms positive. */
function oneSided(d: number, n: number): number {
  const logN = logGamma(n + 1)
  let sum = 0
  for (let j = 0; j <= Math.floor(n * (1 - d)); j++) {
    const low = j / n + d
    const rest = 1 - low
    if (rest <= 0 && n - j > 0) continue
    const log = logN - logGamma(j + 1) - logGamma(n - j + 1) + (j - 1) * Math.log(low)
    sum += Math.exp(log + (n - j > 0 ? (n - j) * Math.log(rest) : 0))
  }
  return d * sum
}

/** P(D < d) as an entry of the n-th power of Durbin's matrix, kept in range by powers of two. */
function durbin(d: number, n: number): number {
  const k = Math.floor(n * d) + 1
  const m = 2 * k - 1
  const h = k - n * d
  const H = new Float64Array(m * m)
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) H[i * m + j] = i - j + 1 < 0 ? 0 : 1
  for (let i = 0; i < m; i++) {
    H[i * m]! -= h ** (i + 1)
    H[(m - 1) * m + i]! -= h ** (m - i)
  }
  if (2 * h - 1 > 0) H[(m - 1) * m]! += (2 * h - 1) ** m
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++) for (let g = 1; g <= i - j + 1; g++) H[i * m + j]! /= g
  let exponent = 0
  let power = H
  let powerExponent = 0
  let result: Float64Array<ArrayBuffer> | null = null
  for (let rest = n; rest > 0; rest >>= 1) {
    if (rest & 1) {
      result = result ? multiply(result, power, m) : power
      exponent += powerExponent
      if (result[(k - 1) * m + k - 1]! > 1e140) {
        result = result.map(v => v * 2 ** -465)
        exponent += 465
      }
    }
    if (rest > 1) {
      power = multiply(power, power, m)
      powerExponent *= 2
      if (power[(k - 1) * m + k - 1]! > 1e140) {
        power = power.map(v => v * 2 ** -465)
        powerExponent += 465
      }
    }
  }
  // n!/nⁿ
  let scale = result![(k - 1) * m + k - 1]!
  for (let i = 1; i <= n; i++) {
    scale *= i / n
    if (scale < 1e-140) {
      scale *= 2 ** 465
      exponent -= 465
    }
  }
  return scale * 2 ** exponent
}

function multiply(a: Float64Array, b: Float64Array, m: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(m * m)
  for (let i = 0; i < m; i++) {
    for (let g = 0; g < m; g++) {
      const times = a[i * m + g]!
      for (let j = 0; j < m; j++) out[i * m + j]! += times * b[g * m + j]!
    }
  }
  return out
}

/** The limit law of √n·D. */
function limitSf(t: number): number {
  if (t < 1) {
    let sum = 0
    for (let j = 1; j < 20; j++) sum += Math.exp((-((2 * j - 1) ** 2) * Math.PI ** 2) / (8 * t * t))
    return 1 - (Math.sqrt(2 * Math.PI) / t) * sum
  }
  let sum = 0
  for (let j = 1; j < 20; j++) sum += (j % 2 ? 2 : -2) * Math.exp(-2 * j * j * t * t)
  return sum
}
