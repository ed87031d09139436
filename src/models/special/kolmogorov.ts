/**
 * Distribution of the two-sided Kolmogorov–Smirnov statistic D of n values from a known continuous distribution.
 *
 * Sources: G. Marsaglia, W. W. Tsang & J. Wang, "Evaluating Kolmogorov's distribution" (2003), the matrix of Durbin
 * (n ≤ 500); Z. W. Birnbaum & F. H. Tingey (1951) for the tail, twice the one-sided probability; W. Pelz & I. J. Good,
 * "Approximating the lower tail-areas of the Kolmogorov–Smirnov one-sample statistic" (1976), in the form of R. Simard
 * & P. L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution" (2011), elsewhere. Error for n ≤ 500 below
 * 1e-12 absolute and, where the tail formula starts, 3e-10 relative; for larger n below 2e-6 relative.
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
  if (n * d * d > (n <= 500 ? 4 : 2.2)) return Math.min(1, 2 * oneSided(d, n))
  if (n <= 500) return Math.min(1, Math.max(0, 1 - durbin(d, n)))
  return Math.min(1, Math.max(0, pelzGood(d * Math.sqrt(n), n)))
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

/** P(√n·D ≥ z) by the limit distribution and its corrections of order n^(−1/2), 1/n and n^(−3/2), as theta series. */
function pelzGood(z: number, n: number): number {
  const z2 = z * z
  const z4 = z2 * z2
  const z6 = z2 * z4
  const pi2 = Math.PI ** 2
  let k0 = 0
  let k1 = 0
  let k2 = 0
  let k3 = 0
  for (let k = 1; k < 100; k += 2) {
    const m2 = pi2 * k * k
    const power = Math.exp(-m2 / (8 * z2))
    k0 += power
    k1 += power * (m2 / 4 - z2)
    k2 += power * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * (m2 / 4) + ((1 - 2 * z2) * (m2 * m2)) / 16)
    k3 +=
      power *
      (-30 * z6 -
        90 * z4 * z4 +
        (135 * z4 - 96 * z6) * (m2 / 4) +
        ((212 * z4 - 60 * z2) * (m2 * m2)) / 16 +
        (5 - 30 * z2) * (m2 ** 3 / 64))
    if (power < 1e-20 * k0) break
  }
  let even2 = 0
  let even3 = 0
  for (let k = 1; k < 50; k++) {
    const m2 = pi2 * k * k
    const power = Math.exp(-m2 / (2 * z2))
    even2 += m2 * power
    even3 += m2 * (3 * z2 - m2) * power
    if (power < 1e-20) break
  }
  const root = Math.sqrt(2 * Math.PI)
  const first = (root * k1) / (6 * z4)
  const second = root * (k2 / (72 * z4 * z2 * z) - even2 / (36 * z2 * z))
  const third = root * (k3 / (6480 * z6 * z4) + even3 / (216 * z6))
  return 1 - (root * k0) / z - (first + (second + third / Math.sqrt(n)) / Math.sqrt(n)) / Math.sqrt(n)
}
