/**
 * The coefficients of a model in their public shape, and the fixed order in which estimators hold them:
 * ar, ma, sar, sma, then the constant, then the regression coefficients.
 */
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import type { ArimaSpec } from './spec.ts'

/** Estimates, or standard errors in the same shape. */
export interface ArimaCoefficients {
  readonly ar: readonly number[]
  readonly ma: readonly number[]
  /** Seasonal autoregressive coefficients, at multiples of the period. */
  readonly sar: readonly number[]
  readonly sma: readonly number[]
  /** Process mean, when nothing is differenced and a constant is estimated. */
  readonly mean?: number
  /** Change per point, when one difference is taken and a constant is estimated. */
  readonly drift?: number
  /** Regression coefficients, one per column. */
  readonly xreg: readonly number[]
}

/**
 * Values to hold while the others are estimated, null (or a hole) where free: in the shape of the coefficients, or as
 * one list in the order ar, ma, sar, sma, constant, xreg.
 */
export type FixedCoefficients =
  | ArrayLike<number | null>
  | {
      readonly ar?: ArrayLike<number | null>
      readonly ma?: ArrayLike<number | null>
      readonly sar?: ArrayLike<number | null>
      readonly sma?: ArrayLike<number | null>
      readonly mean?: number | null
      readonly drift?: number | null
      readonly xreg?: ArrayLike<number | null>
    }

/** Sizes of the blocks and what each slot may do. */
export interface ParameterLayout {
  readonly p: number
  readonly q: number
  readonly P: number
  readonly Q: number
  readonly period: number
  readonly constant: 'mean' | 'drift' | null
  readonly xreg: number
  /** ar + ma + sar + sma. */
  readonly armaCount: number
  readonly count: number
  /** NaN where free, else the value held. */
  readonly fixed: Float64Array
}

/** Lays out the parameters of a spec with `xreg` regressors. */
export function parameterLayout(
  spec: ArimaSpec,
  xreg: number,
  fixed?: FixedCoefficients | null,
): ParameterLayout {
  const [p, d, q] = spec.order
  const [P, D, Q] = spec.seasonal?.order ?? [0, 0, 0]
  const constant = !spec.constant ? null : d + D === 0 ? 'mean' : 'drift'
  const armaCount = p + q + P + Q
  const count = armaCount + (constant ? 1 : 0) + xreg
  const values = new Float64Array(count).fill(Number.NaN)
  const layout = {
    p,
    q,
    P,
    Q,
    period: spec.seasonal?.period ?? 1,
    constant,
    xreg,
    armaCount,
    count,
    fixed: values,
  }
  if (!fixed) return layout as ParameterLayout
  const put = (at: number, length: number, given: ArrayLike<number | null> | undefined, name: string) => {
    if (!given) return
    if (given.length > length) {
      throw new ModelError(
        'ARIMA_FIXED',
        `fixed.${name} has ${given.length} entries for ${length} coefficients`,
        {
          hint: 'one entry per coefficient, null where it is to be estimated',
        },
      )
    }
    for (let i = 0; i < given.length; i++) {
      const x = given[i]
      if (x === null || x === undefined || Number.isNaN(x)) continue
      if (typeof x !== 'number' || !Number.isFinite(x)) {
        throw new ModelError(
          'ARIMA_FIXED',
          `fixed.${name}[${i}] must be a finite number or null, got ${shown(x)}`,
          { hint: 'one entry per coefficient, null where it is to be estimated' },
        )
      }
      values[at + i] = x
    }
  }
  if (typeof fixed !== 'object') {
    throw new ModelError('ARIMA_FIXED', `fixed takes coefficients by name, got ${shown(fixed)}`, {
      hint: 'fixed: { ar: [0.5, null], mean: 0 }',
    })
  }
  if ('length' in fixed) {
    put(0, count, fixed, 'coefficients')
  } else {
    const f = fixed as Exclude<FixedCoefficients, ArrayLike<number | null>>
    put(0, p, f.ar, 'ar')
    put(p, q, f.ma, 'ma')
    put(p + q, P, f.sar, 'sar')
    put(p + q + P, Q, f.sma, 'sma')
    for (const name of ['mean', 'drift'] as const) {
      if (constant === name) put(armaCount, 1, [f[name] ?? null], name)
      else if (f[name] !== undefined && f[name] !== null) {
        throw new ModelError('ARIMA_FIXED', `fixed.${name} is given, but this model has no ${name}`, {
          hint: 'a mean where nothing is differenced, a drift after one difference, either only with `constant`',
        })
      }
    }
    put(armaCount + (constant ? 1 : 0), xreg, f.xreg, 'xreg')
  }
  return layout as ParameterLayout
}

/** From the estimators' order to the public shape. */
export function toCoefficients(layout: ParameterLayout, values: ArrayLike<number>): ArimaCoefficients {
  const { p, q, P, Q, constant, armaCount, count } = layout
  const slice = (from: number, to: number) =>
    Object.freeze(Array.from({ length: to - from }, (_, i) => values[from + i]!))
  const betaAt = armaCount + (constant ? 1 : 0)
  return Object.freeze({
    ar: slice(0, p),
    ma: slice(p, p + q),
    sar: slice(p + q, p + q + P),
    sma: slice(p + q + P, p + q + P + Q),
    ...(constant ? { [constant]: values[armaCount]! } : {}),
    xreg: slice(betaAt, count),
  })
}
