/** Models fitted as `arima` fits them. */
import { MillraceError } from '../../../core/errors.ts'
import { isStationary } from '../../numerics/partial-autocorrelations.ts'
import type { ArimaCoefficients } from '../coefficients.ts'
import { estimateArima } from '../estimate/fit.ts'
import { expandAr, expandMa } from '../lag-polynomial.ts'
import { type FitModel, fitOptions, NO_FIT, type SearchSpace } from './search-space.ts'

/** Fits with the whole effort of `arima`. */
export function wholeFits(space: SearchSpace): FitModel {
  return orders => {
    try {
      const estimate = estimateArima(space.y, fitOptions(space, orders))
      const value = estimate[space.criterion]
      if (Number.isNaN(value)) return NO_FIT
      const nearUnitRoot = isNearUnitRoot(estimate.coefficients, space.period)
      return { value, nearUnitRoot, estimate }
    } catch (error) {
      if (!(error instanceof MillraceError) || isExact(error, orders[4])) throw error
      return NO_FIT
    }
  }
}

/** Nothing random is left beside a constant: a model without one would only misstate that. */
export function isExact(error: MillraceError, constant: boolean): boolean {
  return constant && error.code === 'SERIES_CONSTANT'
}

/** A root of modulus below 1.01 on either side: it means a missing difference or a cancelled factor. */
export function isNearUnitRoot(
  { ar, ma, sar, sma }: Pick<ArimaCoefficients, 'ar' | 'ma' | 'sar' | 'sma'>,
  period: number,
): boolean {
  const scaled = (polynomial: Float64Array, sign: number) =>
    polynomial.map((c, j) => sign * c * 1.01 ** (j + 1))
  return !(
    isStationary(scaled(expandAr(ar, sar, period), 1)) && isStationary(scaled(expandMa(ma, sma, period), -1))
  )
}
