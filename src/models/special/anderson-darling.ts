/**
 * Distribution of the Anderson–Darling statistic A² of values from a known continuous distribution.
 *
 * Sources: T. W. Anderson & D. A. Darling (1952), A² → Σ χ²_j/(j(j + 1)), whose tail is inverted by N. V. Smirnov's
 * formula for weighted chi-squared sums; correction for finite n by G. Marsaglia & J. Marsaglia, "Evaluating the
 * Anderson–Darling distribution" (2004). Limit distribution: relative error below 1e-9; with n, 1e-4 absolute.
 */

/**
 * P(A² ≥ z) for n values; n = Infinity gives the limit distribution.
 *
 * @param z The statistic, at least 0. @param n Number of values.
 * @example andersonDarlingSf(2.492367, Infinity) // 0.0500000…
 */
export function andersonDarlingSf(z: number, n: number): number {
  if (Number.isNaN(z)) return NaN
  if (z === Infinity) return 0
  const p = limitSf(z)
  // Fades out in the tail, where the correction has no relative accuracy.
  const corrected = p - finiteCorrection(1 - p, n) * Math.min(1, p / 0.01)
  return Math.min(1, Math.max(0, corrected))
}

/** 1/π Σ over the bands [s_1, s_2], [s_3, s_4], … of ∓∫ exp(−s·z)/(s·√|F(s)|) ds, s_j = j(j + 1)/2. */
function limitSf(z: number): number {
  if (z < 0.05) return 1
  const nodes = 64
  let total = 0
  for (let j = 1; ; j += 2) {
    const from = (j * (j + 1)) / 2
    const to = ((j + 1) * (j + 2)) / 2
    if (from * z > 45) break
    const middle = (from + to) / 2
    const half = (to - from) / 2
    let sum = 0
    for (let i = 0; i < nodes; i++) {
      // The inverse square roots at both ends become the weight of Chebyshev's rule.
      const t = Math.cos((Math.PI * (i + 0.5)) / nodes)
      const s = middle + half * t
      const f = Math.abs(Math.cos((Math.PI / 2) * Math.sqrt(1 + 8 * s))) / (2 * Math.PI * s)
      sum += (Math.exp(-s * z) / (s * Math.sqrt(f))) * half * Math.sqrt(1 - t * t)
    }
    total += ((j + 1) / 2) % 2 ? sum / nodes : -sum / nodes
  }
  return Math.min(1, total)
}

/** What finite n adds to the distribution function x of the limit distribution. */
function finiteCorrection(x: number, n: number): number {
  if (n === Infinity) return 0
  if (x > 0.8)
    return (-130.2137 + (745.2337 - (1705.091 - (1950.646 - (1116.36 - 255.7844 * x) * x) * x) * x) * x) / n
  const c = 0.01265 + 0.1757 / n
  if (x < c) {
    const v = x / c
    return (Math.sqrt(v) * (1 - v) * (49 * v - 102) * (0.0037 / (n * n) + 0.00078 / n + 0.00006)) / n
  }
  const v = (x - c) / (0.8 - c)
  const shape = -0.00022633 + (6.54034 - (14.6538 - (14.458 - (8.259 - 1.91864 * v) * v) * v) * v) * v
  return (shape * (0.04213 + 0.01365 / n)) / n
}
