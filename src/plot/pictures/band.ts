/** What a detector expected, and where values left it. */

import type { BandPlotOptions } from '../../core/dataset/plot-options.ts'
import { text } from '../../core/options.ts'
import { extentOf, numberAxis, timeAxis } from '../axes.ts'
import type { Axis, Layer, LegendEntry, Panel, Point } from '../chart.ts'
import {
  type AnyRow,
  checkedRows,
  clean,
  grouped,
  inOrder,
  type Kind,
  kindOf,
  listed,
  numberOf,
} from '../columns.ts'
import type { Figure } from '../figure.ts'
import { reduced } from '../reduce.ts'
import { figureOf, panelWidth, type Settings, settingsOf, timeTitle, ySteps } from '../settings.ts'
import { byKeys, mostNote } from './series.ts'

/** A series with what was expected of it; all in order of x. */
export interface BandData {
  readonly facet: string | undefined
  readonly rows: number
  readonly observed: readonly Point[]
  readonly expected: readonly Point[]
  readonly band: readonly (readonly [x: number, lower: number | null, upper: number | null])[]
  readonly alerts: readonly { readonly x: number; readonly y: number; readonly reason?: string }[]
}

/** Alerts whose reasons are written beside them. */
const MOST_REASONS = 12
export const MOST_PANELS = 12

/** The columns of a detector, by its prefix. */
export function bandColumns(
  as = '',
): Readonly<Record<'expected' | 'lower' | 'upper' | 'anomaly' | 'reason', string>> {
  const name = (column: string) => (as === '' ? column : as + column[0]!.toUpperCase() + column.slice(1))
  return {
    ...{ expected: name('expected'), lower: name('lower'), upper: name('upper') },
    ...{ anomaly: name('anomaly'), reason: name('reason') },
  }
}

/**
 * A series that `detect` scored: the values, the band in which they were expected, and the anomalies with their reasons.
 * The band is not drawn where a bound is missing.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`, `TIME_ZONE`
 * @example
 * const at = new Date('2026-01-01')
 * band([{ at, load: 9, expected: 4, lower: 2, upper: 6, anomaly: true }], { x: 'at', y: 'load' })
 */
export function band<Row extends object>(given: readonly Row[], options: BandPlotOptions<Row>): Figure {
  const settings = bandSettings(options, band)
  const { x, y } = options as BandPlotOptions<any>
  const facet = listed(options.facet)
  const { reason, ...needed } = bandColumns(options.as)
  const rows = checkedRows('band', given, [x, y, ...Object.values(needed), ...facet], band)
  const data = [...grouped(rows, facet)].map(([panel, of]) => bandOf(of, { x, y, reason, ...needed }, panel))
  return bandFigure(data, kindOf(rows, x), settings)
}

/** @internal Options of `band`, checked. */
export function bandSettings(options: BandPlotOptions<any>, above: Function): Settings {
  const { x, y, as } = options ?? {}
  if (as !== undefined) text(as, 'as of band()', above)
  const defaults = { title: `${y}${byKeys({ facet: options?.facet })}`, x: String(x), y: String(y) }
  return settingsOf('band', options, ['x', 'y', 'as', 'facet'], defaults, above)
}

type Names = Readonly<Record<'x' | 'y' | 'expected' | 'lower' | 'upper' | 'anomaly' | 'reason', string>>

/** @internal The series of rows, which are put in order. */
export function bandOf(rows: readonly AnyRow[], names: Names, facet: string | undefined): BandData {
  const timed = rows.flatMap(row => {
    const at = numberOf(row[names.x])
    return at === null ? [] : [{ at, row }]
  })
  timed.sort((a, b) => a.at - b.at)
  const column = (name: string) => timed.map(({ at, row }): Point => [at, numberOf(row[name])])
  return {
    ...{ facet, rows: timed.length, observed: column(names.y), expected: column(names.expected) },
    band: timed.map(({ at, row }) => [at, numberOf(row[names.lower]), numberOf(row[names.upper])] as const),
    alerts: timed.flatMap(({ at, row }) => {
      const y = numberOf(row[names.y])
      const reason = row[names.reason]
      if (row[names.anomaly] !== true || y === null) return []
      return [{ x: at, y, ...(typeof reason === 'string' ? { reason: clean(reason) } : {}) }]
    }),
  }
}

/** @internal The picture of scored series, however they were found. */
export function bandFigure(
  data: readonly BandData[],
  kind: Kind,
  settings: Settings,
  said: readonly string[] = [],
): Figure {
  const most = [...data].sort((a, b) => b.rows - a.rows).slice(0, MOST_PANELS)
  const notes = [
    ...said,
    ...(data.length > MOST_PANELS ? [mostNote(MOST_PANELS, data.length, 'series')] : []),
  ]
  const drawn = most
    .sort((a, b) => inOrder(a.facet ?? '', b.facet ?? ''))
    .map(of => shownBy(of, kind, settings))
  const wide = panelWidth(settings, drawn.length)
  const x = xAxisOf(drawn, kind, settings, wide)
  const panels = drawn.map(
    (of): Panel => ({
      ...(of.facet === undefined ? {} : { title: of.facet }),
      ...{ x, y: bandYAxis(of, settings.yTitle, drawn.length, settings.logY) },
      layers: bandLayers(of, x, wide),
    }),
  )
  return figureOf(settings, { panels, legend: BAND_LEGEND, notes })
}

export const BAND_LEGEND: readonly LegendEntry[] = [
  { name: 'observed', paint: 0, shape: 'line' },
  { name: 'expected', paint: 'band', shape: 'area' },
  { name: 'alert', paint: 'alert', shape: 'point' },
]

function shownBy(of: BandData, kind: Kind, { clockOf, zone }: Settings): BandData {
  if (kind !== 'time' || zone === 'UTC') return of
  const shift = ([x, y]: Point): Point => [clockOf(x), y]
  return {
    ...of,
    ...{ observed: of.observed.map(shift), expected: of.expected.map(shift) },
    band: of.band.map(([x, lower, upper]) => [clockOf(x), lower, upper] as const),
    alerts: of.alerts.map(alert => ({ ...alert, x: clockOf(alert.x) })),
  }
}

function xAxisOf(data: readonly BandData[], kind: Kind, settings: Settings, wide: number): Axis {
  const xs = data.flatMap(({ observed }) => [observed[0]?.[0], observed.at(-1)?.[0]])
  const title = timeTitle(settings.xTitle, kind, settings.zone)
  if (kind === 'time') return timeAxis(extentOf(xs), title, Math.floor(wide / 64))
  return numberAxis(extentOf(xs), { title, steps: Math.max(2, Math.floor(wide / 80)), tight: true })
}

/** Values and bounds; bounds far beyond the values do not press them flat. */
export function bandYAxis(
  { observed, band }: Pick<BandData, 'observed' | 'band'>,
  title: string,
  panels: number,
  logY: boolean,
): Axis {
  const isSeen = (value: number | null): value is number => value !== null && (!logY || value > 0)
  const values = extentOf(observed.map(([, y]) => y).filter(isSeen))
  const span = values
    ? Math.max(values.max - values.min, Math.abs(values.max) * 0.05)
    : Number.POSITIVE_INFINITY
  const near = (bound: number | null) =>
    isSeen(bound) && (!values || (bound >= values.min - span && bound <= values.max + span))
  const bounds = band.flatMap(([, lower, upper]) => [lower, upper]).filter(near)
  return numberAxis(extentOf(bounds, values), { title, steps: ySteps(panels), log: logY })
}

/** @internal The layers of a series. */
export function bandLayers({ observed, expected, band, alerts }: BandData, x: Axis, wide: number): Layer[] {
  const pixels = Math.ceil(wide)
  const labels =
    alerts.length <= MOST_REASONS && alerts.some(({ reason }) => reason)
      ? { labels: apart(alerts, x, wide) }
      : {}
  const hasExpected = expected.some(([, y]) => y !== null)
  return [
    { mark: 'band', name: 'expected', paint: 'band', opacity: 0.6, points: sampled(band, 2 * pixels) },
    ...(hasExpected
      ? [
          {
            mark: 'line',
            paint: 'expected',
            width: 1,
            dash: [4, 3],
            points: sampled(expected, 2 * pixels),
          } as const,
        ]
      : []),
    { mark: 'line', name: 'observed', paint: 0, width: 1.4, points: reduced(observed, x.min, x.max, pixels) },
    {
      mark: 'point',
      name: 'alert',
      paint: 'alert',
      size: 8,
      points: alerts.map(({ x, y }): Point => [x, y]),
      ...labels,
    },
  ]
}

/** Pixels that a letter of a label takes, about, and what is left between two labels. */
const LETTER = 6
const BETWEEN = 6

/** The reasons of alerts, in order of x, without those that would lie on the one before. */
function apart(
  alerts: BandData['alerts'],
  { min, max }: Pick<Axis, 'min' | 'max'>,
  wide: number,
): (string | undefined)[] {
  let end = Number.NEGATIVE_INFINITY
  return alerts.map(({ x, reason }) => {
    if (reason === undefined) return undefined
    const middle = ((x - min) / (max - min)) * wide
    const half = (LETTER * reason.length) / 2
    if (middle - half < end) return undefined
    end = middle + half + BETWEEN
    return reason
  })
}

/** Of many, every so many: what was expected goes smoothly, and gaps that matter are those of the values. */
function sampled<T>(points: readonly T[], most: number): readonly T[] {
  if (points.length <= most) return points
  const step = points.length / most
  return Array.from({ length: most }, (_, i) => points[Math.floor(i * step)]!)
}
