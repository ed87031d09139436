/** A picture as a specification of Vega-Lite 6, with its data in it. */

import type { Axis, Chart, Layer, Paint, Panel } from '../chart.ts'
import { colorOf, DARK, FONT, LIGHT } from '../theme.ts'
import { layoutOf } from './layout.ts'

/** What Vega-Lite and its editor take. */
export interface VegaLiteSpec {
  readonly $schema: string
  readonly [name: string]: unknown
}

interface Place {
  readonly panel: Panel
  readonly color: (paint: Paint) => string
  /** Names and colours of the legend. */
  readonly names: ReadonlyMap<string, string>
  readonly chart: Chart
  /** What stacked layers before have come to, by x. */
  readonly stacked: Map<number, number>
  /** Bars stand side by side. */
  readonly grouped: boolean
}

type Unit = Readonly<Record<string, unknown>>

export function vegaLiteOf(chart: Chart): VegaLiteSpec {
  const colors = chart.theme === 'dark' ? DARK : LIGHT
  const color = (paint: Paint) => colorOf(colors, paint)
  const names = new Map(chart.legend.map(({ name, paint }) => [name, color(paint)]))
  const { panels: boxes } = layoutOf(chart)
  const panels = chart.panels.map((panel, i) => ({
    ...(panel.title === undefined ? {} : { title: panel.title }),
    ...{ width: Math.round(boxes[i]!.width), height: Math.round(boxes[i]!.height) },
    layer: layersOf(panel, { color, names, chart }),
  }))
  const text = { font: FONT, color: colors.ink }
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: chart.title, ...(chart.subtitle === undefined ? {} : { subtitle: chart.subtitle }) },
    background: colors.background,
    config: {
      font: FONT,
      title: { ...text, anchor: 'start', subtitleColor: colors.muted },
      axis: {
        ...{ labelColor: colors.muted, titleColor: colors.muted, gridColor: colors.grid },
        ...{ domainColor: colors.muted, tickColor: colors.muted },
      },
      legend: { labelColor: colors.ink, titleColor: colors.muted, orient: 'top' },
      view: { stroke: null },
    },
    ...(panels.length === 1 ? panels[0] : { concat: panels, columns: chart.columns }),
  }
}

function layersOf(panel: Panel, of: Pick<Place, 'color' | 'names' | 'chart'>): Unit[] {
  const bars = panel.layers.filter(layer => layer.mark === 'bar')
  const place: Place = {
    ...{ ...of, panel, stacked: new Map() },
    grouped: bars.length > 1 && bars.every(({ stack }) => !stack),
  }
  return panel.layers.flatMap(layer => unitsOf(layer, place))
}

/** The channel of an axis. */
function channel(axis: Axis, field: string): Unit {
  const title = axis.title === '' ? null : axis.title
  const domain = [axis.min, axis.max]
  switch (axis.kind) {
    case 'category':
      return isUnique(axis)
        ? { field, type: 'nominal', title, sort: null, scale: { domain: axis.categories } }
        : { field, type: 'ordinal', title, sort: null, axis: { labels: false, ticks: false } }
    case 'time':
      return { field, type: 'temporal', title, scale: { type: 'utc', domain } }
    case 'log':
      return { field, type: 'quantitative', title, scale: { type: 'log', domain } }
    default:
      return { field, type: 'quantitative', title, scale: { domain, zero: false, nice: false } }
  }
}

/** Whether names tell categories apart; else they go by number. */
const isUnique = ({ categories = [] }: Axis): boolean => new Set(categories).size === categories.length

const valueOn = (axis: Axis, value: number): number | string =>
  axis.kind === 'category' && isUnique(axis) ? (axis.categories![value] ?? '') : value

/** Rows of a layer: what is no finite number is null. Those of a series of the legend say its name. */
const rowsOf = (rows: readonly Readonly<Record<string, unknown>>[], series?: string): Unit => ({
  values: rows.map(row => ({
    ...Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' && !Number.isFinite(value) ? null : value,
      ]),
    ),
    ...(series === undefined ? {} : { series }),
  })),
})

interface Painted {
  readonly name?: string
  readonly paint: Paint
}

/** The name of a layer in the legend. */
const seriesOf = ({ name }: Painted, { names }: Place): string | undefined =>
  name !== undefined && names.has(name) ? name : undefined

/** The colour of a layer; with a name, that of the legend. */
function painted(layer: Painted, place: Place): Unit {
  const { names, color } = place
  if (seriesOf(layer, place) === undefined) return { value: color(layer.paint) }
  return {
    ...{ field: 'series', type: 'nominal', title: null },
    scale: { domain: [...names.keys()], range: [...names.values()] },
  }
}

function unitsOf(layer: Layer, place: Place): Unit[] {
  switch (layer.mark) {
    case 'line':
      return lines(layer, place)
    case 'band':
      return [band(layer, place)]
    case 'point':
      return [points(layer, place)]
    case 'bar':
      return [bars(layer, place)]
    case 'cell':
      return [cells(layer, place)]
    case 'box':
      return boxes(layer, place)
    case 'rule':
      return [rule(layer, place)]
  }
}

type Of<Mark extends Layer['mark']> = Extract<Layer, { readonly mark: Mark }>

const paddedX = ({ x }: Panel): Unit => channel(x, 'x')

function lines(layer: Of<'line'>, place: Place): Unit[] {
  const { panel, stacked } = place
  const { points, width = 1.6, dash, steps, fill, stack } = layer
  const rows = points.map(([x, y]) => {
    const from = stack ? (stacked.get(x) ?? 0) : Math.max(0, panel.y.kind === 'log' ? panel.y.min : 0)
    const to = y === null ? null : stack ? from + y : y
    if (stack && to !== null) stacked.set(x, to)
    return { x: valueOn(panel.x, x), y: to, y2: from }
  })
  const interpolate = steps ? { interpolate: 'step-after' } : {}
  const encoding = { x: paddedX(panel), y: channel(panel.y, 'y'), color: painted(layer, place) }
  const line = {
    mark: { type: 'line', strokeWidth: width, ...(dash ? { strokeDash: [...dash] } : {}), ...interpolate },
    encoding,
  }
  const data = rowsOf(rows, seriesOf(layer, place))
  if (fill === undefined) return [{ data, ...line }]
  const area = {
    mark: { type: 'area', opacity: fill, ...interpolate },
    encoding: { ...encoding, y2: { field: 'y2' } },
  }
  return [
    { data, ...area },
    { data, ...line },
  ]
}

function band(layer: Of<'band'>, place: Place): Unit {
  const { panel } = place
  return {
    data: rowsOf(
      layer.points.map(([x, y, y2]) => ({ x: valueOn(panel.x, x), y, y2 })),
      seriesOf(layer, place),
    ),
    mark: { type: 'area', opacity: layer.opacity },
    encoding: {
      ...{ x: paddedX(panel), y: channel(panel.y, 'y'), y2: { field: 'y2' } },
      color: painted(layer, place),
    },
  }
}

function points(layer: Of<'point'>, place: Place): Unit {
  const { panel } = place
  const { size, opacity = 1, labels } = layer
  const flip = panel.y.kind === 'category'
  const rows = layer.points.map(([x, y], i) => {
    const text = labels?.[i] === undefined ? {} : { label: labels[i] }
    return flip ? { x: y, y: valueOn(panel.y, x), ...text } : { x: valueOn(panel.x, x), y, ...text }
  })
  return {
    data: rowsOf(rows, seriesOf(layer, place)),
    mark: { type: 'point', filled: true, size: Math.round((Math.PI * size * size) / 4), opacity },
    encoding: {
      ...{ x: paddedX(panel), y: channel(panel.y, 'y'), color: painted(layer, place) },
      ...(labels ? { tooltip: { field: 'label', type: 'nominal' } } : {}),
    },
  }
}

function bars(layer: Of<'bar'>, place: Place): Unit {
  const { panel, stacked, grouped } = place
  const { width, stack } = layer
  const flip = panel.y.kind === 'category'
  const [along, across] = flip ? [panel.y, panel.x] : [panel.x, panel.y]
  const apart = layer.points.length > 1 ? layer.points[1]![0] - layer.points[0]![0] : along.max - along.min
  const isFull = width === 'full'
  const rows = layer.points.map(([at, value]) => {
    const from = stack ? (stacked.get(at) ?? 0) : 0
    const to = value === null ? null : from + value
    if (stack && to !== null) stacked.set(at, to)
    const ends = isFull ? { at: at - apart / 2, at2: at + apart / 2 } : { at: valueOn(along, at) }
    return { ...ends, from, to }
  })
  const [a, b] = flip ? ['y', 'x'] : ['x', 'y']
  return {
    data: rowsOf(rows, seriesOf(layer, place)),
    mark: { type: 'bar', ...(typeof width === 'number' ? { width } : {}) },
    encoding: {
      [a]: channel(along, 'at'),
      ...(isFull ? { [`${a}2`]: { field: 'at2' } } : {}),
      [b]: channel(across, 'to'),
      [`${b}2`]: { field: 'from' },
      ...(grouped && seriesOf(layer, place) !== undefined
        ? { [`${a}Offset`]: { field: 'series', type: 'nominal' } }
        : {}),
      color: painted(layer, place),
    },
  }
}

function cells({ cells }: Of<'cell'>, { panel, chart }: Place): Unit {
  const { scale } = chart
  return {
    data: rowsOf(cells.map(([x, y, value]) => ({ x: valueOn(panel.x, x), y: valueOn(panel.y, y), value }))),
    mark: { type: 'rect' },
    encoding: {
      ...{ x: channel(panel.x, 'x'), y: channel(panel.y, 'y') },
      color: {
        ...{ field: 'value', type: 'quantitative', title: scale?.title ?? null },
        scale: { scheme: 'viridis', ...(scale ? { domain: [scale.min, scale.max] } : {}) },
      },
    },
  }
}

function boxes(layer: Of<'box'>, place: Place): Unit[] {
  const { panel } = place
  const data = rowsOf(
    layer.boxes.map(([x, low, q1, median, q3, high]) => ({
      ...{ x: valueOn(panel.x, x), low, q1, median, q3, high },
    })),
  )
  const unit = (mark: Unit, from: string, to?: string): Unit => ({
    ...{ data, mark },
    encoding: {
      ...{ x: channel(panel.x, 'x'), y: channel(panel.y, from) },
      ...(to === undefined ? {} : { y2: { field: to } }),
    },
  })
  const ink = place.color(layer.paint)
  return [
    unit({ type: 'rule', color: ink }, 'low', 'high'),
    unit({ type: 'bar', color: place.color('band'), stroke: ink }, 'q1', 'q3'),
    unit({ type: 'tick', color: ink, thickness: 2 }, 'median'),
  ]
}

const rule = ({ along, at, paint, dash }: Of<'rule'>, { color }: Place): Unit => ({
  data: { values: [{}] },
  mark: { type: 'rule', color: color(paint), ...(dash ? { strokeDash: [...dash] } : {}) },
  encoding: along === 'x' ? { y: { datum: at } } : { x: { datum: at } },
})
