/** Bars, histograms, cells, days and boxes of many rows: what the engine has counted, or made of values. */

import { count, max, mean, min, sum, variance } from '../../core/dataset/aggregates.ts'
import { approxCountDistinct } from '../../core/dataset/aggregates-of-values.ts'
import type {
  BarPlotOptions,
  CalendarPlotOptions,
  HeatmapPlotOptions,
  HistogramPlotOptions,
  PlotAggregate,
} from '../../core/dataset/plot-options.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { type AnyRow, inOrder, keysText, keyText, listed, numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { aggregateOf, type BarData, barFigure, barSettings } from '../pictures/bar.ts'
import {
  binSide,
  calendarFigure,
  calendarSettings,
  cellAggregate,
  cellTitle,
  dayAggregate,
  heatmap,
  heatmapFigure,
  heatmapSettings,
  type Side,
  upward,
} from '../pictures/heatmap.ts'
import {
  type Bins,
  binsOf,
  binWidth,
  type HistogramData,
  histogram,
  histogramFigure,
  histogramSettings,
} from '../pictures/histogram.ts'
import type { Settings } from '../settings.ts'
import {
  type AnyDataset,
  aggregated,
  fewRows,
  keyColumns,
  keyNames,
  kindOfType,
  mustBe,
  numberIn,
  rowsOf,
  type Source,
  selected,
  typeOf,
  unitsOf,
  zoneOf,
} from './columns.ts'

/** Groups that reach the program: more could not be drawn. */
const MOST_GROUPS = 20_000

const folds: Readonly<Record<string, (of: string) => any>> = { sum, mean, min, max }

/** What is made of `v`, or of the rows. */
const made = (aggregate: PlotAggregate): any => (aggregate === 'count' ? count() : folds[aggregate]!('v'))

/** `v`, the column that something is made of; 0 where rows are counted. */
const valueColumn = (
  name: string | undefined,
  type: ColumnType | undefined,
): Record<string, (r: any) => any> =>
  name === undefined || type === undefined ? {} : { v: r => numberIn(r, name, type) }

/** `bar` of a dataset: one group for each bar. */
export async function plotBar(source: Source, asked: BarPlotOptions<any>): Promise<Figure> {
  barSettings(asked, source.above)
  const drawn = aggregateOf(asked) === 'count' ? undefined : asked.y
  const options = { ...unitsOf(source, asked.x, drawn), ...asked }
  const settings = barSettings(options, source.above)
  const [by, facet] = [listed(asked.by), listed(asked.facet)]
  const kind = kindOfType(typeOf(source, asked.x))
  for (const name of [...by, ...facet]) typeOf(source, name)
  if (asked.y !== undefined) mustBe(source, 'bar', 'y', asked.y, ['number'])
  const columns = selected(source.dataset, {
    ...keyColumns([asked.x, ...facet, ...by]),
    ...valueColumn(asked.y, asked.y === undefined ? undefined : typeOf(source, asked.y)),
  })
  const groups = aggregated(columns, keyNames(1 + facet.length + by.length), {
    value: made(aggregateOf(asked)),
  })
  const rows = await longest(groups, source)
  const bars = rows.map(
    (row): BarData => ({
      x: keyText(row.k0),
      place: kind === 'category' ? keyText(row.k0) : (numberOf(row.k0) ?? Number.POSITIVE_INFINITY),
      facet: keysText(row, keyNames(facet.length, 1)),
      name: keysText(row, keyNames(by.length, 1 + facet.length)),
      value: row.value === null ? null : Number(row.value),
    }),
  )
  return barFigure(bars, kind, options, settings)
}

/** All groups, or those of the greatest values where there are very many. */
async function longest(groups: AnyDataset, { job }: Source): Promise<AnyRow[]> {
  const all = await rowsOf(groups.limit(MOST_GROUPS + 1) as AnyDataset, job)
  if (all.length <= MOST_GROUPS) return all
  return rowsOf(groups.orderBy('value', 'desc').limit(MOST_GROUPS) as AnyDataset, job)
}

/** The number of a bin. */
const binned = (x: any, { from, step, count }: Bins): any =>
  x
    .sub(from)
    .div(step)
    .add(1e-9)
    .floor()
    .clamp(0, count - 1)
    .cast('int32')

/** `histogram` of a dataset: the ends of the values, then the rows of each bin. */
export async function plotHistogram(source: Source, asked: HistogramPlotOptions<any>): Promise<Figure> {
  histogramSettings(asked, source.above)
  const kind = mustBe(source, 'histogram', 'x', asked.x, ['number', 'time'])
  const options = { ...zoneOf(source, asked.x), ...unitsOf(source, asked.x), ...asked }
  const few = await fewRows(source, [asked.x, asked.by, asked.facet])
  if (few) return histogram(few, options as any)
  const settings = histogramSettings(options, source.above)
  const [by, facet] = [listed(asked.by), listed(asked.facet)]
  const rows = placed(source, options.x, settings, [...facet, ...by])
  const [ends] = await rowsOf(spreadOf(rows), source.job)
  if (!ends || ends.least === null) return histogramFigure([], { from: 0, step: 1, count: 1 }, kind, settings)
  // The quartiles of a normal distribution are 1.35 deviations apart.
  const width = binWidth(1.349 * Math.sqrt((ends.variance as number | null) ?? 0), ends.rows as number)
  const spread = {
    ...{ min: ends.least as number, max: ends.most as number },
    count: ends.rows as number,
    width,
  }
  const bins = binsOf({ ...spread, whole: ends.broken === 0 }, kind, options.bins)
  const keys = keyNames(facet.length + by.length)
  const counted = aggregated(
    selected(rows, { ...keyColumns(keys), bin: r => binned(r.v, bins) }),
    [...keys, 'bin'],
    { rows: count() },
  )
  const found = new Map<string, HistogramData & { counts: Map<number, number> }>()
  for (const row of await rowsOf(counted, source.job)) {
    const of = {
      facet: keysText(row, keyNames(facet.length)),
      name: keysText(row, keyNames(by.length, facet.length)),
    }
    const key = JSON.stringify([of.facet, of.name])
    const known = found.get(key) ?? { ...of, counts: new Map() }
    known.counts.set(row.bin as number, row.rows as number)
    found.set(key, known)
  }
  return histogramFigure([...found.values()], bins, kind, settings)
}

const spreadOf = (rows: AnyDataset): AnyDataset =>
  aggregated(rows, [], {
    ...{ least: min('v'), most: max('v'), rows: count('v'), variance: variance('v') },
    broken: count().where((r: any) => r.v.ne(r.v.floor())),
  })

/** Keys, and the values of a column as they lie on their axis, as `v`. */
function placed(source: Source, x: string, { logX, zone }: Settings, keys: readonly string[]): AnyDataset {
  const type = typeOf(source, x)
  const rows = selected(source.dataset, { ...keyColumns(keys), v: r => numberIn(r, x, type, zone) })
  if (!logX) return rows.filter((r: any) => r.v.isNotNull()) as AnyDataset
  const some = rows.filter((r: any) => r.v.gt(0)) as AnyDataset
  return selected(some, { ...keyColumns(keyNames(keys.length)), v: r => r.v.log10() })
}

/** `heatmap` of a dataset: how many values there are, then what is made of the rows of each cell. */
export async function plotHeatmap(source: Source, options: HeatmapPlotOptions<any>): Promise<Figure> {
  const { x, y, value, bins = 40 } = options
  const zone = {
    ...(kindOfType(typeOf(source, x)) === 'time' ? zoneOf(source, x) : {}),
    ...unitsOf(source, x, y),
    ...options,
  }
  const settings = heatmapSettings(zone, source.above)
  typeOf(source, y)
  if (value !== undefined) mustBe(source, 'heatmap', 'value', value, ['number'])
  const few = await fewRows(source, [x, y, value, options.facet])
  if (few) return heatmap(few, zone as any)
  const facet = listed(options.facet)
  const [sideX, sideY] = await sidesOf(source, [x, y], bins, settings)
  const keys = keyNames(facet.length)
  const columns = selected(source.dataset, {
    ...keyColumns(facet),
    ...{ x: sideX!.column, y: sideY!.column },
    ...valueColumn(value, value === undefined ? undefined : typeOf(source, value)),
  })
  const groups = aggregated(columns, [...keys, 'x', 'y'], { value: made(cellAggregate(options)) })
  const rows = (await longest(groups, source)).filter(row => row.value !== null)
  const cells = rows.map(row => ({
    ...{ facet: keysText(row, keys), value: Number(row.value) },
    ...{ x: sideX!.nameOf(row.x), y: sideY!.nameOf(row.y) },
  }))
  const [alongX, alongY] = (['x', 'y'] as const).map((axis, i) =>
    sideFor(
      [sideX!, sideY!][i]!,
      rows.map(row => row[axis]),
    ),
  )
  return heatmapFigure(cells, { x: alongX!.names, y: upward(alongY!) }, settings, cellTitle(options))
}

interface CellSide {
  readonly kind: Side['kind']
  /** As it is grouped by: the values, or numbers of bins. */
  readonly column: (r: any) => any
  /** Of bins. */
  readonly names?: readonly string[]
  nameOf(value: unknown): string
}

async function sidesOf(
  source: Source,
  names: readonly string[],
  bins: number,
  { zone }: Settings,
): Promise<CellSide[]> {
  const kinds = names.map(name => kindOfType(typeOf(source, name)))
  const numbers = names.filter((_, i) => kinds[i] !== 'category')
  const columns = numbers.map((name, i): [string, (r: any) => any] => [
    `v${i}`,
    r => numberIn(r, name, typeOf(source, name), zone),
  ])
  const ends: AnyRow =
    numbers.length === 0
      ? {}
      : await endsOf(selected(source.dataset, Object.fromEntries(columns)), numbers.length, source)
  return names.map((name, i): CellSide => {
    const kind = kinds[i]!
    const n = numbers.indexOf(name)
    const plain = { kind, column: (r: any) => r[name], nameOf: keyText }
    if (kind === 'category' || (ends[`n${n}`] as number) <= bins || ends[`lo${n}`] === null) return plain
    const extent = { min: ends[`lo${n}`] as number, max: ends[`hi${n}`] as number }
    const of = binsOf({ ...extent, count: 0, width: 0, whole: ends[`broken${n}`] === 0 }, kind, bins)
    const side = binSide(of, kind, value => numberOf(value))
    return {
      ...{ kind, names: side.names },
      column: r => binned(numberIn(r, name, typeOf(source, name), zone), of),
      nameOf: bin => (bin === null ? 'null' : side.names[bin as number]!),
    }
  })
}

async function endsOf(columns: AnyDataset, numbers: number, { job }: Source): Promise<AnyRow> {
  const aggregates = Array.from({ length: numbers }, (_, i) => ({
    ...{ [`lo${i}`]: min(`v${i}`), [`hi${i}`]: max(`v${i}`), [`n${i}`]: approxCountDistinct(`v${i}`) },
    [`broken${i}`]: count().where((r: any) => r[`v${i}`].ne(r[`v${i}`].floor())),
  }))
  const [ends] = await rowsOf(aggregated(columns, [], Object.assign({}, ...aggregates)), job)
  return ends ?? {}
}

/** The names along an axis: of all bins, or of the values that were found. */
function sideFor({ kind, names, nameOf }: CellSide, values: readonly unknown[]): Side {
  if (names) return { kind, names, nameOf }
  const found = new Map(values.map(value => [keyText(value), value]))
  const all = [...found.keys()]
  if (kind === 'category') all.sort(inOrder)
  else all.sort((a, b) => (numberOf(found.get(a)) ?? Infinity) - (numberOf(found.get(b)) ?? Infinity))
  return { kind, names: all, nameOf }
}

const DAY_MS = 86_400_000

/** `calendar` of a dataset: one group for each day. */
export async function plotCalendar(source: Source, asked: CalendarPlotOptions<any>): Promise<Figure> {
  calendarSettings(asked, source.above)
  mustBe(source, 'calendar', 'x', asked.x, ['time'])
  const { y } = asked
  if (y !== undefined) mustBe(source, 'calendar', 'y', y, ['number'])
  const settings = calendarSettings({ ...zoneOf(source, asked.x), ...asked }, source.above)
  const [ofX, ofY] = [typeOf(source, asked.x), y === undefined ? undefined : typeOf(source, y)]
  const columns = selected(source.dataset, {
    day: r => numberIn(r, asked.x, ofX, settings.zone).div(DAY_MS).floor().cast('int32'),
    ...valueColumn(y, ofY),
  })
  const known = columns.filter((r: any) => r.day.isNotNull()) as AnyDataset
  const days = await longest(aggregated(known, ['day'], { value: made(dayAggregate(asked)) }), source)
  const found = days.flatMap(row =>
    row.value === null ? [] : [{ day: row.day as number, value: Number(row.value) }],
  )
  return calendarFigure(found, asked, settings)
}
