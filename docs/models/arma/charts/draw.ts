/** Draws the charts of the pages beside it: `node docs/models/arma/charts/draw.ts`. Data come from the pages themselves. */
import { readFileSync } from 'node:fs'
import type { EChartsOption } from 'echarts'
import {
  arima,
  armaAcf,
  autoArima,
  holtWinters,
  pacf,
  periodogram,
  psiWeights,
  stl,
} from '../../../../src/models/index.ts'
import { writeChart } from '../../chart.ts'

/** The numbers of `const name = [ … ]` on a page. */
function data(page: string, name: string): number[] {
  const text = readFileSync(new URL(`../${page}.md`, import.meta.url), 'utf8')
  return JSON.parse(`[${text.split(`const ${name} = [`)[1]!.split(']')[0]!.trim().replace(/,$/, '')}]`)
}

const titles: Record<string, string> = {
  ar: 'lh with twelve forecasts and their 80 % and 95 % intervals',
  arima: 'airline passengers with two years of forecasts',
  ma: 'autocorrelations of an MA(2): they end at lag 2',
  arma: 'response of an ARMA(2, 1) to one shock',
  estimators: 'partial autocorrelations of lh',
  'auto-arima': 'AICc − 1260 of the candidates in the order they were tried',
  correlations: 'periodogram of a trend with a season of 12',
  stl: 'a series and its three components',
  'holt-winters': 'airline passengers smoothed and continued',
  online: 'predictions, 99 % band, a spike and a gap',
}

const draw = (name: string, option: EChartsOption): void =>
  writeChart(new URL(`${name}.svg`, import.meta.url), titles[name]!, option)

const line = (values: (number | null)[], color: string, extra: object = {}) =>
  ({
    type: 'line',
    data: values,
    showSymbol: false,
    lineStyle: { color, width: 1.5 },
    itemStyle: { color },
    ...extra,
  }) as const

/** A band between two lines: the lower one invisible, the difference stacked on it. */
function band(lower: (number | null)[], upper: (number | null)[], color: string, stack: string) {
  const hidden = { lineStyle: { opacity: 0 }, stack, stackStrategy: 'all' as const }
  return [
    { type: 'line', data: lower, showSymbol: false, ...hidden },
    {
      type: 'line',
      data: upper.map((u, i) => (u === null ? null : u - lower[i]!)),
      showSymbol: false,
      ...hidden,
      areaStyle: { color, opacity: 0.35 },
    },
  ] as const
}

function fan(
  name: string,
  series: number[],
  order: Parameters<typeof arima>[1],
  steps: number,
  back: (x: number) => number,
) {
  const fit = arima(series, order)
  const { mean, lower, upper } = fit.forecast(steps, { level: [0.8, 0.95] })
  const pad = series.map(() => null)
  const all = (xs: number[]) => [...pad, ...xs.map(back)]
  draw(name, {
    xAxis: { type: 'category', data: [...series, ...mean].map((_, i) => String(i + 1)) },
    yAxis: { type: 'value', scale: true },
    series: [
      ...band(all(lower[1]!), all(upper[1]!), '#9ecae1', 'b95'),
      ...band(all(lower[0]!), all(upper[0]!), '#4292c6', 'b80'),
      line(series.map(back), '#333'),
      line(all(mean), '#08519c'),
    ] as echarts.SeriesOption[],
  })
}

const bars = (name: string, values: ArrayLike<number>, first: number) =>
  draw(name, {
    xAxis: { type: 'category', data: Array.from(values, (_, i) => String(i + first)) },
    yAxis: { type: 'value' },
    series: [{ type: 'bar', data: Array.from(values), barWidth: 4, itemStyle: { color: '#08519c' } }],
  })

const lh = data('ar', 'lh')
const passengers = data('arima', 'passengers')
fan('ar', lh, { order: [3, 0, 0] }, 12, x => x)
fan(
  'arima',
  passengers.map(Math.log),
  { order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 12 } },
  24,
  Math.exp,
)
bars('ma', armaAcf({ ma: [0.6, 0.3] }, 8), 0)
bars('arma', [1, ...psiWeights({ ar: [1.2, -0.4], ma: [0.3] }, 20)], 0)
bars('estimators', pacf(lh, { maxLag: 16 }), 1)
bars(
  'auto-arima',
  autoArima(data('auto-arima', 'nile')).candidates.map(c =>
    Number.isFinite(c.value) ? c.value - 1260 : Number.NaN,
  ),
  1,
)
const wave = Array.from({ length: 96 }, (_, t) => 10 + 0.1 * t + 3 * Math.sin((2 * Math.PI * t) / 12))
bars('correlations', periodogram(wave, { detrend: true }).power, 1)

const parts = stl(passengers.map(Math.log), { period: 12 })
draw('stl', {
  legend: { data: ['series', 'trend', 'seasonal', 'remainder'], top: 0 },
  xAxis: { type: 'category', data: passengers.map((_, i) => String(i + 1)) },
  yAxis: { type: 'value' },
  series: [
    { name: 'series', ...line(passengers.map(Math.log), '#333') },
    { name: 'trend', ...line([...parts.trend], '#08519c') },
    { name: 'seasonal', ...line([...parts.seasonal], '#2ca02c') },
    { name: 'remainder', ...line([...parts.remainder], '#d62728') },
  ] as echarts.SeriesOption[],
})

const smooth = holtWinters(passengers, { period: 12, seasonal: 'multiplicative' })
draw('holt-winters', {
  xAxis: { type: 'category', data: Array.from({ length: 168 }, (_, i) => String(i + 1)) },
  yAxis: { type: 'value', scale: true },
  series: [
    line(passengers, '#333'),
    line(
      [...smooth.fitted, ...smooth.forecast(24).mean].map(x => (Number.isNaN(x) ? null : x)),
      '#d62728',
    ),
  ] as echarts.SeriesOption[],
})

let state = 7
const rng = () => {
  state = (state + 0x6d2b79f5) >>> 0
  let t = Math.imul(state ^ (state >>> 15), state | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const model = arima.withCoefficients({ ar: [0.6], ma: [0.3], mean: 10, sigma2: 2 })
const values = [...model.simulate(rng, 120)].map((x, t) => (t === 70 ? x + 9 : t >= 90 && t < 100 ? null : x))
const online = model.online()
const steps = values.map(x => online.update(x))
const spread = steps.map(s => 2.576 * Math.sqrt(s.variance))
draw('online', {
  xAxis: { type: 'category', data: values.map((_, i) => String(i + 1)) },
  yAxis: { type: 'value', scale: true },
  series: [
    ...band(
      steps.map((s, i) => s.mean - spread[i]!),
      steps.map((s, i) => s.mean + spread[i]!),
      '#9ecae1',
      'band',
    ),
    line(values, '#333'),
    line(
      steps.map(s => s.mean),
      '#08519c',
    ),
    {
      type: 'scatter',
      data: values.map((x, i) => ((steps[i]!.pValue ?? 1) < 0.001 ? x : null)),
      itemStyle: { color: '#d62728' },
    },
  ] as echarts.SeriesOption[],
})
