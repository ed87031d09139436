/** One picture of each kind, of small series that look like real ones. */

import { arima, normal, stl } from '../../src/models/index.ts'
import * as plot from '../../src/plot/index.ts'

/** Numbers from 0 to 1 that are the same everywhere. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const next = numbers(7)
const HOUR = 3_600_000
const ORIGINS = ['IAH', 'HOU', 'DFW', 'AUS', 'San Antonio International', null, 'null']

export const flights = Array.from({ length: 600 }, (_, i) => ({
  at: new Date(Date.UTC(2024, 0, 1) + i * HOUR),
  origin: ORIGINS[Math.floor(next() ** 2 * ORIGINS.length)]!,
  carrier: ['AA', 'UA', 'WN'][i % 3]!,
  delay: Math.round(30 * (next() + next() + next()) - 30 + 8 * (i % 3)) + (i === 400 ? 90 : 0),
  distance: Math.round(200 * 8 ** next()),
  hour: i % 24,
}))

const series = Array.from({ length: 120 }, (_, t) => {
  return 100 + t / 2 + [8, 5, 0, -4, -9, -6, 0, 4, 7, 3, -3, -5][t % 12]! + Math.round(60 * next()) / 10
})
const months = Array.from({ length: 160 }, (_, i) => new Date(Date.UTC(2014, i, 1)))
const fit = arima(series.slice(0, 60), { order: [1, 0, 0] })

export const scored = Array.from({ length: 240 }, (_, i) => {
  const expected = 50 + 2 * [0, 4, 8, 10, 8, 4, 0, -4, -8, -10, -8, -4][Math.floor(i / 2) % 12]!
  const load = i > 100 && i < 108 ? null : expected + Math.round(80 * next()) / 10 - 4 + (i === 200 ? 40 : 0)
  return {
    ...{ at: new Date(Date.UTC(2024, 0, 1) + i * HOUR), load, site: 'ab'[i % 2]! },
    expected: i < 24 ? null : expected,
    lower: i < 24 ? null : expected - 12,
    upper: i < 24 ? null : expected + 12,
    anomaly: load === null ? null : Math.abs(load - expected) > 12,
    reason: i === 200 ? 'spike' : null,
  }
})

export const pictures: Readonly<Record<string, () => plot.Figure>> = {
  line: () => plot.line(flights, { x: 'at', y: 'delay', by: 'carrier', yUnit: 'min', subtitle: 'arrivals' }),
  'line of several columns, in panels, logarithmic': () =>
    plot.line(flights, { x: 'at', y: ['delay', 'distance'], facet: 'origin', log: 'y', theme: 'dark' }),
  'line in a zone': () =>
    plot.line(flights.slice(0, 40), { x: 'at', y: 'delay', zone: 'America/Chicago', title: '' }),
  area: () => plot.area(flights.slice(0, 60), { x: 'hour', y: 'distance', by: 'carrier' }),
  'bar of counts': () => plot.bar(flights, { x: 'origin' }),
  'bar of means, side by side': () =>
    plot.bar(flights, { x: 'origin', y: 'delay', aggregate: 'mean', by: 'carrier', stack: false }),
  'bar by hour': () => plot.bar(flights, { x: 'hour', y: 'distance', by: 'carrier', theme: 'auto' }),
  histogram: () => plot.histogram(flights, { x: 'delay', xUnit: 'min' }),
  'histogram of several': () => plot.histogram(flights, { x: 'delay', by: 'carrier' }),
  scatter: () => plot.scatter(flights, { x: 'distance', y: 'delay', by: 'carrier', log: 'x' }),
  heatmap: () => plot.heatmap(flights, { x: 'hour', y: 'origin', value: 'delay' }),
  'heatmap of bins': () => plot.heatmap(flights, { x: 'distance', y: 'delay', bins: 20, theme: 'dark' }),
  box: () => plot.box(flights, { x: 'origin', y: 'delay', yUnit: 'min' }),
  band: () => plot.band(scored, { x: 'at', y: 'load', yUnit: 'MW' }),
  'band in panels': () => plot.band(scored, { x: 'at', y: 'load', facet: 'site', theme: 'dark' }),
  acf: () => plot.acf(series, { maxLag: 30 }),
  pacf: () => plot.pacf(series, { width: 500 }),
  qq: () =>
    plot.qq(
      flights.map(({ delay }) => delay),
      normal({ mean: 23, sd: 17 }),
    ),
  residuals: () => plot.residuals(fit),
  decomposition: () => plot.decomposition(stl(series, { period: 12 }), { x: months }),
  forecast: () =>
    plot.forecast(fit.forecast(12), { history: series.slice(0, 60), x: months, yTitle: 'flights' }),
  fan: () => {
    const rng = numbers(3)
    const paths = Array.from({ length: 60 }, () => fit.simulate(rng, 12, { from: 'end' }))
    return plot.fan(paths, { history: series.slice(40, 60) })
  },
  calendar: () =>
    plot.calendar(
      Array.from({ length: 420 }, (_, i) => ({
        at: new Date(Date.UTC(2024, 2, 1 + i)),
        sold: (i * 37) % 100,
      })),
      { x: 'at', y: 'sold' },
    ),
}
