/**
 * Least squares by Householder reflections.
 *
 * Source: G. H. Golub and C. F. Van Loan, Matrix Computations (4th ed.), §5.2–5.3; for the refinement, Å. Björck,
 * Numerical Methods for Least Squares Problems (1996), §2.9.
 */
import { productError, sumError } from '../special/double-double.ts'

/** X = QR. */
export interface Factored {
  /** The b with the least ‖y − Xb‖. */
  solve(y: Float64Array): Float64Array
  /** (XᵀX)⁻¹, row by row. */
  readonly inverse: Float64Array
}

/** A column depends on those before it when taking them out leaves less than this part of it. */
const DEPENDENT = 1e-13

/**
 * Factors X, given by columns; or returns the index of the first column that depends on those before it.
 *
 * @param sizes one per column: the size that rounding is relative to
 */
export function factor(columns: readonly Float64Array[], sizes: readonly number[]): Factored | number {
  const width = columns.length
  const qr = columns.map(column => column.slice())
  const diagonal = new Float64Array(width)
  for (let k = 0; k < width; k++) {
    const reflector = qr[k]!
    const left = norm(reflector, k)
    if (!(left > DEPENDENT * sizes[k]!)) return k
    diagonal[k] = reflector[k]! > 0 ? -left : left
    reflector[k]! -= diagonal[k]!
    for (let j = k + 1; j < width; j++) reflect(reflector, k, qr[j]!)
  }
  return {
    solve(y) {
      const rotated = y.slice()
      for (let k = 0; k < width; k++) reflect(qr[k]!, k, rotated)
      const solution = new Float64Array(width)
      for (let k = width - 1; k >= 0; k--) {
        let sum = rotated[k]!
        for (let j = k + 1; j < width; j++) sum -= qr[j]![k]! * solution[j]!
        solution[k] = sum / diagonal[k]!
      }
      return solution
    },
    inverse: inverseOf(qr, diagonal),
  }
}

/** The length of a column from row `from` on, without overflow. */
export function norm(column: Float64Array, from = 0): number {
  let largest = 0
  for (let i = from; i < column.length; i++) largest = Math.max(largest, Math.abs(column[i]!))
  if (largest === 0) return 0
  let sum = 0
  for (let i = from; i < column.length; i++) sum += (column[i]! / largest) ** 2
  return largest * Math.sqrt(sum)
}

/** Reflects a column by reflector k, which lies in its own column from row k on. */
function reflect(reflector: Float64Array, k: number, column: Float64Array): void {
  let product = 0
  let square = 0
  for (let i = k; i < column.length; i++) {
    product += reflector[i]! * column[i]!
    square += reflector[i]! * reflector[i]!
  }
  const factor = (2 * product) / square
  for (let i = k; i < column.length; i++) column[i]! -= factor * reflector[i]!
}

/** y − constant − Xb, in double-double arithmetic. */
export function residualsOf(
  columns: readonly Float64Array[],
  y: Float64Array,
  constant: number,
  b: Float64Array,
): Float64Array {
  return y.map((value, i) => {
    let sum = value - constant
    let rest = sumError(value, -constant, sum)
    for (let k = 0; k < columns.length; k++) {
      const x = columns[k]![i]!
      const product = x * b[k]!
      const next = sum - product
      rest += sumError(sum, -product, next) - productError(x, b[k]!, product)
      sum = next
    }
    return sum + rest
  })
}

/** R⁻¹R⁻ᵀ; R's upper triangle lies in the columns of `qr`, its diagonal beside them. */
function inverseOf(qr: readonly Float64Array[], diagonal: Float64Array): Float64Array {
  const width = diagonal.length
  const root = new Float64Array(width * width)
  for (let j = 0; j < width; j++) {
    root[j * width + j] = 1 / diagonal[j]!
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0
      for (let k = i + 1; k <= j; k++) sum += qr[k]![i]! * root[k * width + j]!
      root[i * width + j] = -sum / diagonal[i]!
    }
  }
  const inverse = new Float64Array(width * width)
  for (let a = 0; a < width; a++) {
    for (let b = 0; b < width; b++) {
      for (let k = Math.max(a, b); k < width; k++) {
        inverse[a * width + b]! += root[a * width + k]! * root[b * width + k]!
      }
    }
  }
  return inverse
}
