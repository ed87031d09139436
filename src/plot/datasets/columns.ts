/** Columns of datasets as numbers and keys, under names of our own: those of users may be any. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import type { JobOptions } from '../../core/engine.ts'
import { PlanError } from '../../core/errors.ts'
import { lit, when } from '../../core/expr/builder.ts'
import {
  type ColumnType,
  isDuration,
  isFloat,
  isNumber,
  isTimestamp,
  timestampZone,
} from '../../core/types/column-type.ts'
import { fieldOf, type Schema } from '../../core/types/schema.ts'
import { type AnyRow, type Kind, listed, MOST } from '../columns.ts'

export type AnyDataset = Dataset<any, 'bounded'>

/** Rows up to which they are drawn as they are. */
export const FEW = 5000

/** What a picture needs to know of a dataset. */
export interface Source {
  readonly dataset: AnyDataset
  readonly schema: Schema
  readonly job: JobOptions
  readonly above: Function
}

export const typeOf = ({ schema, above }: Source, name: unknown): ColumnType =>
  fieldOf(schema, name as string, above).type

/** How a type is drawn. */
export function kindOfType(type: ColumnType): Kind {
  if (type === 'date' || isTimestamp(type)) return 'time'
  return isNumber(type) || isDuration(type) ? 'number' : 'category'
}

/** @throws {PlanError} `OPTION` when the column has other values */
export function mustBe(
  source: Source,
  call: string,
  option: string,
  name: unknown,
  kinds: readonly Kind[],
): Kind {
  const type = typeOf(source, name)
  const kind = kindOfType(type)
  if (kinds.includes(kind)) return kind
  const wanted = kinds.includes('time')
    ? kinds.includes('number')
      ? 'numbers or times'
      : 'times'
    : 'numbers'
  throw new PlanError(
    'OPTION',
    `${option} of ${call}() is a column of ${wanted}, and ${JSON.stringify(name)} is ${type}`,
    {
      hint: 'cast it first: with({ … })',
      above: source.above,
    },
  )
}

/** The zone of a column of times. */
export function zoneOf(source: Source, name: string): { readonly zone?: string } {
  const type = typeOf(source, name)
  const zone = isTimestamp(type) ? timestampZone(type) : undefined
  return zone === undefined ? {} : { zone }
}

/** The units of axes, where columns have one: durations are drawn in milliseconds, as rows have them. */
export function unitsOf(
  { schema }: Source,
  x: unknown,
  y?: unknown,
): { readonly xUnit?: string; readonly yUnit?: string } {
  const isSpan = (names: unknown) => {
    const all = listed(names).map(name => schema.find(field => field.name === name)?.type)
    return all.length > 0 && all.every(type => type !== undefined && isDuration(type))
  }
  return { ...(isSpan(x) ? { xUnit: 'ms' } : {}), ...(isSpan(y) ? { yUnit: 'ms' } : {}) }
}

/**
 * A column as float64: instants in milliseconds, or by the clock of a zone, durations in milliseconds; null for what is
 * not finite, or cannot be drawn.
 */
export function numberIn(r: any, name: string, type: ColumnType, zone?: string): any {
  if (type === 'date') return r[name].cast('timestamp[ms]').extract('epochMs').cast('float64')
  if (isTimestamp(type)) {
    const shown = zone === undefined || zone === 'UTC' ? r[name] : r[name].toLocal(zone)
    return shown.extract('epochMs').cast('float64')
  }
  if (isDuration(type)) return r[name].div(lit('1ms', 'duration'))
  const number = type === 'float64' ? r[name] : r[name].cast('float64')
  return isFloat(type) ? when(number.abs().lte(MOST), number).otherwiseNull() : number
}

/** The columns of keys, `k0` on. */
export const keyColumns = (names: readonly string[], first = 0): Record<string, (r: any) => any> =>
  Object.fromEntries(names.map((name, i) => [`k${first + i}`, (r: any) => r[name]]))

export const keyNames = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, i) => `k${first + i}`)

/** Aggregates by keys, of which there may be none. */
export const aggregated = (dataset: AnyDataset, keys: readonly string[], aggregates: any): AnyDataset =>
  keys.length === 0
    ? (dataset.agg(aggregates) as AnyDataset)
    : (dataset.groupBy(...(keys as [])).agg(aggregates) as AnyDataset)

/** These columns alone: each is a callback. */
export const selected = (dataset: AnyDataset, columns: Record<string, (r: any) => any>): AnyDataset =>
  dataset.select(columns as never) as any

/** These columns besides. */
export const extended = (dataset: AnyDataset, columns: Record<string, (r: any) => any>): AnyDataset =>
  dataset.with(columns as never) as any

export const rowsOf = (dataset: AnyDataset, job: JobOptions): Promise<AnyRow[]> => dataset.collect(job)

/** The rows that have keys of some, and perhaps a few more: column by column. */
export function onlyOf(
  dataset: AnyDataset,
  drawn: readonly AnyRow[],
  columns: readonly string[],
): AnyDataset {
  let rows = dataset
  for (const column of columns) {
    const values = [...new Map(drawn.map(row => [String(row[column]), row[column]])).values()]
    const given = values.filter(value => value !== null)
    rows = rows.filter((r: any) => {
      const isNamed = given.length === 0 ? r[column].isNull() : r[column].in(given)
      return given.length < values.length && given.length > 0 ? isNamed.or(r[column].isNull()) : isNamed
    }) as AnyDataset
  }
  return rows
}

/** All rows of some columns, when there are few; each name once. */
export async function fewRows(source: Source, given: readonly unknown[]): Promise<any[] | undefined> {
  const names = [...new Set(given.flatMap(listed))]
  for (const name of names) typeOf(source, name)
  const { dataset, job } = source
  const rows = await rowsOf(dataset.select(...names).limit(FEW + 1) as AnyDataset, job)
  return rows.length > FEW ? undefined : rows
}
