/** Smoothed and decomposed series in notebooks: what they are made of. */

import { type Bundle, factsBundle } from '../../core/display.ts'
import type { HoltWintersModel } from './holt-winters.ts'
import type { StlResult } from './stl.ts'

const number = (value: number): string => String(Number(value.toPrecision(5)))

/** Its parameters, where it stands after the last point, and how far one-step predictions are off. */
export function holtWintersBundle(model: HoltWintersModel): Bundle {
  const { alpha, beta, gamma, period, seasonal, level, trend, residuals } = model
  const errors = residuals.filter(error => !Number.isNaN(error))
  const facts: [string, string][] = [['alpha', number(alpha)]]
  if (beta !== 0) facts.push(['beta', number(beta)])
  if (gamma !== 0) facts.push(['gamma', number(gamma)])
  facts.push(['level', number(level)])
  if (trend !== 0) facts.push(['trend', number(trend)])
  facts.push(['one-step error, root mean square', number(rootMeanSquare(errors))])
  facts.push(['values', String(residuals.length)])
  return factsBundle(`Holt–Winters${period > 1 ? `, ${seasonal} season of ${period}` : ''}`, facts)
}

/** Where the trend begins and ends, and how much of what varies is of trend and season: 0 nothing, 1 everything. */
export function stlBundle({ trend, seasonal, remainder }: StlResult, period: number): Bundle {
  const strength = (part: Float64Array) => {
    const share = variance(remainder) / variance(remainder.map((rest, t) => rest + part[t]!))
    return Number.isNaN(share) ? '–' : number(Math.max(0, 1 - share))
  }
  return factsBundle(`STL, season of ${period}`, [
    ['trend', `${number(trend[0]!)} → ${number(trend.at(-1)!)}`],
    ['strength of the trend', strength(trend)],
    ['strength of the season', strength(seasonal)],
    ['remainder, root mean square', number(rootMeanSquare(remainder))],
    ['values', String(trend.length)],
  ])
}

/** In a unit of its own: squares of values of any size are numbers in it. */
function rootMeanSquare(values: Float64Array): number {
  const most = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (most === 0) return 0
  return most * Math.sqrt(values.reduce((sum, value) => sum + (value / most) ** 2, 0) / values.length)
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0)
  return rootMeanSquare(values.map(value => value - mean)) ** 2
}
