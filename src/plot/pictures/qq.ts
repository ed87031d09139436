/** Quantiles of values against those of a distribution. */

import type { PlotOptions, QuantileFunction } from '../../core/dataset/plot-options.ts'
import { PlanError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { standardNormalQuantile } from '../../models/special/normal-quantile.ts'
import { extentOf, numberAxis } from '../axes.ts'
import type { Panel, Point } from '../chart.ts'
import { clean, numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { figureOf, panelWidth, settingsOf } from '../settings.ts'

/** Points: of more values, so many of them. */
const MOST_POINTS = 1000

/**
 * The values in order against the quantiles of a distribution: where it is theirs, they lie on the line.
 *
 * @param distribution of `millrace/models`. Default: the normal one of the mean and the deviation of the values
 * @throws {PlanError} `OPTION`
 * @example
 * qq([2.1, 2.4, 2.4, 3, 3.3, 4.1, 4.8, 6.2])
 */
export function qq(
  values: ArrayLike<number | bigint | null | undefined>,
  distribution?: QuantileFunction,
  options: PlotOptions = {},
): Figure {
  if (typeof values?.length !== 'number' || typeof values === 'string') {
    throw new PlanError('OPTION', `qq() takes an array of numbers, got ${shown(values)}`, {
      hint: 'qq(fit.residuals), qq(values, normal({ mean: 0, sd: 1 }))',
      above: qq,
    })
  }
  if (distribution !== undefined && typeof distribution?.quantile !== 'function') {
    throw new PlanError(
      'OPTION',
      `the distribution of qq() has a quantile function, got ${shown(distribution)}`,
      {
        hint: 'qq(values, normal({ mean: 0, sd: 1 })), of millrace/models',
        above: qq,
      },
    )
  }
  const name = clean(distribution === undefined ? 'normal' : (distribution.name ?? 'distribution'))
  const defaults = { title: `Quantiles: ${name}`, x: `quantiles of the ${name} distribution`, y: 'values' }
  const settings = settingsOf('qq', options, [], defaults, qq)
  const panel = qqPanel(values, distribution, settings.xTitle, settings.yTitle, panelWidth(settings, 1))
  return figureOf(settings, { panels: [panel], panelHeight: 320 })
}

/** A panel of quantiles. */
export function qqPanel(
  values: ArrayLike<unknown>,
  distribution: QuantileFunction | undefined,
  xTitle: string,
  yTitle: string,
  wide: number,
): Panel {
  const sorted = Float64Array.from(Array.from(values).flatMap(value => numberOf(value) ?? [])).sort()
  const n = sorted.length
  const { quantile } = distribution ? { quantile: (p: number) => distribution.quantile(p) } : fitted(sorted)
  const count = Math.min(n, MOST_POINTS)
  const points = Array.from({ length: count }, (_, k): Point => {
    const i = count < n ? Math.round((k * (n - 1)) / (count - 1)) : k
    return [quantile((i + 0.5) / n), sorted[i]!]
  }).filter(([x]) => Number.isFinite(x))
  const ends = extentOf(points.map(([x]) => x)) ?? { min: 0, max: 1 }
  const x = numberAxis(ends, { title: xTitle, steps: Math.max(2, Math.floor(wide / 80)) })
  const line: Point[] = [ends.min, ends.max].map((at): Point => [at, at])
  return {
    x,
    y: numberAxis(extentOf([...points, ...line].map(([, y]) => y)), { title: yTitle, steps: 5 }),
    layers: [
      { mark: 'line', paint: 'muted', width: 1, points: line },
      { mark: 'point', paint: 0, size: n > 200 ? 3.5 : 5, opacity: 0.8, points },
    ],
  }
}

function fitted(values: Float64Array): QuantileFunction {
  const n = Math.max(1, values.length)
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, n - 1))
  return { quantile: p => mean + sd * standardNormalQuantile(p) }
}
