/** Bands of many rows: what was seen of each column of pixels, what was expected in its middle, and every alert. */

import { count, max, mean, min } from '../../core/dataset/aggregates.ts'
import { argMax, argMin } from '../../core/dataset/aggregates-of-values.ts'
import type { BandPlotOptions } from '../../core/dataset/plot-options.ts'
import { fieldIndex } from '../../core/types/schema.ts'
import type { Point } from '../chart.ts'
import { type AnyRow, grouped, keysText, listed } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { type BandData, band, bandColumns, bandFigure, bandSettings, MOST_PANELS } from '../pictures/band.ts'
import { panelWidth } from '../settings.ts'
import {
  type AnyDataset,
  aggregated,
  extended,
  fewRows,
  keyColumns,
  keyNames,
  mustBe,
  numberIn,
  onlyOf,
  rowsOf,
  type Source,
  selected,
  typeOf,
  unitsOf,
  zoneOf,
} from './columns.ts'

const MOST_ALERTS = 2000

/** `band` of a dataset. */
export async function plotBand(source: Source, asked: BandPlotOptions<any>): Promise<Figure> {
  bandSettings(asked, source.above)
  const kind = mustBe(source, 'band', 'x', asked.x, ['number', 'time'])
  mustBe(source, 'band', 'y', asked.y, ['number'])
  const options = { ...zoneOf(source, asked.x), ...unitsOf(source, asked.x, asked.y), ...asked }
  const { reason, ...columns } = bandColumns(asked.as)
  const hasReason = fieldIndex(source.schema, reason) >= 0
  const needed = [asked.x, asked.y, ...Object.values(columns), ...(hasReason ? [reason] : []), asked.facet]
  const few = await fewRows(source, needed)
  if (few) return band(few, options as any)
  const settings = bandSettings(options, source.above)
  const facet = listed(asked.facet)
  const keys = keyNames(facet.length)
  const number = (name: string) => (r: any) => numberIn(r, name, typeOf(source, name))
  const rows = selected(source.dataset, {
    ...keyColumns(facet),
    ...{ x: number(asked.x), y: number(asked.y), expected: number(columns.expected) },
    ...{ lower: number(columns.lower), upper: number(columns.upper), anomaly: r => r[columns.anomaly] },
    ...(hasReason ? { reason: r => r[reason] } : {}),
  }).filter((r: any) => r.x.isNotNull()) as AnyDataset
  const ends = await rowsOf(aggregated(rows, keys, { lo: min('x'), hi: max('x'), rows: count() }), source.job)
  ends.sort((a, b) => (b.rows as number) - (a.rows as number))
  const drawn = ends.slice(0, MOST_PANELS)
  const seen = drawn.length < ends.length ? onlyOf(rows, drawn, keys) : rows
  const from = Math.min(...ends.map(row => row.lo as number))
  const pixels = Math.ceil(panelWidth(settings, ends.length))
  const width = (Math.max(...ends.map(row => row.hi as number)) - from) / pixels || 1
  const pixel = extended(seen, {
    pixel: r =>
      r.x
        .sub(from)
        .div(width)
        .floor()
        .clamp(0, pixels - 1)
        .cast('int32'),
  })
  const reduced = aggregated(pixel, [...keys, 'pixel'], {
    ...{ x: min('x'), low: min('y'), high: max('y'), lowAt: argMin('x', 'y'), highAt: argMax('x', 'y') },
    ...{ at: mean('x'), expected: mean('expected'), lower: mean('lower'), upper: mean('upper') },
  })
  const alerts = seen.filter((r: any) => r.anomaly.and(r.y.isNotNull())).limit(MOST_ALERTS + 1) as AnyDataset
  const [points, marked] = await Promise.all([rowsOf(reduced, source.job), rowsOf(alerts, source.job)])
  const notes = marked.length > MOST_ALERTS ? [`the first ${MOST_ALERTS.toLocaleString('en-US')} alerts`] : []
  const [pointsBy, markedBy] = [points, marked.slice(0, MOST_ALERTS)].map(of => grouped(of, keys))
  const data = ends.map(end => {
    const name = keysText(end, keys)
    return bandData(name, end.rows as number, pointsBy!.get(name) ?? [], markedBy!.get(name) ?? [])
  })
  return bandFigure(data, kind, settings, notes)
}

function bandData(
  facet: string | undefined,
  rows: number,
  points: readonly AnyRow[],
  alerts: readonly AnyRow[],
): BandData {
  const sorted = [...points].sort((a, b) => (a.x as number) - (b.x as number))
  const observed = sorted.flatMap((row): Point[] => {
    if (row.low === null) return [[row.x as number, null]]
    const low: Point = [row.lowAt as number, row.low as number]
    const high: Point = [row.highAt as number, row.high as number]
    return low[0] === high[0] ? [low] : low[0] < high[0] ? [low, high] : [high, low]
  })
  const at = (row: AnyRow) => row.at as number
  return {
    ...{ facet, rows, observed },
    expected: sorted.map((row): Point => [at(row), row.expected as number | null]),
    band: sorted.map(row => [at(row), row.lower as number | null, row.upper as number | null] as const),
    alerts: alerts.map(({ x, y, reason }) => ({
      ...{ x: x as number, y: y as number },
      ...(typeof reason === 'string' ? { reason } : {}),
    })),
  }
}
