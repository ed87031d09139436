/** Series with the band they were expected in, and alerts where they left it: of columns, several series in one chart. */

import { MillraceError, PlanError } from '../core/errors.ts'
import { shown } from '../core/options.ts'
import { extentOf, timeAxis } from './axes.ts'
import type { Panel, Point } from './chart.ts'
import { clean } from './columns.ts'
import type { Figure } from './figure.ts'
import { BAND_LEGEND, bandLayers, bandYAxis } from './pictures/band.ts'
import { figureOf, settingsOf } from './settings.ts'

/** One series. All columns are as long as `times`; null where there is nothing to draw. */
export interface BandPanel {
  /** What the values are, with their unit: `departures per hour`. */
  readonly name: string
  readonly observed: readonly (number | null)[]
  readonly expected?: readonly (number | null)[]
  readonly lower: readonly (number | null)[]
  readonly upper: readonly (number | null)[]
  readonly alerts: readonly boolean[]
}

/** What {@link bandChart} draws. */
export interface BandChart {
  readonly title: string
  readonly subtitle?: string
  /** When, in milliseconds since 1970, UTC; ascending. */
  readonly times: readonly number[]
  /** One below the other, over the same times. */
  readonly panels: readonly BandPanel[]
  /** Pixels. Default 1200. */
  readonly width?: number
  /** Pixels. Default: what 220 for each panel need. */
  readonly height?: number
  /** Default `'light'`. */
  readonly theme?: 'light' | 'dark' | 'auto'
}

/**
 * A chart of series, one panel each: the observed line, the expected band, alerts as points. Times are shown in UTC.
 *
 * @throws {MillraceError} `CHART_LENGTH` when a column is not as long as `times`; `OPTION` for times that are no numbers
 * @example
 * const chart = bandChart({
 *   title: 'IAH',
 *   times: [0, 3_600_000],
 *   panels: [
 *     { name: 'departures per hour', observed: [3, 9], lower: [1, 2], upper: [6, 7], alerts: [false, true] },
 *   ],
 * })
 * chart.svg().startsWith('<svg') // true
 */
export function bandChart(chart: BandChart): Figure {
  const { times, panels, width = 1200, ...options } = chart
  checkTimes(times)
  for (const panel of panels) checkLengths(panel, times.length)
  const settings = settingsOf('bandChart', { ...options, width }, [], { title: '', x: '', y: '' }, bandChart)
  const wide = width - 100
  const x = timeAxis(extentOf([times[0], times.at(-1)]), '', Math.floor(wide / 80))
  return figureOf(settings, {
    panels: panels.map(panel => panelOf(panel, times, x, wide, panels.length)),
    legend: BAND_LEGEND,
    columns: 1,
    panelHeight: 220,
  })
}

function panelOf(
  panel: BandPanel,
  times: readonly number[],
  x: Panel['x'],
  wide: number,
  panels: number,
): Panel {
  const { name, observed, expected, lower, upper, alerts } = panel
  const finite = (value: number | null | undefined) =>
    typeof value === 'number' && Number.isFinite(value) ? value : null
  const column = (values: readonly (number | null)[]) =>
    times.map((time, i): Point => [time, finite(values[i])])
  const data = {
    ...{ facet: undefined, rows: times.length, observed: column(observed) },
    expected: expected ? column(expected) : [],
    band: times.map((time, i) => [time, finite(lower[i]), finite(upper[i])] as const),
    alerts: times.flatMap((x, i) => {
      const y = finite(observed[i])
      return alerts[i] && y !== null ? [{ x, y }] : []
    }),
  }
  const y = bandYAxis(data, clean(name), panels, false)
  return { x, y, layers: bandLayers(data, x, wide) }
}

/** Dates, which `collect` gives, are not numbers yet. */
function checkTimes(times: readonly number[]): void {
  const isNumber = (time: unknown) => typeof time === 'number'
  const isList = typeof times?.length === 'number'
  if (isList && Array.prototype.every.call(times, isNumber)) return
  const wrong = isList ? Array.from(times).find(time => !isNumber(time)) : times
  throw new PlanError('OPTION', `times of bandChart() are milliseconds since 1970, got ${shown(wrong)}`, {
    hint: 'times: rows.map(row => row.at.getTime())',
    above: bandChart,
  })
}

function checkLengths(panel: BandPanel, length: number): void {
  for (const column of ['observed', 'expected', 'lower', 'upper', 'alerts'] as const) {
    const got = panel[column]?.length ?? length
    if (got === length) continue
    throw new MillraceError('CHART_LENGTH', `${column} has ${got} values for ${length} times`, {
      hint: 'every column of a panel is as long as times',
      above: bandChart,
    })
  }
}
