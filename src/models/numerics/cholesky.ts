/**
 * Small symmetric positive definite systems, by Cholesky factors. Matrices are k × k, row-major. G. H. Golub and C. F. Van
 * Loan, Matrix Computations (4th ed.), §4.2.
 */

/** Lower Cholesky factor of a k × k matrix (row-major); false when it is not safely positive definite. */
export function cholesky(matrix: Float64Array, factor: Float64Array, k: number): boolean {
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      let s = matrix[a * k + b]!
      for (let c = 0; c < b; c++) s -= factor[a * k + c]! * factor[b * k + c]!
      if (a === b) {
        if (!(s > 1e-13 * matrix[a * k + a]!)) return false
        factor[a * k + a] = Math.sqrt(s)
      } else {
        factor[a * k + b] = s / factor[b * k + b]!
      }
    }
  }
  return true
}

/** Solves L Lᵀ x = b in place. */
export function choleskySolve(factor: Float64Array, x: Float64Array, k: number): void {
  for (let a = 0; a < k; a++) {
    let s = x[a]!
    for (let c = 0; c < a; c++) s -= factor[a * k + c]! * x[c]!
    x[a] = s / factor[a * k + a]!
  }
  for (let a = k - 1; a >= 0; a--) {
    let s = x[a]!
    for (let c = a + 1; c < k; c++) s -= factor[c * k + a]! * x[c]!
    x[a] = s / factor[a * k + a]!
  }
}

/** Inverse of a symmetric positive definite matrix (row-major), or null. */
export function invertPositive(matrix: Float64Array, k: number): Float64Array | null {
  const factor = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      let s = matrix[a * k + b]!
      for (let c = 0; c < b; c++) s -= factor[a * k + c]! * factor[b * k + c]!
      if (a === b) {
        if (!(s > 1e-14 * Math.abs(matrix[a * k + a]!))) return null
        factor[a * k + a] = Math.sqrt(s)
      } else {
        factor[a * k + b] = s / factor[b * k + b]!
      }
    }
  }
  const out = new Float64Array(k * k)
  const column = new Float64Array(k)
  for (let e = 0; e < k; e++) {
    for (let a = 0; a < k; a++) {
      let s = a === e ? 1 : 0
      for (let c = 0; c < a; c++) s -= factor[a * k + c]! * column[c]!
      column[a] = s / factor[a * k + a]!
    }
    for (let a = k - 1; a >= 0; a--) {
      let s = column[a]!
      for (let c = a + 1; c < k; c++) s -= factor[c * k + a]! * column[c]!
      column[a] = s / factor[a * k + a]!
    }
    for (let a = 0; a < k; a++) out[a * k + e] = column[a]!
  }
  return out
}
