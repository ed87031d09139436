/**
 * What `dataset.plot` calls: pictures of datasets. Each asks the engine for what it shows, by aggregates in the shards, and
 * draws that as `pictures/` draws rows; up to 5,000 rows are drawn as they are.
 */

import type { CorrelogramPlotOptions, QqPlotOptions } from '../../core/dataset/plot-options.ts'
import type { PlotKind, Plotter } from '../../core/dataset/plots.ts'
import { checkNames } from '../../core/options.ts'
import { numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { acf, pacf } from '../pictures/correlogram.ts'
import { qq } from '../pictures/qq.ts'
import { PLOT_OPTIONS } from '../settings.ts'
import { plotBand } from './band.ts'
import { plotBox } from './box.ts'
import { type AnyDataset, mustBe, type Source, typeOf, unitsOf } from './columns.ts'
import { plotBar, plotCalendar, plotHeatmap, plotHistogram } from './counts.ts'
import { plotScatter, plotSeries } from './series.ts'

type Draw = (source: Source, options: any) => Promise<Figure>

async function correlogram(
  call: 'acf' | 'pacf',
  source: Source,
  options: CorrelogramPlotOptions<any>,
): Promise<Figure> {
  checkNames(`plot.${call}`, options, ['x', 'y', 'maxLag', ...PLOT_OPTIONS], source.above)
  const { x, y, ...rest } = options
  const values = await valuesOf(call, source, y, x)
  const title = call === 'acf' ? `Autocorrelations of ${y}` : `Partial autocorrelations of ${y}`
  return (call === 'acf' ? acf : pacf)(values, { title, ...rest })
}

async function quantiles(source: Source, options: QqPlotOptions<any>): Promise<Figure> {
  checkNames('plot.qq', options, ['y', 'distribution', ...PLOT_OPTIONS], source.above)
  const { y, distribution, ...rest } = options
  const values = await valuesOf('qq', source, y, undefined)
  const unit = unitsOf(source, undefined, y)
  return qq(values, distribution, { title: `Quantiles of ${y}`, yTitle: String(y), ...unit, ...rest })
}

/** The values of a column, in order of another. */
async function valuesOf(
  call: string,
  source: Source,
  y: string,
  x: string | undefined,
): Promise<(number | null)[]> {
  mustBe(source, call, 'y', y, ['number'])
  if (x !== undefined) typeOf(source, x)
  const sorted = x === undefined ? source.dataset : source.dataset.orderBy(x)
  const values: (number | null)[] = []
  // One at a time: a row may weigh ten times what its number does.
  for await (const row of (sorted.select(y) as AnyDataset).rows(source.job)) values.push(numberOf(row[y]))
  return values
}

const DRAW: Readonly<Record<PlotKind, Draw>> = {
  line: (source, options) => plotSeries('line', source, options),
  area: (source, options) => plotSeries('area', source, options),
  bar: plotBar,
  histogram: plotHistogram,
  scatter: plotScatter,
  heatmap: plotHeatmap,
  box: plotBox,
  band: plotBand,
  calendar: plotCalendar,
  acf: (source, options) => correlogram('acf', source, options),
  pacf: (source, options) => correlogram('pacf', source, options),
  qq: quantiles,
}

/** The pictures, by name. */
export const datasetPlots = Object.fromEntries(
  Object.entries(DRAW).map(([kind, draw]): [string, Plotter] => [
    kind,
    async (dataset, options, job, above) =>
      draw({ dataset, schema: await dataset.schema(), job, above }, options),
  ]),
) as unknown as Readonly<Record<PlotKind, Plotter>>
