/** Bars: one for each value of a column, or several side by side or on each other. */

import type { BarPlotOptions, PlotAggregate } from '../../core/dataset/plot-options.ts'
import { flag, oneOf, whole } from '../../core/options.ts'
import { categoryAxis, extentOf, numberAxis } from '../axes.ts'
import type { Axis, BarLayer, Panel, Point } from '../chart.ts'
import { checkedRows, grouped, inOrder, type Kind, kindOf, listed, numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { shortened } from '../render/layout.ts'
import { figureOf, type Settings, settingsOf, timeTitle, ySteps } from '../settings.ts'
import { textWidth } from '../theme.ts'
import { AGGREGATES, foldOf } from './aggregate.ts'
import { byKeys, MOST_PANELS, MOST_SERIES, mostNote } from './series.ts'

/** One bar: what is made of the rows of a value, a series and a panel. */
export interface BarData {
  readonly x: string
  /** What values are put in order by; of texts, themselves. */
  readonly place: number | string
  readonly name: string | undefined
  readonly facet: string | undefined
  readonly value: number | null
}

/** Pixels that horizontal bars take. */
const ROW = 19

/**
 * A bar for each value of `x`: how many rows it has, or what is made of their `y`. Bars of texts are the longest first,
 * and lie where their names need room; those of numbers and times are in order.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `OPTION`
 * @example
 * bar([{ origin: 'IAH', delay: 12 }, { origin: 'HOU', delay: 5 }], { x: 'origin', y: 'delay', aggregate: 'mean' })
 */
export function bar<Row extends object>(given: readonly Row[], options: BarPlotOptions<Row>): Figure {
  const settings = barSettings(options, bar)
  const { x, y } = options as BarPlotOptions<any>
  const [by, facet] = [listed(options.by), listed(options.facet)]
  const rows = checkedRows('bar', given, [x, ...listed(y), ...by, ...facet], bar)
  const bars: BarData[] = []
  const kind = kindOf(rows, x)
  for (const [panel, ofPanel] of grouped(rows, facet)) {
    for (const [name, ofName] of grouped(ofPanel, by)) {
      for (const [key, ofKey] of grouped(ofName, [x])) {
        const fold = foldOf(aggregateOf(options))
        for (const row of ofKey) fold.add(y === undefined ? null : numberOf(row[y]))
        const place = kind === 'category' ? key! : (numberOf(ofKey[0]![x]) ?? Number.POSITIVE_INFINITY)
        bars.push({ x: key!, place, name, facet: panel, value: fold.value() })
      }
    }
  }
  return barFigure(bars, kind, options, settings)
}

/** @internal What is made of the rows of a bar. */
export const aggregateOf = ({ y, aggregate }: BarPlotOptions<any>): PlotAggregate =>
  aggregate ?? (y === undefined ? 'count' : 'sum')

/** @internal Options of `bar`, checked. */
export function barSettings(options: BarPlotOptions<any>, above: Function): Settings {
  const { x, y, aggregate, stack, order, limit } = options ?? {}
  const what =
    y === undefined ? 'rows' : `${aggregateOf({ ...options }) === 'sum' ? '' : `${aggregate} of `}${y}`
  const defaults = { title: `${what} by ${x}${byKeys(options).replace(' by ', ', ')}`, x: String(x), y: what }
  const names = ['x', 'y', 'by', 'facet', 'aggregate', 'stack', 'order', 'limit']
  const settings = settingsOf('bar', options, names, defaults, above)
  if (aggregate !== undefined) oneOf(aggregate, 'aggregate of bar()', AGGREGATES, above)
  if (stack !== undefined) flag(stack, 'stack of bar()', above)
  if (order !== undefined) oneOf(order, 'order of bar()', ['value', 'x'], above)
  if (limit !== undefined) whole(limit, 'limit of bar()', 1, 1000, above)
  return settings
}

const OTHERS = 'others'

/** @internal The picture of bars, however they were found. */
export function barFigure(
  bars: readonly BarData[],
  kind: Kind,
  options: BarPlotOptions<any>,
  settings: Settings,
): Figure {
  const { limit = 30 } = options
  const aggregate = aggregateOf(options)
  const adds = aggregate === 'sum' || aggregate === 'count'
  const notes: string[] = []
  const facets = chosen(bars, of => of.facet, MOST_PANELS, 'panels', notes)
  const names = chosen(bars, of => of.name, MOST_SERIES, 'series', notes)
  const drawn = bars.filter(of => facets.includes(of.facet) && names.includes(of.name))
  const order = options.order ?? (kind === 'category' ? 'value' : 'x')
  const all = ordered(drawn, order)
  const others = all.length > limit
  const categories = others ? all.slice(0, limit) : all
  if (others)
    notes.push(
      `${limit} of ${all.length.toLocaleString('en-US')} bars${adds ? '' : order === 'value' ? ', the longest' : ', the first'}`,
    )
  const shown = others && adds && order === 'value' ? [...categories, OTHERS] : categories
  const number = new Map(shown.map((name, i) => [name, i]))
  const stack = names.length > 1 && (options.stack ?? adds)
  const flip = kind === 'category' && isWide(shown, settings)
  const values = (facet: string | undefined, name: string | undefined): Point[] => {
    const of = new Map<number, number | null>()
    for (const bar of drawn) {
      if (bar.facet !== facet || bar.name !== name) continue
      const at = number.get(bar.x) ?? (shown.length > categories.length ? shown.length - 1 : undefined)
      if (at !== undefined) of.set(at, of.has(at) ? (of.get(at) ?? 0) + (bar.value ?? 0) : bar.value)
    }
    return [...of].sort((a, b) => a[0] - b[0])
  }
  const layers = facets.map(facet =>
    names.map(
      (name, paint): BarLayer => ({
        ...{ mark: 'bar', paint, points: values(facet, name) },
        ...(name === undefined ? {} : { name }),
        ...(stack ? { stack: true } : {}),
      }),
    ),
  )
  const across = valueAxis(layers, stack, settings, facets.length, flip)
  const along = categoryAxis(shown, timeTitle(settings.xTitle, kind, settings.zone))
  const panels = facets.map(
    (facet, i): Panel => ({
      ...(facet === undefined ? {} : { title: facet }),
      ...(flip ? { x: across, y: along } : { x: along, y: across }),
      layers: layers[i]!,
    }),
  )
  const legend = names.flatMap((name, paint) =>
    name === undefined ? [] : [{ name, paint, shape: 'area' as const }],
  )
  const rows = stack ? 1 : Math.min(3, names.length)
  return figureOf(settings, {
    panels,
    legend,
    notes,
    ...(flip ? { panelHeight: Math.max(60, shown.length * (ROW + 7 * (rows - 1))) } : {}),
  })
}

/** Names that would have to be turned below bars: then these lie. */
function isWide(names: readonly string[], settings: Settings): boolean {
  const widest = Math.max(0, ...names.map(name => textWidth(shortened(name), 11)))
  return widest + 8 > (settings.width - 100) / Math.max(1, names.length)
}

function valueAxis(
  layers: readonly BarLayer[][],
  stack: boolean,
  settings: Settings,
  panels: number,
  flip: boolean,
): Axis {
  const values: (number | null)[] = []
  for (const ofPanel of layers) {
    const sums = new Map<string, number>()
    for (const { points } of ofPanel)
      for (const [x, value] of points) {
        if (stack)
          sums.set(`${x} ${(value ?? 0) < 0}`, (sums.get(`${x} ${(value ?? 0) < 0}`) ?? 0) + (value ?? 0))
        else values.push(value)
      }
    values.push(...sums.values())
  }
  const { yTitle, logY } = settings
  const steps = flip ? 6 : ySteps(panels)
  return numberAxis(extentOf(logY ? values.filter(value => (value ?? 0) > 0) : values), {
    title: yTitle,
    steps,
    zero: !logY,
    log: logY,
  })
}

/** The values of `x` in the order of their bars. */
function ordered(bars: readonly BarData[], order: 'value' | 'x'): string[] {
  const sums = new Map<string, { place: number | string; sum: number }>()
  for (const { x, place, value } of bars) {
    const of = sums.get(x)
    if (of) of.sum += value ?? 0
    else sums.set(x, { place, sum: value ?? 0 })
  }
  const byPlace = (a: number | string, b: number | string) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : inOrder(String(a), String(b))
  return [...sums]
    .sort(([, a], [, b]) => (order === 'value' ? b.sum - a.sum : 0) || byPlace(a.place, b.place))
    .map(([x]) => x)
}

function chosen(
  bars: readonly BarData[],
  keyOf: (bar: BarData) => string | undefined,
  limit: number,
  what: string,
  notes: string[],
): (string | undefined)[] {
  const sums = new Map<string | undefined, number>()
  for (const bar of bars) sums.set(keyOf(bar), (sums.get(keyOf(bar)) ?? 0) + Math.abs(bar.value ?? 0))
  if (sums.size > limit)
    notes.push(mostNote(limit, sums.size, what).replace('of the most rows', 'of the longest bars'))
  const kept = [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([key]) => key)
  return kept.sort((a, b) => inOrder(a ?? '', b ?? ''))
}
