/**
 * Runs of observed points in the steady state, where the filter is the plain ARMA recursion: in registers for the small
 * models, along the lags that exist for the others.
 */
import type { CompiledModel } from '../model.ts'
import type { FilterState } from './filter-state.ts'

/**
 * Fills the innovations, and the predictive means if they are wanted, from point `from` on; stops before a missing or
 * infinite value, or at `to`. Returns the point where it stopped.
 */
export function steadyRun(
  model: CompiledModel,
  s: FilterState,
  x: Float64Array,
  innovation: Float64Array,
  means: Float64Array | null,
  from: number,
  to: number,
): number {
  const { m, full, theta, mean } = model
  let t = from
  if (m === 0) {
    for (; t < to; t++) {
      const v = x[t]! - mean
      if (!(v - v === 0)) break
      innovation[t] = v
      if (means !== null) means[t] = mean
    }
  } else if (m === 1) {
    const b = s.state.means[0]!
    const f1 = full[0] ?? 0
    const h1 = theta[0] ?? 0
    let b0 = b[0]!
    for (; t < to; t++) {
      const y = x[t]! - mean
      if (!(y - y === 0)) break
      const v = y - b0
      innovation[t] = v
      if (means !== null) means[t] = mean + b0
      b0 = f1 * y + h1 * v
    }
    b[0] = b0
  } else if (m === 2) {
    const b = s.state.means[0]!
    const f1 = full[0] ?? 0
    const f2 = full[1] ?? 0
    const h1 = theta[0] ?? 0
    const h2 = theta[1] ?? 0
    let b0 = b[0]!
    let b1 = b[1]!
    for (; t < to; t++) {
      const y = x[t]! - mean
      // y − y is 0 for every finite number, and NaN for NaN and the infinities.
      if (!(y - y === 0)) break
      const v = y - b0
      innovation[t] = v
      if (means !== null) means[t] = mean + b0
      b0 = b1 + f1 * y + h1 * v
      b1 = f2 * y + h2 * v
    }
    b[0] = b0
    b[1] = b1
  } else {
    t = steadyRunSparse(model, s, x, innovation, means, from, to)
  }
  s.t += t - from
  s.gains.t += t - from
  return t
}

/** The same for any order: predictions are scattered ahead into a buffer, only along the lags that exist. */
function steadyRunSparse(
  model: CompiledModel,
  s: FilterState,
  x: Float64Array,
  innovation: Float64Array,
  means: Float64Array | null,
  from: number,
  to: number,
): number {
  const { m, mean, fullSparse, thetaSparse } = model
  const b = s.state.means[0]!
  const arLags = fullSparse.lags
  const arCoef = fullSparse.coefficients
  const maLags = thetaSparse.lags
  const maCoef = thetaSparse.coefficients
  const block = Math.min(to - from, 4096)
  const ahead = new Float64Array(block + m + 1)
  let t = from
  let stopped = false
  while (t < to && !stopped) {
    const length = Math.min(block, to - t)
    ahead.fill(0)
    ahead.set(b)
    let i = 0
    for (; i < length; i++) {
      const y = x[t + i]! - mean
      if (!(y - y === 0)) {
        stopped = true
        break
      }
      const v = y - ahead[i]!
      innovation[t + i] = v
      if (means !== null) means[t + i] = mean + ahead[i]!
      for (let a = 0; a < arLags.length; a++) ahead[i + arLags[a]!]! += arCoef[a]! * y
      for (let a = 0; a < maLags.length; a++) ahead[i + maLags[a]!]! += maCoef[a]! * v
    }
    b.set(ahead.subarray(i, i + m))
    t += i
  }
  return t
}
