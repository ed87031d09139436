/** What a query of Nexmark is: one file each in `queries/`, over the public API, with SQL that says the same to DuckDB. */

import type { Dataset, json } from '../../src/index.ts'
import type { NexmarkConfig, Streams } from './generator/index.ts'

export interface NexmarkQuery {
  /** What it asks, in a few words. */
  readonly title: string
  /** What it gives over streams: rows that stay, or a changelog. */
  readonly output: 'append' | 'changes'
  readonly flow: (streams: Streams) => Dataset<any, any>
  /** Where it writes its rows, for queries that say so; below a folder. */
  readonly sink?: (folder: string) => ReturnType<typeof json>
  /**
   * The same for DuckDB, over the tables `persons`, `auctions`, `bids` and `side`, written from the definition of the
   * query. Beside their columns, the tables have the place of each row: `split` and `place`.
   */
  readonly sql: string
  /**
   * Where the query goes by the clock: the name of the column with its readings, which `bids` then has in the SQL. Without
   * it the answer does not depend on when rows are read.
   */
  readonly clock?: string
  /** What the events of a test must be like, to show what the query does. */
  readonly events?: Partial<NexmarkConfig>
}

/** A query, checked by the compiler. */
export const nexmarkQuery = (query: NexmarkQuery): NexmarkQuery => Object.freeze(query)
