/** Series with the band they were expected in, and alerts where they left it. */

import type { EChartsOption } from 'echarts'
import { MillraceError, PlanError } from '../core/errors.ts'
import { shown } from '../core/options.ts'
import { Figure } from './figure.ts'

/** One series. All columns are as long as `times`; null where there is nothing to draw. */
export interface BandPanel {
  /** What the values are, with their unit: `departures per hour`. */
  readonly name: string
  readonly observed: readonly (number | null)[]
  readonly expected?: readonly (number | null)[]
  readonly lower: readonly (number | null)[]
  readonly upper: readonly (number | null)[]
  readonly alerts: readonly boolean[]
}

/** What {@link bandChart} draws. */
export interface BandChart {
  readonly title: string
  readonly subtitle?: string
  /** When, in milliseconds since 1970, UTC; ascending. */
  readonly times: readonly number[]
  /** One below the other, over the same times. */
  readonly panels: readonly BandPanel[]
  /** Pixels. Default 1200. */
  readonly width?: number
  /** Pixels. Default: 120, and 280 per panel. */
  readonly height?: number
}

const INK = '#1f2933'
const MUTED = '#66727f'
const GRID = '#e4e8ec'
const OBSERVED = '#1f5f8b'
const BAND = '#9cc3dd'
const ALERT = '#d1382c'
// Without quotes: ECharts puts it into attributes as it is.
const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica Neue, DejaVu Sans, sans-serif'

const DAY_MS = 86_400_000
/** Days between labels. ECharts starts over with every month, which leaves uneven steps. */
const STEPS = [1, 2, 7, 14, 28, 91, 182, 364]
const MAX_LABELS = 10

const TOP = 104
const BOTTOM = 44
const GAP = 64

/**
 * A chart of series, one panel each: the observed line, the expected band, alerts as points. Times are shown in UTC.
 *
 * @throws {MillraceError} `CHART_LENGTH` when a column is not as long as `times`; `OPTION` for times that are no numbers
 * @example
 * const chart = bandChart({
 *   title: 'IAH',
 *   times: [0, 3_600_000],
 *   panels: [
 *     { name: 'departures per hour', observed: [3, 9], lower: [1, 2], upper: [6, 7], alerts: [false, true] },
 *   ],
 * })
 * chart.svg().startsWith('<svg') // true
 */
export function bandChart({ title, subtitle, times, panels, width = 1200, height }: BandChart): Figure {
  checkTimes(times)
  for (const panel of panels) checkLengths(panel, times.length)
  const tall = height ?? 120 + 280 * panels.length
  const plot = (tall - TOP - BOTTOM - GAP * (panels.length - 1)) / Math.max(1, panels.length)
  const tops = panels.map((_, i) => TOP + i * (plot + GAP))
  const ticks = daysOf(times)
  const option: EChartsOption = {
    useUTC: true,
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, color: INK },
    title: {
      text: title,
      ...(subtitle === undefined ? {} : { subtext: subtitle }),
      left: 24,
      top: 16,
      itemGap: 8,
      textStyle: { fontFamily: FONT, fontSize: 20, fontWeight: 600, color: INK },
      subtextStyle: { fontFamily: FONT, fontSize: 13, color: MUTED },
    },
    legend: {
      right: 24,
      top: 22,
      itemGap: 20,
      icon: 'roundRect',
      itemWidth: 14,
      itemHeight: 8,
      textStyle: { fontFamily: FONT, fontSize: 12, color: INK },
      data: [
        { name: 'observed', itemStyle: { color: OBSERVED } },
        { name: 'expected', itemStyle: { color: BAND } },
        { name: 'alert', icon: 'circle', itemStyle: { color: ALERT } },
      ],
    },
    grid: tops.map(top => ({ left: 64, right: 28, top, height: plot })),
    xAxis: panels.map((_, i) => ({
      type: 'time' as const,
      gridIndex: i,
      ...(times.length > 0 ? { min: times[0]!, max: times.at(-1)! } : {}),
      axisLine: { lineStyle: { color: MUTED } },
      axisTick: { lineStyle: { color: MUTED }, ...ticks },
      axisLabel: { fontFamily: FONT, fontSize: 11, color: MUTED, hideOverlap: true, ...ticks },
      splitLine: { show: false },
    })),
    yAxis: panels.map((panel, i) => ({
      type: 'value' as const,
      gridIndex: i,
      name: panel.name,
      nameLocation: 'end' as const,
      nameGap: 12,
      nameTextStyle: { align: 'left' as const, fontFamily: FONT, fontSize: 12, fontWeight: 600, color: INK },
      axisLabel: { fontFamily: FONT, fontSize: 11, color: MUTED },
      splitLine: { lineStyle: { color: GRID } },
    })),
    series: panels.flatMap((panel, i) => seriesOf(panel, i, times)),
  }
  return new Figure(option, { width, height: tall })
}

/** Midnights to label, and how; shorter times are left to ECharts. */
function daysOf(times: readonly number[]): { customValues?: number[]; formatter?: string } {
  const from = times[0] ?? 0
  const to = times.at(-1) ?? 0
  const days = (to - from) / DAY_MS
  const step = STEPS.find(step => days / step <= MAX_LABELS)
  if (days < 3 || step === undefined) return {}
  const customValues: number[] = []
  const stepMs = step * DAY_MS
  for (let at = Math.ceil(from / stepMs) * stepMs; at <= to; at += stepMs) customValues.push(at)
  return { customValues, formatter: '{MMM} {d}' }
}

type Series = Extract<NonNullable<EChartsOption['series']>, readonly unknown[]>

/** The band is two stacked lines: an invisible one at its lower end, and its height filled on top of that. */
function seriesOf(panel: BandPanel, i: number, times: readonly number[]): Series {
  const at = (value: (row: number) => number | null) =>
    times.map((time, row): [number, number | null] => [time, value(row)])
  const axes = { xAxisIndex: i, yAxisIndex: i }
  const band = {
    type: 'line' as const,
    ...axes,
    stack: `band ${i}`,
    stackStrategy: 'all' as const,
    symbol: 'none',
    silent: true,
    lineStyle: { opacity: 0 },
  }
  return [
    { ...band, data: at(row => bandAt(panel, row)?.lower ?? null) },
    {
      ...band,
      name: 'expected',
      itemStyle: { color: BAND },
      areaStyle: { color: BAND, opacity: 0.55 },
      data: at(row => bandAt(panel, row)?.height ?? null),
    },
    ...(panel.expected
      ? [
          {
            type: 'line' as const,
            ...axes,
            symbol: 'none',
            silent: true,
            lineStyle: { color: '#5f9fc6', width: 1, type: 'dashed' as const },
            data: at(row => panel.expected![row]!),
          },
        ]
      : []),
    {
      type: 'line' as const,
      name: 'observed',
      ...axes,
      symbol: 'none',
      silent: true,
      lineStyle: { color: OBSERVED, width: 1.4, join: 'round' as const },
      itemStyle: { color: OBSERVED },
      data: at(row => panel.observed[row]!),
    },
    {
      type: 'scatter' as const,
      name: 'alert',
      ...axes,
      symbolSize: 8,
      silent: true,
      z: 5,
      itemStyle: { color: ALERT, borderColor: '#ffffff', borderWidth: 1.2 },
      data: at(row => panel.observed[row]!).filter(([, value], row) => panel.alerts[row] && value !== null),
    },
  ]
}

/** Nothing is drawn where either end is missing or endless. */
function bandAt({ lower, upper }: BandPanel, row: number): { lower: number; height: number } | undefined {
  const from = lower[row]
  const to = upper[row]
  if (typeof from !== 'number' || typeof to !== 'number') return undefined
  return Number.isFinite(from) && Number.isFinite(to) ? { lower: from, height: to - from } : undefined
}

/** Dates, which `collect` gives, are not numbers yet. */
function checkTimes(times: readonly number[]): void {
  const isNumber = (time: unknown) => typeof time === 'number'
  const isList = typeof times?.length === 'number'
  if (isList && Array.prototype.every.call(times, isNumber)) return
  const wrong = isList ? Array.from(times).find(time => !isNumber(time)) : times
  throw new PlanError('OPTION', `times of bandChart() are milliseconds since 1970, got ${shown(wrong)}`, {
    hint: 'times: rows.map(row => row.at.getTime())',
    above: bandChart,
  })
}

function checkLengths(panel: BandPanel, length: number): void {
  for (const column of ['observed', 'expected', 'lower', 'upper', 'alerts'] as const) {
    const got = panel[column]?.length ?? length
    if (got === length) continue
    throw new MillraceError('CHART_LENGTH', `${column} has ${got} values for ${length} times`, {
      hint: 'every column of a panel is as long as times',
      above: bandChart,
    })
  }
}
