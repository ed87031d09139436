/** The streams of Nexmark as files: lines of JSON, one file per table. */

import { join } from 'node:path'
import { type Dataset, json, read } from '../../../src/index.ts'
import type { Kind, NexmarkConfig } from './config.ts'
import { tableSource } from './source.ts'
import { AUCTIONS, BIDS, PERSONS } from './tables.ts'

const pathOf = (folder: string, kind: Kind): string => join(folder, `${kind}.jsonl`)

/** Writes the tables into a folder. */
export async function writeTables(config: NexmarkConfig, folder: string): Promise<void> {
  for (const kind of ['persons', 'auctions', 'bids'] as const) {
    const job = await read
      .source(tableSource(kind, config, { bounded: true }))
      .write(json(pathOf(folder, kind)))
      .start()
    await job.done
  }
}

/** The tables of such a folder: data that ends. */
export const tableFiles = (folder: string) => ({
  persons: read.json(pathOf(folder, 'persons'), PERSONS, { lines: true }),
  auctions: read.json(pathOf(folder, 'auctions'), AUCTIONS, { lines: true }),
  bids: read.json(pathOf(folder, 'bids'), BIDS, { lines: true }),
})

/** Queries are the same over data that ends; the types are those of data that does not, which allow less. */
export const asStream = <Row>(dataset: Dataset<Row, 'bounded'>): Dataset<Row, 'unbounded'> =>
  dataset as unknown as Dataset<Row, 'unbounded'>
