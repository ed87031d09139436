/** Draws the charts of the pages beside it, from their own data: `node docs/models/statistics/charts/draw.ts`. */
import type { EChartsOption } from 'echarts'
import { correlation, histogram, kMeans, linearRegression } from '../../../../src/models/statistics/index.ts'
import { writeChart } from '../../chart.ts'

const BLUE = '#2563eb'
const RED = '#dc2626'

const draw = (name: string, title: string, option: EChartsOption): void =>
  writeChart(new URL(`${name}.svg`, import.meta.url), title, {
    grid: { left: 60, right: 20, top: 20, bottom: 40 },
    ...option,
  })

const points = (data: readonly (readonly (number | null)[])[], color: string, symbolSize = 9) =>
  ({ type: 'scatter', data: data.map(point => [...point]), symbolSize, itemStyle: { color } }) as const

const axis = (name: string, extra: object = {}) =>
  ({ type: 'value', name, nameLocation: 'middle', nameGap: 25, scale: true, ...extra }) as const

const delays = [4, -3, 12, 7, null, 31, 5, 8, 95, 2]
const { edges, counts } = histogram(delays, { bins: 4, range: [-10, 30] })
draw('histogram', 'delays in four bins', {
  xAxis: { type: 'category', data: Array.from(counts, (_, i) => `${edges[i]} to ${edges[i + 1]}`) },
  yAxis: { type: 'value', minInterval: 1 },
  series: [{ type: 'bar', barCategoryGap: '2%', data: Array.from(counts), itemStyle: { color: BLUE } }],
})

const flights = [
  [2, 50],
  [5, 55],
  [3, 210],
  [6, 205],
  [95, 52],
]
const { centers } = kMeans(flights, { clusters: 3, seed: 7 })
draw('k-means', 'flights and the centres of their clusters', {
  xAxis: axis('minutes of delay'),
  yAxis: axis('minutes of flight', { nameGap: 40 }),
  series: [points(flights, BLUE), points(centers, RED, 5)],
})

const journeys = [
  { miles: 239, wind: 5, minutes: 52 },
  { miles: 1379, wind: 20, minutes: 205 },
  { miles: 1635, wind: -10, minutes: 214 },
  { miles: 1635, wind: 15, minutes: 232 },
  { miles: 677, wind: 0, minutes: 103 },
  { miles: 925, wind: 10, minutes: 142 },
]
const fit = linearRegression(
  journeys.map(f => [f.miles, f.wind]),
  journeys.map(f => f.minutes),
)
draw('linear-regression', 'flights, and what the regression says of still air', {
  xAxis: axis('miles'),
  yAxis: axis('minutes', { nameGap: 40 }),
  series: [
    points(
      journeys.map(f => [f.miles, f.minutes]),
      BLUE,
    ),
    {
      type: 'line',
      showSymbol: false,
      data: [200, 1700].map(miles => [miles, fit.predict([miles, 0])]),
      lineStyle: { color: RED, width: 1.5 },
    },
  ],
})

const distance = [239, 239, 1379, 1635, 1635]
const delay = [5, -2, 14, 12, 30]
draw('correlation', `a correlation of ${correlation(distance, delay).estimate.toFixed(3)}`, {
  xAxis: axis('miles'),
  yAxis: axis('minutes of delay', { nameGap: 40 }),
  series: [
    points(
      distance.map((miles, i) => [miles, delay[i]!]),
      BLUE,
    ),
  ],
})
