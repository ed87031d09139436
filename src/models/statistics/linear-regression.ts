/**
 * Linear regression by ordinary least squares.
 *
 *     y = b₀ + b₁x₁ + … + e,   se(b) = σ√diag (XᵀX)⁻¹,   σ² = Σe²/(n − p),   t = b/se(b) ~ Student(n − p)
 *
 * By QR of the centred regressors, then refined: residuals are taken in double-double arithmetic and fitted again.
 *
 * Source: N. R. Draper and H. Smith, Applied Regression Analysis (3rd ed.), ch. 1, 4 and 5; without an intercept R² is
 * about 0, as in R and in the certified values of NIST's Statistical Reference Datasets.
 */

import { ModelError } from '../../core/errors.ts'
import { fisherF } from '../distributions/fisher-f.ts'
import { studentT } from '../distributions/student-t.ts'
import { checkOptions } from '../function-options.ts'
import { factor, norm, residualsOf } from '../numerics/least-squares.ts'
import { checkSquares } from '../numerics/unit-scale.ts'
import { type SeriesInput, toSeries } from '../series-input.ts'
import { checkLevel } from './pairs.ts'

/** The solution, and one refinement for the rounding of the first and of the means. */
const ROUNDS = 3

/** What {@link linearRegression} takes besides the data. */
export interface LinearRegressionOptions {
  /** Whether there is a constant term. Default: true. */
  readonly intercept?: boolean
  /** The level of confidence intervals. Default 0.95. */
  readonly level?: number
}

/** One coefficient. All but the estimate are NaN where there are as many coefficients as points. */
export interface RegressionTerm {
  /** In units of y over units of x; the intercept in units of y. */
  readonly estimate: number
  readonly standardError: number
  /** The estimate over its standard error. */
  readonly t: number
  /** The two-sided p-value of "it is 0". */
  readonly pValue: number
  /** Bounds of the confidence interval. */
  readonly lower: number
  readonly upper: number
}

/** A fitted regression. */
export interface LinearRegression {
  /** Complete points. */
  readonly n: number
  /** n minus the number of coefficients. */
  readonly degreesOfFreedom: number
  /** The constant term; null without one. */
  readonly intercept: RegressionTerm | null
  /** One per regressor. */
  readonly slopes: readonly RegressionTerm[]
  /** Residual standard deviation, √(Σe²/degrees of freedom), in units of y. */
  readonly sigma: number
  /** Explained part of the variance of y: about its mean, or about 0 without an intercept. */
  readonly rSquared: number
  readonly adjustedRSquared: number
  /** F statistic of "all slopes are 0", and its p-value. */
  readonly f: number
  readonly pValue: number
  /** One per given point; NaN where something is missing. */
  readonly residuals: Float64Array
  /** The expected y at other values of the regressors: one number, or one per regressor. */
  predict(x: number | readonly number[]): number
}

/**
 * Fits y by a linear function of one or more regressors.
 *
 * @param x one number per point, or one array per point with a number per regressor; in any units
 * @param y one number per point; points where anything is null, undefined or NaN do not count
 * @throws {ModelError} `REGRESSION_DATA` for fewer points than coefficients, or shapes that do not fit;
 * `REGRESSION_COLLINEAR` when a regressor is constant or follows from the others; `SERIES_TYPE`; `SERIES_SCALE`; `LEVEL`
 * @example
 * const fit = linearRegression([1, 2, 3, 4], [2.1, 3.9, 6.2, 7.8])
 * fit.slopes[0]!.estimate // 1.94…
 * fit.slopes[0]!.standardError // 0.0905…
 * fit.rSquared // 0.99566…
 */
export function linearRegression(
  x: ArrayLike<number | null | undefined> | ArrayLike<ArrayLike<number | null | undefined>>,
  y: SeriesInput,
  options: LinearRegressionOptions = {},
): LinearRegression {
  checkOptions('linearRegression', options, ['intercept', 'level'], linearRegression)
  const { intercept = true, level = 0.95 } = options
  checkLevel('linearRegression()', level)
  const right = toSeries(y, 'linearRegression()')
  const regressors = regressorsOf(x, right.length)
  for (const values of [right, ...regressors]) checkSquares(values, 'linearRegression()')
  const kept: number[] = []
  for (let i = 0; i < right.length; i++) {
    if (!Number.isNaN(right[i]!) && regressors.every(column => !Number.isNaN(column[i]!))) kept.push(i)
  }
  const n = kept.length
  const width = regressors.length
  const coefficients = width + (intercept ? 1 : 0)
  if (n < Math.max(1, coefficients)) {
    throw refuse(`at least as many points as coefficients (${coefficients})`, `${n}`)
  }
  const take = (column: Float64Array) => Float64Array.from(kept, i => column[i]!)
  const [observed, ...columns] = [right, ...regressors].map(take) as [Float64Array, ...Float64Array[]]
  const { constant, slopes, residuals, variances, constantVariance } = solve(columns, observed, intercept)
  const degreesOfFreedom = n - coefficients
  const left = sumOfSquares(residuals)
  const center = intercept ? meanOf(observed) : 0
  const total = sumOfSquares(observed.map(value => value - center))
  const sigma = Math.sqrt(left / degreesOfFreedom)
  const term = termsFor(sigma, degreesOfFreedom, level)
  const f = (total - left) / width / (left / degreesOfFreedom)
  const testable = width > 0 && degreesOfFreedom > 0 && !Number.isNaN(f)
  const all = new Float64Array(right.length).fill(Number.NaN)
  kept.forEach((i, row) => {
    all[i] = residuals[row]!
  })
  return Object.freeze({
    n,
    degreesOfFreedom,
    intercept: intercept ? term(constant, constantVariance) : null,
    slopes: Object.freeze(Array.from(slopes, (slope, k) => term(slope, variances[k]!))),
    sigma,
    rSquared: 1 - left / total,
    adjustedRSquared: 1 - ((left / total) * (n - (intercept ? 1 : 0))) / degreesOfFreedom,
    f,
    pValue: testable ? fisherF({ df1: width, df2: degreesOfFreedom }).sf(f) : Number.NaN,
    residuals: all,
    predict(at: number | readonly number[]) {
      const values = typeof at === 'number' ? [at] : at
      if (values.length !== width) throw refuse(`${width} values to predict from`, `${values.length}`)
      return values.reduce((sum, value, k) => sum + slopes[k]! * value, constant)
    },
  })
}

/** The coefficients, what they leave, and their variances in units of σ². */
interface Solution {
  readonly constant: number
  readonly slopes: Float64Array
  readonly residuals: Float64Array
  readonly constantVariance: number
  readonly variances: readonly number[]
}

/** QR of the centred columns, then refinement. */
function solve(columns: readonly Float64Array[], observed: Float64Array, intercept: boolean): Solution {
  const means = columns.map(column => (intercept ? meanOf(column) : 0))
  const factored = factor(
    columns.map((column, k) => column.map(value => value - means[k]!)),
    columns.map(column => norm(column)),
  )
  if (typeof factored === 'number') {
    throw new ModelError(
      'REGRESSION_COLLINEAR',
      `regressor ${factored} is constant or follows from the others`,
      { hint: 'leave it out' },
    )
  }
  const width = columns.length
  const slopes = new Float64Array(width)
  let constant = 0
  let residuals = observed
  for (let round = 0; round < ROUNDS; round++) {
    const left = intercept ? meanOf(residuals) : 0
    const correction = factored.solve(residuals.map(value => value - left))
    constant += left
    for (let k = 0; k < width; k++) {
      slopes[k]! += correction[k]!
      constant -= correction[k]! * means[k]!
    }
    residuals = residualsOf(columns, observed, constant, slopes)
  }
  const { inverse } = factored
  let constantVariance = 1 / observed.length
  for (let a = 0; a < width; a++) {
    for (let b = 0; b < width; b++) constantVariance += means[a]! * inverse[a * width + b]! * means[b]!
  }
  const variances = columns.map((_, k) => inverse[k * width + k]!)
  return { constant, slopes, residuals, constantVariance, variances }
}

/** Makes a coefficient's statistics from its estimate and its variance in units of σ². */
function termsFor(sigma: number, degreesOfFreedom: number, level: number) {
  const distribution = degreesOfFreedom > 0 ? studentT({ df: degreesOfFreedom }) : undefined
  const reach = distribution?.isf((1 - level) / 2) ?? Number.NaN
  return (estimate: number, variance: number): RegressionTerm => {
    const standardError = distribution ? sigma * Math.sqrt(variance) : Number.NaN
    const t = estimate / standardError
    return Object.freeze({
      estimate,
      standardError,
      t,
      pValue: distribution ? 2 * distribution.sf(Math.abs(t)) : Number.NaN,
      lower: estimate - reach * standardError,
      upper: estimate + reach * standardError,
    })
  }
}

/** Regressors as columns, missing values as NaN. */
function regressorsOf(x: ArrayLike<unknown>, length: number): Float64Array[] {
  if (typeof x !== 'object' || x === null || typeof x.length !== 'number' || x.length !== length) {
    throw refuse('regressors for every y', `${x?.length ?? String(x)} for ${length}`)
  }
  const rows = Array.from(x, row =>
    typeof row === 'object' && row !== null ? row : [row],
  ) as ArrayLike<number>[]
  const width = rows[0]?.length ?? 1
  const odd = rows.findIndex(row => row.length !== width)
  if (odd >= 0) throw refuse(`${width} regressors per point`, `${rows[odd]!.length} at index ${odd}`)
  return Array.from({ length: width }, (_, k) =>
    toSeries(
      rows.map(row => row[k]!),
      'linearRegression()',
    ),
  )
}

const refuse = (needs: string, got: string): ModelError =>
  new ModelError('REGRESSION_DATA', `linearRegression() needs ${needs}, got ${got}`, {
    hint: 'linearRegression([[1, 2], [3, 4], …], [5, 6, …]): one array of regressors per point',
  })

/** The mean, by two passes. */
function meanOf(values: Float64Array): number {
  let sum = 0
  for (const x of values) sum += x
  const first = sum / values.length
  let rest = 0
  for (const x of values) rest += x - first
  return first + rest / values.length
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0
  for (const x of values) sum += x * x
  return sum
}
