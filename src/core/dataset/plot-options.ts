/** What pictures are asked for: the options of `dataset.plot` and of the functions of `millrace/plot`. Types only. */

import type { DecimalText } from '../types/row.ts'
import type { ColumnName, ColumnOf } from './types.ts'

/** What all pictures take. */
export interface PlotOptions {
  /** Default: what the picture shows, by the names of its columns. */
  readonly title?: string
  readonly subtitle?: string
  /** Titles of the axes; `''` for none. Default: the names of the columns. */
  readonly xTitle?: string
  readonly yTitle?: string
  /** Units, which stand behind the titles of the axes: `'min'`. */
  readonly xUnit?: string
  readonly yUnit?: string
  /** Pixels. Default: 800, and what the panels need. */
  readonly width?: number
  readonly height?: number
  /** Default `'light'`. `'auto'` is dark where whoever looks at the SVG prefers that. */
  readonly theme?: 'light' | 'dark' | 'auto'
  /** Logarithmic axes; values that are not positive are left out. Default: none. */
  readonly log?: 'x' | 'y' | 'xy'
  /** The time zone that times are shown in. Default: that of the column, else UTC. */
  readonly zone?: string
}

/** Columns of numbers. */
export type NumberColumn<Row> = ColumnOf<Row, number | bigint | DecimalText>

/** One column of keys or several: each of their values is a series, or a panel. */
export type KeyColumns<Row> = ColumnName<Row> | readonly ColumnName<Row>[]

/** What tells series and panels apart. */
export interface Keyed<Row> {
  /** Each value is a series, with a colour of its own in the same panel. */
  readonly by?: KeyColumns<Row>
  /** Each value has a panel; all have the same axes. */
  readonly facet?: KeyColumns<Row>
}

/** How the values of several rows become one. */
export type PlotAggregate = 'sum' | 'mean' | 'min' | 'max' | 'count'

/** What the picture `line` takes. */
export interface LinePlotOptions<Row> extends PlotOptions, Keyed<Row> {
  /** A column of times or numbers. */
  readonly x: ColumnOf<Row, number | bigint | Date | DecimalText>
  /** A column, or several, each of which is a series. */
  readonly y: NumberColumn<Row> | readonly NumberColumn<Row>[]
}

/** What the picture `area` takes. */
export interface AreaPlotOptions<Row> extends LinePlotOptions<Row> {
  /** Series lie on each other. Default: with several series. */
  readonly stack?: boolean
}

/** What the picture `bar` takes. */
export interface BarPlotOptions<Row> extends PlotOptions, Keyed<Row> {
  /** A column whose values have a bar each. */
  readonly x: ColumnName<Row>
  /** Default: rows are counted. */
  readonly y?: NumberColumn<Row>
  /** What is made of the rows of a bar. Default `'sum'`; without `y`, `'count'`. */
  readonly aggregate?: PlotAggregate
  /** Series lie on each other instead of side by side. Default: true for sums and counts. */
  readonly stack?: boolean
  /** By the bars, the longest first, or by `x`. Default: texts by the bars, numbers and times by `x`. */
  readonly order?: 'value' | 'x'
  /** Bars at most; of texts, those of the others become one, `others`. Default 30. */
  readonly limit?: number
}

/** What the picture `histogram` takes. */
export interface HistogramPlotOptions<Row> extends PlotOptions, Keyed<Row> {
  /** A column of numbers or times. */
  readonly x: ColumnOf<Row, number | bigint | Date | DecimalText>
  /** About how many bins: their ends are round numbers. Default: as the values ask for. */
  readonly bins?: number
}

/** What the picture `scatter` takes. */
export interface ScatterPlotOptions<Row> extends PlotOptions, Keyed<Row> {
  readonly x: ColumnOf<Row, number | bigint | Date | DecimalText>
  readonly y: NumberColumn<Row>
  /** Pixels across a point. Default: fewer for more points. */
  readonly size?: number
}

/** What the picture `heatmap` takes. */
export interface HeatmapPlotOptions<Row> extends PlotOptions {
  /** A column of any type: numbers and times are put into bins, where there are more values than `bins`. */
  readonly x: ColumnName<Row>
  readonly y: ColumnName<Row>
  /** What colours stand for. Default: rows are counted. */
  readonly value?: NumberColumn<Row>
  /** What is made of the rows of a cell. Default `'mean'`; without `value`, `'count'`. */
  readonly aggregate?: PlotAggregate
  readonly facet?: KeyColumns<Row>
  /** Bins along an axis, at most. Default 40. */
  readonly bins?: number
}

/** What the picture `box` takes. */
export interface BoxPlotOptions<Row> extends PlotOptions {
  readonly y: NumberColumn<Row>
  /** A box for each value. Default: one box. */
  readonly x?: ColumnName<Row>
  readonly facet?: KeyColumns<Row>
  /** By the medians, or by `x`. Default: texts by the medians, the highest first; numbers and times by `x`. */
  readonly order?: 'value' | 'x'
  /** Boxes at most, those of the most rows. Default 30. */
  readonly limit?: number
}

/** Of rows that `detect` made. */
export interface BandPlotOptions<Row> extends PlotOptions {
  /** Times. */
  readonly x: ColumnOf<Row, number | bigint | Date | DecimalText>
  /** The column that was scored. */
  readonly y: NumberColumn<Row>
  /** The prefix of the detector's columns, as in `detect`. Default: none. */
  readonly as?: string
  readonly facet?: KeyColumns<Row>
}

/** What the picture `calendar` takes. */
export interface CalendarPlotOptions<Row> extends PlotOptions {
  /** A column of times: its days, in its zone, are the cells. */
  readonly x: ColumnOf<Row, Date>
  /** What colours stand for. Default: rows are counted. */
  readonly y?: NumberColumn<Row>
  /** What is made of the rows of a day. Default `'sum'`; without `y`, `'count'`. */
  readonly aggregate?: PlotAggregate
}

/** Of a column as a series, in order of `x`. */
export interface CorrelogramPlotOptions<Row> extends PlotOptions {
  readonly y: NumberColumn<Row>
  /** What values are put in order by. Default: rows stay as they are. */
  readonly x?: ColumnOf<Row, number | bigint | Date | DecimalText>
  /** Default: 10 · log₁₀ of the number of values. */
  readonly maxLag?: number
}

/** What the picture `qq` of a dataset takes. */
export interface QqPlotOptions<Row> extends PlotOptions {
  readonly y: NumberColumn<Row>
  /** Whose quantiles the values are compared with: of `millrace/models`. Default: the normal one of the same mean and deviation. */
  readonly distribution?: QuantileFunction
}

/** What has quantiles: any distribution of `millrace/models`. */
export interface QuantileFunction {
  readonly name?: string
  quantile(p: number): number
}
