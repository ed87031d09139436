/** The state of an online filter as JSON, and back. NaN is null there. */
import { ModelError } from '../../../core/errors.ts'
import type { ArimaDefinition } from '../model.ts'
import type { FilterState } from './filter-state.ts'

/** A saved online filter: JSON. */
export interface SavedOnline extends SavedState {
  kind: 'arima-online'
  version: 1
  model: ArimaDefinition
}

/** The part of it that changes with every point. */
export interface SavedState {
  t: number
  first: (number | null)[]
  gains: { t: number; F: number; H: number[]; L: number[]; M: number; steady: boolean }
  mean: number[]
  excess: number[][]
  diffuse: number[][]
}

/** The state as JSON. */
export function saveState({ t, first, gains, state }: FilterState): SavedState {
  return {
    t,
    first: Array.from(first, x => (Number.isNaN(x) ? null : x)),
    gains: {
      t: gains.t,
      F: gains.F,
      H: [...gains.H],
      L: gains.steady ? [] : [...gains.L],
      M: gains.M,
      steady: gains.steady,
    },
    mean: [...state.means[0]!],
    excess: state.excess.map(column => [...column]),
    diffuse: state.diffuse.map(column => [...column]),
  }
}

/**
 * The filter state inside a saved online model.
 *
 * @throws ModelError `ONLINE_STATE` when a part of it is missing.
 */
export function restoreState(saved: SavedState): FilterState {
  const { gains } = saved
  const parts = [saved.first, saved.mean, saved.excess, saved.diffuse, gains?.H, gains?.L]
  if (!Number.isInteger(saved.t) || !parts.every(part => Array.isArray(part))) {
    throw new ModelError('ONLINE_STATE', 'a saved online model lacks a part of its state', {
      hint: 'pass what online.save() returned, after JSON if you like',
    })
  }
  const m = saved.mean.length
  return {
    t: saved.t,
    first: Float64Array.from(saved.first, x => x ?? Number.NaN),
    gains: {
      m: gains.H.length,
      t: gains.t,
      F: gains.F,
      H: Float64Array.from(gains.H),
      L: gains.steady ? new Float64Array(gains.H.length + 1) : Float64Array.from(gains.L),
      M: gains.M,
      steady: gains.steady,
    },
    state: {
      m,
      means: [Float64Array.from(saved.mean)],
      excess: saved.excess.map(column => Float64Array.from(column)),
      diffuse: saved.diffuse.map(column => Float64Array.from(column)),
    },
  }
}
