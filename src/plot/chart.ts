/**
 * A picture as plain data: panels of layers over axes, with colours by what they are for. Every kind of picture makes
 * one; `render/` draws it as an ECharts option or as Vega-Lite.
 */

/** `auto` is light, and dark where whoever looks at the SVG prefers that. */
export type Theme = 'light' | 'dark' | 'auto'

/** A colour: the number of a series, or what it is for. */
export type Paint = number | 'ink' | 'muted' | 'band' | 'expected' | 'alert'

export type Point = readonly [x: number, y: number | null]

/** Where values lie. Categories are numbered from 0, which is what layers have as x or y. */
export interface Axis {
  readonly kind: 'number' | 'log' | 'time' | 'category'
  /** With the unit; empty for none. */
  readonly title: string
  readonly min: number
  readonly max: number
  /** Between two ticks, of numbers. */
  readonly step?: number
  /** Of times, in milliseconds of the clock shown, as if it were UTC; and of logarithms. */
  readonly ticks?: readonly number[]
  readonly categories?: readonly string[]
  /** Nothing is drawn of the axis but its labels. */
  readonly bare?: true
}

interface Painted {
  /** In the legend, which has each name once. */
  readonly name?: string
  readonly paint: Paint
}

/** A line; null is a gap. Filled down to zero, or to what it is stacked on, with `fill` as opacity. */
export interface LineLayer extends Painted {
  readonly mark: 'line'
  readonly points: readonly Point[]
  readonly width?: number
  readonly dash?: readonly number[]
  readonly fill?: number
  readonly stack?: true
  /** Each value holds until the next. */
  readonly steps?: true
}

/** What lies between two lines; null is a gap. */
export interface BandLayer extends Painted {
  readonly mark: 'band'
  readonly points: readonly (readonly [x: number, lower: number | null, upper: number | null])[]
  readonly opacity: number
}

export interface PointLayer extends Painted {
  readonly mark: 'point'
  readonly points: readonly Point[]
  /** Pixels across. */
  readonly size: number
  readonly opacity?: number
  /** What stands beside a point. */
  readonly labels?: readonly (string | undefined)[]
}

/** Bars from zero. */
export interface BarLayer extends Painted {
  readonly mark: 'bar'
  readonly points: readonly Point[]
  readonly stack?: true
  /** In pixels, or `full`: as wide as the points are apart. Default: what categories leave room for. */
  readonly width?: number | 'full'
}

/** Coloured cells between categories. */
export interface CellLayer {
  readonly mark: 'cell'
  readonly cells: readonly (readonly [x: number, y: number, value: number])[]
}

export interface BoxLayer extends Painted {
  readonly mark: 'box'
  /** By category. */
  readonly boxes: readonly (readonly [
    x: number,
    low: number,
    q1: number,
    median: number,
    q3: number,
    high: number,
  ])[]
}

/** A line across the panel. */
export interface RuleLayer {
  readonly mark: 'rule'
  readonly along: 'x' | 'y'
  /** Where on the other axis. */
  readonly at: number
  readonly paint: Paint
  readonly dash?: readonly number[]
}

export type Layer = LineLayer | BandLayer | PointLayer | BarLayer | CellLayer | BoxLayer | RuleLayer

/** What stands above the panels to say what is what. */
export interface LegendEntry {
  readonly name: string
  readonly paint: Paint
  readonly shape: 'line' | 'area' | 'point'
  /** Default 1. */
  readonly opacity?: number
}

export interface Panel {
  /** Of a facet. */
  readonly title?: string
  readonly x: Axis
  readonly y: Axis
  readonly layers: readonly Layer[]
  /** Relative to the other rows of panels. Default 1. */
  readonly weight?: number
}

export interface Chart {
  readonly title: string
  readonly subtitle?: string
  readonly legend: readonly LegendEntry[]
  readonly panels: readonly Panel[]
  /** Panels side by side. */
  readonly columns: number
  readonly theme: Theme
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** What the colours of cells mean. */
  readonly scale?: { readonly title: string; readonly min: number; readonly max: number }
}
