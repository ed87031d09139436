/** Draws the charts of the pages beside it: `node docs/models/distributions/charts/draw.ts`. */
import type { EChartsOption } from 'echarts'
import * as distributions from '../../../../src/models/distributions/index.ts'
import { writeChart } from '../../chart.ts'

const COLORS = ['#2563eb', '#dc2626', '#15803d']
/** Points of a curve. */
const POINTS = 160

type Curve = readonly [label: string, at: (x: number) => number]

interface Chart {
  readonly title: string
  readonly from: number
  readonly to: number
  /** Whole numbers only. */
  readonly whole?: true
  /** A curve that goes up in steps. */
  readonly steps?: true
  readonly most?: number
  readonly curves: readonly Curve[]
}

/** One of densities, or of probabilities of whole numbers, of distributions with these parameters. */
function familyOf<P extends object>(
  family: (parameters: P) => { pdf?(x: number): number; pmf?(x: number): number },
  parameters: readonly P[],
): Curve[] {
  return parameters.map(of => {
    const distribution = family(of)
    const label = Object.entries(of)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
    return [label, x => (distribution.pdf ? distribution.pdf(x) : distribution.pmf!(x))]
  })
}

const data = [2.1, 2.4, 2.4, 3.0, 3.3, 4.1, 4.8, 6.2]

const charts: Record<string, Chart> = {
  bernoulli: {
    ...{ title: 'Bernoulli probabilities', from: -1, to: 2, whole: true },
    curves: familyOf(distributions.bernoulli, [{ p: 0.2 }, { p: 0.5 }]),
  },
  beta: {
    ...{ title: 'beta densities', from: 0, to: 1, most: 4 },
    curves: familyOf(distributions.beta, [
      { alpha: 0.5, beta: 0.5 },
      { alpha: 2, beta: 5 },
      { alpha: 8, beta: 4 },
    ]),
  },
  binomial: {
    ...{ title: 'binomial probabilities', from: 0, to: 20, whole: true },
    curves: familyOf(distributions.binomial, [
      { trials: 20, p: 0.1 },
      { trials: 20, p: 0.5 },
      { trials: 10, p: 0.8 },
    ]),
  },
  'chi-squared': {
    ...{ title: 'chi-squared densities', from: 0, to: 16, most: 0.6 },
    curves: familyOf(distributions.chiSquared, [{ df: 1 }, { df: 3 }, { df: 8 }]),
  },
  empirical: {
    ...{ title: 'share of eight values that are no larger', from: 1, to: 7, steps: true },
    curves: [[data.join(', '), x => distributions.empirical(data).cdf(x)]],
  },
  exponential: {
    ...{ title: 'exponential densities', from: 0, to: 5 },
    curves: familyOf(distributions.exponential, [{ rate: 0.5 }, { rate: 1 }, { rate: 2 }]),
  },
  'fisher-f': {
    ...{ title: 'F densities', from: 0, to: 5, most: 1.2 },
    curves: familyOf(distributions.fisherF, [
      { df1: 2, df2: 10 },
      { df1: 5, df2: 5 },
      { df1: 30, df2: 30 },
    ]),
  },
  gamma: {
    ...{ title: 'gamma densities', from: 0, to: 10, most: 0.8 },
    curves: familyOf(distributions.gamma, [
      { shape: 0.7, rate: 1 },
      { shape: 2, rate: 1 },
      { shape: 9, rate: 2 },
    ]),
  },
  geometric: {
    ...{ title: 'geometric probabilities', from: 0, to: 15, whole: true },
    curves: familyOf(distributions.geometric, [{ p: 0.2 }, { p: 0.5 }]),
  },
  logistic: {
    ...{ title: 'logistic densities', from: -10, to: 10 },
    curves: familyOf(distributions.logistic, [
      { location: 0, scale: 1 },
      { location: 0, scale: 2 },
      { location: 4, scale: 1 },
    ]),
  },
  lognormal: {
    ...{ title: 'lognormal densities', from: 0, to: 6 },
    curves: familyOf(distributions.lognormal, [
      { meanLog: 0, sdLog: 0.25 },
      { meanLog: 0, sdLog: 1 },
      { meanLog: 1, sdLog: 0.5 },
    ]),
  },
  'negative-binomial': {
    ...{
      title: 'negative binomial probabilities with mean 8, and Poisson ones',
      from: 0,
      to: 30,
    },
    whole: true,
    curves: [
      ...familyOf(distributions.negativeBinomial, [
        { size: 1, mean: 8 },
        { size: 5, mean: 8 },
      ]),
      ['poisson', x => distributions.poisson({ rate: 8 }).pmf(x)],
    ],
  },
  normal: {
    ...{ title: 'normal densities; that of 60 under the first is 0.0108', from: 30, to: 70 },
    curves: familyOf(distributions.normal, [
      { mean: 50, sd: 5 },
      { mean: 50, sd: 2.5 },
      { mean: 42, sd: 5 },
    ]),
  },
  poisson: {
    ...{ title: 'Poisson probabilities; that of 3 under the first is 0.1804', from: 0, to: 20 },
    whole: true,
    curves: familyOf(distributions.poisson, [{ rate: 2 }, { rate: 5 }, { rate: 10 }]),
  },
  'student-t': {
    ...{ title: "densities of Student's t, and the normal one", from: -6, to: 6 },
    curves: [
      ...familyOf(distributions.studentT, [{ df: 1 }, { df: 3 }]),
      ['normal', x => distributions.normal({ mean: 0, sd: 1 }).pdf(x)],
    ],
  },
  uniform: {
    ...{ title: 'uniform densities', from: -1, to: 5, steps: true },
    curves: familyOf(distributions.uniform, [
      { min: 0, max: 1 },
      { min: 0.5, max: 4 },
    ]),
  },
  weibull: {
    ...{ title: 'Weibull densities', from: 0, to: 4, most: 2 },
    curves: familyOf(distributions.weibull, [
      { shape: 0.8, scale: 1 },
      { shape: 1.5, scale: 1 },
      { shape: 5, scale: 2 },
    ]),
  },
}

for (const [name, { title, from, to, whole, steps, most, curves }] of Object.entries(charts)) {
  const xs = whole
    ? Array.from({ length: to - from + 1 }, (_, i) => from + i)
    : Array.from({ length: POINTS + 1 }, (_, i) => from + ((to - from) * i) / POINTS)
  writeChart(new URL(`${name}.svg`, import.meta.url), title, {
    grid: { left: 50, right: 20, top: 35, bottom: 30 },
    legend: { top: 0, icon: 'rect', itemHeight: 3, itemGap: 40 },
    xAxis: { type: 'value', min: from, max: to },
    yAxis: { type: 'value', min: 0, ...(most === undefined ? {} : { max: most }) },
    series: curves.map(([label, at], i) => ({
      name: label,
      type: 'line',
      clip: true,
      showSymbol: whole === true,
      symbol: 'circle',
      symbolSize: 6,
      ...(steps ? { step: 'end' as const } : {}),
      lineStyle: { color: COLORS[i], width: whole ? 0.5 : 1.5 },
      itemStyle: { color: COLORS[i] },
      // An infinite density leaves the picture.
      data: xs.map(x => [Number(x.toPrecision(6)), Number(Math.min(at(x), 1e3).toPrecision(5))]),
    })),
  } as EChartsOption)
}
