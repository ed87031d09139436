/** A layer as series of ECharts. */

import type {
  BandLayer,
  BarLayer,
  BoxLayer,
  CellLayer,
  Layer,
  LineLayer,
  Paint,
  Panel,
  PointLayer,
  RuleLayer,
} from '../chart.ts'
import { type Colors, FONT } from '../theme.ts'
import { type Box, LABEL_SIZE } from './layout.ts'

interface Place {
  readonly panel: Panel
  /** Of no other layer of the picture. */
  readonly id: string
  readonly color: (paint: Paint) => string
  readonly colors: Colors
  readonly box: Box
}

/** The series; axes are set by the caller. */
export function seriesOf(layer: Layer, place: Place): object[] {
  switch (layer.mark) {
    case 'line':
      return [lineOf(layer, place)]
    case 'band':
      return bandOf(layer, place)
    case 'point':
      return [pointsOf(layer, place)]
    case 'bar':
      return [barsOf(layer, place)]
    case 'cell':
      return [cellsOf(layer, place)]
    case 'box':
      return [boxesOf(layer, place)]
    case 'rule':
      return [ruleOf(layer, place)]
  }
}

const named = ({ name }: { readonly name?: string }): object => (name === undefined ? {} : { name })

/** On categories that stand below each other, x is the number and y the category. */
const turned = ({ y }: Panel): boolean => y.kind === 'category'

function lineOf(layer: LineLayer, { panel, color }: Place): object {
  const { points, paint, width = 1.6, dash, fill, stack, steps } = layer
  const ink = color(paint)
  return {
    ...{ type: 'line', ...named(layer), symbol: 'none', itemStyle: { color: ink } },
    // A value between two gaps would not be seen as a line.
    ...(isDotted(points) ? { symbol: 'circle', symbolSize: 4, showSymbol: true, showAllSymbol: true } : {}),
    lineStyle: { color: ink, width, join: 'round', ...(dash ? { type: [...dash] } : {}) },
    ...(fill === undefined
      ? {}
      : { areaStyle: { color: ink, opacity: fill, ...(panel.y.min > 0 ? { origin: 'start' } : {}) } }),
    ...(stack ? { stack: 'all', stackStrategy: 'all' } : {}),
    ...(steps ? { step: 'end' } : {}),
    data: points,
  }
}

/** Whether some value has a gap on either side. */
function isDotted(points: readonly (readonly [number, number | null])[]): boolean {
  const isGap = (i: number) => i < 0 || i >= points.length || points[i]![1] === null
  return points.some(([, y], i) => y !== null && isGap(i - 1) && isGap(i + 1))
}

/** Two stacked lines: an invisible one at the lower end, and the height filled on top of that. */
function bandOf(layer: BandLayer, { id, color }: Place): object[] {
  const ink = color(layer.paint)
  const line = {
    ...{ type: 'line', stack: `band ${id}`, stackStrategy: 'all', symbol: 'none', lineStyle: { opacity: 0 } },
  }
  const isWhole = (lower: number | null, upper: number | null) =>
    lower !== null && upper !== null && Number.isFinite(lower) && Number.isFinite(upper)
  return [
    { ...line, data: layer.points.map(([x, lower, upper]) => [x, isWhole(lower, upper) ? lower : null]) },
    {
      ...{ ...line, ...named(layer), itemStyle: { color: ink } },
      areaStyle: { color: ink, opacity: layer.opacity },
      data: layer.points.map(([x, lower, upper]) => [x, isWhole(lower, upper) ? upper! - lower! : null]),
    },
  ]
}

function pointsOf(layer: PointLayer, { panel, color, colors }: Place): object {
  const { points, size, opacity = 1, labels, paint } = layer
  const flip = turned(panel)
  const at = ([x, y]: readonly [number, number | null]) => (flip ? [y, x] : [x, y])
  return {
    ...{ type: 'scatter', ...named(layer), symbolSize: size, z: 5 },
    itemStyle: {
      ...{ color: color(paint), opacity },
      ...(size > 6 ? { borderColor: colors.background, borderWidth: 1.2 } : {}),
    },
    data: labels
      ? points.map((point, i) => ({ value: at(point), ...labelOf(labels[i], colors) }))
      : points.map(at),
  }
}

const labelOf = (text: string | undefined, colors: Colors): object =>
  text === undefined
    ? {}
    : {
        label: {
          // As a template, in which only {a} to {e} and {@…} would mean something.
          ...{ show: true, position: 'top', formatter: text.replaceAll('{', '(').replaceAll('}', ')') },
          ...{ fontFamily: FONT, fontSize: LABEL_SIZE, color: colors.muted },
        },
      }

function barsOf(layer: BarLayer, { panel, color, box }: Place): object {
  const { points, paint, stack, width } = layer
  const flip = turned(panel)
  const slot = width === 'full' ? fullWidth(points, panel, box) : width
  return {
    ...{ type: 'bar', ...named(layer), itemStyle: { color: color(paint) } },
    ...(stack ? { stack: 'all' } : {}),
    ...(slot === undefined ? { barCategoryGap: '24%', barGap: '8%', barMaxWidth: 64 } : { barWidth: slot }),
    data: points.map(([x, y]) => (flip ? [y, x] : [x, y])),
  }
}

/** Pixels between two bars, less a line between them. */
function fullWidth(points: BarLayer['points'], { x }: Panel, box: Box): number {
  const apart = points.length > 1 ? Math.abs(points[1]![0] - points[0]![0]) : x.max - x.min
  const wide = (apart / (x.max - x.min)) * box.width
  return Math.max(0.5, wide - (wide > 6 ? 1 : 0))
}

function cellsOf({ cells }: CellLayer, { colors, panel, box }: Place): object {
  const wide = box.width / Math.max(1, panel.x.categories?.length ?? 1)
  return {
    type: 'heatmap',
    // Lines between cells, where cells are large enough.
    itemStyle: { borderColor: colors.background, borderWidth: wide > 8 ? 1 : 0 },
    data: cells,
  }
}

const boxesOf = (layer: BoxLayer, { color, colors }: Place): object => ({
  ...{ type: 'boxplot', ...named(layer), boxWidth: [8, 48] },
  itemStyle: { color: colors.band, borderColor: color(layer.paint), borderWidth: 1.4 },
  data: boxesByPlace(layer),
})

/** ECharts takes boxes by their place in the list. */
function boxesByPlace({ boxes }: BoxLayer): unknown[] {
  const most = boxes.reduce((most, [x]) => Math.max(most, x), -1)
  const data: unknown[] = Array.from({ length: most + 1 }, () => '-')
  for (const [x, ...five] of boxes) data[x] = five
  return data
}

function ruleOf({ along, at, paint, dash }: RuleLayer, { color }: Place): object {
  return {
    type: 'line',
    data: [],
    markLine: {
      ...{ silent: true, symbol: 'none', animation: false, label: { show: false } },
      lineStyle: { color: color(paint), width: 1, type: dash ? [...dash] : 'solid' },
      data: [along === 'x' ? { yAxis: at } : { xAxis: at }],
    },
  }
}
