/** Verbs over all columns, or over those that are named: `cast`, `fillNull`, `nullCount`, `describe`, `tap`. */

import { PlanError } from '../errors.ts'
import type { Expression, LiteralValue } from '../expr/builder.ts'
import { callExpr } from '../expr/tree.ts'
import { typeOf } from '../expr/type-of.ts'
import type { ExpandCell, ExpandNode } from '../operators/expand.ts'
import type { MapNode } from '../operators/map.ts'
import { checkNames, shown } from '../options.ts'
import { extend, type NodeBody } from '../planner/build.ts'
import {
  type ColumnType,
  type ColumnTypeSpec,
  columnType,
  isDecimal,
  isNumber,
  isNumeric,
  isOfTime,
  isText,
} from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'
import type { ValueOf } from '../types/row.ts'
import { fieldOf, type Schema } from '../types/schema.ts'
import { closureOf } from '../user-functions/closure.ts'
import { moduleFunction } from '../user-functions/function-ref.ts'
import type { Aggregate } from './aggregate.ts'
import { count, max, mean, min, quantile, variance } from './aggregates.ts'
import type { Dataset } from './dataset.ts'
import { ofColumns } from './later.ts'
import type { FunctionOf } from './map.ts'

type AnyDataset = Dataset<any, any>

/** A row of which some columns have another type. */
export type Casted<Row, Types> = {
  [K in keyof Row]: K extends keyof Types
    ? Types[K] extends ColumnTypeSpec
      ? ValueOf<Types[K]> | Extract<Row[K], null>
      : Row[K]
    : Row[K]
}

/** @throws {PlanError} `OPTION`, `COLUMN_TYPE`; those of `with` */
export function casted(dataset: AnyDataset, types: unknown, above: Function): AnyDataset {
  const columns = objectOf('cast', types, "cast({ delay: 'float64' })", above).map(
    ([name, type]): [string, (r: any) => Expression<any>] => {
      const to = columnType(type as ColumnTypeSpec)
      return [name, r => columnOf(r, name).cast(to)]
    },
  )
  return withExisting(dataset, columns, above)
}

/** A row of which some columns are never null. */
export type FilledNulls<Row, Values> = {
  [K in keyof Row]: K extends keyof Values ? (Values[K] extends null ? Row[K] : NonNullable<Row[K]>) : Row[K]
}

/** @throws {PlanError} `OPTION`; those of `with` */
export function nullsFilled(dataset: AnyDataset, values: unknown, above: Function): AnyDataset {
  const columns = objectOf('fillNull', values, 'fillNull({ delay: 0 })', above).map(
    ([name, value]): [string, (r: any) => Expression<any>] => [
      name,
      r => {
        const given = typeof value === 'function' ? value(r) : (value as LiteralValue)
        return columnOf(r, name).coalesce(given)
      },
    ],
  )
  return withExisting(dataset, columns, above)
}

const columnOf = (r: any, name: string): any => r[name]

/** Columns in place of others: all must be there. */
function withExisting(
  dataset: AnyDataset,
  columns: readonly (readonly [string, (r: any) => Expression<any>])[],
  above: Function,
): AnyDataset {
  return ofColumns(dataset, above, schema => {
    for (const [name] of columns) fieldOf(schema, name)
    return dataset.with(Object.fromEntries(columns))
  })
}

function objectOf(verb: string, given: unknown, hint: string, above: Function): [string, unknown][] {
  const entries =
    typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : []
  if (entries.length > 0) return entries
  throw new PlanError('OPTION', `${verb} takes an object of columns, got ${shown(given)}`, { hint, above })
}

/** How many nulls each column has, as one row. */
export const nullsCounted = (dataset: AnyDataset, above: Function): AnyDataset =>
  ofColumns(dataset, above, schema =>
    dataset.agg(
      Object.fromEntries(schema.map(({ name }) => [name, count().where((r: any) => r[name].isNull())])),
    ),
  )

/** The row of {@link Dataset.describe}. */
export interface ColumnSummary {
  column: string
  type: string
  /** Values that are not null. */
  count: number
  nulls: number
  /** Numbers only, as are the standard deviation and the quartiles: for those of times see `meanTime`. */
  mean: number | null
  sd: number | null
  /** As text; null of binary and nested columns. */
  min: string | null
  q1: number | null
  median: number | null
  q3: number | null
  max: string | null
  /** As text, of dates, timestamps, times of day and durations, as are the quartiles; there where a column is of one of these. */
  meanTime?: string | null
  q1Time?: string | null
  medianTime?: string | null
  q3Time?: string | null
}

const SUMMARY: Schema = [
  { name: 'column', type: 'utf8' },
  { name: 'type', type: 'utf8' },
  { name: 'count', type: 'int53' },
  { name: 'nulls', type: 'int53' },
  { name: 'mean', type: 'float64' },
  { name: 'sd', type: 'float64' },
  { name: 'min', type: 'utf8' },
  { name: 'q1', type: 'float64' },
  { name: 'median', type: 'float64' },
  { name: 'q3', type: 'float64' },
  { name: 'max', type: 'utf8' },
]

/** What else there is where a column is of time. */
const SUMMARY_OF_TIMES: Schema = (['meanTime', 'q1Time', 'medianTime', 'q3Time'] as const).map(name => ({
  name,
  type: 'utf8',
}))

/** @throws {PlanError} those of `agg` */
export const described = (dataset: AnyDataset, above: Function): AnyDataset =>
  ofColumns(dataset, above, schema => {
    const wanted = schema.map(({ name, type }) => statisticsOf(name, type))
    const aggregates = wanted.flatMap((of, i) =>
      Object.entries(of).map(([statistic, aggregate]): [string, Aggregate<any, any>] => [
        nameOf(i, statistic),
        aggregate,
      ]),
    )
    const row: AnyDataset = dataset.agg(Object.fromEntries(aggregates))
    const texts = schema.flatMap(({ type }, i) =>
      isText(type)
        ? []
        : AS_TEXT.filter(statistic => statistic in wanted[i]!).map((statistic): [string, ColumnType] => [
            nameOf(i, statistic),
            type,
          ]),
    )
    const spreads = wanted.flatMap((of, i) => ('sd' in of ? [nameOf(i, 'sd')] : []))
    const input = row.with({
      ...Object.fromEntries(texts.map(([name, type]) => [name, textOf(name, type)])),
      ...Object.fromEntries(spreads.map(name => [name, (r: any) => r[name].sqrt()])),
    })
    const made = schema.some(({ type }) => isOfTime(type)) ? [...SUMMARY, ...SUMMARY_OF_TIMES] : SUMMARY
    const node: Omit<ExpandNode, 'inputs'> = {
      kind: 'expand',
      verb: 'describe',
      keep: [],
      made,
      rows: schema.map(({ name, type }, i) =>
        made.map(({ name: statistic }): ExpandCell => {
          if (statistic === 'column') return { value: name }
          if (statistic === 'type') return { value: type }
          return statistic in wanted[i]! ? { column: nameOf(i, statistic) } : { value: null }
        }),
      ),
    }
    return input.made(extend(node, [{ draft: input.draft, port: input.port }], above))
  })

/** The statistics of values themselves, whatever their type. */
const AS_TEXT = ['min', 'max', ...SUMMARY_OF_TIMES.map(({ name }) => name)]

/** Numbers as JavaScript writes them; others as their casts to text. */
const textOf =
  (name: string, type: ColumnType) =>
  (r: any): Expression<string | null> =>
    isNumeric(type) ? r[name].format('{}') : r[name].cast('utf8')

function castsToText(type: ColumnType): boolean {
  if (isText(type) || isNumeric(type)) return true
  try {
    typeOf(callExpr('cast', [{ kind: 'column', name: 'x' }], { type: 'utf8' }), [{ name: 'x', type }])
    return true
  } catch {
    return false
  }
}

const nameOf = (column: number, statistic: string): string => `${column} ${statistic}`

function statisticsOf(name: string, type: ColumnType): Record<string, Aggregate<any, any>> {
  const counts = { count: count(name), nulls: count().where((r: any) => r[name].isNull()) }
  if (isNested(type) || type === 'binary' || !castsToText(type)) return counts
  const extremes = { ...counts, min: min(name), max: max(name) }
  // Columns of all numbers are float64.
  const of = isDecimal(type) ? (r: any) => r[name].cast('float64') : name
  const [q1, median, q3] = [0.25, 0.5, 0.75].map(p => quantile(of, p))
  if (isOfTime(type))
    return { ...extremes, meanTime: mean(name), q1Time: q1!, medianTime: median!, q3Time: q3! }
  return isNumber(type)
    ? { ...extremes, mean: mean(name), sd: variance(name), q1: q1!, median: median!, q3: q3! }
    : extremes
}

/** What {@link Dataset.tap} takes after the function. */
export interface TapOptions {
  /** What the function uses of its surroundings, by name, as of `map`. */
  readonly using?: Readonly<Record<string, unknown>>
}

/** @throws {PlanError} `OPTION`, `FUNCTION_CLOSURE` and others of functions */
export function tapped(dataset: AnyDataset, work: unknown, options: TapOptions, above: Function): AnyDataset {
  checkNames('tap', options, ['using'], above)
  const isOwn = typeof work === 'function'
  const { url, export: name } = (work ?? {}) as Partial<FunctionOf>
  const ref = isOwn ? closureOf('tap', work, options.using, above) : moduleFunction('tap', url, name, above)
  return ofColumns(dataset, above, schema => {
    const body: NodeBody<MapNode> = {
      kind: 'map',
      function: ref,
      name: isOwn ? work.name || 'a function' : (name as string),
      out: [],
      keep: schema.map(field => field.name),
      onError: 'fail',
      concurrency: 1,
      ordered: true,
      tap: true,
    }
    return dataset.made(extend(body, [{ draft: dataset.draft, port: dataset.port }], above))
  })
}
