/** A picture as an ECharts option: plain data, without functions, so that pages may have it as JSON. */

import { tickText } from '../axes.ts'
import type { Axis, Chart, Layer, LegendEntry, Panel } from '../chart.ts'
import { type Colors, colorOf, DARK, FONT, fitting, LIGHT, VIRIDIS } from '../theme.ts'
import {
  AXIS_TITLE_SIZE,
  type Box,
  type CategoryLabels,
  LABEL_SIZE,
  LEGEND_GAP,
  LEGEND_ITEM,
  layoutOf,
  MARGIN,
  SUBTITLE_SIZE,
  shortened,
  TITLE_SIZE,
  ticksOf,
} from './layout.ts'
import { seriesOf } from './series.ts'

/** What ECharts takes as its option. */
export interface ChartOption {
  readonly [name: string]: any
}

const SHAPES: Readonly<Record<LegendEntry['shape'], string>> = {
  line: 'path://M0 0H14V2.5H0Z',
  area: 'roundRect',
  point: 'circle',
}

/** The option; colours are those of the theme, of `auto` the light ones. */
export function optionOf(chart: Chart): ChartOption {
  const colors = chart.theme === 'dark' ? DARK : LIGHT
  const layout = layoutOf(chart)
  const { panels, legend, scale, width } = chart
  return {
    useUTC: true,
    animation: false,
    backgroundColor: colors.background,
    textStyle: { fontFamily: FONT, color: colors.ink },
    title: [
      {
        text: fitting(chart.title, TITLE_SIZE, width - 2 * MARGIN),
        ...(chart.subtitle === undefined
          ? {}
          : { subtext: fitting(chart.subtitle, SUBTITLE_SIZE, width - 2 * MARGIN) }),
        ...{ left: MARGIN, top: 14, padding: 0, itemGap: 7 },
        textStyle: {
          ...{ fontFamily: FONT, fontSize: TITLE_SIZE, fontWeight: 600, color: colors.ink },
        },
        subtextStyle: {
          ...{ fontFamily: FONT, fontSize: SUBTITLE_SIZE, color: colors.muted },
        },
      },
      ...panels.flatMap((panel, i) => titlesOf(panel, layout.panels[i]!, layout.labelWidths[i]!, colors)),
    ],
    ...(legend.length === 0 ? {} : { legend: legendOf(legend, layout.legendTop, width, colors) }),
    grid: layout.panels.map(box => ({ ...box, containLabel: false })),
    xAxis: panels.map(({ x }, i) => xAxisOf(x, i, layout.categoryLabels[i]!, colors, layout.panels[i]!)),
    yAxis: panels.map(({ y }, i) => yAxisOf(y, i, colors, layout.panels[i]!)),
    ...(scale ? { visualMap: scaleOf(chart, layout.panels, colors) } : {}),
    series: panels.flatMap((panel, i) =>
      panel.layers.flatMap((layer, l) => painted(layer, panel, i, l, colors, layout.panels[i]!)),
    ),
  }
}

const painted = (layer: Layer, panel: Panel, i: number, l: number, colors: Colors, box: Box): object[] =>
  seriesOf(layer, { panel, id: `${i} ${l}`, color: paint => colorOf(colors, paint), colors, box }).map(
    series => ({
      ...series,
      ...{ xAxisIndex: i, yAxisIndex: i, silent: true },
    }),
  )

/** Titles above a panel: that of the facet, and below it that of the y axis. */
function titlesOf({ title, y }: Panel, box: Box, labelWidth: number, colors: Colors): object[] {
  const at = (top: number) => ({
    left: Math.round(box.left - labelWidth),
    top: Math.round(box.top - top),
    padding: 0,
  })
  const text = (text: string, color: string, fontWeight: number) => ({
    text: fitting(text, AXIS_TITLE_SIZE, box.width + labelWidth),
    textStyle: {
      ...{ fontFamily: FONT, fontSize: AXIS_TITLE_SIZE, fontWeight, color },
    },
  })
  const above = y.title === '' ? 0 : 18
  return [
    ...(title === undefined ? [] : [{ ...at(24 + above), ...text(title, colors.ink, 600) }]),
    ...(y.title === '' ? [] : [{ ...at(24), ...text(y.title, colors.muted, 400) }]),
  ]
}

const legendOf = (legend: readonly LegendEntry[], top: number, width: number, colors: Colors): object => ({
  ...{ left: MARGIN, top, width: width - 2 * MARGIN, padding: 0 },
  ...{ itemGap: LEGEND_GAP, itemWidth: LEGEND_ITEM, itemHeight: 9 },
  textStyle: { fontFamily: FONT, fontSize: AXIS_TITLE_SIZE, color: colors.ink },
  data: legend.map(({ name, paint, shape, opacity = 1 }) => {
    const color = colorOf(colors, paint)
    return { name, icon: SHAPES[shape], itemStyle: { color, borderWidth: 0, opacity }, lineStyle: { color } }
  }),
})

const label = (colors: Colors): object => ({ fontFamily: FONT, fontSize: LABEL_SIZE, color: colors.muted })

/** The first of a year says the year, the first of a month the month, midnight the day. */
const TIME_FORMAT = {
  ...{ year: '{yyyy}', month: '{MMM}', day: '{MMM} {d}', hour: '{HH}:{mm}', minute: '{HH}:{mm}' },
  ...{ second: '{HH}:{mm}:{ss}', millisecond: '{ss}.{SSS}' },
}

function scaledAxis(axis: Axis): object {
  const { kind, min, max, step, ticks } = axis
  switch (kind) {
    case 'category':
      return { type: 'category', data: axis.categories!.map(shortened) }
    case 'time':
      return { type: 'time', min, max, axisTick: { customValues: ticks } }
    case 'log':
      return { type: 'log', logBase: 10, min, max, axisTick: { customValues: ticks } }
    default:
      return {
        ...{ type: 'value', min, max },
        ...(step === undefined ? {} : { interval: step, axisTick: { customValues: ticksOf(axis) } }),
      }
  }
}

function xAxisOf(axis: Axis, gridIndex: number, labels: CategoryLabels, colors: Colors, box: Box): object {
  const { type, ...scaled } = scaledAxis(axis) as { type: string; axisTick?: object }
  const line = { lineStyle: { color: colors.muted } }
  const isCategory = type === 'category'
  return {
    ...{ type, gridIndex, ...scaled },
    axisLine: { ...line, show: axis.bare !== true, onZero: false },
    axisTick: { ...line, ...scaled.axisTick, show: axis.bare !== true && !isCategory },
    axisLabel: {
      ...label(colors),
      hideOverlap: true,
      ...scaled.axisTick,
      ...(axis.kind === 'time' ? { formatter: TIME_FORMAT } : {}),
      ...(isCategory ? { interval: labels.every - 1, rotate: labels.turned } : {}),
    },
    splitLine: { show: false },
    ...(axis.title === ''
      ? {}
      : {
          name: fitting(axis.title, AXIS_TITLE_SIZE, box.width),
          ...{ nameLocation: 'middle', nameGap: labels.height + 10 },
          nameTextStyle: {
            ...{ fontFamily: FONT, fontSize: AXIS_TITLE_SIZE, color: colors.muted },
          },
        }),
  }
}

function yAxisOf(axis: Axis, gridIndex: number, colors: Colors, box: Box): object {
  const { axisTick, ...scaled } = scaledAxis(axis) as { axisTick?: object }
  const isCategory = axis.kind === 'category'
  const slot = box.height / Math.max(1, axis.categories?.length ?? 1)
  return {
    ...{ gridIndex, ...scaled },
    ...(isCategory ? { inverse: true } : {}),
    axisLine: { show: false },
    axisTick: { show: false, ...axisTick },
    axisLabel: {
      ...label(colors),
      ...axisTick,
      ...(isCategory ? { interval: Math.ceil(13 / slot) - 1 } : {}),
    },
    splitLine: { show: !isCategory && axis.bare !== true, lineStyle: { color: colors.grid } },
  }
}

/** The bar that says what colours of cells mean, right of the panels. */
function scaleOf({ scale, width }: Chart, boxes: readonly Box[], colors: Colors): object {
  const { min, max, title } = scale!
  const top = Math.round(boxes[0]?.top ?? 0)
  const last = boxes.at(-1)
  // A number stands above and one below it: with both it ends no lower than the labels of the axis.
  const room = last === undefined ? 120 : Math.round(last.top + last.height - top) - 20
  return {
    ...{ type: 'continuous', min, max, calculable: false, orient: 'vertical' },
    ...{ left: width - 84, top, padding: 0, itemWidth: 12, itemHeight: Math.max(40, Math.min(120, room)) },
    ...{ text: [`${tickText(rounded(max))}`, tickText(rounded(min))], textGap: 6 },
    textStyle: { fontFamily: FONT, fontSize: LABEL_SIZE, color: colors.muted },
    inRange: { color: [...VIRIDIS] },
    // Not ECharts': what the numbers are, for whoever reads the option.
    name: title,
  }
}

const rounded = (value: number): number => Number(value.toPrecision(4))
