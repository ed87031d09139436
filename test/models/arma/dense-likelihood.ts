/** The slow oracle: Gaussian likelihood from the dense covariance matrix, no filter anywhere. */

/** Autocovariances of an ARMA process with unit shocks from many psi weights: independent of the code under test. */
export function autocovariances(
  phi: ArrayLike<number>,
  theta: ArrayLike<number>,
  count: number,
): Float64Array {
  const length = 6000
  const psi = new Float64Array(length)
  psi[0] = 1
  for (let j = 1; j < length; j++) {
    let sum = j <= theta.length ? theta[j - 1]! : 0
    for (let i = 1; i <= Math.min(j, phi.length); i++) sum += phi[i - 1]! * psi[j - i]!
    psi[j] = sum
  }
  return Float64Array.from({ length: count }, (_, k) => {
    let sum = 0
    for (let j = 0; j + k < length; j++) sum += psi[j]! * psi[j + k]!
    return sum
  })
}

/** Lower Cholesky factor of a dense matrix. */
export function choleskyOf(A: readonly Float64Array[]): Float64Array[] {
  const n = A.length
  const L = A.map(row => row.slice())
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = A[i]![j]!
      for (let k = 0; k < j; k++) s -= L[i]![k]! * L[j]![k]!
      L[i]![j] = i === j ? Math.sqrt(s) : s / L[j]![j]!
    }
  }
  return L
}

/** log density of the observed entries of y (NaN = missing) with mean 0 and covariance sigma2 · γ(|i − j|). */
export function denseLogLikelihood(y: ArrayLike<number>, gamma: Float64Array, sigma2: number): number {
  const seen = Array.from({ length: y.length }, (_, i) => i).filter(i => !Number.isNaN(y[i]!))
  const L = choleskyOf(seen.map(i => Float64Array.from(seen, j => gamma[Math.abs(i - j)]! * sigma2)))
  let value = -0.5 * seen.length * Math.log(2 * Math.PI)
  const z: number[] = []
  L.forEach((row, i) => {
    let s = y[seen[i]!]!
    for (let k = 0; k < i; k++) s -= row[k]! * z[k]!
    z.push(s / row[i]!)
    value -= Math.log(row[i]!) + 0.5 * z[i]! ** 2
  })
  return value
}
