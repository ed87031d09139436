/** The state of an online filter as JSON, and back. NaN is null there. */
import { ModelError } from '../../../core/errors.ts'
import type { ArimaCoefficients } from '../coefficients.ts'
import type { ArimaDefinition, CompiledModel } from '../model.ts'
import type { ArimaSpec } from '../spec.ts'
import { type FilterState, startState } from './filter-state.ts'

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

/** An array of numbers, or of null where one is NaN. */
export const isNumbers = (list: unknown): list is (number | null)[] =>
  Array.isArray(list) && list.every(x => x === null || typeof x === 'number')

const isOrder = (order: unknown): order is readonly number[] =>
  Array.isArray(order) && order.length === 3 && order.every(n => Number.isSafeInteger(n) && n >= 0)

/** Whether coefficients, or their standard errors, are as many as the orders say. */
export function isCoefficients(given: unknown, spec: ArimaSpec, xreg: number): given is ArimaCoefficients {
  if (given === null || typeof given !== 'object') return false
  const { ar, ma, sar, sma, xreg: beta } = given as Record<string, unknown>
  const lengths = [spec.order[0], spec.order[2], ...seasonalLags(spec), xreg]
  return [ar, ma, sar, sma, beta].every((list, i) => isNumbers(list) && list.length === lengths[i])
}

const seasonalLags = ({ seasonal }: ArimaSpec): [number, number] =>
  seasonal ? [seasonal.order[0], seasonal.order[2]] : [0, 0]

/** Whether a saved model has what `compileModel` reads. */
export function isDefinition(model: ArimaDefinition | null | undefined): model is ArimaDefinition {
  const { spec, coefficients } = model ?? {}
  if (!spec || !coefficients || !isOrder(spec.order)) return false
  const { seasonal } = spec
  const isSeasonal = seasonal !== null && seasonal !== undefined
  if (isSeasonal && !(isOrder(seasonal.order) && Number.isSafeInteger(seasonal.period))) return false
  return isNumbers(coefficients.xreg) && isCoefficients(coefficients, spec, coefficients.xreg.length)
}

/** Whether a saved state has the shape that the filter of this model has. */
function isStateOf(saved: SavedState, model: CompiledModel): boolean {
  const { gains } = saved ?? {}
  const { first, gains: fresh, state } = startState(model)
  const isColumns = (columns: unknown) =>
    Array.isArray(columns) && columns.every(column => isNumbers(column) && column.length === state.m)
  return (
    Number.isSafeInteger(saved?.t) &&
    [gains?.t, gains?.F, gains?.M].every(x => typeof x === 'number') &&
    isNumbers(saved.first) &&
    saved.first.length === first.length &&
    isNumbers(gains.H) &&
    gains.H.length === fresh.H.length &&
    isNumbers(gains.L) &&
    (gains.steady === true || gains.L.length === fresh.L.length) &&
    isColumns([saved.mean]) &&
    isColumns(saved.excess) &&
    isColumns(saved.diffuse)
  )
}

/**
 * The filter state inside a saved online model.
 *
 * @throws ModelError `ONLINE_STATE` when it is not a state of this model.
 */
export function restoreState(saved: SavedState, model: CompiledModel): FilterState {
  if (!isStateOf(saved, model)) {
    throw new ModelError('ONLINE_STATE', 'a saved online model needs the state of its filter, got another', {
      hint: 'pass what online.save() returned, after JSON if you like',
    })
  }
  const { gains } = saved
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
