/** Data, buffers and results of one exact likelihood: what whitening fills in and the objective reads. */
import { type GradientBuffers, gradientBuffers } from './likelihood-gradient.ts'
import { type Whitening, whitening } from './whiten.ts'

/** Data and buffers of one likelihood; `columns[0]` is the series, the others are regressors. */
export interface LikelihoodProblem {
  readonly n: number
  readonly columns: Float64Array[]
  /** Index of a column that is 1 throughout (the mean), or −1. */
  readonly constantColumn: number
  /** True when the series has missing values: columns are then undifferenced. */
  readonly gaps: boolean
  /** Differencing coefficients the filter has to apply itself (with gaps), else empty. */
  readonly delta: Float64Array
  /** Whitened columns; after an evaluation `whitened[0]` holds standardised residuals v/√F before regression. */
  readonly whitened: Float64Array[]
  /** F_t of each point; `Infinity` where a point is missing or only starts the differencing. */
  readonly F: Float64Array
  /** What whitening without gaps keeps for itself and for the gradient. */
  readonly whitening: Whitening
  readonly gradient: GradientBuffers
  readonly beta: Float64Array
  readonly normal: Float64Array
  readonly factor: Float64Array
  /** Points that entered the sum. */
  used: number
  sumLogF: number
  sumOfSquares: number
  /** From this point on F is `steadyF`. */
  steadyFrom: number
  steadyF: number
}

/** Allocates a problem around columns; nothing is copied. */
export function likelihoodProblem(
  columns: Float64Array[],
  options: { constantColumn?: number; gaps?: boolean; delta?: Float64Array } = {},
): LikelihoodProblem {
  const n = columns[0]!.length
  const k = columns.length - 1
  return {
    n,
    columns,
    constantColumn: options.constantColumn ?? -1,
    gaps: options.gaps ?? false,
    delta: options.delta ?? new Float64Array(0),
    whitened: columns.map(() => new Float64Array(n)),
    F: new Float64Array(n),
    whitening: whitening(columns.length),
    gradient: gradientBuffers(),
    beta: new Float64Array(k),
    normal: new Float64Array(k * k),
    factor: new Float64Array(k * k),
    used: 0,
    sumLogF: 0,
    sumOfSquares: 0,
    steadyFrom: n,
    steadyF: 1,
  }
}
