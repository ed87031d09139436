/**
 * exp(x) as an unevaluated sum of two doubles, for constants that enter a difference of logarithms.
 *
 * Source: Taylor's series of exp(x/2¹²) in double-double arithmetic, squared twelve times (T. J. Dekker 1971 for the
 * arithmetic). Relative error below 1e-27.
 */
import { productError, sumError } from './double-double.ts'

function times(a: readonly [number, number], b: readonly [number, number]): [number, number] {
  const p = a[0] * b[0]
  const rest = productError(a[0], b[0], p) + (a[0] * b[1] + a[1] * b[0])
  const sum = p + rest
  return [sum, rest - (sum - p)]
}

/**
 * exp(x) as [high, low].
 *
 * @param x Between −600 and 600.
 * @example exponentialPair(1) // [2.718281828459045, 1.4456468917…e-16]
 */
export function exponentialPair(x: number): [number, number] {
  const small = x / 4096
  let sum: [number, number] = [1, 0]
  // Horner from the 20th term: 1 + small/n · (…)
  for (let n = 20; n > 0; n--) {
    const factor = small / n
    const product = factor * n
    const factorRest = (small - product - productError(factor, n, product)) / n
    const term = times(sum, [factor, factorRest])
    const high = 1 + term[0]
    const low = sumError(1, term[0], high) + term[1]
    sum = [high, low]
  }
  for (let i = 0; i < 12; i++) sum = times(sum, sum)
  return sum
}
