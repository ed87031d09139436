/** Series over times or numbers: lines, areas and points, in panels. */

import type { AreaPlotOptions, LinePlotOptions, ScatterPlotOptions } from '../../core/dataset/plot-options.ts'
import { flag, whole } from '../../core/options.ts'
import { type Extent, extentOf, numberAxis, timeAxis } from '../axes.ts'
import type { Axis, Layer, LegendEntry, Panel, Point } from '../chart.ts'
import {
  type AnyRow,
  checkedRows,
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

/** A line or a cloud of points. */
export interface SeriesData {
  readonly facet: string | undefined
  readonly name: string | undefined
  /** Rows there are of it: the series of the most are drawn. */
  readonly rows: number
  /** In order of x; instants in milliseconds. */
  readonly points: readonly Point[]
}

export interface SeriesPicture {
  readonly series: readonly SeriesData[]
  readonly kind: Kind
  readonly notes?: readonly string[]
}

/** Series of one panel: two rounds of colours, the second with dashes. */
export const MOST_SERIES = 16
export const MOST_PANELS = 24

type How = 'line' | 'area' | 'stacked' | 'points'

/**
 * Lines over times or numbers, one for each key.
 *
 * Of long series it keeps what can be seen: the first, the last, the least and the greatest value of each column of
 * pixels. Nulls are gaps. Rows are put in order of `x`.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`, `TIME_ZONE`
 * @example
 * line([{ at: new Date('2026-01-01'), delay: 3 }, { at: new Date('2026-01-02'), delay: 5 }], { x: 'at', y: 'delay' })
 */
export function line<Row extends object>(rows: readonly Row[], options: LinePlotOptions<Row>): Figure {
  const settings = lineSettings('line', options, [], line)
  return seriesFigure(seriesIn('line', rows, options, line), settings, 'line')
}

/**
 * Areas over times or numbers. Those of several series lie on each other, so that the upper edge is their sum; a series
 * without a value at an `x` is zero there.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`, `TIME_ZONE`
 * @example
 * area([{ day: 1, origin: 'IAH', flights: 20 }, { day: 1, origin: 'HOU', flights: 9 }], { x: 'day', y: 'flights', by: 'origin' })
 */
export function area<Row extends object>(rows: readonly Row[], options: AreaPlotOptions<Row>): Figure {
  const settings = lineSettings('area', options, ['stack'], area)
  if (options.stack !== undefined) flag(options.stack, 'stack of area()', area)
  const picture = seriesIn('area', rows, options, area)
  return seriesFigure(picture, settings, areaKind(picture, options))
}

/** How areas lie: on each other where there are several in a panel. */
export const areaKind = ({ series }: SeriesPicture, { stack }: { readonly stack?: boolean }): How =>
  (stack ?? new Set(series.map(({ name }) => name)).size > 1) ? 'stacked' : 'area'

/**
 * A point for each row, in the colour of its key.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`, `TIME_ZONE`
 * @example
 * scatter([{ miles: 239, minutes: 52 }, { miles: 1379, minutes: 205 }], { x: 'miles', y: 'minutes' })
 */
export function scatter<Row extends object>(rows: readonly Row[], options: ScatterPlotOptions<Row>): Figure {
  const settings = scatterSettings(options, scatter)
  return seriesFigure(seriesIn('scatter', rows, options, scatter), settings, 'points', options.size)
}

/** @internal Options of `scatter`, checked. */
export function scatterSettings(options: ScatterPlotOptions<any>, above: Function): Settings {
  const { x, y, size } = options ?? {}
  const defaults = { title: `${y} against ${x}${byKeys(options)}`, x: String(x), y: String(y) }
  const settings = settingsOf('scatter', options, ['x', 'y', 'by', 'facet', 'size'], defaults, above)
  if (size !== undefined) whole(size, 'size of scatter()', 1, 100, above)
  return settings
}

/** What stands after a title that is not given: ` by origin`. */
export function byKeys(options: { readonly by?: unknown; readonly facet?: unknown } | undefined): string {
  const keys = [...listed(options?.by), ...listed(options?.facet)]
  return keys.length === 0 ? '' : ` by ${keys.join(', ')}`
}

/** @internal Options of `line` and `area`, checked. */
export function lineSettings(
  call: string,
  options: LinePlotOptions<any>,
  more: readonly string[],
  above: Function,
): Settings {
  const { x, y } = options ?? {}
  const values = listed(y).join(', ')
  const defaults = {
    title: `${values}${byKeys(options)}`,
    x: String(x),
    y: listed(y).length > 1 ? '' : values,
  }
  return settingsOf(call, options, ['x', 'y', 'by', 'facet', ...more], defaults, above)
}

/** The series of rows. */
function seriesIn(
  call: string,
  given: readonly object[],
  options: LinePlotOptions<any>,
  above: Function,
): SeriesPicture {
  const [by, facet, ys] = [listed(options.by), listed(options.facet), listed(options.y)]
  const rows = checkedRows(
    call,
    given,
    [options.x, ...ys, ...(ys.length === 0 ? [options.y] : []), ...by, ...facet],
    above,
  )
  const series: SeriesData[] = []
  for (const [panel, ofPanel] of grouped(rows, facet)) {
    for (const [key, ofKey] of grouped(ofPanel, by)) {
      for (const y of ys) series.push(seriesOf(ofKey, options.x, y, panel, nameOf(key, y, ys.length)))
    }
  }
  return { series, kind: kindOf(rows, options.x) === 'time' ? 'time' : 'number' }
}

/** The name of a series among those of several columns. */
export const nameOf = (key: string | undefined, column: string, columns: number): string | undefined =>
  columns === 1 ? key : key === undefined ? column : `${key} · ${column}`

function seriesOf(
  rows: readonly AnyRow[],
  x: string,
  y: string,
  facet: string | undefined,
  name: string | undefined,
): SeriesData {
  const points: Point[] = []
  for (const row of rows) {
    const at = numberOf(row[x])
    if (at !== null) points.push([at, numberOf(row[y])])
  }
  return { facet, name, rows: points.length, points: points.sort((a, b) => a[0] - b[0]) }
}

/** @internal The picture of series, however they were found. */
export function seriesFigure(picture: SeriesPicture, settings: Settings, how: How, size?: number): Figure {
  const notes = [...(picture.notes ?? [])]
  const series = drawnOf(picture.series, notes)
  const clocked =
    settings.zone === 'UTC' || picture.kind !== 'time' ? series : series.map(of => shownIn(settings, of))
  const shown = how === 'stacked' ? aligned(clocked) : clocked
  const facets = [...new Set(shown.map(({ facet }) => facet))].sort((a, b) => inOrder(a ?? '', b ?? ''))
  const names = [...new Set(shown.map(({ name }) => name))].sort((a, b) => inOrder(a ?? '', b ?? ''))
  const wide = panelWidth(settings, facets.length)
  const x = xAxisOf(settings, picture.kind, shown, wide)
  const y = yAxisOf(settings, shown, how, facets.length)
  const panels = facets.map((facet): Panel => {
    const ofFacet = shown.filter(of => of.facet === facet)
    ofFacet.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
    const dots = size ?? sizeFor(ofFacet.reduce((sum, { points }) => sum + points.length, 0))
    return {
      ...(facet === undefined ? {} : { title: facet }),
      ...{ x, y },
      layers: ofFacet.map(of => layerOf(of, names, how, { x, y, wide, dots })),
    }
  })
  const legend = names.flatMap((name, paint): LegendEntry[] =>
    name === undefined
      ? []
      : [{ name, paint, shape: how === 'points' ? 'point' : how === 'line' ? 'line' : 'area' }],
  )
  return figureOf(settings, { panels, legend, notes })
}

const sizeFor = (points: number): number => (points < 60 ? 8 : points < 400 ? 6 : points < 2000 ? 4 : 3)

const shownIn = ({ clockOf }: Settings, of: SeriesData): SeriesData => ({
  ...of,
  points: of.points.map(([at, y]) => [clockOf(at), y]),
})

function xAxisOf(settings: Settings, kind: Kind, series: readonly SeriesData[], wide: number): Axis {
  const { logX, zone } = settings
  const title = timeTitle(settings.xTitle, kind, zone)
  let extent: Extent | undefined
  for (const { points } of series) {
    for (const [x] of points) if (!(logX && x <= 0)) extent = extentOf([x], extent)
  }
  if (kind === 'time') return timeAxis(extent, title, Math.floor(wide / 64))
  return numberAxis(extent, { title, steps: Math.max(2, Math.floor(wide / 80)), log: logX, tight: !logX })
}

function yAxisOf(settings: Settings, series: readonly SeriesData[], how: How, panels: number): Axis {
  const { logY, yTitle } = settings
  let extent: Extent | undefined
  if (how === 'stacked') {
    const sums = new Map<string, number>()
    for (const { facet, points } of series)
      for (const [x, y] of points) {
        const at = `${facet} ${x} ${(y ?? 0) < 0}`
        sums.set(at, (sums.get(at) ?? 0) + (y ?? 0))
      }
    extent = extentOf(sums.values())
  } else {
    for (const { points } of series)
      for (const [, y] of points) if (!(logY && (y ?? 0) <= 0)) extent = extentOf([y], extent)
  }
  const zero = how === 'area' || how === 'stacked'
  return numberAxis(extent, { title: yTitle, steps: ySteps(panels), zero: zero && !logY, log: logY })
}

interface Room {
  readonly x: Axis
  readonly y: Axis
  readonly wide: number
  readonly dots: number
}

function layerOf(of: SeriesData, names: readonly (string | undefined)[], how: How, room: Room): Layer {
  const paint = names.indexOf(of.name)
  const named = of.name === undefined ? {} : { name: of.name }
  const { x, y } = room
  const isSeen = ([at, value]: Point) =>
    (x.kind !== 'log' || at > 0) && (y.kind !== 'log' || value === null || value > 0)
  const seen = x.kind === 'log' || y.kind === 'log' ? of.points.filter(isSeen) : of.points
  if (how === 'points') {
    const points = seen.filter(([, value]) => value !== null)
    return { mark: 'point', ...named, paint, points, size: room.dots, opacity: room.dots > 4 ? 0.85 : 0.7 }
  }
  const dash = paint >= 8 ? { dash: [5, 3] } : {}
  const fill =
    how === 'area'
      ? { fill: 0.28 }
      : how === 'stacked'
        ? { fill: 0.75, stack: true as const, width: 0.8 }
        : {}
  const points = how === 'stacked' ? seen : reduced(seen, x.min, x.max, Math.ceil(room.wide))
  return { mark: 'line', ...named, paint, points, ...dash, ...fill }
}

/** Series of one panel over the same places, zero where there is no value. */
function aligned(series: readonly SeriesData[]): SeriesData[] {
  const places = new Map<string | undefined, Set<number>>()
  for (const { facet, points } of series) {
    const xs = places.get(facet) ?? new Set()
    for (const [x] of points) xs.add(x)
    places.set(facet, xs)
  }
  return series.map(of => {
    const values = new Map<number, number>()
    for (const [x, y] of of.points) values.set(x, (values.get(x) ?? 0) + (y ?? 0))
    const points = [...places.get(of.facet)!].sort((a, b) => a - b).map((x): Point => [x, values.get(x) ?? 0])
    return { ...of, points }
  })
}

/** The series that are drawn: of more than fit those of the most rows. A note says of how many. */
function drawnOf(series: readonly SeriesData[], notes: string[]): readonly SeriesData[] {
  const facets = most(series, ({ facet }) => facet, MOST_PANELS, 'panels', notes)
  const names = most(series, ({ name }) => name, MOST_SERIES, 'series', notes)
  return series.filter(({ facet, name }) => facets.has(facet) && names.has(name))
}

function most(
  series: readonly SeriesData[],
  keyOf: (of: SeriesData) => string | undefined,
  limit: number,
  what: string,
  notes: string[],
): Set<string | undefined> {
  const rows = new Map<string | undefined, number>()
  for (const of of series) rows.set(keyOf(of), (rows.get(keyOf(of)) ?? 0) + of.rows)
  const kept = [...rows].sort((a, b) => b[1] - a[1] || inOrder(a[0] ?? '', b[0] ?? '')).slice(0, limit)
  if (rows.size > limit) notes.push(mostNote(limit, rows.size, what))
  return new Set(kept.map(([key]) => key))
}

/** What a picture says of those that it leaves out. */
export const mostNote = (shown: number, all: number, what: string): string =>
  `${shown} of ${all.toLocaleString('en-US')} ${what}, those of the most rows`
