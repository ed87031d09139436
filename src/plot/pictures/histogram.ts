/** How numbers, or times, are spread: bars of rows between round ends. */

import type { HistogramPlotOptions } from '../../core/dataset/plot-options.ts'
import { whole } from '../../core/options.ts'
import { type Extent, extentOf, niceStep, numberAxis, timeAxis } from '../axes.ts'
import type { Layer, Panel, Point } from '../chart.ts'
import { checkedRows, grouped, inOrder, type Kind, kindOf, listed, numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { figureOf, panelWidth, type Settings, settingsOf, timeTitle, ySteps } from '../settings.ts'
import { byKeys } from './series.ts'

/** Bins of one width; the first begins at `from`. */
export interface Bins {
  readonly from: number
  readonly step: number
  readonly count: number
}

/** Rows by bin. */
export interface HistogramData {
  readonly facet: string | undefined
  readonly name: string | undefined
  readonly counts: ReadonlyMap<number, number>
}

/** What is to be known of values to bin them. */
export interface Spread extends Extent {
  readonly count: number
  /** How wide a bin should be. Default: a thirtieth of the extent. */
  readonly width: number
  /** Only whole numbers. */
  readonly whole: boolean
}

const MOST_BINS = 200
const TIME_STEPS = [
  ...[1, 5, 15, 30].map(seconds => seconds * 1e3),
  ...[1, 5, 15, 30].map(minutes => minutes * 6e4),
  ...[1, 3, 6, 12].map(hours => hours * 36e5),
  ...[1, 7, 28].map(days => days * 864e5),
]

/**
 * Bins with round ends, about as wide as the values want, or about as many as asked for. Bins of
 * whole numbers have whole ends.
 */
export function binsOf(spread: Spread, kind: Kind, asked?: number): Bins {
  const { min, max, width } = spread
  const span = max - min
  if (!(span > 0)) return { from: min - 0.5, step: 1, count: 1 }
  const wanted = asked ?? Math.min(MOST_BINS, Math.max(8, width > 0 ? Math.round(span / width) : 30))
  // Round widths are wider than asked for, or a little narrower.
  let step = kind === 'time' ? timeStep(span / wanted) : niceStep(span / wanted / 1.4)
  if (spread.whole && kind !== 'time') step = Math.max(1, Math.round(step))
  const from = Number((Math.floor(min / step + 1e-9) * step).toPrecision(12))
  return { from, step, count: Math.floor((max - from) / step + 1e-9) + 1 }
}

/** As wide as Freedman and Diaconis say, by the distance of the quartiles. */
export const binWidth = (quartiles: number, count: number): number =>
  (2 * quartiles) / Math.cbrt(Math.max(1, count))

const timeStep = (rough: number): number =>
  TIME_STEPS.find(step => step >= rough * (1 - 1e-9)) ?? Math.ceil(rough / 864e5) * 864e5

/** The bin of a value. */
export const binOf = (value: number, { from, step, count }: Bins): number =>
  Math.min(count - 1, Math.max(0, Math.floor((value - from) / step + 1e-9)))

/**
 * How the values of a column, or of a list, are spread. Several series are outlines over each other.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`
 * @example
 * histogram([4, -3, 12, 7, null, 31, 5, 8], { xTitle: 'delay', xUnit: 'min' })
 * histogram([{ delay: 4 }, { delay: 12 }], { x: 'delay' })
 */
export function histogram(
  values: ArrayLike<number | bigint | null | undefined>,
  options?: Omit<HistogramPlotOptions<any>, 'x' | 'by' | 'facet'>,
): Figure
export function histogram<Row extends object>(
  rows: readonly Row[],
  options: HistogramPlotOptions<Row>,
): Figure
export function histogram(given: any, asked: any = {}): Figure {
  const isList = asked?.x === undefined && typeof given?.length === 'number'
  const rows: readonly object[] = isList ? Array.from(given, value => ({ value })) : given
  const options: HistogramPlotOptions<any> = isList ? { ...asked, x: 'value' } : asked
  const settings = histogramSettings(options, histogram, isList ? 'values' : undefined)
  const [by, facet] = [listed(options.by), listed(options.facet)]
  const checked = checkedRows('histogram', rows, [options.x, ...by, ...facet], histogram)
  const kind = kindOf(checked, options.x) === 'time' ? 'time' : 'number'
  const shownAs = valueIn(settings, kind)
  const all = checked.flatMap(row => shownAs(numberOf(row[options.x])) ?? [])
  const bins = binsOf(spreadOf(all), kind, options.bins)
  const data: HistogramData[] = []
  for (const [panel, ofPanel] of grouped(checked, facet)) {
    for (const [name, ofName] of grouped(ofPanel, by)) {
      const counts = new Map<number, number>()
      for (const row of ofName) {
        const value = shownAs(numberOf(row[options.x]))
        if (value === null) continue
        const bin = binOf(value, bins)
        counts.set(bin, (counts.get(bin) ?? 0) + 1)
      }
      data.push({ facet: panel, name, counts })
    }
  }
  return histogramFigure(data, bins, kind, settings)
}

/** Values as they lie on the axis: times by their clock, logarithms of what has one. */
export const valueIn =
  ({ logX, clockOf }: Settings, kind: Kind) =>
  (value: number | null): number | null => {
    if (value === null || (logX && value <= 0)) return null
    if (kind === 'time') return clockOf(value)
    return logX ? Math.log10(value) : value
  }

/** @internal Options of `histogram`, checked. */
export function histogramSettings(
  options: HistogramPlotOptions<any>,
  above: Function,
  what?: string,
): Settings {
  const { x, bins } = options ?? {}
  const defaults = { title: `${what ?? x}${byKeys(options)}`, x: what ?? String(x), y: 'rows' }
  const settings = settingsOf('histogram', options, ['x', 'by', 'facet', 'bins'], defaults, above)
  if (bins !== undefined) whole(bins, 'bins of histogram()', 1, MOST_BINS, above)
  return settings
}

function spreadOf(values: number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  const at = (p: number) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? 0
  return {
    ...(extentOf(sorted) ?? { min: 0, max: 0 }),
    ...{ count: sorted.length, width: binWidth(at(0.75) - at(0.25), sorted.length) },
    whole: sorted.every(Number.isInteger),
  }
}

/** @internal The picture of counts, however they were found. */
export function histogramFigure(
  data: readonly HistogramData[],
  bins: Bins,
  kind: Kind,
  settings: Settings,
): Figure {
  const facets = [...new Set(data.map(of => of.facet))].sort((a, b) => inOrder(a ?? '', b ?? '')).slice(0, 24)
  const names = [...new Set(data.map(of => of.name))].sort((a, b) => inOrder(a ?? '', b ?? '')).slice(0, 8)
  const wide = panelWidth(settings, facets.length)
  const extent = { min: bins.from, max: bins.from + bins.step * bins.count }
  const title = timeTitle(settings.xTitle, kind, settings.zone)
  const steps = Math.max(2, Math.floor(wide / 80))
  const x =
    kind === 'time'
      ? timeAxis(extent, title, Math.floor(wide / 64))
      : numberAxis(extent, { title: settings.logX ? `log₁₀ ${title}` : title, steps, tight: true })
  const most = data.flatMap(of => [...of.counts.values()])
  const y = numberAxis(extentOf([...most, 0]), {
    title: settings.yTitle,
    steps: ySteps(facets.length),
    zero: true,
    whole: true,
  })
  const panels = facets.map(
    (facet): Panel => ({
      ...(facet === undefined ? {} : { title: facet }),
      ...{ x, y },
      layers: names.flatMap((name, paint): Layer[] => {
        const of = data.find(of => of.facet === facet && of.name === name)
        return of ? [layerOf(of, bins, paint, names.length > 1)] : []
      }),
    }),
  )
  const legend = names.flatMap((name, paint) =>
    name === undefined ? [] : [{ name, paint, shape: 'area' as const }],
  )
  return figureOf(settings, { panels, legend })
}

function layerOf({ counts, name }: HistogramData, bins: Bins, paint: number, outline: boolean): Layer {
  const { from, step, count } = bins
  const named = name === undefined ? {} : { name }
  if (!outline) {
    const points = Array.from(
      { length: count },
      (_, i): Point => [from + step * (i + 0.5), counts.get(i) ?? 0],
    )
    return { mark: 'bar', ...named, paint, points, width: 'full' }
  }
  const edges = Array.from({ length: count }, (_, i): Point => [from + step * i, counts.get(i) ?? 0])
  const points: Point[] = [[from, 0], ...edges, [from + step * count, 0]]
  return { mark: 'line', ...named, paint, points, steps: true, fill: 0.16 }
}
