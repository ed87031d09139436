/** A chart: an ECharts option and the size to draw it at. */

import { type EChartsOption, init } from 'echarts'

/** How large a figure is drawn. */
export interface FigureSize {
  /** Pixels. */
  readonly width: number
  readonly height: number
}

/**
 * A chart that shows itself in notebooks and draws itself as SVG, the same text every time.
 *
 * @example
 * import { writeFile } from 'node:fs/promises'
 * const figure = bandChart({ title: 'IAH', times: [], panels: [] })
 * await writeFile('iah.svg', figure.svg())
 */
export class Figure {
  /** What ECharts takes, for pages that draw it themselves. */
  readonly option: EChartsOption
  readonly size: FigureSize

  constructor(option: EChartsOption, size: FigureSize) {
    this.option = option
    this.size = size
  }

  /** The chart as a whole SVG document. */
  svg(): string {
    const chart = init(null, null, { renderer: 'svg', ssr: true, ...this.size })
    try {
      chart.setOption({ ...this.option, animation: false })
      return renumbered(chart.renderToSVGString())
    } finally {
      chart.dispose()
    }
  }

  [Symbol.for('Jupyter.display')](): Record<string, string> {
    return { 'image/svg+xml': this.svg(), 'text/plain': `Figure ${this.size.width} × ${this.size.height}` }
  }
}

/**
 * ECharts numbers the names in its SVG by counters of the process (`zr3-c0`, `zr3-cls-26`): here they are numbered in
 * the order they appear, so that equal charts are equal text. Text of the user's is not touched: it never stands inside
 * a tag or a style.
 */
function renumbered(svg: string): string {
  const names = new Map<string, string>()
  return svg.replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, markup => {
    return markup.replace(/(?<=["\s.#])zr\d+-[\w-]+/g, name => {
      const known = names.get(name)
      if (known !== undefined) return known
      const short = `m${names.size}`
      names.set(name, short)
      return short
    })
  })
}
