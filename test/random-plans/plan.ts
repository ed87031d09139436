/**
 * A random plan as data: sources with their rows, verbs over them, and what is written. Everything else is made of it:
 * the program (`script.ts`), the SQL that says what comes out (`sql.ts`), smaller plans (`shrink.ts`).
 */

import type { ColumnType } from '../../src/core/types/column-type.ts'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** May hold nulls; event time must not. */
  readonly nullable: boolean
  /** Rounded elsewhere than in DuckDB: compared with a tolerance, and neither key, condition nor order. */
  readonly approximate?: boolean
  /** Not known to SQL: compared with other runs only. */
  readonly unknown?: boolean
  /** Not as it is in the source. */
  readonly computed?: boolean
}

/** What is known of the rows between two verbs. */
export interface Shape {
  readonly columns: readonly Column[]
  /** Whether the rows end where the sources do not. */
  readonly bounded: boolean
  readonly eventTime?: string
  /** Set by `agg`, or by `detect` with `by`. */
  readonly keys?: readonly string[]
  readonly windowMs?: number
  /** Where windows end, of rows that stand for windows. */
  readonly windowEnd?: string
  /** Whether rows later than the watermark are possible where sources do not end. */
  readonly lateness: boolean
  /** The allowance of the watermark; undefined where several are united. */
  readonly outOfOrderMs?: number
  /** Whether `late()` can be asked for: right after a windowed aggregation. */
  readonly hasLate?: boolean
  /** Whether the order of rows is part of the claim where sources do not end; where they end it always is. */
  readonly sequenced: boolean
  /** Whether SQL can say what the rows are. */
  readonly known: boolean
  /** Whether only `filter`, `select` and the like stand between the rows and their source. */
  readonly nearSource: boolean
  /** Whether a source beneath does not end: the inputs of a union come as they come then. */
  readonly streamed: boolean
  /** In what order rows are depends on which of two streams comes first. */
  readonly interleaved?: boolean
  /** SQL knows the rows, and not in which order they are. */
  readonly anyOrder?: boolean
  /** Rows leave when rows have come that they look at: which those of a batch are before depends on where it is cut. */
  readonly heldBack?: boolean
  /** Rows may be taken back. */
  readonly changes?: boolean
  /** There are no more rows than that. */
  readonly atMost: number
}

export interface Edge {
  readonly node: number
  readonly port: 'out' | 'late'
}

/** Sources come first: node `i` is source `i` for `i < sources.length`. */
export interface PlanNode {
  readonly verb: string
  readonly inputs: readonly Edge[]
  readonly parameters: any
}

/** Decimals are text. */
export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | readonly Cell[]
  | ReadonlyMap<string, Cell>
  | { readonly [field: string]: Cell }

export interface SourceData {
  readonly columns: readonly Column[]
  /** Rows by split. */
  readonly splits: readonly (readonly (readonly Cell[])[])[]
  /** Whether it ends also where other sources do not. */
  readonly alwaysBounded: boolean
}

export interface RandomPlan {
  readonly seed: number
  readonly sources: readonly SourceData[]
  readonly nodes: readonly PlanNode[]
  readonly sinks: readonly Edge[]
}

/** A plan that makes no sense: a smaller plan that is none. */
export class Senseless extends Error {}

export function columnOf(shape: Shape, name: string): Column {
  const column = shape.columns.find(c => c.name === name)
  if (!column) throw new Senseless(`no column ${name}`)
  return column
}
