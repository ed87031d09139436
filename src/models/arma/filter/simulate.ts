/** Simulation by the innovations representation: exact from the first point, no burn-in. Brockwell & Davis §8.4. */
import { ModelError } from '../../../core/errors.ts'
import { type RegressorInput, toColumns } from '../../series-input.ts'
import { type CompiledModel, regressionAt } from '../model.ts'
import {
  advanceSteadily,
  cloneState,
  type FilterState,
  isSteady,
  predictedLevel,
  predictedVariance,
  updateFilter,
} from './filter-state.ts'

/** Draws `length` points after the state, which is left alone. */
export function simulateFrom(
  model: CompiledModel,
  from: FilterState,
  rng: () => number,
  length: number,
  xreg?: RegressorInput | null,
): Float64Array {
  if (!Number.isInteger(length) || length < 0) {
    throw new ModelError('SIMULATE_LENGTH', `simulate() needs a whole length ≥ 0, got ${length}`, {
      hint: 'simulate(Math.random, 100)',
    })
  }
  const state = cloneState(from)
  const columns = toColumns(xreg, length, 'simulate()')
  const row = new Float64Array(columns.length)
  const steady = advanceSteadily(model)
  const normal = normals(rng)
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const variance = predictedVariance(model, state)
    const shock = Number.isFinite(variance) ? Math.sqrt(variance) * model.sd * normal() : 0
    const level = predictedLevel(model, state) + shock
    for (let c = 0; c < row.length; c++) row[c] = columns[c]![i]!
    out[i] = level + regressionAt(model, state.t, row)
    if (isSteady(model, state)) steady(state, level)
    else updateFilter(model, state, level)
  }
  return out
}

/** Standard normals from uniforms by the polar method (Marsaglia & Bray, 1964). */
export function normals(rng: () => number): () => number {
  let spare = Number.NaN
  return () => {
    if (!Number.isNaN(spare)) {
      const value = spare
      spare = Number.NaN
      return value
    }
    for (;;) {
      const u = 2 * rng() - 1
      const v = 2 * rng() - 1
      const s = u * u + v * v
      if (s >= 1 || s === 0) continue
      const scale = Math.sqrt((-2 * Math.log(s)) / s)
      spare = v * scale
      return u * scale
    }
  }
}
