/** A series and its regressors in the forms the estimators need: centred, differenced, checked. */
import { ModelError } from '../../../core/errors.ts'
import type { ParameterLayout } from '../coefficients.ts'
import { differencing } from '../lag-polynomial.ts'
import type { ArimaSpec } from '../spec.ts'
import { type LikelihoodProblem, likelihoodProblem } from './likelihood-problem.ts'

/** Series and columns in the forms the estimators need. */
export interface PreparedData {
  y: Float64Array
  delta: Float64Array
  /** Subtracted before anything else; added back to the mean. */
  center: number
  /** Differenced, centred series, fixed regression effects removed; NaN where a missing value reaches it. */
  w: Float64Array
  /** Differenced columns of the free regression coefficients. */
  differenced: Float64Array[]
  /** Slot of each free regression column in the parameter order. */
  slots: number[]
  problem: LikelihoodProblem
  /** Points with information: observed minus differences. */
  observed: number
}

/** Centres, differences and checks; the columns of fixed regression coefficients are subtracted. */
export function prepare(
  spec: ArimaSpec,
  layout: ParameterLayout,
  y: Float64Array,
  xreg: readonly Float64Array[],
): PreparedData {
  const n = y.length
  const delta = differencing(spec.order[1], spec.seasonal?.order[1] ?? 0, layout.period)
  const nd = delta.length
  let observed = 0
  let sum = 0
  let firstSeen = Number.NaN
  for (let t = 0; t < n; t++) {
    const x = y[t]!
    if (Number.isNaN(x)) continue
    if (observed === 0) firstSeen = x
    observed++
    sum += x
  }
  const gaps = observed < n
  observed -= nd
  if (observed < 1) {
    throw new ModelError(
      'SERIES_TOO_SHORT',
      `arima() needs more than ${nd} observed points, got ${observed + nd}`,
      {
        hint: 'differencing uses up d + D·period points',
      },
    )
  }
  const { constant, armaCount, fixed } = layout
  const constantFree = constant !== null && Number.isNaN(fixed[armaCount]!)
  const center = nd > 0 ? firstSeen : constantFree ? sum / (observed + nd) : 0
  const level = y.map(x => x - center)
  const slots: number[] = []
  const columns: Float64Array[] = []
  const regression: Float64Array[] = []
  if (constant) regression.push(Float64Array.from({ length: n }, (_, t) => (constant === 'mean' ? 1 : t + 1)))
  regression.push(...xreg)
  regression.forEach((column, c) => {
    const held = fixed[armaCount + c]!
    if (Number.isNaN(held)) {
      slots.push(armaCount + c)
      columns.push(column)
    } else {
      for (let t = 0; t < n; t++) level[t]! -= held * column[t]!
    }
  })
  const w = difference(level, delta)
  const differenced = columns.map(column => difference(column, delta))
  let varies = false
  let base = Number.NaN
  for (const x of w) {
    if (Number.isNaN(x)) continue
    if (Number.isNaN(base)) base = constantFree ? x : 0
    if (Math.abs(x - base) > 1e-13 * (Math.abs(center) + Math.abs(base))) varies = true
  }
  if (!varies) {
    throw new ModelError(
      'SERIES_CONSTANT',
      'arima() needs a series that varies, got one without innovations',
      {
        hint:
          nd > 0 ? 'after differencing nothing is left: difference less' : 'there is no variance to model',
      },
    )
  }
  const constantColumn = constantFree ? 1 : -1
  const problem = gaps
    ? likelihoodProblem([level, ...columns], { gaps: true, delta })
    : likelihoodProblem([w, ...differenced], { constantColumn })
  return { y, delta, center, w, differenced, slots, problem, observed }
}

/** (1 − δ₁B − …) x without its first `delta.length` points. */
export function difference(x: Float64Array, delta: Float64Array): Float64Array {
  const nd = delta.length
  if (nd === 0) return x
  const out = new Float64Array(Math.max(0, x.length - nd))
  for (let t = 0; t < out.length; t++) {
    let value = x[t + nd]!
    for (let j = 0; j < nd; j++) if (delta[j] !== 0) value -= delta[j]! * x[t + nd - 1 - j]!
    out[t] = value
  }
  return out
}
