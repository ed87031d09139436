/**
 * `Dataset`: the typed, lazy API that everything starts from. This folder turns method calls into drafts of plan nodes;
 * what a verb means is said by its node in `operators/`, what it computes by the engine. May import `core` only.
 *
 * Invariant: a dataset never changes and never computes. Every verb returns a new one; the ends (`collect`, `count`,
 * `write(…).start()`, iteration …) build a plan and run it.
 *
 * Mistakes do not compile. For untyped callers they are `PlanError`s: thrown by the verb when the columns are known (a
 * schema was given, or the rows show it), else when the plan is built, with the verb's call on top of the trace.
 */

import type { Readable } from 'node:stream'
import type { RecordBatch, Table } from 'apache-arrow'
import type { RowOptions } from '../batch/rows.ts'
import type { Sink } from '../connector.ts'
import { type Bundle, DISPLAY, INSPECT } from '../display.ts'
import type { ExplainOptions, JobOptions } from '../engine.ts'
import { PlanError } from '../errors.ts'
import type { Columns, Expression, LiteralValue } from '../expr/builder.ts'
import { literal } from '../expr/literal.ts'
import type { ChangesNode } from '../operators/changes.ts'
import type { DedupNode } from '../operators/dedup.ts'
import type { DetectNode } from '../operators/detect.ts'
import { SERIES } from '../operators/detect-series.ts'
import type { DistinctNode } from '../operators/distinct.ts'
import type { ExplodeNode } from '../operators/explode.ts'
import type { FalseDiscoveriesNode } from '../operators/false-discoveries.ts'
import type { FillGapsNode } from '../operators/fill-gaps.ts'
import type { FilterNode } from '../operators/filter.ts'
import type { FitNode } from '../operators/fit.ts'
import type { ForecastNode } from '../operators/forecast.ts'
import type { FromChangesNode } from '../operators/from-changes.ts'
import { definitionOf } from '../operators/index.ts'
import type { JoinKind } from '../operators/join-columns.ts'
import type { LimitNode } from '../operators/limit.ts'
import type { LookupJoinNode } from '../operators/lookup-join.ts'
import type { MatchNode } from '../operators/match-node.ts'
import type { OrderByNode } from '../operators/order-by.ts'
import type { OverNode } from '../operators/over-node.ts'
import type { ProcessNode } from '../operators/process/process.ts'
import type { DropNode, RenameNode, SelectNode, UnnestNode, WithNode } from '../operators/project.ts'
import type { SampleNode } from '../operators/sample.ts'
import type { TopNNode } from '../operators/top-n.ts'
import type { UnionNode } from '../operators/union.ts'
import type { WatermarkNode } from '../operators/watermark.ts'
import { checkNames, shown, text } from '../options.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import {
  callSite,
  type Draft,
  extend,
  type Lazy,
  type NodeBody,
  outputAt,
  thrownAt,
} from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import type { ColumnTypeSpec } from '../types/column-type.ts'
import { fieldOf, type Schema } from '../types/schema.ts'
import type { AggregatedRow, Aggregates, WindowFunctions } from './aggregate.ts'
import { count } from './aggregates.ts'
import { alarmRate, computedColumns, condition, mustEnd, named, namesOf, sortKeys } from './arguments.ts'
import { type AsofJoined, type AsofJoinOptions, type AsofOn, asofJoinNode } from './asof-join.ts'
import { type ChangesOptions, changesNode, type FromChangesOptions, fromChangesNode } from './changes.ts'
import { type DedupOptions, dedupNode } from './dedup.ts'
import { describeDataset, inspectDataset } from './describe.ts'
import { type Detected, describesSeries, type SeriesKeys } from './detected.ts'
import { type DetectorArgument, detectorSpec } from './detector-spec.ts'
import { datasetBundle } from './display.ts'
import { collectRows, explainRows, recordBatches, rowsIn, schemaOfRows, showRows, tableOf } from './ends.ts'
import {
  type Explodable,
  type Exploded,
  type ExplodedAs,
  type ExplodeOptions,
  explodeNode,
  type Unnestable,
  type Unnested,
  type UnnestOptions,
  unnestNode,
} from './explode.ts'
import { type FillNullsOptions, filled } from './fill.ts'
import { aggregateDraft, Grouped, Windowed } from './grouped.ts'
import { type GroupingOptions, groupedBy, groupedBySets } from './grouping.ts'
import { checkJobOptions } from './job-options.ts'
import { type JoinOptions, joinNode } from './join.ts'
import {
  type LookedUp,
  type LookupFunction,
  type LookupOptions,
  type LookupTableOptions,
  lookupJoinNode,
  lookupTableOptions,
} from './lookup-join.ts'
import {
  type FunctionOf,
  type MapColumns,
  type MapOptions,
  type Mapped,
  mapNode,
  type RowFunction,
  type RowsFunction,
} from './map.ts'
import {
  type MatchOptions,
  type MatchTimes,
  type Measured,
  type Measures,
  matchNode,
  type Pattern,
  type PatternStart,
} from './match.ts'
import { type OverOptions, overNode } from './over.ts'
import { PendingWrite } from './pending-write.ts'
import { DatasetPlots } from './plots.ts'
import {
  type Processed,
  type ProcessedBounds,
  type ProcessOptions,
  processNode,
  sideName,
} from './process.ts'
import { type ProcessingTimeOptions, processingTimeNode } from './processing-time.ts'
import {
  type Pivoted,
  type PivotOptions,
  type PivotValue,
  pivoted,
  type Unpivoted,
  type UnpivotOptions,
  unpivoted,
} from './reshape.ts'
import { type SampleOptions, sampleNode } from './sample.ts'
import { type DistributionFamily, seriesSpec, type TimeModel } from './series-spec.ts'
import { headOf, sliceOf, tailOf } from './slices.ts'
import { type ByteStreamOptions, nodeStream, type RowStreamOptions, webStream } from './streams.ts'
import {
  type Casted,
  type ColumnSummary,
  casted,
  described,
  type FilledNulls,
  nullsCounted,
  nullsFilled,
  type TapOptions,
  tapped,
} from './summaries.ts'
import { type DuckdbConnection, writeToDuckdb } from './to-duckdb.ts'
import { type Ranked, type TopNOptions, topNNode } from './top-n.ts'
import type {
  Bounds,
  BoundsOf,
  ColumnName,
  ColumnOf,
  Computed,
  ComputedColumns,
  ComputedRow,
  DetectColumns,
  Direction,
  ExactTimes,
  Filled,
  FitColumns,
  ForecastColumns,
  Joined,
  JoinOn,
  LateRows,
  NotArguments,
  PickRow,
  Renamed,
  Shown,
  SortColumn,
  Totals,
  WithColumns,
} from './types.ts'
import { type WatermarkOptions, watermarkNode } from './watermark.ts'
import { type WindowOptions, windowNode } from './window-options.ts'
import { type WindowSpec, windowSpec } from './windows.ts'

/** How {@link Dataset.collect} gives rows; everything a job takes besides. */
export interface CollectOptions extends JobOptions, RowOptions {}

/** What {@link Dataset.show} takes; everything a job takes besides. */
export interface ShowOptions extends JobOptions {
  /** Rows shown at most. Default: 20. */
  readonly limit?: number
  /** Significant digits of fractions, 1 to 17. Default: all that the numbers have. */
  readonly digits?: number
}

/** What {@link Dataset.distinct} takes after the columns. */
export interface DistinctOptions {
  /** What was not seen for so long, by event time, is forgotten: it leaves again when it is next seen. */
  readonly ttl?: Duration
}

/** What {@link Dataset.fillGaps} takes. */
export interface FillOptions<Row, Value extends ColumnName<Row> = never, By extends ColumnName<Row> = never> {
  /** What filled rows hold; columns not named are null. */
  readonly values?: { readonly [K in Value]?: Row[K] & LiteralValue }
  /** A key silent for so long is no longer filled, and forgotten. */
  readonly ttl?: Duration
  /** Keys are filled for windows that begin before this. */
  readonly until?: Date
  /** What makes a series. Default: the keys of the aggregation. */
  readonly by?: By | readonly By[]
}

/** What {@link Dataset.detect} takes besides the column and the model. */
export interface DetectOptions<Row, As extends string, By extends ColumnName<Row> = ColumnName<Row>> {
  /** What makes a series. Default: the keys of the last aggregation. */
  readonly by?: By | readonly By[]
  /**
   * The rate of false alarms: with 1e-3, the default, one ordinary value in a thousand is an anomaly. Or over time:
   * `{ events: 1, per: '1w' }` is one alarm per week and series; anomalies within 50 values are then one alarm, of which
   * only the first is marked, unless a later one has one and a half times its score.
   */
  readonly alpha?: number | { readonly events: number; readonly per: Duration }
  /**
   * The expected share of false ones among the anomalies: the series of each instant are scored together
   * (Benjamini and Hochberg). Takes the place of `alpha` for `anomaly`; bounds still go by `alpha`.
   */
  readonly falseDiscoveries?: number
  /** The sampling step of the series: absent rows are then missing values. Default: the size of the window before it. */
  readonly every?: Duration
  /**
   * `'event'`: in event-time order, held until the watermark has passed. `'arrival'`: at once, in whatever order rows
   * come; not repeatable. Without event time it takes `every`, and the rows of a series are its steps.
   */
  readonly order?: 'event' | 'arrival'
  /**
   * A series that has had no row for longer, in event time, is forgotten: its next row finds a model without knowledge,
   * and until then it takes no memory. Default: series are kept for ever.
   */
  readonly ttl?: Duration
  /** Prefix of the appended columns: `'delay'` makes `delayExpected`, `delayScore`, … Default: none. */
  readonly as?: As
}

/** What {@link Dataset.fit} takes besides the column and the model. */
export interface SeriesOptions<By extends string> {
  /** What makes a series; `[]` for a single one. */
  readonly by: By | readonly By[]
  /** The sampling step of the series: absent rows are then missing values. Default: the size of the window before it. */
  readonly every?: Duration
}

/** What {@link Dataset.forecast} takes besides the column and the model. */
export interface SeriesForecastOptions<By extends string> extends SeriesOptions<By> {
  /** How many values to predict after the last one. */
  readonly steps: number
  /** How many of the values are expected between `lower` and `upper`. Default 0.95. */
  readonly level?: number
}

const DETECT_OPTIONS = ['by', 'alpha', 'falseDiscoveries', 'every', 'order', 'ttl', 'as']

/**
 * Rows of type `Row`, bounded (they end) or unbounded, that are yet to be computed. Right after a windowed aggregation,
 * `Late` is the type of the rows it leaves out.
 *
 * @example
 * const flights = read.parquet('flights.parquet', { date: 'timestamp', delay: 'int32', origin: 'utf8' })
 * await flights.groupBy('origin').agg({ n: count() }).orderBy('n', 'desc').limit(10).collect()
 */
export class Dataset<Row, out B extends Bounds, in Late = never> implements AsyncIterable<Row> {
  /** @internal */
  readonly draft: Draft
  /** @internal */
  readonly port: string

  /** Only in the types. It takes late rows and does not give them, so that a dataset that has some is still a dataset. */
  declare protected readonly takesLate: (row: Late) => void

  /** @internal Datasets are made by `read` and by verbs. */
  constructor(draft: Draft, port = 'out') {
    this.draft = draft
    this.port = port
  }

  /** Whether the rows end. */
  get bounds(): B {
    return (this.draft.bounded ? 'bounded' : 'unbounded') as B
  }

  /** What is printed: bounds and columns. */
  toString(): string {
    return describeDataset(this)
  }

  /** @internal What `console.log` prints: besides, how the rows are made. */
  [INSPECT](depth: number, options: { readonly depth?: number | null }): string {
    return inspectDataset(this, depth === options?.depth)
  }

  /** @internal For notebooks: the first rows; see `display.ts`. */
  [DISPLAY](): Promise<Bundle> {
    return datasetBundle(this)
  }

  /** @internal For `JSON.stringify`: bounds, and the columns where they are known. */
  toJSON(): object {
    return { bounds: this.bounds, schema: outputAt(this.draft, this.port)?.schema }
  }

  /**
   * Keeps the rows whose condition is true; null counts as false, as in SQL. Columns stay as they are.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `FILTER_TYPE` when it is no condition; `ARGUMENT_TYPE` and other errors of
   * expressions
   * @example
   * flights.filter(r => r.delay.gt(60).and(r.origin.eq('IAH')))
   */
  filter(test: (row: Columns<Row>) => Expression<boolean | null>): Dataset<Row, B> {
    return this.#next<FilterNode>(this.filter, { kind: 'filter', test: condition(this, test, this.filter) })
  }

  /**
   * Exactly these columns, in this order: by name, or computed. What event time and the keys are is forgotten unless
   * their columns are kept under their names.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN` for a name given twice; errors of expressions
   * @example
   * flights.select('origin', 'delay')
   * flights.select({ airport: r => r.origin, hours: r => r.delay.div(60) })
   */
  select<const Names extends ColumnName<Row>>(...names: Names[]): Dataset<Shown<Pick<Row, Names>>, B>
  select<C extends ComputedColumns<Row>>(columns: C): Dataset<Shown<ComputedRow<C>>, B>
  select(...what: any[]): Dataset<any, B> {
    const [first] = what
    const columns =
      typeof first === 'object' && first !== null && !Array.isArray(first)
        ? computedColumns(this, 'select', first, this.select)
        : namesOf(what, this.select).map(named)
    if (columns.length === 0) {
      throw new PlanError('NO_COLUMNS', 'select needs at least one column', { above: this.select })
    }
    return this.#next<SelectNode>(this.select, { kind: 'select', columns })
  }

  /**
   * The columns there are, and computed ones after them; one of the same name is replaced in its place. All are
   * computed from the row as it was before.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN` and other errors of expressions
   * @example
   * flights.with({ hours: r => r.delay.div(60) })
   */
  with<C extends ComputedColumns<Row>>(columns: C): Dataset<WithColumns<Row, ComputedRow<C>>, B> {
    return this.#next<WithNode>(this.with, {
      kind: 'with',
      columns: computedColumns(this, 'with', columns, this.with),
    })
  }

  /**
   * All columns but these.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `NO_COLUMNS` when none would be left
   * @example
   * flights.drop('distance')
   */
  drop<const Names extends ColumnName<Row>>(...names: Names[]): Dataset<Shown<Omit<Row, Names>>, B> {
    return this.#next<DropNode>(this.drop, { kind: 'drop', columns: namesOf(names, this.drop) })
  }

  /**
   * New names for some columns: `{ old: 'new' }`. Their order stays; event time and keys go along.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN` when two columns would have one name
   * @example
   * flights.rename({ origin: 'airport' })
   */
  rename<const Names extends { readonly [K in ColumnName<Row>]?: string }>(
    names: Names & { readonly [K in Exclude<keyof Names, keyof Row>]: never },
  ): Dataset<Shown<Renamed<Row, Names>>, B> {
    if (typeof names !== 'object' || names === null) {
      throw new PlanError('OPTION', `rename takes an object of names, got ${shown(names)}`, {
        hint: "rename({ origin: 'airport' }): the old name first",
        above: this.rename,
      })
    }
    return this.#next<RenameNode>(this.rename, {
      kind: 'rename',
      names: Object.entries(names as Record<string, string>),
    })
  }

  /**
   * A row made of each by a function of yours, which runs in the shards: given itself, when it uses nothing of its surroundings
   * but what `using` names, or as an export of a module. It may be asynchronous.
   *
   * @throws {PlanError} `FUNCTION_CLOSURE` `FUNCTION_USING` `FUNCTION_URL` `FUNCTION_EXPORT`; `OPTION`; `UNKNOWN_COLUMN` and
   * `DUPLICATE_COLUMN` for those to keep
   * @throws {DataError} while it runs: `FUNCTION_FAILED`, `FUNCTION_RESULT`
   * @example
   * flights.map(r => ({ route: [r.origin, r.destination].join('–') }), { route: 'utf8' })
   * flights.map(r => ({ route: [r.origin, r.destination].join('–') }), { out: { route: 'utf8' }, keep: ['date'] })
   */
  map<const Out extends Readonly<Record<string, ColumnTypeSpec>>>(
    work: RowFunction<Row, Out>,
    columns: MapColumns<Out>,
  ): Dataset<Shown<Mapped<Row, Out, never>>, B>
  map<const Out extends Readonly<Record<string, ColumnTypeSpec>>, Keep extends ColumnName<Row> = never>(
    work: RowFunction<Row, Out>,
    options: MapOptions<Row, Out, Keep>,
  ): Dataset<Shown<Mapped<Row, Out, Keep>>, B>
  map(work: unknown, options: unknown): Dataset<any, B> {
    return this.#mapped('map', work, options, this.map)
  }

  /**
   * Any number of rows made of each by a function of yours, which gives a list of them. Options and errors as of {@link map}.
   *
   * @example
   * texts.flatMap(r => r.line.split(' ').map(word => ({ word })), { out: { word: 'utf8' } })
   */
  flatMap<const Out extends Readonly<Record<string, ColumnTypeSpec>>>(
    work: RowsFunction<Row, Out>,
    columns: MapColumns<Out>,
  ): Dataset<Shown<Mapped<Row, Out, never>>, B>
  flatMap<const Out extends Readonly<Record<string, ColumnTypeSpec>>, Keep extends ColumnName<Row> = never>(
    work: RowsFunction<Row, Out>,
    options: MapOptions<Row, Out, Keep>,
  ): Dataset<Shown<Mapped<Row, Out, Keep>>, B>
  flatMap(work: unknown, options: unknown): Dataset<any, B> {
    return this.#mapped('flatMap', work, options, this.flatMap)
  }

  /**
   * A row for each element of a list, for each entry of a map (as `key` and `value`, or what `as` names), for each part of a
   * text, in order; the other columns repeat. A null makes no row, nor does an empty list; an empty text makes one.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `EXPLODE_TYPE` for other columns; `EXPLODE_SEPARATOR` when it is empty;
   * `DUPLICATE_COLUMN`
   * @example
   * posts.explode('tags', { as: 'tag' })
   */
  explode<
    C extends Explodable<Row>,
    const As extends string | readonly [string, string] = ExplodedAs<Row, C>,
  >(column: C, options: ExplodeOptions<As> = {}): Dataset<Shown<Exploded<Row, C, As>>, B> {
    return this.#next<ExplodeNode>(this.explode, explodeNode(column, options, this.explode))
  }

  /**
   * The fields of a struct as columns in its place, each with `prefix` before its name; null where the struct is. It costs
   * nothing.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `UNNEST_TYPE` when the column is no struct; `DUPLICATE_COLUMN`
   * @example
   * posts.unnest('user', { prefix: 'user_' })
   */
  unnest<C extends Unnestable<Row>, const Prefix extends string = ''>(
    column: C,
    options: UnnestOptions<Prefix> = {},
  ): Dataset<Shown<Unnested<Row, C, Prefix>>, B> {
    return this.#next<UnnestNode>(this.unnest, unnestNode(column, options, this.unnest))
  }

  /**
   * Groups rows by the values of columns, for `agg`, or for `window` and then `agg`: by columns, and by computed ones, which are
   * given names, or take that of the one column they are computed of. Null is a value like any other.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `GROUP_NAME` for a key of several columns without a name; errors of expressions
   * @example
   * flights.groupBy('origin').agg({ n: count(), delay: mean('delay') })
   * flights.groupBy('origin', { late: r => r.delay.gt(15) }).agg({ n: count() })
   * flights.groupBy(r => r.date.truncate('day')).agg({ n: count() })
   */
  groupBy<const Keys extends ColumnName<Row> = never>(...keys: Keys[]): Grouped<Row, PickRow<Row, Keys>, B>
  groupBy<const Names extends readonly ColumnName<Row>[], C extends ComputedColumns<Row>>(
    ...keys: [...Names, C & NotArguments]
  ): Grouped<Row, PickRow<Row, Names[number]> & ComputedRow<C>, B>
  groupBy(
    ...keys: (ColumnName<Row> | ComputedColumns<Row> | Computed<Row>)[]
  ): Grouped<Row, { [key: string]: any }, B>
  groupBy(...keys: any[]): Grouped<any, any, B> {
    return new Grouped(...groupedBy(this, keys, this.groupBy)) as Grouped<any, any, B>
  }

  /**
   * Groups rows by columns, and by all but the last, and so on, down to all rows as one group: totals beside what they are of,
   * in which the keys that are not gone by are null.
   *
   * @param options `grouping`: the name of a column that tells totals from keys that are null, as SQL's `GROUPING` does
   * @throws {PlanError} `UNKNOWN_COLUMN`; `OPTION`
   * @example
   * flights.rollup('origin', 'destination').agg({ n: count() })
   */
  rollup<const Keys extends ColumnName<Row>, const As extends string = never>(
    ...keys: [...Keys[], GroupingOptions<As>]
  ): Grouped<Row, Totals<Row, Keys, As>, B>
  rollup<const Keys extends ColumnName<Row>>(...keys: Keys[]): Grouped<Row, Totals<Row, Keys, never>, B>
  rollup(...keys: any[]): Grouped<any, any, B> {
    return new Grouped(...groupedBySets('rollup', this, keys, this.rollup)) as Grouped<any, any, B>
  }

  /**
   * Groups rows by each set of some columns, from all of them down to none; the keys that are not gone by are null.
   *
   * @param options as of {@link rollup}
   * @throws {PlanError} `UNKNOWN_COLUMN`; `OPTION`
   * @example
   * flights.cube('origin', 'destination', { grouping: 'level' }).agg({ n: count() })
   */
  cube<const Keys extends ColumnName<Row>, const As extends string = never>(
    ...keys: [...Keys[], GroupingOptions<As>]
  ): Grouped<Row, Totals<Row, Keys, As>, B>
  cube<const Keys extends ColumnName<Row>>(...keys: Keys[]): Grouped<Row, Totals<Row, Keys, never>, B>
  cube(...keys: any[]): Grouped<any, any, B> {
    return new Grouped(...groupedBySets('cube', this, keys, this.cube)) as Grouped<any, any, B>
  }

  /**
   * Values to columns: a row for each combination of the columns `by`, and a column for each value of `on`, of whose rows it has
   * the aggregate. Which values there are is found by a job of its own when a plan is built, unless `values` says it.
   *
   * @throws {PlanError} `UNBOUNDED` without `values` of data that does not end; `PIVOT_VALUES` for more than a thousand; `OPTION`,
   * `AGGREGATE`, `DUPLICATE_COLUMN`, and those of `agg`
   * @example
   * flights.pivot({ on: 'destination', by: 'origin', value: mean('delay') })
   * flights.pivot({ on: 'destination', value: { n: count() }, values: ['DFW', 'AUS'] })
   */
  pivot<
    Cell = never,
    A extends Aggregates<Row> = {},
    const By extends ColumnName<Row> = never,
    const Values extends readonly PivotValue[] | undefined = undefined,
  >(options: PivotOptions<Row, By, Cell, A, Values>): Dataset<Shown<Pivoted<Row, By, Cell, A, Values>>, B>
  pivot(options: any): Dataset<any, B> {
    return pivoted(this, options, this.pivot) as Dataset<any, B>
  }

  /**
   * Columns to values: for each row one of each of some columns, with the column's name and its value; the other columns repeat.
   *
   * @param options `on`: the columns; `name` and `value`: what the new columns are called; `nulls: 'drop'`: a null makes no row
   * @throws {PlanError} `UNKNOWN_COLUMN`; `UNPIVOT_TYPE` for columns without a type in common; `DUPLICATE_COLUMN`; `OPTION`
   * @example
   * flights.unpivot({ on: ['delay', 'distance'], name: 'measure' })
   */
  unpivot<
    const On extends ColumnName<Row>,
    const Name extends string = 'name',
    const Value extends string = 'value',
  >(options: UnpivotOptions<On, Name, Value>): Dataset<Shown<Unpivoted<Row, On, Name, Value>>, B> {
    return unpivoted(this, options, this.unpivot) as Dataset<any, B>
  }

  /**
   * Some columns with another type, in their places: {@link with} and `cast` of expressions.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `COLUMN_TYPE`; errors of casts
   * @example
   * flights.cast({ delay: 'float64' })
   */
  cast<const Types extends { readonly [K in ColumnName<Row>]?: ColumnTypeSpec }>(
    types: Types,
  ): Dataset<Shown<Casted<Row, Types>>, B> {
    return casted(this, types, this.cast) as Dataset<any, B>
  }

  /**
   * Values in place of nulls, by column: constants, or computed from the row.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; errors of expressions
   * @example
   * flights.fillNull({ delay: 0, origin: r => r.destination })
   */
  fillNull<
    const Values extends {
      readonly [K in ColumnName<Row>]?: LiteralValue | ((row: Columns<Row>) => Expression<any>)
    },
  >(values: Values): Dataset<Shown<FilledNulls<Row, Values>>, B> {
    return nullsFilled(this, values, this.fillNull) as Dataset<any, B>
  }

  /**
   * How many nulls each column has: one row.
   *
   * @example
   * await flights.nullCount().show()
   */
  nullCount(): Dataset<Shown<{ [K in keyof Row]: number }>, B> {
    return nullsCounted(this, this.nullCount) as Dataset<any, B>
  }

  /**
   * A row about each column: `column type count nulls mean sd min q1 median q3 max`; the least and the greatest value as text, and
   * null where there is no such number. Where a column is a date, a timestamp, a time of day or a duration also
   * `meanTime q1Time medianTime q3Time`, as text. Right after {@link detect} it is a row about each series; `describe('columns')` is a row
   * about each column there, too.
   *
   * @example
   * await flights.describe().show({ digits: 4 })
   */
  describe(of?: 'columns'): Dataset<ColumnSummary, B> {
    const rows = describesSeries(this, of, this.describe)
    return (rows ? new Dataset(this.draft, SERIES) : described(this, this.describe)) as Dataset<any, B>
  }

  /**
   * The rows as they are, and a function called with each on its way, in the shards: to look at them, to count them elsewhere. It
   * is given itself, when it uses nothing of its surroundings but what `using` names, or as an export of a module; what it gives is
   * not looked at, but for a promise, which is waited for.
   *
   * @throws {PlanError} `FUNCTION_CLOSURE` `FUNCTION_USING` `FUNCTION_URL` `FUNCTION_EXPORT`; `OPTION`
   * @throws {DataError} while it runs: `FUNCTION_FAILED`
   * @example
   * flights.tap(row => console.log(row.origin))
   */
  tap(work: ((row: Row) => unknown) | FunctionOf, options: TapOptions = {}): Dataset<Row, B> {
    return tapped(this, work, options, this.tap) as Dataset<any, B>
  }

  /**
   * What a function makes of this dataset: verbs of your own, in their place in the chain.
   *
   * @example
   * const late = (minutes: number) => (of: typeof flights) => of.filter(r => r.delay.gt(minutes))
   * flights.pipe(late(60)).select('origin')
   */
  pipe<Out>(work: (dataset: this) => Out): Out {
    if (typeof work === 'function') return work(this)
    throw new PlanError('CALLBACK', `pipe takes a function, got ${shown(work)}`, {
      hint: 'pipe(dataset => dataset.limit(10))',
      above: this.pipe,
    })
  }

  /**
   * Groups all rows by window, for `agg`: `groupBy().window(…)`.
   *
   * @example
   * stream.watermark('date').window(tumbling('1h')).agg({ n: count() })
   */
  window<W extends WindowSpec>(window: W, options: WindowOptions = {}): Windowed<Row, {}, B, W> {
    return new Windowed(this, [], windowNode(windowSpec(window, this.window), options, this.window))
  }

  /**
   * One row of aggregates over all rows, none over no rows aside from counts. Over data that does not end it is a
   * changelog of what they are so far.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; errors of aggregates and expressions
   * @example
   * flights.agg({ n: count(), worst: max('delay') })
   */
  agg<A extends Aggregates<Row>>(aggregates: A): Dataset<Shown<AggregatedRow<A>>, B> {
    return new Dataset(aggregateDraft(this, [], {}, aggregates, this.agg))
  }

  /**
   * All rows in order: by one column, or by several, each with its direction, one after the other or as a list. Ties
   * keep the order they had. Nulls come last in either direction, NaN after every number, text by UTF-8 bytes.
   *
   * @throws {PlanError} `UNBOUNDED` when the data does not end; `UNKNOWN_COLUMN`; `DIRECTION`
   * @example
   * flights.orderBy('delay', 'desc')
   * flights.orderBy(['origin'], ['delay', 'desc'])
   */
  orderBy(
    this: Dataset<Row, 'bounded'>,
    column: ColumnName<Row>,
    direction?: Direction,
  ): Dataset<Row, 'bounded'>
  orderBy(this: Dataset<Row, 'bounded'>, ...columns: SortColumn<Row>[]): Dataset<Row, 'bounded'>
  orderBy(this: Dataset<Row, 'bounded'>, columns: readonly SortColumn<Row>[]): Dataset<Row, 'bounded'>
  orderBy(this: Dataset<any, 'bounded'>, ...what: any[]): Dataset<any, 'bounded'> {
    mustEnd(this, 'orderBy', this.orderBy)
    const isList = Array.isArray(what[0]?.[0])
    return this.#next<OrderByNode>(this.orderBy, {
      kind: 'orderBy',
      by: sortKeys('orderBy', isList ? what[0] : what, this.orderBy),
    }) as Dataset<any, 'bounded'>
  }

  /**
   * The first `rows` rows, in the order they come; the result ends even where the input does not. Without `orderBy`,
   * which rows come first is their order in the source.
   *
   * @throws {PlanError} `LIMIT` when it is not a whole number from 0 on
   * @example
   * flights.orderBy('delay', 'desc').limit(10)
   */
  limit(rows: number): Dataset<Row, 'bounded'> {
    if (!Number.isSafeInteger(rows) || rows < 0) {
      throw new PlanError('LIMIT', `limit takes a whole number of rows, got ${shown(rows)}`, {
        hint: 'limit(10) keeps the first ten rows',
        above: this.limit,
      })
    }
    return this.#next<LimitNode>(this.limit, { kind: 'limit', rows }) as Dataset<any, 'bounded'>
  }

  /**
   * The first rows, five by default: {@link limit}.
   *
   * @example
   * await flights.head(3).show()
   */
  head(rows = 5): Dataset<Row, 'bounded'> {
    return headOf(this, rows, this.head) as Dataset<any, 'bounded'>
  }

  /**
   * The last rows, five by default, in their order.
   *
   * @throws {PlanError} `UNBOUNDED` when the data does not end; `LIMIT` when it is not a whole number from 0 on
   * @example
   * await flights.tail(3).show()
   */
  tail(this: Dataset<Row, 'bounded'>, rows?: number): Dataset<Row, 'bounded'>
  tail(rows = 5): Dataset<any, 'bounded'> {
    return tailOf(this, rows, this.tail) as Dataset<any, 'bounded'>
  }

  /**
   * The rows from one place on to before another, from 0 on, as of an array; without an end all that follow. `slice(-5)` are the
   * last five.
   *
   * @throws {PlanError} `LIMIT` for what are no such places; `UNBOUNDED` for the last rows of data that does not end
   * @example
   * flights.orderBy('delay', 'desc').slice(10, 20)
   */
  slice(from: number): Dataset<Row, B>
  slice(from: number, to: number): Dataset<Row, 'bounded'>
  slice(from: number, to?: number): Dataset<any, any> {
    return sliceOf(this, from, to, this.slice)
  }

  /**
   * The rows of this dataset with those of another that have the same keys. `how` says which leave: pairs (`inner`), also
   * rows of one side or both that are in none (`left` `right` `full`), or only rows of this one, that are in a pair (`semi`)
   * or in none (`anti`). Null keys never meet; keys of different types are compared by value, exactly. A key of one name
   * comes once; other names that both have get a suffix on the right.
   *
   * `where` is a condition over both rows, `within` one over their event times. Of two streams all rows are kept, for those
   * that may come; `within` bounds that. With `asOf: 'event'` the other's rows are versions, of which the one is met that is
   * valid at a row's event time. Where a side ends, it is held, and rows of the other are looked up in it: of two
   * that end, the second, so let that be the smaller one.
   *
   * @throws {PlanError} `JOIN_ON`; `UNKNOWN_COLUMN`; `JOIN_TYPE` for keys that cannot be compared; `DUPLICATE_COLUMN`;
   * `CONDITION`; `DURATION`; `JOIN_WITHIN`; `NO_EVENT_TIME` for a `within` without watermarks on both sides
   * @example
   * flights.join(airports, { on: { origin: 'code' } })
   */
  join<
    Other,
    OtherBounds extends Bounds,
    const On extends JoinOn<Row, Other>,
    const How extends JoinKind = 'inner',
    const Suffix extends string = '_right',
  >(
    other: Dataset<Other, OtherBounds>,
    options: JoinOptions<Row, Other, On, How, Suffix>,
  ): Dataset<Shown<Joined<Row, Other, On, Suffix, How>>, BoundsOf<B, OtherBounds>>
  join(other: Dataset<any, any>, options: JoinOptions<any, any, any, any, string>): Dataset<any, any> {
    if (!(other instanceof Dataset)) {
      throw new PlanError('JOIN_ON', `join takes a dataset, got ${shown(other)}`, {
        hint: "auctions.join(persons, { on: { seller: 'id' } })",
        above: this.join,
      })
    }
    const inputs = [this, other].map(({ draft, port }: Dataset<any, any>) => ({ draft, port }))
    return new Dataset(extend(joinNode(this, other, options, this.join), inputs, this.join))
  }

  /**
   * Each row with what is found for it: in a dataset that ends, as {@link join} does, or by a function of yours, which may be
   * asynchronous: a request to a service. It runs in the shards, as that of {@link map}; calls have a time that they may take,
   * are made again when they fail, and are remembered.
   *
   * @throws {PlanError} `OPTION`; `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN`; `UNBOUNDED` for a dataset that does not end, and those
   * of {@link join}; `FUNCTION_CLOSURE` `FUNCTION_USING` `FUNCTION_URL` `FUNCTION_EXPORT`
   * @throws {DataError} while it runs: `FUNCTION_FAILED`, `FUNCTION_RESULT`
   * @example
   * flights.lookupJoin(async ({ origin }) => ({ city: origin === 'IAH' ? 'Houston' : null }), {
   *   in: 'origin',
   *   out: { city: 'utf8' },
   *   cache: { rows: 1000, ttl: '1h' },
   * })
   * flights.lookupJoin(airports, { on: { origin: 'code' }, how: 'left' })
   */
  lookupJoin<Other, const On extends JoinOn<Row, Other>, const How extends 'inner' | 'left' = 'inner'>(
    other: Dataset<Other, 'bounded'>,
    options: LookupTableOptions<Row, Other, On, How>,
  ): Dataset<Shown<Joined<Row, Other, On, '_right', How>>, B>
  lookupJoin<In extends ColumnName<Row>, const Out extends Readonly<Record<string, ColumnTypeSpec>>>(
    find: LookupFunction<Pick<Row, In>, Out>,
    options: LookupOptions<Row, In, Out>,
  ): Dataset<Shown<LookedUp<Row, Out>>, B>
  lookupJoin(find: any, options: any): Dataset<any, any> {
    const above = this.lookupJoin
    if (!(find instanceof Dataset))
      return this.#next<LookupJoinNode>(above, lookupJoinNode(find, options, above))
    mustEnd(find, 'lookupJoin', above)
    const body = joinNode(this, find, lookupTableOptions(options, above), above)
    return new Dataset(extend(body, asofInputs(this, find, above), above))
  }

  /**
   * Each row with the row of another dataset that has the same keys and is next to it in time: the last one at or before
   * its time (`direction: 'backward'`), the first at or after it (`'forward'`), or the nearer of these (`'nearest'`). Rows
   * at the same time meet; of several at one time the last is taken. A row that finds none stays, with nulls. Rows leave
   * in order of event time, those of streams when the watermarks of both datasets allow it; late ones are left out.
   *
   * @throws {PlanError} `NO_EVENT_TIME` without a watermark or `time`; `ASOF_TIME` for another `time` over data that does not
   * end; `EVENT_TIME_TYPE`; `JOIN_ON`; `JOIN_TYPE`; `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN`; `DURATION`
   * @example
   * flights.asofJoin(january, { on: 'origin', time: 'date', direction: 'backward', tolerance: '1h' })
   */
  asofJoin<
    Other,
    OtherBounds extends Bounds,
    const On extends AsofOn<Row, Other> = readonly [],
    const Suffix extends string = '_right',
  >(
    other: Dataset<Other, OtherBounds>,
    options: AsofJoinOptions<Row, Other, On, Suffix>,
  ): Dataset<Shown<AsofJoined<Row, Other, On, Suffix>>, BoundsOf<B, OtherBounds>>
  asofJoin(other: Dataset<any, any>, options: AsofJoinOptions<any, any, any, string>): Dataset<any, any> {
    const inputs = asofInputs(this, other, this.asofJoin)
    return new Dataset(extend(asofJoinNode(options, this.asofJoin), inputs, this.asofJoin))
  }

  /**
   * The first `n` rows in an order, of each key or of all: by one column, or by several, each with its direction.
   * Ties keep the order they had; nulls come last in either direction, as in {@link orderBy}. Rows come key by key, in
   * the order of the keys. Over data that does not end they are a changelog: a row that is no more among the first is taken
   * back when another comes. Where `by` has the event time, or the window of an aggregation, they are final when the
   * watermark has passed it, and stay. With a `ttl` a key is forgotten when it has had no row for so long: its first rows stay, and
   * later ones are ranked anew; rows are then taken in order of event time, and late ones left out.
   *
   * @param options `ties`: rows equal to the n-th, too; `rank`: the name of a column of ranks, from 1 on
   * @throws {PlanError} `LIMIT` when `n` is not a whole number from 1 on; `UNKNOWN_COLUMN`; `DIRECTION`; `DURATION`;
   * `DUPLICATE_COLUMN` for a column of ranks that is there; for a `ttl`, `NO_EVENT_TIME` without a watermark before and
   * `TOPN_TTL` over data that ends
   * @example
   * flights.topN(3, 'delay', 'desc', { by: 'origin' })
   * flights.topN(10, [['delay', 'desc'], ['date']], { ties: true, rank: 'place' })
   */
  topN<const By extends ColumnName<Row> = never, const As extends string = never>(
    n: number,
    column: ColumnName<Row>,
    direction?: Direction,
    options?: TopNOptions<By, As>,
  ): Dataset<Ranked<Row, As>, B>
  topN<const By extends ColumnName<Row> = never, const As extends string = never>(
    n: number,
    columns: SortColumn<Row> | readonly SortColumn<Row>[],
    options?: TopNOptions<By, As>,
  ): Dataset<Ranked<Row, As>, B>
  topN(n: number, ...what: any[]): Dataset<any, B> {
    return this.#next<TopNNode>(this.topN, topNNode(n, what, this.topN))
  }

  /**
   * Appends columns computed from the rows around each row, as SQL's OVER: window functions, and aggregates of a frame, in
   * the order of event time (or of the rows, where none is declared) or of `orderBy`. The frame is up to the current row
   * unless `rows` or `range` say otherwise. Over a stream, rows wait for the watermark and leave in order of event time;
   * in another order, or over a changelog, the result is a changelog.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN`; `OPTION`; `DIRECTION`; `OVER_FRAME` for what is no frame;
   * `OVER_RANGE` for a range of time in another order; `OVER_UNBOUNDED` for what would wait for the end of a stream;
   * `NO_EVENT_TIME`; `OVER_TTL`; errors of aggregates and expressions
   * @example
   * flights.over({ by: 'origin', orderBy: 'date' }, { n: rowNumber(), before: lag('delay') })
   * flights.watermark('date').over({ by: 'origin', range: ['-1h', '0s'] }, { hour: mean('delay') })
   */
  over<W extends WindowFunctions<Row>>(
    options: OverOptions<Row>,
    functions: W,
  ): Dataset<Shown<Row & AggregatedRow<W>>, B> {
    return this.#next<OverNode>(this.over, overNode(this, options, functions, this.over))
  }

  /**
   * The rows with the nulls of a column filled, in order of event time (or of the rows, where none is declared): by the
   * last value before, or in proportion to time between the values before and after. Nulls without such stay.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `OPTION`; `DURATION`; `FILL_TYPE` for a linear fill of what is no number; those
   * of {@link over}
   * @example
   * flights.watermark('date').fill('delay', { by: 'origin', maxGap: '1h' })
   * flights.watermark('date').fill('delay', { method: 'linear', by: 'origin' })
   */
  fill<C extends ColumnOf<Row, number | bigint>, const By extends ColumnName<Row> = never>(
    column: C,
    options: FillNullsOptions<By> & { readonly method: 'linear' },
  ): Dataset<WithColumns<Row, { [K in C]: number | null }>, B>
  fill<const By extends ColumnName<Row> = never>(
    column: ColumnName<Row>,
    options?: FillNullsOptions<By> & { readonly method?: 'last' },
  ): Dataset<Row, B>
  fill(column: string, options: FillNullsOptions<any> = {}): Dataset<any, B> {
    return filled(this, column, options, this.fill) as Dataset<any, B>
  }

  /**
   * Some of the rows: about a share of them, or a number of them. Which ones depends on where rows stand in their sources
   * and on `seed`, and on nothing else, so that a sample is repeatable. Rows stay in their order.
   *
   * @param size a share between 0 and 1, or a number of rows from 1 on, for data that ends
   * @throws {PlanError} `SAMPLE` for another size; `UNBOUNDED_SAMPLE` for a number of rows of a stream; `OPTION`
   * @example
   * flights.sample(0.1, { seed: 1 })
   * flights.sample(100)
   */
  sample(size: number, options: SampleOptions = {}): Dataset<Row, B> {
    return this.#next<SampleNode>(this.sample, sampleNode(size, options, this.sample))
  }

  /**
   * Each combination of the values of some columns (or of all) once, where it first occurs, with these columns only.
   * Nulls are equal, and so are NaNs. Over data that does not end, what was seen is remembered: for good, or for a `ttl`
   * of event time; rows then come in the order of their time.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN`; `DURATION`; `NO_EVENT_TIME` for a `ttl` without a watermark before
   * @example
   * flights.distinct('origin', 'destination')
   * stream.watermark('date').distinct('origin', { ttl: '1d' })
   */
  distinct(options?: DistinctOptions): Dataset<Row, B>
  distinct<const Names extends ColumnName<Row>>(...columns: Names[]): Dataset<Shown<Pick<Row, Names>>, B>
  distinct<const Names extends readonly ColumnName<Row>[]>(
    ...columns: [...Names, DistinctOptions]
  ): Dataset<Shown<Pick<Row, Names[number]>>, B>
  distinct(...what: any[]): Dataset<any, B> {
    const last = what.at(-1)
    const given = typeof last === 'object' && last !== null && !Array.isArray(last)
    const columns = namesOf(given ? what.slice(0, -1) : what, this.distinct)
    const { ttl }: DistinctOptions = given ? last : {}
    if (given) checkNames('distinct', last, ['ttl'], this.distinct)
    return this.#next<DistinctNode>(this.distinct, {
      kind: 'distinct',
      ...(columns.length ? { columns } : {}),
      ...(ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', this.distinct) }),
    })
  }

  /**
   * The rows without those that are equal to one before: in some columns, or in all of them. It is {@link dedup} with all columns,
   * {@link distinct} without names.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`
   * @example
   * flights.unique('origin', 'destination')
   */
  unique(...columns: ColumnName<Row>[]): Dataset<Row, B> {
    return columns.length === 0 ? this.distinct() : this.dedup({ by: namesOf(columns, this.unique) as never })
  }

  /**
   * One row of each key, the first or the last: by event time where it is declared, or by `orderBy`, then by place. Over
   * data that does not end, the first row leaves once the watermark has passed it, or at once without event time, and
   * stays; the last is a changelog, whose row is taken back when another takes its place. Where `by` has the event time,
   * or the window of an aggregation, the row of a key is final when the watermark has passed it.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `DIRECTION`; `DURATION`; for a `ttl`, `NO_EVENT_TIME` without a watermark before
   * and `DEDUP_TTL` over data that ends
   * @example
   * flights.dedup({ by: ['origin', 'destination'] })
   * flights.dedup({ by: 'origin', keep: 'last', orderBy: 'delay' })
   */
  dedup(options: DedupOptions<Row>): Dataset<Row, B> {
    return this.#next<DedupNode>(this.dedup, dedupNode(options, this.dedup))
  }

  /**
   * The rows of a changelog as rows that stay, for any sink, `for await` and `batches()`: a column, `weight` or `as`, says
   * how often each counts, 1 for a row that came and -1 for one that is taken back. An update is the old row, then the new
   * one. Which changes there are goes by the batches in which rows come; what they amount to does not.
   *
   * @throws {PlanError} `DUPLICATE_COLUMN` when there is such a column already
   * @example
   * const worst = stream.topN(1, 'delay', 'desc', { by: 'origin' })
   * for await (const { origin, delay, weight } of worst.changes()) console.log(weight, origin, delay)
   */
  changes<const As extends string = 'weight'>(
    options: ChangesOptions<As> = {},
  ): Dataset<Shown<Row & { [K in As]: number }>, B> {
    return this.#next<ChangesNode>(this.changes, changesNode(options, this.changes))
  }

  /**
   * A changelog of rows that say how often they count, as {@link changes} gives them or a database's log of changes does:
   * 1 for a row that came, -1 for one that is taken back, and 0 for none. Over data that ends: the rows that are left.
   *
   * @param options `weight`: the column, which does not leave; `keys`: columns that no two rows share at one time
   * @throws {PlanError} `UNKNOWN_COLUMN`; `CHANGES_WEIGHT` when it is no small whole number; `NO_COLUMNS`
   * @throws {DataError} when the job runs: `CHANGES_WEIGHT` for a null
   * @example
   * stream
   *   .with({ weight: r => when(r.delay.gt(60), 1).otherwise(-1) })
   *   .fromChanges({ weight: 'weight' })
   */
  fromChanges<const Weight extends ColumnOf<Row, number>, const Key extends ColumnName<Row> = never>(
    options: FromChangesOptions<Weight, Key>,
  ): Dataset<Shown<Omit<Row, Weight>>, B> {
    return this.#next<FromChangesNode>(this.fromChanges, fromChangesNode(options, this.fromChanges))
  }

  /**
   * The rows of this dataset and of others with the same columns, in order and type. Bounded ones follow one another.
   *
   * @throws {PlanError} `UNION_SCHEMA` when the columns differ
   * @example
   * january.union(february, march)
   */
  union<Other extends Bounds = 'bounded'>(
    ...others: Dataset<Row, Other>[]
  ): Dataset<Row, BoundsOf<B, Other>> {
    for (const other of others) {
      if (other instanceof Dataset) continue
      throw new PlanError('UNION_SCHEMA', `union takes datasets, got ${shown(other)}`, {
        hint: 'several are arguments of their own: january.union(february, march)',
        above: this.union,
      })
    }
    const inputs = [this, ...others].map(({ draft, port }: Dataset<any, any>) => ({ draft, port }))
    return new Dataset(extend({ kind: 'union' } satisfies NodeBody<UnionNode>, inputs, this.union))
  }

  /**
   * After a windowed aggregation: a row for every window in which a series had none, from the series' first row on, so
   * that no airport-hour is missing because nothing flew. A series is filled until `until`, or until it has been silent
   * for `ttl` (it is then forgotten, and starts again when it is next seen). Data that does not end needs one of the
   * two; data that ends is filled to its end without.
   *
   * Filled rows hold `values`, and null in the other columns.
   *
   * @throws {PlanError} `NO_WINDOW` when no window comes before; `UNBOUNDED_FILL`; `FILL_COLUMN` for a value of a key or
   * window column; `UNKNOWN_COLUMN`; `LITERAL` for a value the column cannot hold
   * @example
   * hourly.fillGaps({ values: { departures: 0 }, ttl: '30d' })
   */
  fillGaps<Value extends ColumnName<Row> = never, By extends ColumnName<Row> = never>(
    ...[options]: B extends 'bounded'
      ? [options?: FillOptions<Row, Value, By>]
      : [options: FillOptions<Row, Value, By> & ({ readonly ttl: Duration } | { readonly until: Date })]
  ): Dataset<Shown<Filled<Row, Value | By>>, B> {
    const given: FillOptions<any, string, string> = options ?? {}
    checkNames('fillGaps', given, ['values', 'ttl', 'until', 'by'], this.fillGaps)
    const { values = {}, ttl, until, by } = given
    if (until !== undefined && !(until instanceof Date && Number.isFinite(until.getTime()))) {
      throw new PlanError('DATE', `fillGaps: until is not a valid Date, got ${shown(until)}`, {
        hint: "until: new Date('2026-01-01')",
        above: this.fillGaps,
      })
    }
    if (typeof values !== 'object' || values === null) {
      throw new PlanError('OPTION', `values of fillGaps() are an object, got ${shown(values)}`, {
        hint: 'values: { departures: 0 }',
        above: this.fillGaps,
      })
    }
    const body = (input?: NodeOutput): NodeBody<FillGapsNode> => ({
      kind: 'fillGaps',
      values: Object.entries(values).map(([name, value]) => ({
        name,
        value: literal(value as LiteralValue, input && fieldOf(input.schema, name).type),
      })),
      ...(by === undefined ? {} : { by: namesOf([by].flat(), this.fillGaps) }),
      ...(ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', this.fillGaps) }),
      ...(until === undefined ? {} : { untilMs: until.getTime() }),
    })
    return this.#nextOf(this.fillGaps, body) as Dataset<any, B>
  }

  /**
   * Scores each value of a series against a model that has seen the values before it, in event-time order, and appends
   * `expected lower upper pValue score anomaly reason reasonScore suppressed`: `score` is -log10 of the p-value, `anomaly`
   * whether it is below `alpha`, `reason` why, `suppressed` whether it is not marked because it goes on with an event. All
   * are null where the model gives no score (warm-up, missing values).
   *
   * @param detector what scores: `counts()`, `ewma()`, …; or a model that is known, which does not change: what
   * `arima(series, …)`, a distribution or its `fit` gave. Default: `auto()`
   * @throws {PlanError} `UNKNOWN_COLUMN`; `MODEL_SPEC` for what is no detector; `DETECT_TYPE` when the column is not a number; `NO_EVENT_TIME` without a
   * watermark or window before; `DETECT_TTL` for a ttl of a pooled detector; `DURATION`; `NO_KEYS` when neither `by` nor an aggregation says what a series is; `ALPHA`;
   * `DUPLICATE_COLUMN` when an appended column is there already: give `as`
   * @example
   * hourly.detect('departures', counts(), { alpha: 1e-4, as: 'departures' }).filter(r => r.departuresAnomaly)
   */
  detect<
    C extends ColumnOf<Row, number | bigint>,
    const As extends string = '',
    const By extends ColumnName<Row> = never,
  >(
    column: C,
    detector: DetectorArgument = { kind: 'auto' },
    options: DetectOptions<Row, As, By> = {},
  ): Detected<Shown<Row & DetectColumns<As>>, B, SeriesKeys<Row, By>> {
    checkNames('detect', options, DETECT_OPTIONS, this.detect)
    const { by, alpha = 1e-3, falseDiscoveries, every, order = 'event', ttl } = options
    const as = text(options.as ?? '', 'as of detect()', this.detect)
    if (order !== 'event' && order !== 'arrival') {
      throw new PlanError(
        'DETECT_ORDER',
        `detect scores in order of 'event' or 'arrival', got ${JSON.stringify(order)}`,
        {
          hint: "leave it out for 'event'",
          above: this.detect,
        },
      )
    }
    const scored: Dataset<any, B> = this.#next<DetectNode>(this.detect, {
      kind: 'detect',
      column,
      detector: detectorSpec(detector, this.detect),
      ...(by === undefined ? {} : { by: namesOf([by].flat(), this.detect) }),
      alpha: alarmRate(alpha, this.detect),
      ...(order === 'arrival' ? { order } : {}),
      ...(every === undefined ? {} : { everyMs: positiveMs(every, 'every', this.detect) }),
      ...(ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', this.detect) }),
      ...(falseDiscoveries === undefined ? {} : { reasons: 'all' }),
      as,
    }) as Dataset<any, B>
    if (falseDiscoveries === undefined) return scored as never
    return scored.#next<FalseDiscoveriesNode>(this.detect, {
      kind: 'falseDiscoveries',
      rate: falseDiscoveries,
      as,
    }) as never
  }

  /**
   * Fits a model to each series and gives one row a series: its keys, `n` (values that are not missing), `logLik aic bic
   * sigma2`, and `model`, the fitted model as JSON. A series that is too short, or that the model cannot be fitted to,
   * has nulls and says why in `error`; the job goes on.
   *
   * Values are taken in event-time order; null and NaN are missing. With a sampling step (`every`, or the window before
   * it) absent rows are missing values too. Families of distributions need no event time, and have no `sigma2`.
   *
   * @param model `arima({ order })`, `arma`, `ar` or `ma`, or a family such as `poisson`, of `millrace/models`
   * @throws {PlanError} `UNBOUNDED` when the data does not end; `UNKNOWN_COLUMN`; `FIT_TYPE`; `NO_EVENT_TIME`;
   * `MODEL_SPEC`; `DURATION`; `DUPLICATE_COLUMN` for a key called like one of the columns above
   * @example
   * import { ar, poisson } from 'millrace/models'
   * flights.watermark('date').fit('delay', ar({ p: 1 }), { by: 'origin' })
   * flights.groupBy('origin', 'destination').agg({ n: count() }).fit('n', poisson, { by: 'origin' })
   */
  fit<C extends ColumnOf<Row, number | bigint>, const By extends ColumnName<Row> = never>(
    this: Dataset<Row, 'bounded'>,
    column: C,
    model: TimeModel | DistributionFamily,
    options: SeriesOptions<By>,
  ): Dataset<Shown<Pick<Row, By> & FitColumns>, 'bounded'>
  fit(
    this: Dataset<any, 'bounded'>,
    column: string,
    model: TimeModel | DistributionFamily,
    options: Partial<SeriesOptions<string>> = {},
  ): Dataset<any, 'bounded'> {
    mustEnd(this, 'fit', this.fit)
    checkNames('fit', options, ['by', 'every'], this.fit)
    const { by, every } = options
    return this.#next<FitNode>(this.fit, {
      kind: 'fit',
      column,
      model: seriesSpec('fit', model, this.fit),
      ...(by === undefined ? {} : { by: namesOf([by].flat(), this.fit) }),
      ...(every === undefined ? {} : { everyMs: positiveMs(every, 'every', this.fit) }),
    })
  }

  /**
   * Fits a model to each series and predicts its next values, one row a series and step: the keys, `step` from 1 on,
   * `time` (null unless the sampling step is known, by `every` or the window before it), `mean`, `standardError`, and
   * the bounds `lower` and `upper`. A series that the model cannot be fitted to has nulls and says why in `error`.
   *
   * Series are made as by {@link fit}.
   *
   * @param model `autoArima({ period })`, `arima({ order })`, `arma`, `ar` or `ma`, of `millrace/models`
   * @throws {PlanError} those of {@link fit}; `FORECAST_STEPS`; `FORECAST_LEVEL`
   * @example
   * import { arima } from 'millrace/models'
   * flights
   *   .watermark('date')
   *   .groupBy('origin')
   *   .window(tumbling('1h'))
   *   .agg({ departures: count() })
   *   .forecast('departures', arima({ order: [1, 0, 0] }), { by: 'origin', steps: 24 })
   */
  forecast<C extends ColumnOf<Row, number | bigint>, const By extends ColumnName<Row> = never>(
    this: Dataset<Row, 'bounded'>,
    column: C,
    model: TimeModel,
    options: SeriesForecastOptions<By>,
  ): Dataset<Shown<Pick<Row, By> & ForecastColumns>, 'bounded'>
  forecast(
    this: Dataset<any, 'bounded'>,
    column: string,
    model: TimeModel,
    options: Partial<SeriesForecastOptions<string>> = {},
  ): Dataset<any, 'bounded'> {
    mustEnd(this, 'forecast', this.forecast)
    checkNames('forecast', options, ['by', 'every', 'steps', 'level'], this.forecast)
    const { by, every, steps, level = 0.95 } = options
    return this.#next<ForecastNode>(this.forecast, {
      kind: 'forecast',
      column,
      model: seriesSpec('forecast', model, this.forecast),
      ...(by === undefined ? {} : { by: namesOf([by].flat(), this.forecast) }),
      steps: steps!,
      level,
      ...(every === undefined ? {} : { everyMs: positiveMs(every, 'every', this.forecast) }),
    })
  }

  /**
   * Rows that follow one another in a pattern, as one row: the keys `by`, `matchStart` and `matchEnd` (the times of its
   * first and last row), and `measures`. A pattern is a sequence of variables, each a row that satisfies a condition, or
   * several: `next` to the one before it, or `followedBy` later. Rows are taken in order of event time, key by key;
   * `matchEnd` is the event time of the match. Late rows are left out.
   *
   * @throws {PlanError} `PATTERN`; `NO_EVENT_TIME` without a watermark before; `MATCH_WITHIN` for gaps over data that does
   * not end; `CONDITION`; `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN`; `DURATION`; errors of expressions
   * @example
   * stream
   *   .watermark('date')
   *   .match(start => start('late', r => r.delay.gt(60)).followedBy('worse', (r, { late }) => r.delay.gt(late.last.delay)), {
   *     by: 'origin',
   *     within: '6h',
   *     measures: m => ({ first: m.late.first.delay, then: m.worse.last.delay }),
   *   })
   */
  match<Variables extends string, By extends ColumnName<Row> = never, M extends Measures = {}>(
    pattern: (start: PatternStart<Row>) => Pattern<Row, Variables>,
    options: MatchOptions<Row, NoInfer<Variables>, By, M> = {},
  ): Dataset<Shown<Pick<Row, By> & MatchTimes & Measured<M>>, B> {
    return this.#next<MatchNode>(this.match, matchNode(this, pattern, options, this.match))
  }

  /**
   * Declares which column is event time and how far its rows may come out of order. Over data that does not end, a row
   * is late when the watermark of its own split (the latest event time there, minus `outOfOrder`) has passed its
   * window: windows leave it out, and `late()` has it. Over data that ends nothing is late. It may stand anywhere: of
   * rows that a verb made or put in order, each input counts as one split.
   *
   * - `mark`: the watermark that a row brings, a timestamp or date, in place of its event time minus `outOfOrder`; null
   *   brings none. The watermark of a split is the greatest so far.
   * - `idle`: a split of a source that brings nothing for so long, by the clock, no longer holds the others back until it
   *   brings rows again; those that the watermark has passed by then are late. Results then depend on the clock.
   * - `align`: a split is not read further while its watermark is so much ahead of the least of the others, so that what
   *   windows hold stays small. It needs `idle`, or a quiet split would stop all others.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `EVENT_TIME_TYPE` when it, or `mark`, is neither timestamp nor date; `DURATION`;
   * `OPTION`; `WATERMARK_PLACE` for `idle` or `align` over rows that a verb made
   * @example
   * replay(flights, { time: 'date' }).watermark('date', { outOfOrder: '10m' })
   */
  watermark<C extends ColumnOf<Row, Date>>(column: C, options: WatermarkOptions<Row> = {}): Dataset<Row, B> {
    return this.#next<WatermarkNode>(this.watermark, watermarkNode(this, column, options, this.watermark))
  }

  /**
   * Calls a user's function for each row, with state and timers per key: `name` is what the module at `url` exports, an object
   * with `onRow` and, if it likes, `onTimer`, `onClockTimer` and `onBroadcast`, see `processFunction`. It runs in the shards;
   * its state is in snapshots. Rows come in order of event time, with timers between them at their times; late ones are left
   * out. At the end of data that ends every timer is due, but none that is set later than these then. Rows it emits have no
   * event time.
   *
   * @throws {PlanError} `FUNCTION_URL`, `FUNCTION_EXPORT`; `NO_COLUMNS`; `COLUMN_TYPE`; `NO_EVENT_TIME`, unless rows are taken in
   * order of arrival; `UNKNOWN_COLUMN`; `CHANGES_INPUT`; `PROCESS_SIDE`, by `side`. While it runs: {@link DataError}
   * `FUNCTION_FAILED` when it throws, `FUNCTION_RESULT` and `VALUE_TYPE` for what it emits, `PROCESS_TIMER`, `PROCESS_SIDE`,
   * `STATE_VALUE`
   * @example
   * const out = { origin: 'utf8', since: 'timestamp[ms]' } as const
   * stream.watermark('date').process(import.meta.resolve('./rules.ts'), 'silent', { by: 'origin', out })
   */
  process<
    const Out extends Readonly<Record<string, ColumnTypeSpec>>,
    const By extends ColumnName<Row> = never,
    const Sides extends Readonly<Record<string, Readonly<Record<string, ColumnTypeSpec>>>> = {},
    OtherBounds extends Bounds = 'bounded',
  >(
    url: string,
    name: string,
    options: ProcessOptions<By, Out, Sides, OtherBounds>,
  ): Processed<Out, Sides, ProcessedBounds<B, OtherBounds>> {
    const node = processNode(url, name, options, this.process)
    const { broadcast } = options
    if (broadcast !== undefined && !(broadcast instanceof Dataset)) {
      throw new PlanError('OPTION', `broadcast of process() is a dataset, got ${shown(broadcast)}`, {
        above: this.process,
      })
    }
    const inputs: readonly Dataset<any, any>[] = broadcast ? [this, broadcast] : [this]
    const draft = extend(
      node,
      inputs.map(({ draft, port }) => ({ draft, port })),
      this.process,
    )
    const side = (port: string) => new Dataset(draft, sideName(port, node as ProcessNode, side))
    return Object.defineProperty(new Dataset(draft), 'side', { value: side }) as never
  }

  /**
   * Appends a timestamp column, the clock's reading when the row was read, and declares it event time: windows are then of
   * processing time, and no row is late. A window closes when the clock has passed it, also while no rows come; over data
   * that ends, at the end. Results depend on the clock, and `explain()` says so; `clockLog` of a job repeats them.
   *
   * @param options `every`: how often the clock is read while no rows come; default 100 ms
   * @throws {PlanError} `DUPLICATE_COLUMN` when there is such a column; `DURATION`; `OPTION`; `CHANGES_INPUT`
   * @example
   * stream.processingTime('readAt').window(tumbling('10s')).agg({ n: count() })
   */
  processingTime<const As extends string>(
    column: As,
    options: ProcessingTimeOptions = {},
  ): Dataset<WithColumns<Row, { readonly [K in As]: Date }>, B> {
    return this.#next(this.processingTime, processingTimeNode(column, options, this.processingTime))
  }

  /**
   * Right after a windowed aggregation: the rows that came after the watermark had passed their window, as they came in;
   * over bounded data, none. In one job with the windows themselves they are read once.
   *
   * @throws {PlanError} `NO_LATE` when this is not what a windowed aggregation made
   * @example
   * const job = await start([hourly.write(duckdb('f.duckdb', 'hourly')), hourly.late().write(memory())])
   * await job.done
   */
  late<L>(this: Dataset<Row, B, L> & LateRows<L>): Dataset<L, B> {
    const node: PlanNode = { ...this.draft.body, inputs: [] }
    const { ports, window } = definitionOf(node)
    if (ports?.includes('late') && window?.(node)) return new Dataset(this.draft, 'late')
    throw new PlanError('NO_LATE', 'late rows are what a windowed aggregation leaves out, and this is none', {
      hint: "call late() right after .window(tumbling('1h')).agg(…)",
      above: this.late,
    })
  }

  /**
   * This dataset, to be written to a sink: give it to `start`, with others to run them as one job.
   *
   * @example
   * const job = await hourly.write(duckdb('flights.duckdb', 'hourly')).start()
   * await job.done
   */
  write(sink: Sink | Lazy<Sink>): PendingWrite {
    return new PendingWrite(this, sink, this.write)
  }

  /**
   * Runs the plan and gives all rows.
   *
   * 64-bit integers are bigint, dates and timestamps `Date`; with `timestamps: 'bigint'`, timestamps are bigint units
   * (`date` columns stay `Date`).
   *
   * @throws {PlanError} `UNBOUNDED` when the data does not end
   * @example
   * const rows = await flights.limit(5).collect()
   */
  collect(
    this: Dataset<Row, 'bounded'>,
    options: CollectOptions & { readonly timestamps: 'bigint' },
  ): Promise<Shown<ExactTimes<Row>>[]>
  collect(this: Dataset<Row, 'bounded'>, options?: CollectOptions): Promise<Row[]>
  async collect(this: Dataset<any, 'bounded'>, options: CollectOptions = {}): Promise<any[]> {
    mustEnd(this, 'collect', this.collect)
    return collectRows(this, options, callSite(this.collect))
  }

  /**
   * Runs the plan and gives rows one by one, reading no faster than they are taken. Leaving the loop early stops the
   * job. For data that does not end, iterate the dataset itself.
   *
   * @throws {PlanError} `UNBOUNDED` when the data does not end
   * @example
   * for await (const row of flights.rows({ timestamps: 'bigint' })) console.log(row)
   */
  rows(
    this: Dataset<Row, 'bounded'>,
    options: CollectOptions & { readonly timestamps: 'bigint' },
  ): AsyncGenerator<Shown<ExactTimes<Row>>, void, undefined>
  rows(this: Dataset<Row, 'bounded'>, options?: CollectOptions): AsyncGenerator<Row, void, undefined>
  rows(this: Dataset<any, 'bounded'>, options: CollectOptions = {}): AsyncGenerator<any, void, undefined> {
    mustEnd(this, 'rows', this.rows)
    return rowsIn(this, options, callSite(this.rows))
  }

  /**
   * Rows one by one, bounded or not, reading no faster than they are taken. Leaving the loop early stops the job.
   *
   * @example
   * for await (const { origin, delay } of alerts) console.log(origin, delay)
   */
  [Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    return rowsIn(this, {}, callSite(this[Symbol.asyncIterator])) as AsyncGenerator<Row, void, undefined>
  }

  /**
   * Runs the plan and gives apache-arrow record batches, bounded or not, reading no faster than they are taken. They
   * are copies: keep them as long as you like.
   *
   * @example
   * for await (const batch of flights.batches()) console.log(batch.numRows)
   */
  batches(options: JobOptions = {}): AsyncGenerator<RecordBatch, void, undefined> {
    return recordBatches(this, options, callSite(this.batches))
  }

  /**
   * The rows as a stream of the web; with a `format` the bytes of JSON (a row per line) or CSV, as the body of a response. The
   * job runs as fast as the stream is read, and is aborted when it is cancelled.
   *
   * @throws {PlanError} `OPTION`, and those of {@link rows}; what the job fails with, errors the stream
   * @example
   * new Response(flights.toWebStream({ format: 'json' }), { headers: { 'content-type': 'application/x-ndjson' } })
   */
  toWebStream(options: JobOptions & { readonly format?: undefined }): ReadableStream<Row>
  toWebStream(): ReadableStream<Row>
  toWebStream(options: ByteStreamOptions): ReadableStream<Uint8Array>
  toWebStream(options: RowStreamOptions | ByteStreamOptions = {}): ReadableStream<any> {
    return webStream(this, options, this.toWebStream)
  }

  /**
   * The rows as a readable stream of Node, of objects; with a `format` of bytes, as {@link toWebStream}.
   *
   * @example
   * flights.toNodeStream({ format: 'csv' }).pipe(process.stdout)
   */
  toNodeStream(options: ByteStreamOptions | RowStreamOptions = {}): Readable {
    return nodeStream(this, options, this.toNodeStream)
  }

  /**
   * Runs the plan and gives all rows as an apache-arrow table: a copy, to keep as long as you like.
   *
   * @throws {PlanError} `UNBOUNDED` when the data does not end
   * @example
   * const table = await flights.toArrow()
   * table.numRows // 5
   */
  async toArrow(this: Dataset<Row, 'bounded'>, options: JobOptions = {}): Promise<Table> {
    mustEnd(this, 'toArrow', this.toArrow)
    return tableOf(this, options, callSite(this.toArrow))
  }

  /**
   * Runs the plan and makes its rows a table of a connection of `@duckdb/node-api`, in place of one of that name; gives how
   * many rows there are.
   *
   * @throws {PlanError} `UNBOUNDED` when the data does not end
   * @example
   * import { DuckDBInstance } from '@duckdb/node-api'
   * const connection = await (await DuckDBInstance.create()).connect()
   * await flights.toDuckDB(connection, 'flights') // 5
   */
  async toDuckDB(
    this: Dataset<Row, 'bounded'>,
    connection: DuckdbConnection,
    table: string,
    options: JobOptions = {},
  ): Promise<number> {
    mustEnd(this, 'toDuckDB', this.toDuckDB)
    return writeToDuckdb(this, connection, table, options, callSite(this.toDuckDB), this.toDuckDB)
  }

  /**
   * Runs the plan and counts the rows.
   *
   * @throws {PlanError} `UNBOUNDED` when the data does not end
   * @example
   * await flights.filter(r => r.delay.gt(60)).count()
   */
  async count(this: Dataset<Row, 'bounded'>, options: JobOptions = {}): Promise<number> {
    mustEnd(this, 'count', this.count)
    checkJobOptions(options, callSite(this.count))
    const [row] = await collectRows(this.agg({ rows: count() }), options, callSite(this.count))
    return row?.rows ?? 0
  }

  /**
   * Runs the plan and prints the first rows as a table.
   *
   * @param options `limit`: how many rows, 20 by default; `digits`: of fractions, all by default
   * @throws {PlanError} `UNBOUNDED` when the data does not end: `limit` it first
   * @example
   * await flights.show({ limit: 5 })
   */
  async show(this: Dataset<Row, 'bounded'>, options: ShowOptions = {}): Promise<void> {
    mustEnd(this, 'show', this.show)
    await showRows(this, options, callSite(this.show))
  }

  /**
   * Pictures of the rows, of what the engine has reduced them to: lines, bars, histograms and others. They are drawn by the
   * package echarts, which is loaded when a picture is.
   *
   * @example
   * const figure = await flights.plot.bar({ x: 'origin' })
   * await figure.save('flights.svg')
   */
  get plot(): DatasetPlots<Row> {
    return new DatasetPlots(this)
  }

  /**
   * The columns, in order, with their types. Where no schema was declared, the source is asked: a file's head is read, a
   * query is prepared. Nothing runs.
   *
   * @throws {PlanError} what verbs find wrong once the columns are known
   * @throws {ConnectorError} when the source cannot be opened
   * @example
   * await read.parquet('flights.parquet').schema() // [{ name: 'date', type: 'timestamp[ms]' }, …]
   */
  async schema(): Promise<Schema> {
    return outputAt(this.draft, this.port)?.schema ?? schemaOfRows(this, callSite(this.schema))
  }

  /**
   * The plan as it would run, as text: the verbs after optimization, what runs where, and why. With `analyze` it is run, and
   * each line is followed by the rows, batches, bytes and CPU of what it says.
   *
   * @example
   * console.log(await hourly.explain())
   * console.log(await flights.groupBy('origin').agg({ n: count() }).explain({ analyze: true }))
   */
  async explain(options: ExplainOptions = {}): Promise<string> {
    return explainRows(this, options, callSite(this.explain))
  }

  /** @internal The dataset of a draft, for files that make some and are loaded before this one. */
  made(draft: Draft): Dataset<any, any> {
    return new Dataset(draft)
  }

  /** The dataset that one more verb makes of this one. */
  #next<N extends PlanNode>(above: Function, body: NodeBody<N>): Dataset<any, B> {
    return new Dataset(extend(body, [{ draft: this.draft, port: this.port }], above))
  }

  #mapped(kind: 'map' | 'flatMap', work: unknown, options: unknown, above: Function): Dataset<any, B> {
    const { body, ...details } = mapNode(kind, work, options, above)
    return new Dataset(extend(body, [{ draft: this.draft, port: this.port }], above, details))
  }

  /** The same for verbs that must know the columns: when they are not known yet, `body` is asked again later. */
  #nextOf(above: Function, body: (input?: NodeOutput) => NodeBody): Dataset<any, B> {
    const input = outputAt(this.draft, this.port)
    try {
      const details = input ? {} : { finish: body }
      return new Dataset(extend(body(input), [{ draft: this.draft, port: this.port }], above, details))
    } catch (error) {
      throw thrownAt(error, callSite(above))
    }
  }
}

/** The two inputs of `asofJoin`. @throws {PlanError} `JOIN_ON` for what is no dataset */
function asofInputs(left: Dataset<any, any>, right: unknown, above: Function): Draft['inputs'] {
  if (right instanceof Dataset) return [left, right].map(({ draft, port }) => ({ draft, port }))
  throw new PlanError('JOIN_ON', `asofJoin takes a dataset, got ${shown(right)}`, {
    hint: "trades.asofJoin(quotes, { on: 'symbol', direction: 'backward' })",
    above,
  })
}
