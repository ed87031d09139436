/** A fitted model in notebooks: its coefficients with their errors, and how well it fits. */

import { type Bundle, factsBundle } from '../../core/display.ts'
import type { ArimaCoefficients } from './coefficients.ts'
import type { ArimaSpec } from './spec.ts'

interface Fit {
  readonly spec: ArimaSpec
  readonly coefficients: ArimaCoefficients
  readonly standardErrors: ArimaCoefficients
  readonly sigma2: number
  readonly logLik: number
  readonly aic: number
  readonly bic: number
  readonly n: number
}

const number = (value: number): string => String(Number(value.toPrecision(5)))

/** The model's name and numbers; what was not estimated is left out. */
export function fitBundle(fit: Fit): Bundle {
  const { spec, coefficients, standardErrors, sigma2, logLik, aic, bic, n } = fit
  const { order, seasonal } = spec
  const season = seasonal ? `(${seasonal.order.join(', ')})[${seasonal.period}]` : ''
  const facts: [string, string][] = []
  for (const [name, given] of Object.entries(coefficients)) {
    const errors = [standardErrors[name as keyof ArimaCoefficients] ?? []].flat() as number[]
    const values = [given ?? []].flat() as number[]
    for (const [i, value] of values.entries()) {
      if (typeof value !== 'number') continue
      const error = errors[i]
      const known = typeof error === 'number' && error > 0 ? ` ± ${number(error)}` : ''
      facts.push([Array.isArray(given) ? `${name}${i + 1}` : name, number(value) + known])
    }
  }
  facts.push(['sigma²', number(sigma2)])
  for (const [name, value] of Object.entries({ 'log likelihood': logLik, AIC: aic, BIC: bic }))
    if (Number.isFinite(value)) facts.push([name, number(value)])
  if (n > 0) facts.push(['values', String(n)])
  return factsBundle(`ARIMA(${order.join(', ')})${season}`, facts)
}
