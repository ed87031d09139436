/** Boxes of many rows: values in bins narrower than a pixel, by which quartiles and outliers are found. */

import { count, max, min } from '../../core/dataset/aggregates.ts'
import type { BoxPlotOptions } from '../../core/dataset/plot-options.ts'
import { keysText, keyText, listed, numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { type BoxData, box, boxFigure, boxSettings } from '../pictures/box.ts'
import { mostNote } from '../pictures/series.ts'
import {
  type AnyDataset,
  aggregated,
  extended,
  fewRows,
  keyColumns,
  keyNames,
  kindOfType,
  mustBe,
  numberIn,
  onlyOf,
  rowsOf,
  type Source,
  selected,
  typeOf,
  unitsOf,
} from './columns.ts'

/** Bins between the least and the greatest value. */
const BINS = 2048

/** `box` of a dataset. */
export async function plotBox(source: Source, asked: BoxPlotOptions<any>): Promise<Figure> {
  boxSettings(asked, source.above)
  const options = { ...unitsOf(source, asked.x, asked.y), ...asked }
  const settings = boxSettings(options, source.above)
  const { x, y, limit = 30 } = options
  mustBe(source, 'box', 'y', y, ['number'])
  const few = await fewRows(source, [x, y, options.facet])
  if (few) return box(few, options as any)
  const facet = listed(options.facet)
  const [type, kind] = [typeOf(source, y), x === undefined ? 'category' : kindOfType(typeOf(source, x))]
  const { logY } = settings
  const rows = selected(source.dataset, {
    ...keyColumns([...listed(x), ...facet]),
    v: r => numberIn(r, y, type),
  })
  const known = rows.filter((r: any) => (logY ? r.v.gt(0) : r.v.isNotNull())) as AnyDataset
  const keys = keyNames(listed(x).length + facet.length)
  const placed = logY ? extended(known, { v: r => r.v.log() }) : known
  const groups = await rowsOf(
    aggregated(placed, keys, { rows: count(), lo: min('v'), hi: max('v') }),
    source.job,
  )
  const sums = new Map<unknown, number>()
  for (const row of groups) sums.set(keyText(row.k0), (sums.get(keyText(row.k0)) ?? 0) + (row.rows as number))
  const kept = new Set(
    [...sums]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([key]) => key),
  )
  const drawn = groups.filter(row => (x === undefined || kept.has(keyText(row.k0))) && row.lo !== null)
  const lo = Math.min(...drawn.map(row => row.lo as number))
  const width = (Math.max(...drawn.map(row => row.hi as number)) - lo) / BINS
  const bins = extended(placed, {
    bin: r =>
      (width > 0
        ? r.v
            .sub(lo)
            .div(width)
            .floor()
            .clamp(0, BINS - 1)
        : r.v.mul(0)
      ).cast('int32'),
  })
  const chosen = x !== undefined && kept.size < sums.size ? onlyOf(bins, drawn, ['k0']) : bins
  const counts = new Map<string, [bin: number, rows: number][]>()
  for (const row of await rowsOf(aggregated(chosen, [...keys, 'bin'], { rows: count() }), source.job)) {
    const key = keysText(row, keys) ?? ''
    const of = counts.get(key) ?? []
    of.push([row.bin as number, row.rows as number])
    counts.set(key, of)
  }
  const valueAt = (bin: number) => (logY ? Math.exp(lo + bin * width) : lo + bin * width)
  const boxes = drawn.map(
    (row): BoxData => ({
      ...{ facet: keysText(row, keyNames(facet.length, listed(x).length)), rows: row.rows as number },
      x: x === undefined ? '' : keyText(row.k0),
      place: kind === 'category' ? keyText(row.k0) : (numberOf(row.k0) ?? Number.POSITIVE_INFINITY),
      ...summary(counts.get(keysText(row, keys) ?? '') ?? [], valueAt),
    }),
  )
  const figure = boxFigure(
    boxes,
    kind,
    options,
    sums.size > limit && x !== undefined
      ? {
          ...settings,
          subtitle: [settings.subtitle, mostNote(limit, sums.size, 'boxes')].filter(Boolean).join('; '),
        }
      : settings,
  )
  return figure
}

/** Of the rows of bins. What is within a bin lies evenly in it. */
function summary(
  counts: [bin: number, rows: number][],
  valueAt: (bin: number) => number,
): Pick<BoxData, 'five' | 'outliers'> {
  counts.sort((a, b) => a[0] - b[0])
  const all = counts.reduce((sum, [, rows]) => sum + rows, 0)
  const at = (p: number) => {
    let before = 0
    for (const [bin, rows] of counts) {
      if (before + rows >= p * all) return valueAt(bin + Math.min(1, Math.max(0, (p * all - before) / rows)))
      before += rows
    }
    return valueAt(counts.at(-1)?.[0] ?? 0)
  }
  const [q1, median, q3] = [at(0.25), at(0.5), at(0.75)]
  const [from, to] = [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)]
  const middles = counts.map(([bin]) => valueAt(bin + 0.5))
  const usual = middles.filter(value => value >= from && value <= to)
  return {
    five: [Math.min(usual[0] ?? q1, q1), q1, median, q3, Math.max(usual.at(-1) ?? q3, q3)],
    outliers: middles.filter(value => value < from || value > to),
  }
}
