/**
 * Lines of JSON of 200 bytes to columns: the decoder alone beside JSON.parse, then files through the engine beside DuckDB's
 * read_json, and Arquero with fewer rows. All make the same nine columns.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import * as aq from 'arquero'
import { RowBatcher } from '../src/core/batch/build.ts'
import { SlabArena, SlabPool } from '../src/core/batch/slab.ts'
import { json } from '../src/core/formats/json/index.ts'
import { schemaFrom } from '../src/core/types/schema.ts'
import { read } from '../src/index.ts'
import { type Case, type Measured, measure } from './harness/measure.ts'
import { nullSink } from './harness/null-sink.ts'
import { rateOf, ratioOf } from './harness/report.ts'
import { REQUEST_COLUMNS, requestLines } from './harness/request-lines.ts'
import type { Suite } from './harness/suite.ts'

const BLOCK_ROWS = 5000
const SCHEMA = schemaFrom(REQUEST_COLUMNS)

const DECODER = 'decoder'
const PARSE = 'JSON.parse'
const PARSE_BUILD = 'JSON.parse and columns'
const ONE = 'Millrace, 1 shard'
const TWO = 'Millrace, 2 shards'
const DUCKDB = 'DuckDB, 2 threads'
const DUCKDB_ONE = 'DuckDB, 1 thread'

export const jsonSuite: Suite = async ({ quick, show }) => {
  const rounds = quick ? 5 : 11
  const alone = await measure('lines of 200 bytes, one thread', decoderCases(quick ? 100_000 : 200_000), {
    rounds,
    peers: [PARSE, PARSE_BUILD],
    warmUps: 3,
  })
  show(alone)
  const files = await fromFile(quick ? 500_000 : 2_000_000, quick)
  show(files)
  const aims = [
    { what: 'JSON lines of 200 bytes, a core', got: rateOf(alone, DECODER), atLeast: 4, unit: 'M rows/s' },
    {
      what: 'beside JSON.parse and columns',
      got: ratioOf(alone, DECODER, PARSE_BUILD),
      atLeast: 2,
      unit: '×',
    },
    { what: 'two shards beside one', got: ratioOf(files, TWO, ONE), atLeast: 1.6, unit: '×' },
  ] as const
  return { measured: [alone, files], aims }
}

function decoderCases(rows: number): Case[] {
  const lines = requestLines(rows)
  const size = (lines.length / rows) * BLOCK_ROWS
  const blocks = Array.from({ length: rows / BLOCK_ROWS }, (_, i) =>
    shared(lines.subarray(i * size, (i + 1) * size)),
  )
  const pool = new SlabPool()
  const decoder = json.openDecoder({ schema: SCHEMA, options: { form: 'lines' } })
  const inArena = (work: (arena: SlabArena) => void) => {
    const arena = new SlabArena(pool)
    work(arena)
    for (const slab of arena.take()) pool.release(slab)
  }
  const parsed = (block: Uint8Array) =>
    Buffer.from(block.buffer as ArrayBuffer, block.byteOffset, block.length)
      .toString()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
  return [
    {
      name: DECODER,
      rows,
      run: () => {
        for (const block of blocks) inArena(arena => void decoder.decode(block, arena, 0))
      },
    },
    {
      name: PARSE,
      rows,
      run: () => {
        for (const block of blocks) parsed(block)
      },
    },
    {
      name: PARSE_BUILD,
      rows,
      run: () => {
        const batcher = new RowBatcher(SCHEMA, BLOCK_ROWS)
        for (const block of blocks) {
          const objects = parsed(block)
          for (const row of objects) row.at = new Date(row.at)
          inArena(arena => void batcher.batch(objects, arena, { split: 0, offset: 0 }))
        }
      },
    },
  ]
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

async function fromFile(rows: number, quick: boolean): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const path = join(directory, 'requests.jsonl')
  const lines = requestLines(rows)
  writeFileSync(path, lines)
  const instances = await Promise.all(
    [2, 1].map(threads => DuckDBInstance.create(':memory:', { threads: String(threads) })),
  )
  try {
    const [two, one] = await Promise.all(instances.map(instance => instance.connect()))
    const ours = (name: string, shards: number): Case => ({
      name,
      rows,
      run: async () => {
        const job = await read.json(path, REQUEST_COLUMNS).write(nullSink()).start({ shards })
        await job.done
      },
    })
    const theirs = (name: string, connection: typeof two): Case => ({
      name,
      rows,
      run: () => connection!.run(createTable(path)),
    })
    const few = Math.min(rows, 200_000)
    const some = lines.subarray(0, few * 200)
    const cases = [
      ours(ONE, 1),
      ours(TWO, 2),
      theirs(DUCKDB_ONE, one),
      theirs(DUCKDB, two),
      {
        name: `Arquero, ${few} rows`,
        rows: few,
        run: () =>
          aq.from(
            Buffer.from(some)
              .toString()
              .trimEnd()
              .split('\n')
              .map(line => JSON.parse(line)),
          ),
      },
    ]
    return await measure(`a file of ${rows} lines`, cases, {
      rounds: quick ? 3 : 7,
      peers: [ONE, DUCKDB_ONE, DUCKDB],
    })
  } finally {
    for (const instance of instances) instance.closeSync()
    rmSync(directory, { recursive: true })
  }
}

const createTable = (path: string): string =>
  `CREATE OR REPLACE TABLE requests AS SELECT * FROM read_json('${path}', format = 'newline_delimited', columns = {
    id: 'BIGINT', "at": 'TIMESTAMP', host: 'VARCHAR', path: 'VARCHAR', status: 'INTEGER', bytes: 'INTEGER', ms: 'DOUBLE',
    cached: 'BOOLEAN', agent: 'VARCHAR'})`
