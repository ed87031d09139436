/**
 * The Fold contract: state per key that rows are folded into. Aggregates, detectors and online models are folds.
 *
 * State is columnar: a fold declares fields, the engine keeps one typed array per field for all groups of a shard, so
 * that stepping allocates nothing and snapshots, resharding and merging need no code in the fold beyond `merge`.
 *
 * Laws (checked for every fold in the tests): chunking does not matter; `merge` is associative and commutative and
 * merging partial states equals stepping through all rows; a snapshot restored equals no snapshot; a row of weight n is
 * n rows, and with a negative weight as many fewer, in whatever order they come.
 */

import type { Column } from './batch/column.ts'
import type { Arena } from './batch/slab.ts'
import type { ColumnType } from './types/column-type.ts'

/**
 * What a field holds per group: numbers, or `object` for anything else (then `encode` and `decode` say how it
 * is written into snapshots; undefined means empty).
 */
export type FieldSpec =
  | {
      readonly kind: 'f64' | 'i32' | 'u32'
      readonly initial?: number
      /** Items per group: group `g` has `[g * width, (g + 1) * width)`. Default 1. */
      readonly width?: number
      /**
       * What the items of a group are, in order: snapshots have a column per item then, and one of bytes for a part
       * wider than {@link MAX_ITEM_COLUMNS}. Without parts a field wider than 1 is bytes.
       */
      readonly parts?: readonly FieldPart[]
    }
  | {
      readonly kind: 'object'
      /** Groups share what it holds: rows of one may change all state of another, and every save writes everything. */
      readonly shared?: true
      encode(value: unknown): Uint8Array
      decode(bytes: Uint8Array): unknown
    }

/** The widest part whose items have a column each in snapshots. */
export const MAX_ITEM_COLUMNS = 32

/** Some neighbouring items of a field, by name. */
export interface FieldPart {
  readonly name: string
  readonly width: number
  /** What they mean, with the unit. */
  readonly doc: string
}

export type StateLayout = Readonly<Record<string, FieldSpec>>

/**
 * The state of all groups: arrays indexed by group id, which may be replaced when they grow. An array of objects may be
 * shorter than the others: what it lacks is undefined.
 */
export type StateTable<L extends StateLayout = StateLayout> = {
  [K in keyof L]: L[K] extends { kind: 'object' }
    ? unknown[]
    : L[K] extends { kind: 'f64' }
      ? Float64Array
      : L[K] extends { kind: 'i32' }
        ? Int32Array
        : Uint32Array
}

/**
 * The rows of one step. Row `i` of the step is physical row `rows[i]` (or `i` without `rows`) and goes to
 * `groups[i]`.
 */
export interface StepRows {
  readonly count: number
  readonly rows?: Uint32Array
  /** Group ids, one per row of the step. */
  readonly groups: Uint32Array
  /** The fold's argument columns. */
  readonly columns: readonly Column[]
  /** For folds with `ordered`: the place of each row in the total order. */
  readonly order?: RowOrder
  /**
   * How often each row counts, by step row; never 0. A negative weight takes as many of the row out again, which only
   * folds opened over changes can. Absent: every row counts once.
   */
  readonly weights?: Int32Array
}

/**
 * Total order of rows: event time, then split, then offset, then `ties`. Arrays are indexed by step row. A branch of a
 * union has splits of its own; the last of these is that of rows which an operator made, which differ in their ties.
 */
export interface RowOrder {
  /** Event time in ms since 1970, floored. */
  readonly timeMs: Float64Array
  /** Nanoseconds past `timeMs`; absent when the column has no finer digits. */
  readonly timeRest?: Float64Array
  /** Of all rows, unless `splits` has one of each. */
  readonly split: number
  readonly splits?: ArrayLike<number>
  readonly offset: Float64Array
  /** Absent: rows that are equal in all of the above are one row. */
  readonly ties?: RowTies
}

/** The order of rows of equal time, split and offset. */
export interface RowTies {
  /** Compares two step rows. */
  compare(i: number, j: number): number
  /** A step row as bytes that compare as the rows do, of all batches; undefined comes before all others. */
  key(i: number): Uint8Array | undefined
}

/**
 * A fold's step for one row as JavaScript text, so that all folds of a table share one loop over the rows: it reads a
 * value once and finds a group once. Trusted code of ours: nothing of a user's ever becomes part of it.
 *
 * In `code` and `weighted`, `$g` is the group, `$v` the value (`$vLow` and `$vHigh`, its words as Int32, when the argument is
 * 64-bit), `$name` the array of the field `name` or the helper `name`. It runs for rows whose argument is not null,
 * in a block of its own.
 */
export interface FoldLoop {
  readonly code: string
  /** The step of a row that counts `$w` times; absent: rows with weights take {@link Fold.step}. */
  readonly weighted?: string
  readonly helpers?: Readonly<Record<string, unknown>>
}

export interface Fold<L extends StateLayout = StateLayout> {
  readonly layout: L
  /** The type of {@link result}. */
  readonly resultType: ColumnType
  /** Whether `step` needs `order`. */
  readonly ordered?: boolean
  /**
   * How rows are taken out again: `linear` subtracts, exactly; `multiset` keeps every value with its weight. Absent: it
   * cannot, and weights are positive. Many folds have it only when opened over changes, because it costs state.
   */
  readonly retract?: 'linear' | 'multiset'
  /** Its state is all values that it has seen: merging copies them. */
  readonly keepsValues?: true
  step(state: StateTable<L>, input: StepRows): void
  /** What {@link step} does for one row; for folds of at most one argument that is not bool or text. */
  readonly loop?: FoldLoop
  /** Folds group `fromGroups[i]` of `from` into group `groups[i]` of `state`. */
  merge(state: StateTable<L>, groups: Uint32Array, from: StateTable<L>, fromGroups: Uint32Array): void
  /** One cell per group, in the order given. `folds/result.ts` builds them: lists, structs and maps too. */
  result(state: StateTable<L>, groups: Uint32Array, arena: Arena): Column
}
