/** The streams of Nexmark, an online auction, as datasets: persons, auctions and bids of one configuration. */

import { type Dataset, type RowOf, read, type Source } from '../../../src/index.ts'
import type { Kind, NexmarkConfig } from './config.ts'
import { asStream, tableFiles } from './files.ts'
import type { Side } from './side.ts'
import { type PremadeRows, type TableSource, tableSource } from './source.ts'
import { AUCTIONS, BIDS, PERSONS } from './tables.ts'

export { DENSITIES, type Kind, type NexmarkConfig, nexmarkConfig } from './config.ts'
export { writeTables } from './files.ts'
export { PremadeRows } from './source.ts'

/** The streams that queries take. Their event time is declared: rows are at most four seconds late. */
export interface Streams {
  readonly persons: Dataset<RowOf<typeof PERSONS>, 'unbounded'>
  readonly auctions: Dataset<RowOf<typeof AUCTIONS>, 'unbounded'>
  readonly bids: Dataset<RowOf<typeof BIDS>, 'unbounded'>
  /** What bids are looked up in, by key. */
  readonly side: Side
}

export interface StreamOptions {
  /** Whether the rows are known to end. They end either way. */
  readonly bounded?: boolean
  readonly made?: PremadeRows
  readonly side?: Side
  /** A folder that {@link writeTables} has filled: rows are read from there. */
  readonly files?: string
  /** Puts something between a source and its readers. */
  readonly through?: (source: Source) => Source
}

function streamsOf(folder: string) {
  const { persons, auctions, bids } = tableFiles(folder)
  return { persons: asStream(persons), auctions: asStream(auctions), bids: asStream(bids) }
}

const LATENESS = { outOfOrder: '4s' } as const

/** The streams; each is read once, however often a query uses it. */
export function streams(
  config: NexmarkConfig,
  { bounded = false, made, side, files, through = source => source }: StreamOptions = {},
): Streams {
  // Queries are the same over data that ends; the types are those of data that does not, which allow less.
  const options = { bounded: bounded as false, ...(made && { made }) }
  const table = (kind: Kind) => through(tableSource(kind, config, options)) as TableSource<false>
  const { persons, auctions, bids } =
    files === undefined
      ? {
          persons: read.source(table('persons'), PERSONS),
          auctions: read.source(table('auctions'), AUCTIONS),
          bids: read.source(table('bids'), BIDS),
        }
      : streamsOf(files)
  return {
    persons: persons.watermark('dateTime', LATENESS),
    auctions: auctions.watermark('dateTime', LATENESS),
    bids: bids.watermark('dateTime', LATENESS),
    get side(): Side {
      if (side) return side
      throw new Error('the query needs the side input: writeSide() makes it')
    },
  }
}
