/** Boxes: quartiles, what is usual, and outliers. */

import type { BoxPlotOptions } from '../../core/dataset/plot-options.ts'
import { oneOf, whole } from '../../core/options.ts'
import { categoryAxis, extentOf, numberAxis } from '../axes.ts'
import type { Layer, Panel, Point } from '../chart.ts'
import { checkedRows, grouped, inOrder, type Kind, kindOf, listed, numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { figureOf, type Settings, settingsOf, timeTitle, ySteps } from '../settings.ts'
import { byKeys, mostNote } from './series.ts'

/** One box. */
export interface BoxData {
  readonly facet: string | undefined
  readonly x: string
  readonly place: number | string
  readonly rows: number
  /** The least and greatest values within one and a half times the box of it, and the quartiles. */
  readonly five: readonly [low: number, q1: number, median: number, q3: number, high: number]
  readonly outliers: readonly number[]
}

/** Of a box; more lie on each other. */
const MOST_OUTLIERS = 200

/**
 * The spread of a column, for each value of `x`: a box from quartile to quartile with the median in it, lines to the last
 * values within one and a half times its height, and points beyond.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`
 * @example
 * box([{ origin: 'IAH', delay: 4 }, { origin: 'IAH', delay: 9 }, { origin: 'HOU', delay: 2 }], { x: 'origin', y: 'delay' })
 */
export function box<Row extends object>(given: readonly Row[], options: BoxPlotOptions<Row>): Figure {
  const settings = boxSettings(options, box)
  const { x, y } = options as BoxPlotOptions<any>
  const facet = listed(options.facet)
  const rows = checkedRows('box', given, [y, ...listed(x), ...facet], box)
  const kind = x === undefined ? 'category' : kindOf(rows, x)
  const boxes: BoxData[] = []
  for (const [panel, ofPanel] of grouped(rows, facet)) {
    for (const [key = '', ofKey] of grouped(ofPanel, listed(x))) {
      const values = Float64Array.from(ofKey.flatMap(row => numberOf(row[y]) ?? [])).sort()
      if (values.length === 0) continue
      const place = kind === 'category' ? key : (numberOf(ofKey[0]![x!]) ?? Number.POSITIVE_INFINITY)
      boxes.push({ facet: panel, x: key, place, rows: values.length, ...summary(values) })
    }
  }
  return boxFigure(boxes, kind, options, settings)
}

/** @internal Options of `box`, checked. */
export function boxSettings(options: BoxPlotOptions<any>, above: Function): Settings {
  const { x, y, order, limit } = options ?? {}
  const defaults = {
    title: `${y}${byKeys({ by: x, facet: options?.facet })}`,
    x: x === undefined ? '' : String(x),
    y: String(y),
  }
  const settings = settingsOf('box', options, ['x', 'y', 'facet', 'order', 'limit'], defaults, above)
  if (order !== undefined) oneOf(order, 'order of box()', ['value', 'x'], above)
  if (limit !== undefined) whole(limit, 'limit of box()', 1, 200, above)
  return settings
}

/** Of values in order. Quartiles are those of `quantile()`: interpolated around place p · (n − 1). */
function summary(values: Float64Array): Pick<BoxData, 'five' | 'outliers'> {
  const at = (p: number) => {
    const place = p * (values.length - 1)
    const [low, high] = [values[Math.floor(place)]!, values[Math.ceil(place)]!]
    return low + (high - low) * (place - Math.floor(place))
  }
  const [q1, median, q3] = [at(0.25), at(0.5), at(0.75)]
  const [from, to] = [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)]
  const usual = values.filter(value => value >= from && value <= to)
  const outliers = values.filter(value => value < from || value > to)
  return { five: [usual[0] ?? q1, q1, median, q3, usual.at(-1) ?? q3], outliers: [...outliers] }
}

/** @internal The picture of boxes, however they were found. */
export function boxFigure(
  boxes: readonly BoxData[],
  kind: Kind,
  options: BoxPlotOptions<any>,
  settings: Settings,
): Figure {
  const { limit = 30, order = kind === 'category' ? 'value' : 'x' } = options
  const groups = new Map<string, { place: number | string; rows: number; median: number }>()
  for (const { x, place, rows, five } of boxes) {
    const of = groups.get(x)
    if (!of || rows > of.rows) groups.set(x, { place, rows, median: five[2] })
  }
  const kept = [...groups].sort((a, b) => b[1].rows - a[1].rows).slice(0, limit)
  const notes = groups.size > limit ? [mostNote(limit, groups.size, 'boxes')] : []
  const byPlace = (a: number | string, b: number | string) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : inOrder(String(a), String(b))
  const names = kept
    .sort(([, a], [, b]) => (order === 'value' ? b.median - a.median : 0) || byPlace(a.place, b.place))
    .map(([x]) => x)
  const facets = [...new Set(boxes.map(({ facet }) => facet))]
    .sort((a, b) => inOrder(a ?? '', b ?? ''))
    .slice(0, 24)
  const drawn = facets.length === 0 ? [undefined] : facets
  const { logY } = settings
  const isSeen = (value: number) => !logY || value > 0
  const seen = boxes.filter(({ x, five }) => names.includes(x) && isSeen(five[0]))
  const y = numberAxis(
    extentOf(seen.flatMap(({ five, outliers }) => [...five, ...outliers.filter(isSeen)])),
    {
      ...{ title: settings.yTitle, steps: ySteps(drawn.length), log: logY },
    },
  )
  const x = categoryAxis(names, timeTitle(settings.xTitle, kind, settings.zone))
  const panels = drawn.map(
    (facet): Panel => ({
      ...(facet === undefined ? {} : { title: facet }),
      ...{ x, y },
      layers: layersOf(
        seen.filter(of => of.facet === facet),
        names,
        isSeen,
      ),
    }),
  )
  return figureOf(settings, { panels, notes })
}

function layersOf(
  boxes: readonly BoxData[],
  names: readonly string[],
  isSeen: (value: number) => boolean,
): Layer[] {
  const points = boxes.flatMap(({ x, outliers }) =>
    thinned(outliers.filter(isSeen)).map((value): Point => [names.indexOf(x), value]),
  )
  return [
    { mark: 'box', paint: 0, boxes: boxes.map(({ x, five }) => [names.indexOf(x), ...five] as const) },
    ...(points.length > 0 ? [{ mark: 'point', paint: 0, points, size: 3.5, opacity: 0.5 } as const] : []),
  ]
}

/** Outliers in order, of many some: the farthest are among them. */
function thinned(outliers: readonly number[]): readonly number[] {
  if (outliers.length <= MOST_OUTLIERS) return outliers
  const step = (outliers.length - 1) / (MOST_OUTLIERS - 1)
  return Array.from({ length: MOST_OUTLIERS }, (_, i) => outliers[Math.round(i * step)]!)
}
