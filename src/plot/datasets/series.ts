/** Lines, areas and points of many rows: the engine keeps of each column of pixels, or of each few pixels, what is seen. */

import { count, max, min } from '../../core/dataset/aggregates.ts'
import { argMax, argMin } from '../../core/dataset/aggregates-of-values.ts'
import type { LinePlotOptions, ScatterPlotOptions } from '../../core/dataset/plot-options.ts'
import type { Extent } from '../axes.ts'
import type { Point } from '../chart.ts'
import { type AnyRow, type Kind, keysText, listed } from '../columns.ts'
import type { Figure } from '../figure.ts'
import {
  area,
  areaKind,
  line,
  lineSettings,
  MOST_PANELS,
  MOST_SERIES,
  mostNote,
  nameOf,
  type SeriesData,
  type SeriesPicture,
  scatter,
  scatterSettings,
  seriesFigure,
} from '../pictures/series.ts'
import { panelWidth, type Settings } from '../settings.ts'
import {
  type AnyDataset,
  aggregated,
  extended,
  fewRows,
  keyColumns,
  keyNames,
  mustBe,
  numberIn,
  onlyOf,
  rowsOf,
  type Source,
  selected,
  typeOf,
  unitsOf,
  zoneOf,
} from './columns.ts'

/** Pixels across a cell, of whose points one is drawn. */
const CELL = 6

/** `line` and `area` of a dataset. */
export async function plotSeries(
  call: 'line' | 'area',
  source: Source,
  asked: LinePlotOptions<any>,
): Promise<Figure> {
  lineSettings(call, asked, call === 'area' ? ['stack'] : [], source.above)
  const ys = listed(asked.y)
  const kind = mustBe(source, call, 'x', asked.x, ['number', 'time'])
  for (const y of ys.length === 0 ? [asked.y] : ys) mustBe(source, call, 'y', y, ['number'])
  const options = { ...zoneOf(source, asked.x), ...unitsOf(source, asked.x, asked.y), ...asked }
  const few = await fewRows(source, [asked.x, ...ys, asked.by, asked.facet])
  if (few) return call === 'line' ? line(few, options) : area(few, options)
  const settings = lineSettings(call, options, ['stack'], source.above)
  const all: SeriesData[] = []
  const notes = new Set<string>()
  for (const y of ys) {
    const found = await longSeries(source, options, y, settings)
    for (const note of found.notes ?? []) notes.add(note)
    for (const of of found.series) all.push({ ...of, name: nameOf(of.name, y, ys.length) })
  }
  const picture: SeriesPicture = { series: all, kind, notes: [...notes] }
  return seriesFigure(
    picture,
    settings,
    call === 'line' ? 'line' : areaKind(picture, options as { readonly stack?: boolean }),
  )
}

interface Keys {
  readonly by: readonly string[]
  readonly facet: readonly string[]
  /** Of both, as columns of ours: those of `facet` first. */
  readonly columns: readonly string[]
}

const keysOf = (options: { readonly by?: unknown; readonly facet?: unknown }): Keys => {
  const [by, facet] = [listed(options.by), listed(options.facet)]
  return { by, facet, columns: keyNames(by.length + facet.length) }
}

const facetOf = (row: AnyRow, { facet }: Keys) => keysText(row, keyNames(facet.length))
const seriesName = (row: AnyRow, { by, facet }: Keys) => keysText(row, keyNames(by.length, facet.length))

/** Where the values of a series lie, and those that are drawn. */
interface Extents {
  readonly x: Extent
  readonly y: Extent
  readonly series: ReadonlyMap<string, number>
  /** The rows that are read: those of the series that are drawn. */
  readonly dataset: AnyDataset
  readonly notes: string[]
}

const id = (row: AnyRow, keys: Keys): string => JSON.stringify([facetOf(row, keys), seriesName(row, keys)])

/** Keys, `x` and `y` as numbers; rows that have no place are left out. */
function narrowed(
  source: Source,
  options: LinePlotOptions<any> | ScatterPlotOptions<any>,
  y: string,
  keys: Keys,
  settings: Settings,
): AnyDataset {
  const [ofX, ofY] = [typeOf(source, options.x), typeOf(source, y)]
  const columns = selected(source.dataset, {
    ...keyColumns([...keys.facet, ...keys.by]),
    x: (r: any) => numberIn(r, options.x, ofX),
    y: (r: any) => numberIn(r, y, ofY),
  })
  return columns.filter((r: any) => {
    const placed = settings.logX ? r.x.gt(0) : r.x.isNotNull()
    return settings.logY ? placed.and(r.y.isNull().or(r.y.gt(0))) : placed
  }) as AnyDataset
}

async function extentsOf(dataset: AnyDataset, keys: Keys, source: Source): Promise<Extents | undefined> {
  const ends = aggregated(dataset, keys.columns, {
    ...{ x0: min('x'), x1: max('x'), y0: min('y'), y1: max('y'), rows: count() },
  })
  const found = (await rowsOf(ends, source.job)).filter(row => row.x0 !== null && row.x0 !== undefined)
  const notes: string[] = []
  const facets = most(found, row => facetOf(row, keys), MOST_PANELS, 'panels', notes)
  const names = most(found, row => seriesName(row, keys), MOST_SERIES, 'series', notes)
  const drawn = found.filter(row => facets.has(facetOf(row, keys)) && names.has(seriesName(row, keys)))
  if (drawn.length === 0) return undefined
  const least = (name: string) =>
    Math.min(...drawn.map(row => (row[name] as number | null) ?? Number.POSITIVE_INFINITY))
  const greatest = (name: string) =>
    Math.max(...drawn.map(row => (row[name] as number | null) ?? Number.NEGATIVE_INFINITY))
  return {
    x: { min: least('x0'), max: greatest('x1') },
    y: { min: least('y0'), max: greatest('y1') },
    series: new Map(drawn.map(row => [id(row, keys), row.rows as number])),
    dataset: drawn.length < found.length ? onlyOf(dataset, drawn, keys.columns) : dataset,
    notes,
  }
}

function most(
  rows: readonly AnyRow[],
  keyOf: (row: AnyRow) => string | undefined,
  limit: number,
  what: string,
  notes: string[],
): ReadonlySet<string | undefined> {
  const sums = new Map<string | undefined, number>()
  for (const row of rows) sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0) + (row.rows as number))
  if (sums.size > limit) notes.push(mostNote(limit, sums.size, what))
  return new Set(
    [...sums]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([key]) => key),
  )
}

/** The number of a pixel, or of a few, from 0 on. */
const binAt = (x: any, { min, max }: Extent, bins: number): any =>
  max > min
    ? x
        .sub(min)
        .div((max - min) / bins)
        .floor()
        .clamp(0, bins - 1)
        .cast('int32')
    : x.mul(0).cast('int32')

const logarithm = (x: any, isLog: boolean): any => (isLog ? x.log() : x)

const logExtent = ({ min, max }: Extent, isLog: boolean): Extent =>
  isLog ? { min: Math.log(min), max: Math.log(max) } : { min, max }

async function longSeries(
  source: Source,
  options: LinePlotOptions<any>,
  y: string,
  settings: Settings,
): Promise<Pick<SeriesPicture, 'series' | 'notes'>> {
  const keys = keysOf(options)
  const found = await extentsOf(narrowed(source, options, y, keys, settings), keys, source)
  if (!found) return { series: [] }
  const panels = new Set([...found.series.keys()].map(key => JSON.parse(key)[0])).size
  const pixels = Math.ceil(panelWidth(settings, panels))
  const { logX } = settings
  const extent = logExtent(found.x, logX)
  const binned = extended(found.dataset, { pixel: r => binAt(logarithm(r.x, logX), extent, pixels) })
  const reduced = aggregated(binned, [...keys.columns, 'pixel'], {
    ...{ x: min('x'), low: min('y'), high: max('y') },
    ...{ lowAt: argMin('x', 'y'), highAt: argMax('x', 'y') },
  })
  const series = new Map<string, { facet: string | undefined; name: string | undefined; points: Point[] }>()
  for (const row of await rowsOf(reduced, source.job)) {
    const key = id(row, keys)
    if (!found.series.has(key)) continue
    const of = series.get(key) ?? { facet: facetOf(row, keys), name: seriesName(row, keys), points: [] }
    series.set(key, of)
    of.points.push(...pointsOf(row))
  }
  return {
    series: [...series].map(([key, of]) => ({
      ...of,
      rows: found.series.get(key)!,
      points: of.points.sort((a, b) => a[0] - b[0]),
    })),
    notes: found.notes,
  }
}

/** The least and the greatest value of a column of pixels where they were; a gap where there is none. */
function pointsOf({ x, low, high, lowAt, highAt }: AnyRow): Point[] {
  if (low === null) return [[x as number, null]]
  const ends: Point[] = [[lowAt as number, low as number]]
  if (highAt !== lowAt || high !== low) ends.push([highAt as number, high as number])
  return ends
}

/** `scatter` of a dataset. */
export async function plotScatter(source: Source, asked: ScatterPlotOptions<any>): Promise<Figure> {
  scatterSettings(asked, source.above)
  const kind: Kind = mustBe(source, 'scatter', 'x', asked.x, ['number', 'time'])
  mustBe(source, 'scatter', 'y', asked.y, ['number'])
  const options = { ...zoneOf(source, asked.x), ...unitsOf(source, asked.x, asked.y), ...asked }
  const few = await fewRows(source, [asked.x, asked.y, asked.by, asked.facet])
  if (few) return scatter(few, options)
  const settings = scatterSettings(options, source.above)
  const keys = keysOf(options)
  const rows = narrowed(source, options, options.y, keys, settings).filter((r: any) => r.y.isNotNull())
  const found = await extentsOf(rows as AnyDataset, keys, source)
  if (!found) return seriesFigure({ series: [], kind }, settings, 'points', options.size)
  const { logX, logY } = settings
  const panels = new Set([...found.series.keys()].map(key => JSON.parse(key)[0])).size
  const wide = Math.ceil(panelWidth(settings, panels) / CELL)
  const high = Math.ceil((panels > 1 ? 200 : 300) / CELL)
  const cells = extended(found.dataset, {
    column: (r: any) => binAt(logarithm(r.x, logX), logExtent(found.x, logX), wide),
    row: (r: any) => binAt(logarithm(r.y, logY), logExtent(found.y, logY), high),
  })
  const some = aggregated(cells, [...keys.columns, 'column', 'row'], { x: min('x'), y: argMin('y', 'x') })
  const series = new Map<string, SeriesData & { points: Point[] }>()
  for (const row of await rowsOf(some, source.job)) {
    const key = id(row, keys)
    if (!found.series.has(key)) continue
    const of = series.get(key) ?? {
      ...{ facet: facetOf(row, keys), name: seriesName(row, keys), rows: found.series.get(key)! },
      points: [],
    }
    series.set(key, of)
    of.points.push([row.x as number, row.y as number])
  }
  const notes = [...found.notes, `one point for each ${CELL} by ${CELL} pixels that have some`]
  const sorted = [...series.values()].map(of => ({
    ...of,
    points: of.points.sort((a, b) => a[0] - b[0] || a[1]! - b[1]!),
  }))
  return seriesFigure({ series: sorted, kind, notes }, settings, 'points', options.size ?? 3.5)
}
