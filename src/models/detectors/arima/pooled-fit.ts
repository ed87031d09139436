/**
 * One seasonal ARIMA model for segments of many series: the fit of a pool, as a function of numbers.
 *
 * Each segment is differenced, has a mean of its own and is divided by a scale of its own. The coefficients maximise the
 * restricted likelihood of all segments together, exactly, from the start of each (`arma/estimate/exact-likelihood.ts`): with S the
 * sum of squares left by generalised least squares, N the number of values less that of means, and I the information on a
 * mean,
 *
 *     −N/2 log ΣS − ½ ΣΣ log F_t − ½ Σ log I
 *
 * (Harville 1977, *Journal of the American Statistical Association* 72). The conditional sum of squares would not do: where
 * each of many short segments has a mean to be estimated it makes autoregressive coefficients too small, by about (1 + φ)/n
 * however many segments there are (Nickell 1981, *Econometrica* 49), and has its minimum at a moving average of −1.
 *
 * - **Outliers.** Values beyond five robust scales are pulled in; errors beyond four are missing values in a second round.
 * - **Scales.** What is known of the scale of a key before its first value comes from those of segments
 *   (`pooled/scale-prior.ts`).
 */
import type { ParameterLayout } from '../../arma/coefficients.ts'
import { concentratedObjective } from '../../arma/estimate/exact-likelihood.ts'
import { type LikelihoodProblem, likelihoodProblem } from '../../arma/estimate/likelihood-problem.ts'
import { admissible, expandBoth, transformFor } from '../../arma/estimate/parameter-transform.ts'
import { reflectMa } from '../../arma/estimate/reflect-roots.ts'
import { differencing } from '../../arma/lag-polynomial.ts'
import { minimize } from '../../numerics/minimize.ts'
import { MAD_TO_SIGMA } from '../parts/robust-scale.ts'
import type { SeasonalOrders } from './orders.ts'
import { scalePrior } from './pooled/scale-prior.ts'
import { prepareSegments, segmentSquares, wholeSegments } from './pooled/whole-segments.ts'
import { shrinkSeasonal } from './stationary-region.ts'
import { CLIPPED, MAX_REPLACED, REPLACED } from './window-scale.ts'

const FIRST_ITERATIONS = 12
const NEXT_ITERATIONS = 30
/** A gain in log-likelihood that ends the search. */
const TOLERANCE = 1e-4
/** The scale of n values is known badly: limits in it are wider by the factor 1 + {@link FEW}/n. */
const FEW = 12
/** Effective sample size of the prior of a segment's scale, 1. */
const SCALE_PRIOR = 4
/** Values of segments with missing ones that a search goes through: they take twenty times as long as others. */
const MAX_WITH_GAPS = 4096
const HEADER = 9

/** Whether each series has a level, or a drift, of its own. */
export const hasMean = ({ d, D, constant }: SeasonalOrders): boolean => d + D === 0 || constant

/** Numbers that a fit comes to: φ, θ, Φ, Θ, then s₀² and ν₀; s₀² is NaN where nothing could be fitted. */
export const pooledResults = ({ p, q, P, Q }: SeasonalOrders): number => p + q + P + Q + 2

/** What {@link pooledFitOf} takes: orders, parameters to start from, and segments, NaN where a value is missing. */
export function pooledFitInput(
  { p, d, q, P, D, Q, period, constant }: SeasonalOrders,
  params: Float64Array,
  segments: readonly Float64Array[],
): Float64Array {
  const points = segments.reduce((sum, segment) => sum + segment.length, 0)
  const input = new Float64Array(HEADER + params.length + segments.length + points)
  input.set([p, d, q, P, D, Q, period, constant ? 1 : 0, segments.length])
  input.set(params, HEADER)
  let at = HEADER + params.length
  for (const { length } of segments) input[at++] = length
  for (const segment of segments) {
    input.set(segment, at)
    at += segment.length
  }
  return input
}

/** A segment on its way. */
interface Piece {
  /** Differenced, centred and scaled. */
  readonly values: Float64Array
  /** What one of `values` is in units of the series. */
  scale: number
  problem: LikelihoodProblem
}

/** The fit. */
export function pooledFitOf(input: Float64Array): Float64Array {
  const [p, d, q, P, D, Q, period, constant, count] = input as unknown as readonly number[]
  const orders = { p: p!, d: d!, q: q!, P: P!, D: D!, Q: Q!, period: period!, constant: constant === 1 }
  const k = p! + q! + P! + Q!
  const delta = differencing(d!, D!, period!)
  const withMean = hasMean(orders)
  const start = input.slice(HEADER, HEADER + k)
  const lengths = input.subarray(HEADER + k, HEADER + k + count!)
  const sorted = new Float64Array(lengths.reduce((most, length) => Math.max(most, length), 0))

  const pieces: Piece[] = []
  let at = HEADER + k + count!
  for (const length of lengths) {
    const values = differenced(input.subarray(at, at + length), delta)
    at += length
    const centre = withMean ? medianOf(values, sorted, 0, false) : 0
    let scale = MAD_TO_SIGMA * medianOf(values, sorted, centre, true)
    if (!(scale > 0)) scale = meanSize(values, centre)
    if (!(scale > 0) || !Number.isFinite(scale)) continue
    const limit = CLIPPED * (1 + FEW / values.length)
    for (let t = 0; t < values.length; t++) {
      values[t] = Math.max(-limit, Math.min(limit, (values[t]! - centre) / scale))
    }
    pieces.push({ values, scale, problem: problemOf(values, withMean) })
  }
  const results = new Float64Array(k + 2)
  results[k] = Number.NaN
  if (pieces.length === 0) return results

  const layout: ParameterLayout = {
    ...{ p: p!, q: q!, P: P!, Q: Q!, period: period!, constant: null, xreg: 0 },
    ...{ armaCount: k, count: k, fixed: new Float64Array(k).fill(Number.NaN) },
  }
  // Of few values there may be another maximum, which is not to be kept for ever.
  const starts = start.some(value => value !== 0) ? [new Float64Array(k), start] : [start]
  let params = search(pieces, layout, withMean, starts, FIRST_ITERATIONS)
  const [phi, theta] = expandBoth(layout, params)
  for (const piece of pieces) {
    const { problem, values } = piece
    concentratedObjective(problem, phi, theta)
    // The scale is that of innovations now; that of few is shrunk towards what all have, 1.
    const root = Math.sqrt((SCALE_PRIOR + problem.sumOfSquares) / (SCALE_PRIOR + problem.used))
    clean(piece, sorted)
    for (let t = 0; t < values.length; t++) values[t] = values[t]! / root
    piece.scale *= root
    piece.problem = problemOf(values, withMean)
  }
  params = search(pieces, layout, withMean, [params], NEXT_ITERATIONS)
  for (const [from, order] of [
    [p!, q!],
    [p! + q! + P!, Q!],
  ] as const) {
    if (order > 0) params.set(reflectMa(params.subarray(from, from + order)), from)
  }
  shrinkSeasonal(params, orders)
  const polynomials = expandBoth(layout, params)
  const variances = pieces.flatMap(({ problem, scale }) => {
    concentratedObjective(problem, ...polynomials)
    const free = problem.used - (withMean ? 1 : 0)
    const square = (problem.sumOfSquares / free) * scale * scale
    return free > 0 && square > 0 ? [{ logSquare: Math.log(square), free }] : []
  })
  results.set(params)
  results.set(scalePrior(variances), k)
  return results
}

const problemOf = (values: Float64Array, withMean: boolean): LikelihoodProblem =>
  likelihoodProblem(withMean ? [values, new Float64Array(values.length).fill(1)] : [values], {
    constantColumn: withMean ? 1 : -1,
    gaps: values.some(Number.isNaN),
  })

/** A copy with differences taken; NaN where a value they need is missing. */
function differenced(segment: Float64Array, delta: Float64Array): Float64Array {
  const values = new Float64Array(Math.max(0, segment.length - delta.length))
  for (let t = 0; t < values.length; t++) {
    let w = segment[t + delta.length]!
    for (let i = 0; i < delta.length; i++) {
      if (delta[i] !== 0) w -= delta[i]! * segment[t + delta.length - 1 - i]!
    }
    values[t] = w
  }
  return values
}

/** The median of what is there, or of its distances from a centre. */
function medianOf(values: Float64Array, sorted: Float64Array, centre: number, distances: boolean): number {
  let n = 0
  for (const x of values) {
    if (!Number.isNaN(x)) sorted[n++] = distances ? Math.abs(x - centre) : x
  }
  if (n === 0) return Number.NaN
  const part = sorted.subarray(0, n).sort()
  return 0.5 * (part[(n - 1) >> 1]! + part[n >> 1]!)
}

function meanSize(values: Float64Array, centre: number): number {
  let sum = 0
  let n = 0
  for (const x of values) {
    if (Number.isNaN(x)) continue
    sum += Math.abs(x - centre)
    n++
  }
  return sum / n
}

/** All pieces without missing values, and as many of the others as are affordable, evenly spaced. */
function affordable(pieces: readonly Piece[]): readonly Piece[] {
  let values = 0
  for (const { problem } of pieces) if (problem.gaps) values += problem.n
  const every = Math.ceil(values / MAX_WITH_GAPS)
  let met = 0
  return pieces.filter(({ problem }) => !problem.gaps || met++ % every === 0)
}

/** Maximises the restricted likelihood from each of some starts. */
function search(
  all: readonly Piece[],
  layout: ParameterLayout,
  withMean: boolean,
  starts: readonly Float64Array[],
  maxIterations: number,
): Float64Array {
  const k = layout.armaCount
  const params = new Float64Array(k)
  if (k === 0) return params
  const pieces = affordable(all)
  const transform = transformFor(
    layout,
    Array.from({ length: k }, (_, i) => i),
  )
  let points = 0
  let longest = 0
  for (const { values } of pieces) {
    longest = Math.max(longest, values.length)
    for (const x of values) if (!Number.isNaN(x)) points++
  }
  const whole = wholeSegments(longest, withMean)
  const objective = (x: Float64Array): number => {
    transform.apply(x, params)
    const [phi, theta] = expandBoth(layout, params)
    if (!prepareSegments(whole, phi, theta)) return Number.POSITIVE_INFINITY
    let squares = 0
    let logs = 0
    let free = 0
    for (const { values, problem } of pieces) {
      if (!problem.gaps) {
        const n = values.length
        if (n === 0) continue
        squares += segmentSquares(whole, values)
        logs += whole.logs[n - 1]!
        free += withMean ? n - 1 : n
        continue
      }
      // A segment of no more values than it has means says nothing.
      if (concentratedObjective(problem, phi, theta) === Number.POSITIVE_INFINITY) continue
      squares += problem.sumOfSquares
      logs += problem.sumLogF
      free += problem.used
      if (withMean) {
        logs += Math.log(problem.normal[0]!)
        free--
      }
    }
    const value = (0.5 * (free * Math.log(squares) + logs)) / points
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
  }
  const identity = Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0))
  const found = starts
    .map(start =>
      minimize(objective, {
        start: transform.invert(admissible(layout, start)),
        inverseHessian: identity,
        weight: points,
        tolerance: TOLERANCE,
        maxIterations,
      }),
    )
    .reduce((best, other) => (other.value < best.value ? other : best))
  transform.apply(found.x, params)
  return params
}

/** Makes outliers, by the polynomials evaluated last, missing values. */
function clean({ values, problem }: Piece, sorted: Float64Array): void {
  const [y, r] = problem.whitened
  const beta = problem.beta[0] ?? 0
  const error = (t: number) => Math.abs(y![t]! - (r ? beta * r[t]! : 0))
  let n = 0
  for (let t = 0; t < values.length; t++) if (!Number.isNaN(values[t]!)) sorted[n++] = error(t)
  const part = sorted.subarray(0, n).sort()
  const limit = REPLACED * (1 + FEW / n) * MAD_TO_SIGMA * 0.5 * (part[(n - 1) >> 1]! + part[n >> 1]!)
  let replaced = 0
  for (let t = 0; t < values.length; t++) {
    if (error(t) > limit && replaced < MAX_REPLACED) {
      values[t] = Number.NaN
      replaced++
    } else replaced = 0
  }
}
