/**
 * The first gains of a model near the unit circle, in double-double arithmetic. The innovation variance then falls from
 * a huge first value to about 1 within a few points, and the digits lost in those differences would be missing from
 * every later prediction. The same recursion as `gains.ts`; Dekker, *Numerische Mathematik* 18 (1971) 224–242, for the
 * arithmetic.
 */
import { productError, sumError } from '../../special/double-double.ts'
import type { GainRecursion } from './gains.ts'

/** Unevaluated sum of a double and its rounding error. */
type Pair = readonly [high: number, low: number]

const ZERO: Pair = [0, 0]
const ONE: Pair = [1, 0]

const pair = (x: number): Pair => [x, 0]

function quickSum(a: number, b: number): Pair {
  const sum = a + b
  return [sum, b - (sum - a)]
}

function plus(a: Pair, b: Pair): Pair {
  const sum = a[0] + b[0]
  return quickSum(sum, sumError(a[0], b[0], sum) + a[1] + b[1])
}

function minus(a: Pair, b: Pair): Pair {
  return plus(a, [-b[0], -b[1]])
}

function times(a: Pair, b: Pair): Pair {
  const product = a[0] * b[0]
  return quickSum(product, productError(a[0], b[0], product) + a[0] * b[1] + a[1] * b[0])
}

function over(a: Pair, b: Pair): Pair {
  const first = a[0] / b[0]
  const rest = minus(a, times(b, pair(first)))
  const second = rest[0] / b[0]
  const last = minus(rest, times(b, pair(second)))
  return plus(quickSum(first, second), pair(last[0] / b[0]))
}

/**
 * Gains of points 0 … `steps` − 1, rounded once at the end of each; null when φ is not stationary.
 */
export function preciseGains(
  phi: Float64Array,
  theta: Float64Array,
  steps: number,
): readonly GainRecursion[] | null {
  const p = phi.length
  const q = theta.length
  const m = Math.max(p, q)
  const ar = Array.from(phi, pair)
  const ma = [ONE, ...Array.from(theta, pair)]
  const gamma = arAutocovariances(ar, m + q)
  if (gamma === null) return null
  // γ of the whole process: Σ θ_i θ_j γ_ar(k + i − j).
  const covariance = (k: number): Pair => {
    let sum = ZERO
    for (let i = 0; i <= q; i++) {
      for (let j = 0; j <= q; j++) {
        if (ma[i]![0] !== 0 && ma[j]![0] !== 0)
          sum = plus(sum, times(times(ma[i]!, ma[j]!), gamma[Math.abs(k + i - j)]!))
      }
    }
    return sum
  }
  const whole = Array.from({ length: m + 1 }, (_, k) => covariance(k))
  const psi: Pair[] = [ONE]
  for (let j = 1; j < q; j++) {
    let sum = ma[j]!
    for (let i = 1; i <= Math.min(j, p); i++) sum = plus(sum, times(ar[i - 1]!, psi[j - i]!))
    psi.push(sum)
  }
  let F = whole[0]!
  const L: Pair[] = Array.from({ length: m + 1 }, () => ZERO)
  for (let j = 1; j <= p; j++)
    for (let i = 0; i < j; i++) L[i] = plus(L[i]!, times(ar[j - 1]!, whole[j - i - 1]!))
  for (let j = 1; j <= q; j++) for (let i = 0; i < j; i++) L[i] = plus(L[i]!, times(ma[j]!, psi[j - i - 1]!))
  const H = Array.from({ length: m }, (_, i) => (i < p ? minus(L[i]!, times(ar[i]!, F)) : L[i]!))
  let M = over([-1, 0], F)
  const out: GainRecursion[] = []
  for (let t = 0; t < steps; t++) {
    out.push({
      m,
      t,
      F: F[0],
      H: Float64Array.from(H, x => x[0]),
      L: Float64Array.from(L, x => x[0]),
      M: M[0],
      steady: false,
    })
    const l = L[0]!
    const scale = over(l, F)
    const increment = times(M, l)
    for (let i = 0; i < m; i++) {
      const next = L[i + 1]!
      L[i] = minus(next, times(scale, H[i]!))
      H[i] = plus(H[i]!, times(increment, next))
    }
    const nextF = plus(F, times(increment, l))
    M = over(times(M, F), nextF)
    F = nextF
  }
  return out
}

/** γ₀ … of the autoregression with unit shocks, through its partial autocorrelations. */
function arAutocovariances(ar: readonly Pair[], maxLag: number): Pair[] | null {
  const p = ar.length
  const partials = [...ar]
  for (let k = p - 1; k >= 0; k--) {
    const r = partials[k]!
    if (!(Math.abs(r[0]) < 1)) return null
    const rest = times(minus(ONE, r), plus(ONE, r))
    const row = partials.slice(0, k)
    for (let i = 0; i < k; i++) partials[i] = over(plus(row[i]!, times(r, row[k - 1 - i]!)), rest)
  }
  let variance = ONE
  for (const r of partials) variance = over(variance, times(minus(ONE, r), plus(ONE, r)))
  const gamma: Pair[] = [variance]
  let row: Pair[] = []
  for (let k = 0; k < Math.max(p, maxLag); k++) {
    if (k < p) {
      const r = partials[k]!
      const before = row
      row = [...before.map((x, i) => minus(x, times(r, before[k - 1 - i]!))), r]
    }
    let sum = ZERO
    for (let i = 0; i < row.length; i++) sum = plus(sum, times(row[i]!, gamma[k - i]!))
    gamma.push(sum)
  }
  return gamma
}
