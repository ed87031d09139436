/** A picture: an ECharts option and the size to draw it at, and what can be made of them. */

import { writeFile } from 'node:fs/promises'
import type { Bundle } from '../core/display.ts'
import { PlanError } from '../core/errors.ts'
import type { Figure as Drawn, FigureSize } from '../core/figure.ts'
import { shown } from '../core/options.ts'
import type { Chart } from './chart.ts'
import { type ChartOption, optionOf } from './render/echarts.ts'
import { loadEcharts } from './render/load-echarts.ts'
import { type VegaLiteSpec, vegaLiteOf } from './render/vega-lite.ts'
import { darkStyle } from './theme.ts'

export type { FigureSize } from '../core/figure.ts'

/**
 * A chart that shows itself in notebooks and draws itself as SVG, the same text every time.
 *
 * @example
 * import { writeFile } from 'node:fs/promises'
 * const figure = bandChart({ title: 'IAH', times: [], panels: [] })
 * await writeFile('iah.svg', figure.svg())
 */
export class Figure implements Drawn {
  /** What ECharts takes, for pages that draw it themselves: plain data. */
  readonly option: ChartOption
  readonly size: FigureSize
  readonly #chart: Chart | undefined

  /** Of an option of your own; the functions of `millrace/plot` make figures of data. */
  constructor(option: ChartOption, size: FigureSize, chart?: Chart) {
    this.option = option
    this.size = size
    this.#chart = chart
  }

  /** @internal */
  static of(chart: Chart): Figure {
    return new Figure(optionOf(chart), { width: chart.width, height: chart.height }, chart)
  }

  /** What is written above the picture; empty where there is nothing. */
  get title(): string {
    const titles = [this.option.title ?? []].flat() as { readonly text?: unknown }[]
    return typeof titles[0]?.text === 'string' ? titles[0].text : ''
  }

  /**
   * The chart as a whole SVG document.
   *
   * @throws {MillraceError} `MISSING_PACKAGE` without echarts
   */
  svg(): string {
    const chart = loadEcharts().init(null, null, { renderer: 'svg', ssr: true, ...this.size })
    try {
      chart.setOption({ ...this.option, animation: false })
      return this.#headed(renumbered(chart.renderToSVGString()))
    } finally {
      chart.dispose()
    }
  }

  /** The chart as a web page that needs nothing else. @throws as {@link svg} */
  html(): string {
    const { theme } = this.#chart ?? {}
    const scheme = theme === 'auto' ? 'light dark' : (theme ?? 'light')
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="${scheme}">
<title>${escaped(this.title)}</title>
<style>body{margin:0;display:grid;place-items:center;min-height:100vh}svg{max-width:100%;height:auto}</style>
</head>
<body>
${this.svg()}
</body>
</html>
`
  }

  /**
   * The chart as a specification of Vega-Lite, data included, for its editor and other programs. It says the same in
   * Vega-Lite's looks.
   *
   * @throws {PlanError} `PLOT_EXPORT` for a figure that was made of an option
   */
  toVegaLite(): VegaLiteSpec {
    if (this.#chart) return vegaLiteOf(this.#chart)
    throw new PlanError('PLOT_EXPORT', 'this figure was made of an ECharts option, which has no other form', {
      hint: 'figures of the functions of millrace/plot do',
      above: this.toVegaLite,
    })
  }

  /**
   * Writes the chart to a file: `.svg` as SVG, `.html` as a page, `.json` as Vega-Lite.
   *
   * @throws {PlanError} `OPTION` for another ending
   */
  async save(path: string): Promise<void> {
    const ending = /\.(svg|html|json)$/i.exec(String(path))?.[1]?.toLowerCase()
    if (ending === undefined) {
      throw new PlanError('OPTION', `save() takes the path of a file, got ${shown(path)}`, {
        hint: "its name ends with what it is to be: 'delays.svg', 'delays.html', or 'delays.json' for Vega-Lite",
        above: this.save,
      })
    }
    const text =
      ending === 'svg'
        ? this.svg()
        : ending === 'html'
          ? this.html()
          : JSON.stringify(this.toVegaLite(), undefined, 2)
    await writeFile(path, `${text.trimEnd()}\n`)
  }

  /** For notebooks. Without echarts it says what is missing. */
  [Symbol.for('Jupyter.display')](): Record<string, string> {
    return this.bundle()
  }

  /** @internal */
  bundle(): Bundle {
    const text = `Figure ${this.size.width} × ${this.size.height}${this.title ? `: ${this.title}` : ''}`
    return { 'image/svg+xml': this.svg(), 'text/plain': text }
  }

  /** Says what it is to readers of the document, and how it looks in the dark. */
  #headed(svg: string): string {
    const head = `${this.title ? `<title>${escaped(this.title)}</title>` : ''}${this.#chart?.theme === 'auto' ? darkStyle() : ''}`
    return head === '' ? svg : svg.replace(/^<svg[^>]*>/, tag => `${tag.slice(0, -1)} role="img">\n${head}`)
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Control characters are none of XML's. */
const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[&<>"]/g, letter => ENTITIES[letter]!)

/**
 * ECharts numbers the names in its SVG by counters of the process (`zr3-c0`): here they are numbered in the order they
 * appear, so that equal charts are equal text. Its style sheet, which says only how marks look below a mouse, is left
 * out with its classes. Text of the user's is not touched: it never stands inside a tag or a style.
 */
function renumbered(svg: string): string {
  const names = new Map<string, string>()
  return svg.replace(/<style[\s\S]*?<\/style>\n?/g, '').replace(/<[^>]*>/g, markup =>
    markup.replace(/ class="zr[\w -]*"/, '').replace(/(?<=["\s.#])zr\d+-[\w-]+/g, name => {
      const known = names.get(name)
      if (known !== undefined) return known
      const short = `m${names.size}`
      names.set(name, short)
      return short
    }),
  )
}
