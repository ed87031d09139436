/**
 * `millrace/plot`: pictures of rows, series and models, drawn to SVG without a browser. `dataset.plot` makes the same
 * ones, of what the engine has reduced.
 *
 * Invariant: a figure is plain data (`option`) and draws the same bytes whenever it is asked. May import `core` and, for
 * pictures of models, `models`; echarts is loaded when something is drawn. Nothing else of Millrace imports it but the
 * command line, and `src/index.ts` when `dataset.plot` is called.
 */

import '../core/refuse-old-node.ts'

export type {
  AreaPlotOptions,
  BandPlotOptions,
  BarPlotOptions,
  BoxPlotOptions,
  CalendarPlotOptions,
  HeatmapPlotOptions,
  HistogramPlotOptions,
  LinePlotOptions,
  PlotAggregate,
  PlotOptions,
  QuantileFunction,
  ScatterPlotOptions,
} from '../core/dataset/plot-options.ts'
export { type BandChart, type BandPanel, bandChart } from './band-chart.ts'
export { Figure, type FigureSize } from './figure.ts'
export { type JobPictureOptions, jobPicture } from './job-picture.ts'
export { type LivePicture, livePicture } from './live-picture.ts'
export { band } from './pictures/band.ts'
export { bar } from './pictures/bar.ts'
export { box } from './pictures/box.ts'
export { acf, type CorrelogramOptions, pacf } from './pictures/correlogram.ts'
export {
  type FanPlotOptions,
  type ForecastPlotOptions,
  type ForecastResult,
  fan,
  forecast,
} from './pictures/forecast.ts'
export { calendar, heatmap } from './pictures/heatmap.ts'
export { histogram } from './pictures/histogram.ts'
export {
  type Decomposition,
  decomposition,
  type OverTimeOptions,
  residuals,
  type WithResiduals,
} from './pictures/model.ts'
export { qq } from './pictures/qq.ts'
export { area, line, scatter } from './pictures/series.ts'
export type { ChartOption } from './render/echarts.ts'
export type { VegaLiteSpec } from './render/vega-lite.ts'
