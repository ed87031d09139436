/** How a series is correlated with itself, lag by lag. */

import type { PlotOptions } from '../../core/dataset/plot-options.ts'
import type { SeriesInput } from '../../models/series-input.ts'
import { acf as acfOf } from '../../models/timeseries/acf.ts'
import { pacf as pacfOf } from '../../models/timeseries/pacf.ts'
import { extentOf, numberAxis } from '../axes.ts'
import type { Panel, Point } from '../chart.ts'
import type { Figure } from '../figure.ts'
import { figureOf, panelWidth, settingsOf } from '../settings.ts'

/** What {@link acf} and {@link pacf} take. */
export interface CorrelogramOptions extends PlotOptions {
  /** The highest lag. Default: 10 · log₁₀ of the number of values. */
  readonly maxLag?: number
}

/**
 * Autocorrelations of a series from lag 1 on. Between the dashed lines lie 95 of 100 of those of noise: ±1.96/√n.
 *
 * @param values in time order; null and NaN are missing values
 * @throws {PlanError} `OPTION`
 * @throws {ModelError} as `acf` of `millrace/models`
 * @example
 * acf(Array.from({ length: 60 }, (_, t) => Math.sin(t / 3)), { maxLag: 20 })
 */
export function acf(values: SeriesInput, options: CorrelogramOptions = {}): Figure {
  const settings = settingsOf(
    'acf',
    options,
    ['maxLag'],
    { title: 'Autocorrelations', x: 'lag', y: 'correlation' },
    acf,
  )
  const [, ...correlations] = acfOf(values, lagsOf(options))
  return figureOf(settings, {
    panels: [
      correlogram(correlations, observed(values), settings.xTitle, settings.yTitle, panelWidth(settings, 1)),
    ],
    notes: [NOTE],
  })
}

/**
 * Partial autocorrelations of a series from lag 1 on: what a lag adds to those before it. The dashed lines as of
 * {@link acf}.
 *
 * @param values in time order, complete
 * @throws {PlanError} `OPTION`
 * @throws {ModelError} as `pacf` of `millrace/models`
 * @example
 * pacf(Array.from({ length: 60 }, (_, t) => Math.sin(t / 3)), { maxLag: 20 })
 */
export function pacf(values: SeriesInput, options: CorrelogramOptions = {}): Figure {
  const defaults = { title: 'Partial autocorrelations', x: 'lag', y: 'partial correlation' }
  const settings = settingsOf('pacf', options, ['maxLag'], defaults, pacf)
  const correlations = [...pacfOf(values, lagsOf(options))]
  return figureOf(settings, {
    panels: [
      correlogram(correlations, observed(values), settings.xTitle, settings.yTitle, panelWidth(settings, 1)),
    ],
    notes: [NOTE],
  })
}

const NOTE = 'dashed: where 95 of 100 correlations of noise lie'

const lagsOf = ({ maxLag }: CorrelogramOptions) => (maxLag === undefined ? {} : { maxLag })

const observed = (values: SeriesInput): number => {
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value !== null && value !== undefined && !Number.isNaN(value)) count++
  }
  return count
}

/** A panel of correlations; the first is that of lag 1. */
export function correlogram(
  correlations: readonly number[],
  n: number,
  xTitle: string,
  yTitle: string,
  wide: number,
): Panel {
  const bound = 1.96 / Math.sqrt(Math.max(1, n))
  const lags = correlations.length
  const steps = Math.min(Math.max(1, lags), Math.floor(wide / 50))
  return {
    x: numberAxis({ min: 0, max: lags + 1 }, { title: xTitle, steps, tight: true, whole: true }),
    y: numberAxis(extentOf([...correlations, bound, -bound]), { title: yTitle, steps: 5, zero: true }),
    layers: [
      {
        ...{ mark: 'bar', paint: 0, width: Math.max(2, Math.min(8, (wide / (lags + 1)) * 0.4)) },
        points: correlations.map((value, i): Point => [i + 1, Number.isFinite(value) ? value : null]),
      },
      { mark: 'rule', along: 'x', at: 0, paint: 'muted' },
      { mark: 'rule', along: 'x', at: bound, paint: 'muted', dash: [4, 3] },
      { mark: 'rule', along: 'x', at: -bound, paint: 'muted', dash: [4, 3] },
    ],
  }
}
