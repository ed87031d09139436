/** The streams of Nexmark, an online auction, as datasets: persons, auctions and bids of one configuration. */

import { type Dataset, type RowOf, read } from '../../../src/index.ts'
import type { NexmarkConfig } from './config.ts'
import { type PremadeRows, tableSource } from './source.ts'
import { AUCTIONS, BIDS, PERSONS } from './tables.ts'

export { DENSITIES, type Kind, type NexmarkConfig, nexmarkConfig } from './config.ts'
export { PremadeRows } from './source.ts'

/** The streams that queries take. Their event time is declared: rows are at most four seconds late. */
export interface Streams {
  readonly persons: Dataset<RowOf<typeof PERSONS>, 'unbounded'>
  readonly auctions: Dataset<RowOf<typeof AUCTIONS>, 'unbounded'>
  readonly bids: Dataset<RowOf<typeof BIDS>, 'unbounded'>
}

export interface StreamOptions {
  /** Whether the rows are known to end. They end either way. */
  readonly bounded?: boolean
  readonly made?: PremadeRows
}

const OUT_OF_ORDER = '4s'

/** The three streams; each is read once, however often a query uses it. */
export function streams(config: NexmarkConfig, { bounded = false, made }: StreamOptions = {}): Streams {
  // Queries are the same over data that ends; the types are those of data that does not, which allow less.
  const options = { bounded: bounded as false, ...(made && { made }) }
  return {
    persons: read
      .source(tableSource('persons', config, options), PERSONS)
      .watermark('dateTime', { outOfOrder: OUT_OF_ORDER }),
    auctions: read
      .source(tableSource('auctions', config, options), AUCTIONS)
      .watermark('dateTime', { outOfOrder: OUT_OF_ORDER }),
    bids: read
      .source(tableSource('bids', config, options), BIDS)
      .watermark('dateTime', { outOfOrder: OUT_OF_ORDER }),
  }
}
