/** Cells of colours between two columns, and days of calendars. */

import type {
  CalendarPlotOptions,
  HeatmapPlotOptions,
  PlotAggregate,
} from '../../core/dataset/plot-options.ts'
import { PlanError } from '../../core/errors.ts'
import { oneOf, whole } from '../../core/options.ts'
import { categoryAxis, extentOf, tickText } from '../axes.ts'
import type { Chart, Panel } from '../chart.ts'
import { checkedRows, grouped, inOrder, type Kind, keyText, kindOf, listed, numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { figureOf, type Settings, settingsOf } from '../settings.ts'
import { AGGREGATES, foldOf } from './aggregate.ts'
import { type Bins, binOf, binsOf } from './histogram.ts'
import { byKeys, MOST_PANELS } from './series.ts'

/** One cell, by the names of its row and column. */
export interface CellData {
  readonly facet: string | undefined
  readonly x: string
  readonly y: string
  readonly value: number
}

/** The names along both axes, in order. */
export interface Sides {
  readonly x: readonly string[]
  readonly y: readonly string[]
}

/** Names along an axis: more would not be legible. */
const MOST_NAMES = 60

/**
 * A cell for each pair of values, in the colour of what is made of their rows. Numbers and times of many values are put
 * into bins.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`
 * @example
 * heatmap([{ hour: 6, day: 'Mon', delay: 5 }, { hour: 7, day: 'Mon', delay: 9 }], { x: 'hour', y: 'day', value: 'delay' })
 */
export function heatmap<Row extends object>(given: readonly Row[], options: HeatmapPlotOptions<Row>): Figure {
  const settings = heatmapSettings(options, heatmap)
  const { x, y, value, bins = 40 } = options as HeatmapPlotOptions<any>
  const facet = listed(options.facet)
  const rows = checkedRows('heatmap', given, [x, y, ...listed(value), ...facet], heatmap)
  const [sideX, sideY] = [x, y].map(name =>
    sideOf(
      rows.map(row => row[name]),
      kindOf(rows, name),
      bins,
      settings,
    ),
  )
  const cells: CellData[] = []
  for (const [panel, ofPanel] of grouped(rows, facet)) {
    const folds = new Map<string, { x: string; y: string; fold: ReturnType<typeof foldOf> }>()
    for (const row of ofPanel) {
      const [nameX, nameY] = [sideX!.nameOf(row[x]), sideY!.nameOf(row[y])]
      const key = JSON.stringify([nameX, nameY])
      let cell = folds.get(key)
      if (!cell) folds.set(key, (cell = { x: nameX, y: nameY, fold: foldOf(cellAggregate(options)) }))
      cell.fold.add(value === undefined ? null : numberOf(row[value]))
    }
    for (const { x, y, fold } of folds.values()) {
      const value = fold.value()
      if (value !== null) cells.push({ facet: panel, x, y, value })
    }
  }
  return heatmapFigure(cells, { x: sideX!.names, y: upward(sideY!) }, settings, cellTitle(options))
}

/** @internal What is made of the rows of a cell. */
export const cellAggregate = ({ value, aggregate }: HeatmapPlotOptions<any>): PlotAggregate =>
  aggregate ?? (value === undefined ? 'count' : 'mean')

/** @internal What the colours stand for. */
export const cellTitle = (options: HeatmapPlotOptions<any>): string =>
  options.value === undefined ? 'rows' : `${cellAggregate(options)} of ${options.value}`

/** @internal Options of `heatmap`, checked. */
export function heatmapSettings(options: HeatmapPlotOptions<any>, above: Function): Settings {
  const { x, y, aggregate, bins } = options ?? {}
  const defaults = {
    title: `${cellTitle({ ...options })} by ${x} and ${y}${byKeys({ facet: options?.facet }).replace(' by ', ', ')}`,
    x: String(x),
    y: String(y),
  }
  const names = ['x', 'y', 'value', 'aggregate', 'facet', 'bins']
  const settings = settingsOf('heatmap', options, names, defaults, above)
  if (aggregate !== undefined) oneOf(aggregate, 'aggregate of heatmap()', AGGREGATES, above)
  if (bins !== undefined) whole(bins, 'bins of heatmap()', 1, 200, above)
  return settings
}

/** Numbers and times go upward, names downward. */
export const upward = ({ names, kind }: Side): readonly string[] =>
  kind === 'category' ? names : [...names].reverse()

/** An axis of cells. */
export interface Side {
  readonly kind: Kind
  readonly names: readonly string[]
  nameOf(value: unknown): string
}

/** The names of an axis: those of its values, or of bins of them. */
function sideOf(values: readonly unknown[], kind: Kind, bins: number, { clockOf }: Settings): Side {
  const distinct = new Map<string, unknown>()
  for (const value of values) {
    distinct.set(keyText(value), value)
    if (kind !== 'category' && distinct.size > bins) break
  }
  if (kind === 'category' || distinct.size <= bins) {
    const names = [...distinct.keys()]
    if (kind === 'category') names.sort(inOrder)
    else
      names.sort((a, b) => (numberOf(distinct.get(a)) ?? Infinity) - (numberOf(distinct.get(b)) ?? Infinity))
    return { kind, names, nameOf: keyText }
  }
  const shown = (value: unknown) => {
    const number = numberOf(value)
    return number === null ? null : kind === 'time' ? clockOf(number) : number
  }
  const numbers = values.flatMap(value => shown(value) ?? [])
  const extent = extentOf(numbers)!
  return binSide(
    binsOf(
      { ...extent, count: numbers.length, width: 0, whole: numbers.every(Number.isInteger) },
      kind,
      bins,
    ),
    kind,
    shown,
  )
}

/** @internal Names of bins: where each begins. */
export function binSide(bins: Bins, kind: Kind, shown: (value: unknown) => number | null): Side {
  const name = (bin: number) => {
    const from = Number((bins.from + bin * bins.step).toPrecision(12))
    return kind === 'time' ? keyText(new Date(from)) : tickText(from)
  }
  return {
    kind,
    names: Array.from({ length: bins.count }, (_, bin) => name(bin)),
    nameOf: value => {
      const number = shown(value)
      return number === null ? 'null' : name(binOf(number, bins))
    },
  }
}

/** @internal The picture of cells, however they were found. */
export function heatmapFigure(
  cells: readonly CellData[],
  sides: Sides,
  settings: Settings,
  what: string,
): Figure {
  const notes: string[] = []
  const cut = (names: readonly string[], of: string) => {
    if (names.length > MOST_NAMES)
      notes.push(`the first ${MOST_NAMES} of ${names.length.toLocaleString('en-US')} values of ${of}`)
    return names.slice(0, MOST_NAMES)
  }
  const [xs, ys] = [cut(sides.x, settings.xTitle), cut(sides.y, settings.yTitle)]
  const [placeX, placeY] = [xs, ys].map(names => new Map(names.map((name, i) => [name, i])))
  const facets = [...new Set(cells.map(({ facet }) => facet))]
    .sort((a, b) => inOrder(a ?? '', b ?? ''))
    .slice(0, MOST_PANELS)
  const drawn = facets.length === 0 ? [undefined] : facets
  const panels = drawn.map(
    (facet): Panel => ({
      ...(facet === undefined ? {} : { title: facet }),
      x: categoryAxis(xs, settings.xTitle),
      y: categoryAxis(ys, settings.yTitle),
      layers: [
        {
          mark: 'cell',
          cells: cells.flatMap(({ facet: of, x, y, value }) => {
            const [i, j] = [placeX!.get(x), placeY!.get(y)]
            return of === facet && i !== undefined && j !== undefined ? [[i, j, value] as const] : []
          }),
        },
      ],
    }),
  )
  const height = Math.min(560, Math.max(90, ys.length * (facets.length > 1 ? 14 : 20)))
  return figureOf(settings, {
    panels,
    notes: [`colours: ${what}`, ...notes],
    scale: scaleOf(cells, what),
    panelHeight: height,
  })
}

function scaleOf(cells: readonly CellData[], title: string): NonNullable<Chart['scale']> {
  const { min, max } = extentOf(cells.map(({ value }) => value)) ?? { min: 0, max: 1 }
  return { title, min, max: max > min ? max : min + 1 }
}

const DAY_MS = 86_400_000
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MOST_YEARS = 12

/** What is made of the rows of a day. */
export interface DayData {
  /** Days since 1970. */
  readonly day: number
  readonly value: number
}

/**
 * A cell for each day, a panel for each year: weeks from left to right, Monday on top. Days without rows are empty.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`, `TIME_ZONE`
 * @example
 * calendar([{ at: new Date('2026-03-01'), sold: 12 }, { at: new Date('2026-03-02'), sold: 9 }], { x: 'at', y: 'sold' })
 */
export function calendar<Row extends object>(
  given: readonly Row[],
  options: CalendarPlotOptions<Row>,
): Figure {
  const settings = calendarSettings(options, calendar)
  const { x, y } = options as CalendarPlotOptions<any>
  const rows = checkedRows('calendar', given, [x, ...listed(y)], calendar)
  if (rows.length > 0 && kindOf(rows, x) === 'category') {
    throw new PlanError('OPTION', `x of calendar() is a column of times, and ${JSON.stringify(x)} is none`, {
      hint: 'times are Dates, or milliseconds since 1970',
      above: calendar,
    })
  }
  const folds = new Map<number, ReturnType<typeof foldOf>>()
  for (const row of rows) {
    const at = numberOf(row[x])
    if (at === null) continue
    const day = Math.floor(settings.clockOf(at) / DAY_MS)
    let fold = folds.get(day)
    if (!fold) folds.set(day, (fold = foldOf(dayAggregate(options))))
    fold.add(y === undefined ? null : numberOf(row[y]))
  }
  const days = [...folds].flatMap(([day, fold]): DayData[] => {
    const value = fold.value()
    return value === null ? [] : [{ day, value }]
  })
  return calendarFigure(days, options, settings)
}

/** @internal What is made of the rows of a day. */
export const dayAggregate = ({ y, aggregate }: CalendarPlotOptions<any>): PlotAggregate =>
  aggregate ?? (y === undefined ? 'count' : 'sum')

/** @internal Options of `calendar`, checked. */
export function calendarSettings(options: CalendarPlotOptions<any>, above: Function): Settings {
  const { y, aggregate } = options ?? {}
  const what = y === undefined ? 'rows' : `${dayAggregate({ ...options })} of ${y}`
  const settings = settingsOf(
    'calendar',
    options,
    ['x', 'y', 'aggregate'],
    { title: `${what} by day`, x: '', y: '' },
    above,
  )
  if (aggregate !== undefined) oneOf(aggregate, 'aggregate of calendar()', AGGREGATES, above)
  return settings
}

/** @internal The picture of days, however they were found. */
export function calendarFigure(
  days: readonly DayData[],
  options: CalendarPlotOptions<any>,
  settings: Settings,
): Figure {
  const yearOf = (day: number) => new Date(day * DAY_MS).getUTCFullYear()
  const years = [...new Set(days.map(({ day }) => yearOf(day)))].sort((a, b) => a - b)
  const notes = years.length > MOST_YEARS ? [`the last ${MOST_YEARS} of ${years.length} years`] : []
  const panels = years.slice(-MOST_YEARS).map(year =>
    yearPanel(
      year,
      days.filter(({ day }) => yearOf(day) === year),
    ),
  )
  const what = options.y === undefined ? 'rows' : `${dayAggregate(options)} of ${options.y}`
  const cells = days.map(({ value }) => ({ facet: undefined, x: '', y: '', value }))
  const said = settings.zone === 'UTC' ? `colours: ${what}` : `colours: ${what}; days of ${settings.zone}`
  return figureOf(settings, {
    panels,
    notes: [said, ...notes],
    scale: scaleOf(cells, what),
    columns: 1,
    panelHeight: 7 * 13,
  })
}

/** Weeks begin on Monday; the first is that of the first of January. */
function yearPanel(year: number, days: readonly DayData[]): Panel {
  const first = Date.UTC(2000, 0, 1)
  const start = new Date(first).setUTCFullYear(year) / DAY_MS
  const weekday = (day: number) => (((day + 3) % 7) + 7) % 7
  const monday = start - weekday(start)
  const weeks = Array.from({ length: 54 }, (_, week) => {
    // A month stands at the week that has its first day.
    const month = MONTHS.findIndex((_, m) => Math.floor((monthStart(year, m) - monday) / 7) === week)
    return month < 0 ? '' : MONTHS[month]!
  })
  return {
    title: String(year),
    x: { ...categoryAxis(weeks, ''), bare: true },
    y: { ...categoryAxis(WEEKDAYS, ''), bare: true },
    layers: [
      {
        mark: 'cell',
        cells: days.map(({ day, value }) => [Math.floor((day - monday) / 7), weekday(day), value] as const),
      },
    ],
  }
}

const monthStart = (year: number, month: number): number =>
  new Date(Date.UTC(2000, month, 1)).setUTCFullYear(year) / DAY_MS
