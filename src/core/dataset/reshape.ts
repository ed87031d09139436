/** `pivot` and `unpivot`: values to columns, and columns to values. */

import { PlanError } from '../errors.ts'
import type { ExpandCell, ExpandNode } from '../operators/expand.ts'
import { checkNames, oneOf, shown, text } from '../options.ts'
import { callSite, extend, thrownAt } from '../planner/build.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import { fieldOf, type Schema } from '../types/schema.ts'
import { widerType } from '../types/wider-type.ts'
import type { Aggregate, AggregatedRow, Aggregates } from './aggregate.ts'
import { namesOf } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import { later, ofColumns } from './later.ts'
import type { ColumnName, PickRow } from './types.ts'

type AnyDataset = Dataset<any, any>

/** A value that columns are made of. */
export type PivotValue = string | number | bigint | boolean | Date

/** What {@link Dataset.pivot} takes. */
export interface PivotOptions<
  Row,
  By extends ColumnName<Row>,
  Cell,
  A extends Aggregates<Row>,
  Values extends readonly PivotValue[] | undefined,
> {
  /** The column whose values become columns. Null makes none. */
  readonly on: ColumnName<Row>
  /** The columns of which each combination has a row. Default: none, and one row. */
  readonly by?: By | readonly By[]
  /** What the cells are: an aggregate, or several by name, whose columns are called like the value, `_` and the name. */
  readonly value: Aggregate<Row, Cell> | A
  /**
   * The values that become columns, in this order. Default: those that there are, in order, which a job of its own finds when a
   * plan is built: over data that ends only.
   */
  readonly values?: Values
}

/** The columns that values become. */
type Cells<Cell, A, Names extends string> = [Cell] extends [never]
  ? AggregatedRow<A> extends infer Made
    ? { [K in keyof Made as `${Names}_${K & string}`]: Made[K] }
    : never
  : { [N in Names]: Cell }

/** The row of {@link Dataset.pivot}; its columns are not known to the type checker where their values are not given. */
export type Pivoted<Row, By extends keyof Row, Cell, A, Values> = PickRow<Row, By> &
  (Values extends readonly (infer V)[]
    ? Cells<Cell, A, V extends string | number | bigint | boolean ? `${V}` : string>
    : { [column: string]: any })

/** More values make no table any more. */
const MAX_VALUES = 1000

/** @throws {PlanError} `OPTION`; `UNBOUNDED` without values of data that does not end; those of `agg` */
export function pivoted(
  dataset: AnyDataset,
  options: PivotOptions<any, any, any, any, any>,
  above: Function,
): AnyDataset {
  checkNames('pivot', options, ['on', 'by', 'value', 'values'], above)
  const { on, by = [], value, values } = options
  const [column] = namesOf([on], above) as [string]
  const keys = namesOf([by].flat(), above)
  const site = callSite(above)
  const made = (found: readonly PivotValue[]): AnyDataset => {
    try {
      return dataset.groupBy(...(keys as never[])).agg(aggregatesOf(column, value, found, above))
    } catch (error) {
      throw thrownAt(error, site)
    }
  }
  if (values !== undefined) {
    if (Array.isArray(values)) return made(values)
    throw new PlanError('OPTION', `values of pivot() is a list, got ${shown(values)}`, {
      hint: "values: ['a', 'b']",
      above,
    })
  }
  if (!dataset.draft.bounded) {
    throw new PlanError('UNBOUNDED', 'pivot looks for the values first, and this data does not end', {
      hint: "say which values become columns: values: ['a', 'b']",
      above,
    })
  }
  aggregatesOf(column, value, [], above)
  return later(dataset, above, async () => made(await valuesOf(dataset, column)))
}

async function valuesOf(dataset: AnyDataset, column: string): Promise<PivotValue[]> {
  const rows = await dataset
    .filter((r: any) => r[column].isNotNull())
    .distinct(column as never)
    .orderBy(column as never)
    .limit(MAX_VALUES + 1)
    .collect()
  if (rows.length <= MAX_VALUES) return rows.map(row => (row as any)[column])
  throw new PlanError('PIVOT_VALUES', `${JSON.stringify(column)} has more than ${MAX_VALUES} values`, {
    hint: 'filter() them first, or say which values become columns',
  })
}

function aggregatesOf(
  on: string,
  value: unknown,
  values: readonly PivotValue[],
  above: Function,
): Aggregates<any> {
  const aggregates: Record<string, Aggregate<any, any>> = Object.create(null)
  for (const [suffix, aggregate] of cellsOf(value, above)) {
    for (const found of values) {
      const name = nameOf(found) + suffix
      if (name in aggregates) {
        throw new PlanError('DUPLICATE_COLUMN', `two values of pivot() are called ${JSON.stringify(name)}`, {
          hint: 'give each value once',
          above,
        })
      }
      aggregates[name] = aggregate.where((r: any) => r[on].eq(found) as never)
    }
  }
  // By value, and for each of them by name.
  const names = values.flatMap(found => cellsOf(value, above).map(([suffix]) => nameOf(found) + suffix))
  return Object.fromEntries(names.map(name => [name, aggregates[name]!]))
}

/** Aggregates with what their columns are called after the value. */
function cellsOf(value: unknown, above: Function): (readonly [string, Aggregate<any, any>])[] {
  if (isAggregate(value)) return [['', value]]
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  if (entries.length > 0 && entries.every(([, each]) => isAggregate(each)))
    return entries.map(([name, each]) => [`_${name}`, each as Aggregate<any, any>])
  throw new PlanError('AGGREGATE', `value of pivot() is an aggregate, got ${shown(value)}`, {
    hint: "value: sum('delay'), or several: value: { n: count(), delay: mean('delay') }",
    above,
  })
}

const isAggregate = (value: unknown): value is Aggregate<any, any> =>
  typeof (value as Aggregate<any, any> | null)?.fold === 'string' &&
  typeof (value as Aggregate<any, any>).where === 'function'

/** Days without a time are called by their date. */
function nameOf(value: PivotValue): string {
  if (!(value instanceof Date)) return String(value)
  const iso = value.toISOString()
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso
}

/** What {@link Dataset.unpivot} takes. */
export interface UnpivotOptions<On extends string, Name extends string, Value extends string> {
  /** The columns whose values become rows; of one type, or of numbers, which take the wider type. */
  readonly on: readonly On[]
  /** What the column of their names is called. Default: `'name'`. */
  readonly name?: Name
  /** What the column of their values is called. Default: `'value'`. */
  readonly value?: Value
  /** `'drop'`: a null makes no row. Default: `'keep'`. */
  readonly nulls?: 'keep' | 'drop'
}

/** The row of {@link Dataset.unpivot}. */
export type Unpivoted<Row, On extends keyof Row, Name extends string, Value extends string> = Omit<
  Row,
  On
> & {
  [K in Name]: On
} & { [K in Value]: Row[On] }

/** @throws {PlanError} `OPTION`, `UNKNOWN_COLUMN`, `UNPIVOT_TYPE` for columns of types that have none in common */
export function unpivoted(
  dataset: AnyDataset,
  options: UnpivotOptions<string, string, string>,
  above: Function,
): AnyDataset {
  checkNames('unpivot', options, ['on', 'name', 'value', 'nulls'], above)
  const { on, name = 'name', value = 'value', nulls = 'keep' } = options
  if (!Array.isArray(on) || on.length === 0) {
    throw new PlanError('OPTION', `unpivot takes the columns that become rows, got ${shown(on)}`, {
      hint: "unpivot({ on: ['departures', 'arrivals'] })",
      above,
    })
  }
  const names = namesOf(on, above)
  const columns = [text(name, 'name of unpivot()', above), text(value, 'value of unpivot()', above)]
  oneOf(nulls, 'nulls of unpivot()', ['keep', 'drop'], above)
  return ofColumns(dataset, above, schema => {
    const type = commonType(schema, names)
    const casts = names.filter(each => !isOf(fieldOf(schema, each).type, type))
    const input =
      casts.length === 0
        ? dataset
        : dataset.with(Object.fromEntries(casts.map(each => [each, (r: any) => r[each].cast(type)])))
    const node: Omit<ExpandNode, 'inputs'> = {
      kind: 'expand',
      verb: 'unpivot',
      keep: schema.map(field => field.name).filter(each => !names.includes(each)),
      made: [
        { name: columns[0]!, type: 'utf8' },
        { name: columns[1]!, type },
      ],
      rows: names.map((each): ExpandCell[] => [{ value: each }, { column: each }]),
      ...(nulls === 'drop' ? { dropNulls: columns[1]! } : {}),
    }
    return input.made(extend(node, [{ draft: input.draft, port: input.port }], above))
  })
}

const isOf = (type: ColumnType, wanted: ColumnType): boolean =>
  type === wanted || (isText(type) && wanted === 'utf8')

function commonType(schema: Schema, names: readonly string[]): ColumnType {
  const types = names.map(name => fieldOf(schema, name).type).map(type => (isText(type) ? 'utf8' : type))
  return types.reduce((a, b) => {
    const wider = a === b ? a : widerType(a, b)
    if (wider) return wider
    const listed = names.map((name, i) => `${JSON.stringify(name)} ${types[i]}`).join(', ')
    throw new PlanError('UNPIVOT_TYPE', `the columns of unpivot() have no type in common: ${listed}`, {
      hint: 'cast() them first',
    })
  })
}
