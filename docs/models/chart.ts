/** Writes the charts of documentation pages: the same picture gives the same file. */
import { writeFileSync } from 'node:fs'
import * as echarts from 'echarts'

let counter = 0

/** Writes a chart as SVG, 720 by 280. */
export function writeChart(file: URL, title: string, option: echarts.EChartsOption): void {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 720, height: 280 })
  // A background of its own: grey text is not legible on whatever is dark.
  chart.setOption({
    ...{ animation: false, backgroundColor: '#ffffff' },
    grid: { left: 50, right: 20, top: 20, bottom: 30 },
    ...option,
  })
  // Generated class names carry a process-wide counter: renumber, so that redrawing changes nothing.
  const svg = chart
    .renderToSVGString()
    .replaceAll(/zr\d+-/g, `zr${counter}-`)
    .replace(/<style[\s\S]*?<\/style>/g, '') // hover rules only
    .replace(/(<svg[^>]*>)/, `$1\n<title>${title}</title>`)
  counter++
  chart.dispose()
  writeFileSync(file, `${svg}\n`)
}
