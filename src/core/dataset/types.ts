/** Type-level: which names a verb accepts, and which rows come out. None of it exists at run time. */

import type { Reason } from '../detector.ts'
import type { Columns, Expression, LiteralValue } from '../expr/builder.ts'
import type { JoinKind } from '../operators/join-columns.ts'

/** Whether the rows end. */
export type Bounds = 'bounded' | 'unbounded'

/** Bounds of what two datasets make together. */
export type BoundsOf<A, B> = [A | B] extends ['bounded'] ? 'bounded' : 'unbounded'

/** Writes intersections out as one object type, so that editors show columns. */
export type Shown<T> = { [K in keyof T]: T[K] } & {}

export type ColumnName<Row> = keyof Row & string

/** The names of columns whose values, nulls aside, are `Value`. Every name, for an open row. */
export type ColumnOf<Row, Value> = {
  [K in keyof Row]-?: [NonNullable<Row[K]>] extends [Value] ? K : never
}[keyof Row] &
  string

/** A column computed from a row: `r => r.delay.div(60)`. */
export type Computed<Row> = (row: Columns<Row>) => Expression<any> | LiteralValue

/** New columns by name. */
export type ComputedColumns<Row> = { readonly [name: string]: Computed<Row> }

/** The value of what a callback returned: an expression's, or a plain value's, widened. */
export type ComputedValue<E> =
  E extends Expression<infer V>
    ? V
    : E extends number
      ? number
      : E extends string
        ? string
        : E extends boolean
          ? boolean
          : E extends bigint
            ? bigint
            : E

/** The row that computed columns make. */
export type ComputedRow<C> = {
  [K in keyof C]: C[K] extends (row: any) => infer E ? ComputedValue<E> : never
}

/** The columns of these names; none of none. */
export type PickRow<Row, Names extends keyof Row> = [Names] extends [never] ? {} : Pick<Row, Names>

/** What is not text, an array or a function: an object of columns. */
export type NotArguments = { readonly length?: never }

/** The keys of `rollup` and `cube`, any of which may be null, and the column that says which are totals. */
export type Totals<Row, Keys extends keyof Row, As extends string> = {
  [K in Keys]: Row[K] | null
} & { [K in As]: number }

/** A row with some columns added or replaced. */
export type WithColumns<Row, Added> = Shown<Omit<Row, keyof Added> & Added>

/** A row with some columns renamed. */
export type Renamed<Row, Names> = {
  [K in keyof Row as K extends keyof Names ? (Names[K] extends string ? Names[K] : K) : K]: Row[K]
}

/** The bounds of a window, which windowed rows carry. */
export interface WindowColumns {
  windowStart: Date
  windowEnd: Date
}

type Prefixed<As extends string, Name extends string> = As extends '' ? Name : `${As}${Capitalize<Name>}`

/** What `detect` appends. Null during warm-up, and for missing values; `reason` and `reasonScore` where p ≥ alpha, too. */
export type DetectColumns<As extends string> = {
  [K in 'expected' | 'lower' | 'upper' | 'pValue' | 'score' | 'reasonScore' as Prefixed<As, K>]: number | null
} & { [K in 'anomaly' | 'suppressed' as Prefixed<As, K>]: boolean | null } & {
  [K in 'reason' as Prefixed<As, K>]: Reason | null
}

/** What `fit` says of a series, after its keys. Null where the model could not be fitted, or has no such number. */
export interface FitColumns {
  /** Values that are not missing. */
  n: number
  logLik: number | null
  aic: number | null
  bic: number | null
  sigma2: number | null
  /** JSON. */
  model: string | null
  /** Why the model could not be fitted. */
  error: string | null
}

/** What `forecast` says of a series and step, after the keys. Null where the model could not be fitted. */
export interface ForecastColumns {
  /** From 1 on. */
  step: number
  /** Null where the sampling step is not known. */
  time: Date | null
  mean: number | null
  standardError: number | null
  lower: number | null
  upper: number | null
  /** Why the model could not be fitted. */
  error: string | null
}

/** A row of which any column may have been made by filling, hence be null, except those named. */
export type Filled<Row, Kept> = {
  [K in keyof Row]: K extends Kept | keyof WindowColumns ? Row[K] : Row[K] | null
}

/** A row with every digit of its timestamps: `collect({ timestamps: 'bigint' })`. `date` columns stay `Date`. */
export type ExactTimes<Row> = { [K in keyof Row]: Date extends Row[K] ? Row[K] | bigint : Row[K] }

/** The columns of two datasets that must be equal: names that both have, or names of the first to those of the second. */
export type JoinOn<Left, Right> =
  | (ColumnName<Left> & ColumnName<Right>)
  | readonly (ColumnName<Left> & ColumnName<Right>)[]
  | { readonly [K in ColumnName<Left>]?: ColumnName<Right> }

/** The key columns that have one name on both sides: they come once. */
export type SharedKeys<On> = On extends string
  ? On
  : On extends readonly (infer K)[]
    ? K
    : { [K in keyof On]: On[K] extends K ? K : never }[keyof On]

/** The columns of the other side, under the names they get. */
type JoinedRight<Left, Right, On, Suffix extends string> = {
  [K in keyof Right as K extends SharedKeys<On>
    ? never
    : K extends keyof Left & string
      ? `${K}${Suffix}`
      : K]: Right[K]
}

/** The columns of this side; keys of one name are those of the rows that leave. */
type JoinedLeft<Left, Right, On, How> = {
  [K in keyof Left]: K extends SharedKeys<On> & keyof Right
    ? How extends 'right'
      ? Right[K]
      : How extends 'full'
        ? Left[K] | Right[K]
        : Left[K]
    : How extends 'right' | 'full'
      ? Left[K] | null
      : Left[K]
}

type Nullable<Row> = { [K in keyof Row]: Row[K] | null }

/** A row of each side as one; names that both have are told apart by a suffix. A side that may lack its row is nullable. */
export type Joined<Left, Right, On, Suffix extends string, How extends JoinKind = 'inner'> = [How] extends [
  'semi' | 'anti',
]
  ? Left
  : [How] extends ['inner']
    ? Left & JoinedRight<Left, Right, On, Suffix>
    : JoinedLeft<Left, Right, On, How> &
        ([How] extends ['right']
          ? JoinedRight<Left, Right, On, Suffix>
          : Nullable<JoinedRight<Left, Right, On, Suffix>>)

export type Direction = 'asc' | 'desc'

/** A column to sort by, with its direction. */
export type SortColumn<Row> = readonly [column: ColumnName<Row>, direction?: Direction]

/** Refuses datasets without late rows, in a sentence. */
export type LateRows<Late> = [Late] extends [never]
  ? { readonly 'late() comes right after .window(…).agg(…)': never }
  : unknown
