/**
 * A model with numbers in it (spec, coefficients, σ²) and the polynomials its filters run on. The definition is JSON;
 * the compiled form is derived from it and shared by every series of the model.
 */

import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import type { ArimaCoefficients } from './coefficients.ts'
import { type GainRecursion, startGains, stepGains } from './filter/gains.ts'
import { preciseGains } from './filter/precise-gains.ts'
import { differencing, expandAr, expandMa, multiplyAr, type SparseLags, sparse } from './lag-polynomial.ts'
import type { ArimaSpec } from './spec.ts'

/** Everything needed to predict: plain data. */
export interface ArimaDefinition {
  readonly spec: ArimaSpec
  readonly coefficients: ArimaCoefficients
  /** Innovation variance, in squared units of the series. */
  readonly sigma2: number
}

/** A definition made ready to run. */
export interface CompiledModel {
  readonly definition: ArimaDefinition
  /** φ(B)Φ(Bˢ), stationary. */
  readonly phi: Float64Array
  readonly theta: Float64Array
  /** Differencing coefficients. */
  readonly delta: Float64Array
  /** φ(B)Φ(Bˢ)(1−B)ᵈ(1−Bˢ)ᴰ. */
  readonly full: Float64Array
  readonly fullSparse: SparseLags
  readonly thetaSparse: SparseLags
  /** State length. */
  readonly m: number
  readonly sigma2: number
  readonly sd: number
  readonly mean: number
  readonly drift: number
  readonly xreg: readonly number[]
  /** The first gains of a model near the unit circle, in double-double arithmetic; else empty. */
  readonly firstGains: readonly GainRecursion[]
}

/** First innovation variance, over σ², above which double precision loses digits that matter in the start-up. */
const NEARLY_UNIT = 100

/** Longest lag for which the first gains are computed in double-double arithmetic. */
const MAX_PRECISE_LAGS = 64

/** Lags of a model at most: its filter has a state as long. */
const MAX_MODEL_LAGS = 30_000

function checkLags({ order: [p, d, q], seasonal }: ArimaSpec, period: number): void {
  const [P, D, Q] = seasonal?.order ?? [0, 0, 0]
  const lags = Math.max(p + d + (P + D) * period, q + Q * period)
  if (lags <= MAX_MODEL_LAGS) return
  throw new ModelError('ARIMA_ORDER', `a model takes at most ${MAX_MODEL_LAGS} lags, got ${lags}`, {
    hint: 'a shorter season, or values of longer steps',
  })
}

/**
 * Derives the polynomials.
 *
 * @throws ModelError `NON_STATIONARY` when the autoregressive part is not stationary, `ARIMA_SIGMA2` when σ² is not
 * positive.
 */
export function compileModel(definition: ArimaDefinition): CompiledModel {
  const { spec, coefficients: c, sigma2 } = definition
  if (!(Number.isFinite(sigma2) && sigma2 > 0)) {
    throw new ModelError('ARIMA_SIGMA2', `sigma2 must be a positive number, got ${shown(sigma2)}`, {
      hint: 'sigma2 is the innovation variance, in squared units of the series',
    })
  }
  const period = spec.seasonal?.period ?? 1
  checkLags(spec, period)
  const phi = expandAr(c.ar, c.sar, period)
  const theta = expandMa(c.ma, c.sma, period)
  const delta = differencing(spec.order[1], spec.seasonal?.order[1] ?? 0, period)
  const full = multiplyAr(phi, delta)
  const gains = startGains(phi, theta)
  const needsPrecision = gains !== null && gains.F > NEARLY_UNIT && gains.m <= MAX_PRECISE_LAGS
  const model: CompiledModel = {
    definition,
    phi,
    theta,
    delta,
    full,
    fullSparse: sparse(full),
    thetaSparse: sparse(theta),
    m: Math.max(full.length, theta.length, phi.length),
    sigma2,
    sd: Math.sqrt(sigma2),
    mean: c.mean ?? 0,
    drift: c.drift ?? 0,
    xreg: c.xreg,
    firstGains: (needsPrecision && preciseGains(phi, theta, 2 * gains.m + 8)) || [],
  }
  modelGains(model)
  return model
}

/** Gains of the first point that has a prediction. */
export function modelGains(model: CompiledModel): GainRecursion {
  const first = model.firstGains[0]
  const gains = first ? copyGains(first) : startGains(model.phi, model.theta)
  if (gains === null) {
    throw new ModelError(
      'NON_STATIONARY',
      `a model needs a stationary autoregression, got ${shown([...model.phi])}`,
      {
        hint: 'difference the series (order: [p, 1, q]) instead of an autoregression with a root on or inside the circle',
      },
    )
  }
  settle(model, gains)
  return gains
}

/** The next point's gains. */
export function advanceGains(model: CompiledModel, gains: GainRecursion): void {
  if (gains.steady) {
    gains.t++
    return
  }
  const next = model.firstGains[gains.t + 1]
  if (next) {
    gains.t = next.t
    gains.F = next.F
    gains.M = next.M
    gains.H.set(next.H)
    gains.L.set(next.L)
  } else stepGains(gains)
  settle(model, gains)
}

function copyGains(gains: GainRecursion): GainRecursion {
  return { ...gains, H: gains.H.slice(), L: gains.L.slice() }
}

/** Once steady, an invertible model's gains are θ itself: take them without their rounding. */
function settle(model: CompiledModel, gains: GainRecursion): void {
  if (!gains.steady || Math.abs(gains.F - 1) > 1e-11) return
  gains.F = 1
  gains.H.fill(0)
  gains.H.set(model.theta)
}

/** mean + drift·(t + 1) + Σ β x for the point with 0-based index t. */
export function regressionAt(
  model: CompiledModel,
  t: number,
  xreg: ArrayLike<number> | null | undefined,
): number {
  let value = model.mean + model.drift * (t + 1)
  const count = model.xreg.length
  if (count > 0) {
    if (!xreg || xreg.length < count) {
      throw new ModelError(
        'XREG_SHAPE',
        `this model needs ${count} regressor values per point, got ${xreg?.length ?? 0}`,
        {
          hint: 'give the regressors of each new point: update(x, [..]), forecast(h, { xreg })',
        },
      )
    }
    for (let c = 0; c < count; c++) value += model.xreg[c]! * xreg[c]!
  }
  return value
}
