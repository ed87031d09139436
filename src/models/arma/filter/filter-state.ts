/** One series inside the exact filter: what the online form, forecasts and simulation share. */

import { advanceGains, type CompiledModel, modelGains, regressionAt } from '../model.ts'
import {
  type ExcessState,
  excessState,
  excessVariance,
  observe,
  skip,
  startAfterDifferencing,
} from './excess-state.ts'
import type { GainRecursion } from './gains.ts'

/** The filter between two points of one series. */
export interface FilterState {
  /** Points seen, missing ones included. */
  t: number
  /** The first d + D·s values while they are collected (regression removed, NaN = missing). */
  first: Float64Array
  /** Gains of the next point. */
  gains: GainRecursion
  state: ExcessState
}

/** A state before the first point. */
export function startState(model: CompiledModel): FilterState {
  return {
    t: 0,
    first: new Float64Array(model.delta.length).fill(Number.NaN),
    gains: modelGains(model),
    state: excessState(model.m, 1),
  }
}

/** An independent copy. */
export function cloneState(from: FilterState): FilterState {
  const { gains, state } = from
  return {
    t: from.t,
    first: from.first.slice(),
    gains: { ...gains, H: gains.H.slice(), L: gains.L.slice() },
    state: {
      m: state.m,
      means: state.means.map(column => column.slice()),
      excess: state.excess.map(column => column.slice()),
      diffuse: state.diffuse.map(column => column.slice()),
    },
  }
}

/** Prediction of the next value without its regression part. */
export function predictedLevel(model: CompiledModel, s: FilterState): number {
  return s.t < model.delta.length || model.m === 0 ? 0 : s.state.means[0]![0]!
}

/** Predictive variance of the next value over σ²; infinite while differencing starts. */
export function predictedVariance(model: CompiledModel, s: FilterState): number {
  if (s.t < model.delta.length) return Number.POSITIVE_INFINITY
  const { excess, diffuse } = s.state
  return excess.length + diffuse.length === 0 ? s.gains.F : s.gains.F + excessVariance(s.state)
}

const one = new Float64Array(1)

/** Takes in the next value, regression removed; NaN is a missing value. */
export function updateFilter(model: CompiledModel, s: FilterState, level: number): void {
  const nd = model.delta.length
  if (s.t < nd) {
    s.first[s.t] = level
    s.t++
    if (s.t === nd) s.state = startAfterDifferencing(model.m, model.delta, model.full, [s.first])
    return
  }
  s.t++
  if (Number.isNaN(level)) skip(s.state, model.full, s.gains.H, s.gains.F)
  else {
    one[0] = level
    observe(s.state, model.full, s.gains.H, s.gains.F, one)
  }
  advanceGains(model, s.gains)
}

/** True when every later point may take the short way: constant gains and no excess. */
export function isSteady(model: CompiledModel, s: FilterState): boolean {
  return (
    s.t >= model.delta.length &&
    s.gains.steady &&
    s.gains.F === 1 &&
    s.state.excess.length + s.state.diffuse.length === 0
  )
}

/** Runs a whole series through the filter. */
export function stateAfter(
  model: CompiledModel,
  series: Float64Array,
  xregAt: (t: number) => ArrayLike<number> | null,
): FilterState {
  const s = startState(model)
  const steady = advanceSteadily(model)
  for (let t = 0; t < series.length; t++) {
    const level = series[t]! - regressionAt(model, t, xregAt(t))
    if (!Number.isNaN(level) && isSteady(model, s)) steady(s, level)
    else updateFilter(model, s, level)
  }
  return s
}

/** One observed point in the steady state: the plain ARMA recursion. */
export function advanceSteadily(model: CompiledModel): (s: FilterState, level: number) => void {
  const { fullSparse: ar, thetaSparse: ma, m } = model
  const arLags = ar.lags
  const maLags = ma.lags
  return (s, level) => {
    s.t++
    s.gains.t++
    if (m === 0) return
    const b = s.state.means[0]!
    const v = level - b[0]!
    if (m > 24) b.copyWithin(0, 1)
    else for (let i = 0; i + 1 < m; i++) b[i] = b[i + 1]!
    b[m - 1] = 0
    for (let i = 0; i < arLags.length; i++) b[arLags[i]! - 1]! += ar.coefficients[i]! * level
    for (let i = 0; i < maLags.length; i++) b[maLags[i]! - 1]! += ma.coefficients[i]! * v
  }
}
