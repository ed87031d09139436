/**
 * The filter of a seasonal ARIMA model of each key's own: the plain recursion while nothing is missing, and with the excess
 * covariance of missing values after that (`arma/filter/excess-state.ts`).
 */
import { excessVariance, observe, skip } from '../../../arma/filter/excess-state.ts'
import { KEY as KEY_RECORD, type SeasonalArima } from './context.ts'

// The compiler knows constants of this module; imported ones are loaded at each use.
const KEY = KEY_RECORD

/** Predicts the next step of a key. */
export function predictNext({ numbers, means, gaps, work, next, m }: SeasonalArima, key: number): void {
  next.expected = Number.NaN
  next.excess = 0
  if (numbers[key * KEY.width + KEY.fitted] === 0) return
  next.expected = means[key * m]!
  const gap = gaps[key]
  if (gap === undefined) return
  work.excess = gap.excess
  next.excess = excessVariance(work)
}

/** Moves the filter of a key over the step that was predicted; x is less the offset, NaN for a missing value. */
export function advanceFilter(arima: SeasonalArima, key: number, x: number): void {
  const { numbers, means, gaps, ar, ma, fit, m } = arima
  const { arLags, maLags } = fit
  const first = key * m
  if (gaps[key] === undefined && !Number.isNaN(x)) {
    const error = x - arima.next.expected
    const arAt = key * arLags.length
    const maAt = key * maLags.length
    means.copyWithin(first, first + 1, first + m)
    means[first + m - 1] = 0
    for (let i = 0; i < arLags.length; i++) {
      const place = first + arLags[i]! - 1
      means[place] = means[place]! + ar[arAt + i]! * x
    }
    for (let j = 0; j < maLags.length; j++) {
      const place = first + maLags[j]! - 1
      means[place] = means[place]! + ma[maAt + j]! * error
    }
  } else {
    advanceExcess(arima, key, x)
  }
  means[first] = means[first]! + numbers[key * KEY.width + KEY.constant]!
}

/** Moves the filter over a missing value, or over a value while the effects of missing ones last. */
function advanceExcess(arima: SeasonalArima, key: number, x: number): void {
  const { means, gaps, work, phi, theta, one, ar, ma, m } = arima
  const { arLags, maLags } = arima.fit
  const first = key * m
  for (let i = 0; i < arLags.length; i++) phi[arLags[i]! - 1] = ar[key * arLags.length + i]!
  for (let j = 0; j < maLags.length; j++) theta[maLags[j]! - 1] = ma[key * maLags.length + j]!
  work.means[0]!.set(means.subarray(first, first + m))
  work.excess = gaps[key]?.excess ?? []
  one[0] = x
  if (Number.isNaN(x)) skip(work, phi, theta, 1)
  else observe(work, phi, theta, 1, one)
  means.set(work.means[0]!, first)
  gaps[key] = work.excess.length > 0 ? { excess: work.excess, diffuse: [] } : undefined
}

/**
 * Brings the replaced values of a gap, at its end, to what they are in the light of the next value, which was `error` off:
 * cov(error of the i-th, v)/var(v)·v, where the errors are Σ ψ_{i−l} e_l.
 */
export function smoothGap(arima: SeasonalArima, key: number, length: number, error: number): void {
  const { numbers, past, psi, ar, ma, fit } = arima
  const { arLags, maLags } = fit
  const { window } = arima.config
  const position = numbers[key * KEY.width + KEY.position]!
  psi.fill(0)
  psi[0] = 1
  for (let j = 0; j < maLags.length; j++) {
    if (maLags[j]! <= length) psi[maLags[j]!] = ma[key * maLags.length + j]!
  }
  let variance = 1
  for (let h = 1; h <= length; h++) {
    for (let i = 0; i < arLags.length && arLags[i]! <= h; i++) {
      psi[h] = psi[h]! + ar[key * arLags.length + i]! * psi[h - arLags[i]!]!
    }
    variance += psi[h]! * psi[h]!
  }
  for (let i = 1; i <= length; i++) {
    let covariance = 0
    for (let l = 1; l <= i; l++) covariance += psi[i - l]! * psi[length + 1 - l]!
    const place = key * window + ((position - length - 1 + i) % window)
    past[place] = past[place]! + (covariance / variance) * error
  }
}

/** Brings the filter of a key to the end of the window that was fitted. */
export function restartFilter(
  { numbers, means, work, fit, m }: SeasonalArima,
  key: number,
  length: number,
): void {
  const { arLags, maLags, series, errors } = fit
  const column = work.means[0]!
  column.fill(0)
  for (let i = 0; i < arLags.length; i++) {
    const lag = arLags[i]!
    for (let h = 1; h <= lag; h++) column[lag - h] = column[lag - h]! + fit.ar[i]! * series[length - h]!
  }
  for (let j = 0; j < maLags.length; j++) {
    const lag = maLags[j]!
    for (let h = 1; h <= lag; h++) column[lag - h] = column[lag - h]! + fit.ma[j]! * errors[length - h]!
  }
  column[0] = column[0]! + fit.constant
  means.set(column, key * m)
  numbers[key * KEY.width + KEY.constant] = fit.constant
}
