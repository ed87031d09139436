/**
 * The tables as sources that make their rows as they are read, or that have made them before: the same rows either way,
 * on any number of splits, from any place on, whatever the batches.
 *
 * The three tables are read side by side, so a batch of each spans about the same events.
 */

import { inReaderMemory, projection, pullReader } from '../../../src/connectors/memory/reader-memory.ts'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { type Arena, SlabArena, SlabPool } from '../../../src/core/batch/slab.ts'
import { slice } from '../../../src/core/batch/take.ts'
import type { ScanRequest, Source } from '../../../src/core/connector.ts'
import { type Schema, schemaFrom } from '../../../src/core/types/schema.ts'
import { BIDS_PER_EPOCH, type Kind, type NexmarkConfig } from './config.ts'
import { TablePlaces } from './places.ts'
import { FILLERS, SCHEMAS } from './tables.ts'

/** How many of a table's rows there are for each of the bids, about. */
const SHARE: Readonly<Record<Kind, number>> = {
  persons: 1 / BIDS_PER_EPOCH,
  auctions: 3 / BIDS_PER_EPOCH,
  bids: 1,
}

export interface TableOptions<Bounded extends boolean> {
  readonly bounded: Bounded
  /** Rows made before: see {@link premade}. */
  readonly made?: PremadeRows
}

export type TableSource<Bounded extends boolean> = Source & { readonly bounded: Bounded }

/** One of the tables. */
export function tableSource<const Bounded extends boolean>(
  kind: Kind,
  config: NexmarkConfig,
  { bounded, made }: TableOptions<Bounded>,
): TableSource<Bounded> {
  const schema = schemaFrom(SCHEMAS[kind])
  const places = new TablePlaces(kind, config)
  const splits = Array.from({ length: config.splits }, (_, id) => ({
    id,
    label: `${kind} ${id}`,
    rows: places.rowsOf(id),
  }))
  return {
    label: `nexmark ${kind}`,
    bounded,
    replayable: true,
    canOrder: false,
    canFilter: () => false,
    schema: async () => schema,
    async splits(request) {
      made?.ask(kind, request)
      return splits
    },
    async open({ id, rows }, from, request, memory) {
      projection(schema, request.schema)
      const batchRows = rowsPerBatch(kind, request)
      const ready = made?.batches(kind, id, request)
      let row = from.rows
      return pullReader(() => {
        const count = Math.min(batchRows, rows! - row)
        if (count <= 0) return undefined
        const start = row
        row += count
        if (ready) {
          // Cut where the batches that were made end, which is where these do when the job reads from the start.
          const batch = ready[Math.floor(start / batchRows)]!
          const at = start % batchRows
          const part = slice(batch, at, Math.min(batch.length, at + count))
          row = start + part.length
          return { batch: part, slabs: [] }
        }
        return inReaderMemory(memory, arena =>
          makeRows({ kind, config, places }, id, start, count, request.schema, arena),
        )
      })
    },
  }
}

const rowsPerBatch = (kind: Kind, { batchRows }: ScanRequest): number =>
  Math.max(1, Math.round(batchRows * SHARE[kind]))

interface Table {
  readonly kind: Kind
  readonly config: NexmarkConfig
  readonly places: TablePlaces
}

/** Rows of a split, from `row` on, in the columns that are asked for. */
export function makeRows(
  { kind, config, places }: Table,
  split: number,
  row: number,
  count: number,
  schema: Schema,
  arena: Arena,
): Batch {
  const numbers = new Float64Array(count)
  places.fill(numbers, split, row, count)
  const columns = schema.map(({ name }) =>
    FILLERS[kind][name]!({ config, column: `${kind}.${name}`, numbers, count, arena }),
  )
  return { schema, length: count, columns, position: { split, offset: row } }
}

/** Rows that are made before a job reads them. */
export class PremadeRows {
  readonly #config: NexmarkConfig
  readonly #asked = new Map<string, { kind: Kind; request: ScanRequest }>()
  readonly #made = new Map<string, readonly Batch[]>()

  constructor(config: NexmarkConfig) {
    this.#config = config
  }

  /** Notes what will be read. Planning a job, or explaining it, asks. */
  ask(kind: Kind, request: ScanRequest): void {
    this.#asked.set(keyOf(kind, request), { kind, request })
  }

  /** Makes all that was asked for. */
  make(): void {
    for (const [key, { kind, request }] of this.#asked) {
      const places = new TablePlaces(kind, this.#config)
      for (let split = 0; split < this.#config.splits; split++) {
        if (this.#made.has(`${split} ${key}`)) continue
        this.#made.set(`${split} ${key}`, this.#split(kind, places, split, request))
      }
    }
  }

  #split(kind: Kind, places: TablePlaces, split: number, request: ScanRequest): Batch[] {
    const rows = places.rowsOf(split)
    const batchRows = rowsPerBatch(kind, request)
    const arena = new SlabArena(new SlabPool())
    const table = { kind, config: this.#config, places }
    const batches: Batch[] = []
    for (let row = 0; row < rows; row += batchRows) {
      batches.push(makeRows(table, split, row, Math.min(batchRows, rows - row), request.schema, arena))
      arena.take()
    }
    return batches
  }

  /** What was made of a split for a request; undefined when it was not. */
  batches(kind: Kind, split: number, request: ScanRequest): readonly Batch[] | undefined {
    return this.#made.get(`${split} ${keyOf(kind, request)}`)
  }
}

const keyOf = (kind: Kind, { schema, batchRows }: ScanRequest): string =>
  JSON.stringify([kind, batchRows, schema.map(({ name }) => name)])
