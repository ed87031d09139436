/** Pictures of models: what is left of a series, what it is made of. */

import type { PlotOptions } from '../../core/dataset/plot-options.ts'
import { PlanError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { acf } from '../../models/timeseries/acf.ts'
import { extentOf, numberAxis, timeAxis } from '../axes.ts'
import type { Axis, Layer, Panel, Point } from '../chart.ts'
import { numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { reduced } from '../reduce.ts'
import { figureOf, panelWidth, type Settings, settingsOf, timeTitle } from '../settings.ts'
import { correlogram } from './correlogram.ts'
import { binOf, binsOf, binWidth } from './histogram.ts'
import { qqPanel } from './qq.ts'

type Values = ArrayLike<number | null | undefined>

/** What a fitted model shows: an ARIMA fit, or whatever has residuals. */
export interface WithResiduals {
  readonly residuals: Values
  /** In their own standard deviations, where the model knows these. */
  readonly standardizedResiduals?: Values
}

/** What {@link residuals} and {@link decomposition} take. */
export interface OverTimeOptions extends PlotOptions {
  /** When the values were, as many as there are: Dates, or numbers. Default: 1, 2, 3 … */
  readonly x?: ArrayLike<Date | number>
}

/**
 * What a model leaves of a series, to see whether anything is left in it: the residuals over time, how they are spread,
 * their autocorrelations, and their quantiles against those of the normal distribution. In standard deviations.
 *
 * @param model a fit, or the residuals themselves
 * @throws {PlanError} `OPTION`
 * @example
 * residuals([0.3, -1.2, 0.4, 1.9, -0.7, 0.1, -0.4, 0.8])
 */
export function residuals(model: WithResiduals | Values, options: OverTimeOptions = {}): Figure {
  const settings = settingsOf(
    'residuals',
    options,
    ['x'],
    { title: 'Residuals', x: 'observation', y: '' },
    residuals,
  )
  const values = standardized(model)
  const x = placesOf(options.x, values.length, 'residuals', settings, residuals)
  const known = values.flatMap(value => (value === null ? [] : [value]))
  const wide = panelWidth(settings, 4)
  return figureOf(settings, {
    panels: [
      { ...overTime(values, x, wide), title: 'over time' },
      { ...spread(known), title: 'spread, and the normal density' },
      {
        ...correlogram(known.length > 1 ? [...acf(values)].slice(1) : [], known.length, 'lag', '', wide),
        title: 'autocorrelations',
      },
      { ...qqPanel(known, undefined, 'normal quantiles', '', wide), title: 'quantiles' },
    ],
    notes: ['in standard deviations'],
    columns: 2,
    panelHeight: 170,
  })
}

function standardized(model: unknown): (number | null)[] {
  const { residuals, standardizedResiduals } = (model ?? {}) as Partial<WithResiduals>
  const given = standardizedResiduals ?? residuals ?? model
  if (typeof (given as Values)?.length !== 'number' || typeof given === 'string') {
    throw new PlanError('OPTION', `residuals() takes a fitted model or numbers, got ${shown(model)}`, {
      hint: 'residuals(arima(series, { order: [1, 0, 0] }))',
      above: residuals as never,
    })
  }
  const values = Array.from(given as Values, numberOf)
  if (standardizedResiduals) return values
  const known = values.flatMap(value => (value === null ? [] : [value]))
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)
  const sd = Math.sqrt(
    known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, known.length - 1),
  )
  return values.map(value => (value === null ? null : (value - mean) / (sd || 1)))
}

interface Places {
  readonly at: readonly number[]
  axis(wide: number): Axis
}

/** Where the values of a series lie: at the times given, or one after the other. */
export function placesOf(
  x: ArrayLike<Date | number> | undefined,
  length: number,
  call: string,
  settings: Settings,
  above: Function,
): Places {
  if (x !== undefined && (typeof x.length !== 'number' || x.length < length)) {
    throw new PlanError(
      'OPTION',
      `x of ${call}() has a time for each value, ${length} of them, got ${x.length}`,
      {
        hint: 'x: rows.map(row => row.at)',
        above,
      },
    )
  }
  const isTime = x !== undefined && (x[0] as unknown) instanceof Date
  const at = Array.from({ length }, (_, i) => {
    const number = x === undefined ? i + 1 : (numberOf(x[i]) ?? i)
    return isTime ? settings.clockOf(number) : number
  })
  const title = isTime
    ? timeTitle(settings.xTitle === 'observation' ? 'time' : settings.xTitle, 'time', settings.zone)
    : settings.xTitle
  return {
    at,
    axis: wide =>
      isTime
        ? timeAxis(extentOf(at), title, Math.floor(wide / 64))
        : numberAxis(extentOf(at), { title, steps: Math.max(2, Math.floor(wide / 80)), tight: true }),
  }
}

const lineAt = (
  values: readonly (number | null)[],
  { at }: Places,
  x: Axis,
  wide: number,
): readonly Point[] =>
  reduced(
    values.map((value, i): Point => [at[i]!, value]),
    x.min,
    x.max,
    Math.ceil(wide),
  )

function overTime(values: readonly (number | null)[], places: Places, wide: number): Panel {
  const x = places.axis(wide)
  return {
    x,
    y: numberAxis(extentOf(values), { title: '', steps: 4 }),
    layers: [
      { mark: 'rule', along: 'x', at: 0, paint: 'muted' },
      { mark: 'line', paint: 0, width: 1.2, points: lineAt(values, places, x, wide) },
    ],
  }
}

/** Densities: of the values by bins, and of the standard normal distribution. */
function spread(values: readonly number[]): Panel {
  const sorted = Float64Array.from(values).sort()
  const at = (p: number) => sorted[Math.floor(p * (sorted.length - 1))] ?? 0
  const extent = extentOf(values) ?? { min: -3, max: 3 }
  const bins = binsOf(
    { ...extent, count: values.length, width: binWidth(at(0.75) - at(0.25), values.length), whole: false },
    'number',
  )
  const counts = new Float64Array(bins.count)
  for (const value of values) counts[binOf(value, bins)]!++
  const bars = Array.from(
    counts,
    (count, i): Point => [bins.from + bins.step * (i + 0.5), count / Math.max(1, values.length) / bins.step],
  )
  const ends = extentOf([bins.from, bins.from + bins.step * bins.count, -3, 3])!
  const curve = Array.from({ length: 81 }, (_, i): Point => {
    const z = ends.min + ((ends.max - ends.min) * i) / 80
    return [z, Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)]
  })
  const layers: Layer[] = [
    { mark: 'bar', paint: 0, width: 'full', points: bars },
    { mark: 'line', paint: 1, points: curve },
  ]
  return {
    x: numberAxis(ends, { title: 'standard deviations', steps: 5, tight: true }),
    y: numberAxis(extentOf([...bars, ...curve].map(([, y]) => y)), { title: '', steps: 4, zero: true }),
    layers,
  }
}

/** What `stl` of `millrace/models` gives. */
export interface Decomposition {
  readonly seasonal: Values
  readonly trend: Values
  readonly remainder: Values
}

/**
 * A series and what it is made of: trend, season and remainder, one below the other over the same times. Each has its own
 * scale.
 *
 * @throws {PlanError} `OPTION`
 * @example
 * import { stl } from 'millrace/models'
 * const series = Array.from({ length: 48 }, (_, t) => t + 5 * ((t % 4) - 1.5))
 * decomposition(stl(series, { period: 4 }))
 */
export function decomposition(parts: Decomposition, options: OverTimeOptions = {}): Figure {
  const defaults = { title: 'Trend, season and remainder', x: 'observation', y: '' }
  const settings = settingsOf('decomposition', options, ['x'], defaults, decomposition)
  const { trend, seasonal, remainder } = parts ?? {}
  for (const part of [trend, seasonal, remainder]) {
    if (typeof part?.length !== 'number' || part.length !== trend.length) {
      throw new PlanError('OPTION', `decomposition() takes what stl() gives, got ${shown(parts)}`, {
        hint: 'decomposition(stl(series, { period: 12 }))',
        above: decomposition,
      })
    }
  }
  const list = (values: Values) => Array.from(values, numberOf)
  const [ofTrend, ofSeason, ofRest] = [trend, seasonal, remainder].map(list)
  const sum = ofTrend!.map((value, i) =>
    numberOf((value ?? Number.NaN) + (ofSeason![i] ?? Number.NaN) + (ofRest![i] ?? Number.NaN)),
  )
  const places = placesOf(options.x, sum.length, 'decomposition', settings, decomposition)
  const wide = panelWidth(settings, 1)
  const x = places.axis(wide)
  const panel = (title: string, values: readonly (number | null)[], paint: number, rule: boolean): Panel => ({
    ...{ title, x },
    y: numberAxis(extentOf(values), { title: '', steps: 3 }),
    layers: [
      ...(rule ? [{ mark: 'rule', along: 'x', at: 0, paint: 'muted' } as const] : []),
      { mark: 'line', paint, width: 1.3, points: lineAt(values, places, x, wide) },
    ],
  })
  return figureOf(settings, {
    panels: [
      panel('series', sum, 0, false),
      panel('trend', ofTrend!, 0, false),
      panel('season', ofSeason!, 0, true),
      panel('remainder', ofRest!, 0, true),
    ],
    columns: 1,
    panelHeight: 84,
  })
}
