/** Pictures of datasets: what `dataset.plot` has. What draws them is wired, and loaded when the first is asked for. */

import type { JobOptions } from '../engine.ts'
import type { Figure } from '../figure.ts'
import { type CallSite, callSite, thrownAt } from '../planner/build.ts'
import { mustEnd } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import { checkJobOptions } from './job-options.ts'
import type {
  AreaPlotOptions,
  BandPlotOptions,
  BarPlotOptions,
  BoxPlotOptions,
  CalendarPlotOptions,
  CorrelogramPlotOptions,
  HeatmapPlotOptions,
  HistogramPlotOptions,
  LinePlotOptions,
  QqPlotOptions,
  ScatterPlotOptions,
} from './plot-options.ts'

/** The pictures of datasets. */
export const PLOT_KINDS = [
  ...(['line', 'area', 'bar', 'histogram', 'scatter', 'heatmap'] as const),
  ...(['box', 'band', 'calendar', 'acf', 'pacf', 'qq'] as const),
]

export type PlotKind = (typeof PLOT_KINDS)[number]

/** Draws a dataset that ends; traces of errors in options begin above `above`. */
export type Plotter = (
  dataset: Dataset<any, 'bounded'>,
  options: any,
  job: JobOptions,
  above: Function,
) => Promise<Figure>

let load: (() => Promise<Readonly<Record<PlotKind, Plotter>>>) | undefined

/** Wires what draws. */
export function usePlots(plots: () => Promise<Readonly<Record<PlotKind, Plotter>>>): void {
  load = plots
}

async function drawn(
  kind: PlotKind,
  dataset: Dataset<any, any>,
  options: unknown,
  job: JobOptions,
  above: Function,
): Promise<Figure> {
  mustEnd(dataset, `plot.${kind}`, above)
  const site: CallSite = callSite(above)
  checkJobOptions(job, site)
  try {
    return await (await load!())[kind](dataset, options ?? {}, job, above)
  } catch (error) {
    throw thrownAt(error, site)
  }
}

/**
 * Pictures of a dataset's rows. The engine reduces them to what a picture can show, in the shards: of a hundred million rows
 * some thousand numbers reach the program. Up to 5,000 rows are drawn as they are.
 *
 * Each reads the data once to three times. Column names are checked by the compiler and, for untyped callers, when the
 * columns are known: {@link PlanError} `UNKNOWN_COLUMN`, with the nearest name. Others: `OPTION`, `TIME_ZONE`; `UNBOUNDED`
 * when the data does not end; and whatever a job fails with. What draws is loaded with the first picture.
 *
 * @example
 * const figure = await flights.plot.histogram({ x: 'delay' })
 * figure.svg().startsWith('<svg') // true
 */
export class DatasetPlots<Row> {
  readonly #dataset: Dataset<Row, any>

  /** @internal */
  constructor(dataset: Dataset<Row, any>) {
    this.#dataset = dataset
  }

  /**
   * Lines over times or numbers, one for each key. Of each column of pixels the least and the greatest value are drawn.
   *
   * @example
   * await flights.plot.line({ x: 'date', y: 'delay', by: 'origin', yUnit: 'min' })
   */
  async line(options: LinePlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('line', this.#dataset, options, job, this.line)
  }

  /**
   * Areas over times or numbers. Those of several series lie on each other.
   *
   * @example
   * await flights.plot.area({ x: 'date', y: 'delay' })
   */
  async area(options: AreaPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('area', this.#dataset, options, job, this.area)
  }

  /**
   * A bar for each value of a column: how many rows it has, or what is made of their `y`.
   *
   * @example
   * await flights.plot.bar({ x: 'origin', y: 'delay', aggregate: 'mean' })
   */
  async bar(options: BarPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('bar', this.#dataset, options, job, this.bar)
  }

  /**
   * How the values of a column are spread.
   *
   * @example
   * await flights.plot.histogram({ x: 'delay', by: 'origin' })
   */
  async histogram(options: HistogramPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('histogram', this.#dataset, options, job, this.histogram)
  }

  /**
   * A point for each row; of very many one for each few pixels.
   *
   * @example
   * await flights.plot.scatter({ x: 'distance', y: 'delay' })
   */
  async scatter(options: ScatterPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('scatter', this.#dataset, options, job, this.scatter)
  }

  /**
   * A cell for each pair of values, or of bins of them.
   *
   * @example
   * await flights.plot.heatmap({ x: 'origin', y: 'distance', value: 'delay' })
   */
  async heatmap(options: HeatmapPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('heatmap', this.#dataset, options, job, this.heatmap)
  }

  /**
   * Quartiles, what is usual and outliers, for each value of a column.
   *
   * @example
   * await flights.plot.box({ x: 'origin', y: 'delay' })
   */
  async box(options: BoxPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('box', this.#dataset, options, job, this.box)
  }

  /**
   * What `detect` made: values, the band in which they were expected, anomalies with their reasons. All anomalies are drawn,
   * up to 2,000.
   *
   * @example
   * const scored = flights.watermark('date').detect('delay', ewma(), { by: 'origin', every: '1h' })
   * await scored.plot.band({ x: 'date', y: 'delay', facet: 'origin' })
   */
  async band(options: BandPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('band', this.#dataset, options, job, this.band)
  }

  /**
   * A cell for each day: how many rows it has, or what is made of their `y`.
   *
   * @example
   * await flights.plot.calendar({ x: 'date' })
   */
  async calendar(options: CalendarPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('calendar', this.#dataset, options, job, this.calendar)
  }

  /**
   * Autocorrelations of a column, in order of `x`. The column is collected, as for {@link pacf} and {@link qq}.
   *
   * @example
   * await flights.plot.acf({ y: 'distance', x: 'date' })
   */
  async acf(options: CorrelogramPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('acf', this.#dataset, options, job, this.acf)
  }

  /**
   * Partial autocorrelations of a column, in order of `x`.
   *
   * @example
   * await flights.plot.pacf({ y: 'distance', x: 'date' })
   */
  async pacf(options: CorrelogramPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('pacf', this.#dataset, options, job, this.pacf)
  }

  /**
   * The values of a column against the quantiles of a distribution.
   *
   * @example
   * await flights.plot.qq({ y: 'delay' })
   */
  async qq(options: QqPlotOptions<Row>, job: JobOptions = {}): Promise<Figure> {
    return drawn('qq', this.#dataset, options, job, this.qq)
  }
}
