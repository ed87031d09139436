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
  /** Whether rows later than the watermark are possible where sources do not end. */
  readonly lateness: boolean
  /** Whether `late()` can be asked for: right after a windowed aggregation. */
  readonly hasLate?: boolean
  /** Whether the order of rows is part of the claim where sources do not end; where they end it always is. */
  readonly sequenced: boolean
  /** Whether SQL can say what the rows are. */
  readonly known: boolean
  /** Whether only `filter`, `select` and the like stand between the rows and their source. */
  readonly nearSource: boolean
  /** Whether only verbs that take rows one by one, and unions, stand between the rows and their sources. */
  readonly rowByRow: boolean
  /** Whether the place of rows in the total order is what SQL says, in every way to run: see `tolerated.ts`. */
  readonly placed: boolean
  /** After `orderBy`, up to what makes rows of its own. */
  readonly sorted?: boolean
  /** How many times rows may have been doubled. */
  readonly doublings: number
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

export type Cell = null | boolean | number | bigint | string | Date

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
