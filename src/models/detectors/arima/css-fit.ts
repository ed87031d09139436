/** The fit of the `arma` detector by conditional sum of squares, as a function of numbers. */
import { cssFit } from '../../arma/estimate/css.ts'
import { cssWorkspace } from '../../arma/estimate/css-workspace.ts'

const HEADER = 3

/** What {@link cssFitOf} takes: orders, iterations, parameters to start from, and the series, NaN where it is missing. */
export function cssFitInput(
  p: number,
  q: number,
  iterations: number,
  params: Float64Array,
  series: Float64Array,
): Float64Array {
  const input = new Float64Array(HEADER + params.length + series.length)
  input.set([p, q, iterations])
  input.set(params, HEADER)
  input.set(series, HEADER + params.length)
  return input
}

/** φ₁ … φ_p, θ₁ … θ_q after the iterations asked for; not necessarily stationary or invertible. */
export function cssFitOf(input: Float64Array): Float64Array {
  const [p, q, iterations] = input as unknown as [number, number, number]
  const series = input.subarray(HEADER + p + q)
  const fit = cssWorkspace({ capacity: series.length, p, q, constant: false })
  fit.params.set(input.subarray(HEADER, HEADER + p + q))
  if (p + q > 0) cssFit(fit, series, series.length, iterations)
  return fit.params
}
