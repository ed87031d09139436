/**
 * `millrace/plot`: charts as ECharts options, drawn to SVG without a browser.
 *
 * Invariant: a figure is plain data (`option`) and draws the same bytes whenever it is asked. May import `core` and
 * echarts only; nothing else of Millrace imports it but the command line, because echarts takes a while to load.
 */

import '../core/refuse-old-node.ts'

export { type BandChart, type BandPanel, bandChart } from './band-chart.ts'
export { Figure, type FigureSize } from './figure.ts'
