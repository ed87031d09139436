/** What a picture is to the rest of core, which never loads what draws it. `millrace/plot` makes them. */

/** How large a figure is drawn. */
export interface FigureSize {
  /** Pixels. */
  readonly width: number
  readonly height: number
}

/** A picture, as `dataset.plot` gives it: `Figure` of `millrace/plot`. */
export interface Figure {
  /** What ECharts takes: plain data. */
  readonly option: { readonly [name: string]: any }
  readonly size: FigureSize
  /** What is written above it. */
  readonly title: string
  /** An SVG document, the same text every time. */
  svg(): string
  /** A web page that needs nothing else. */
  html(): string
  /** A specification of Vega-Lite, data included. */
  toVegaLite(): object
  /** Writes a file: `.svg`, `.html`, or `.json` for Vega-Lite. */
  save(path: string): Promise<void>
}
