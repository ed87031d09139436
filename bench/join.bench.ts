/**
 * Rows in memory joined to a table of their keys, each of which is there once: from Arrow tables in shared memory to a
 * sink that counts rows. Beside DuckDB writing the same join from two tables in memory to a third, and, with fewer rows,
 * Arquero.
 *
 * "As streams" keeps the rows of both sides and gives each pair as soon as both have come.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import * as aq from 'arquero'
import { arrowSource } from '../src/connectors/memory/arrow.ts'
import { duckdb, type JobOptions, read } from '../src/index.ts'
import { type KeyedRows, keyedRows, keysOnce } from './harness/keyed-rows.ts'
import { type Case, type Measured, measure } from './harness/measure.ts'
import { nullSink } from './harness/null-sink.ts'
import type { Suite } from './harness/suite.ts'

const SLOW_PEER_ROWS = 200_000

const ONE = 'Millrace, 1 shard'
const TWO = 'Millrace, 2 shards'
const DUCKDB = 'DuckDB, 2 threads'

interface Sides {
  readonly left: KeyedRows
  readonly right: KeyedRows
}

export const joinSuite: Suite = async ({ quick, show }) => {
  const rows = quick ? 1_000_000 : 4_000_000
  const measured: Measured[] = []
  const done = (table: Measured) => {
    measured.push(table)
    show(table)
  }
  for (const [keyType, keys] of [
    ['int32', 200_000],
    ['int32', 1000],
    ['utf8', 5000],
  ] as const) {
    const sides = { left: keyedRows(rows, keys, keyType), right: keysOnce(keys, keyType) }
    done(await fullSize(`${rows} rows, ${keys} keys, ${keyType}`, sides, quick))
  }
  done(await slowPeers(Math.min(rows, SLOW_PEER_ROWS), quick))
  return { measured, aims: [] }
}

async function fullSize(title: string, sides: Sides, quick: boolean): Promise<Measured> {
  const { rows } = sides.left
  const peer = await DuckdbPeer.open(sides)
  try {
    const ours = (name: string, options: JobOptions, streams = false): Case => ({
      name,
      rows,
      run: () => joined(sides, options, streams),
    })
    const cases: Case[] = [
      ours(ONE, { shards: 1 }),
      ours(TWO, { shards: 2 }),
      ours('Millrace, 2 shards, as streams', { shards: 2 }, true),
      { name: 'DuckDB, 1 thread', rows, run: () => peer.join(1) },
      { name: DUCKDB, rows, run: () => peer.join(2) },
    ]
    return await measure(title, cases, { rounds: quick ? 3 : 5, peers: [DUCKDB, ONE] })
  } finally {
    peer.close()
  }
}

/** @throws when not every row finds its key */
async function joined({ left, right }: Sides, options: JobOptions, streams: boolean): Promise<void> {
  const sink = nullSink()
  const key = left.keyType
  const open = ({ table }: KeyedRows, schema: any) =>
    streams ? read.source({ ...arrowSource(table), bounded: false }, schema) : read.arrow(table, schema)
  const rows = open(left, { at: 'timestamp[us]', key, value: 'int32' })
  const keys = open(right, { key, extra: 'int32' })
  const job = await rows.join(keys, { on: 'key' }).write(sink).start(options)
  await job.done
  if (sink.rows !== left.rows) throw new Error(`expected ${left.rows} rows, got ${sink.rows}`)
}

/** Both sides in tables of a DuckDB in memory. */
class DuckdbPeer {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  static async open({ left, right }: Sides): Promise<DuckdbPeer> {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
    try {
      const file = join(directory, 'input.duckdb')
      for (const [name, { table }] of [
        ['rows', left],
        ['keys', right],
      ] as const) {
        const job = await read.arrow(table).write(duckdb(file, name)).start()
        await job.done
      }
      const instance = await DuckDBInstance.create(':memory:')
      const connection = await instance.connect()
      await connection.run(`attach '${file.replaceAll("'", "''")}' as loaded (read_only)`)
      await connection.run('create table rows as from loaded.rows')
      await connection.run('create table keys as from loaded.keys')
      await connection.run('detach loaded')
      return new DuckdbPeer(instance, connection)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }

  async join(threads: number): Promise<void> {
    await this.#connection.run(`set threads = ${threads}`)
    await this.#connection.run(
      'create or replace table output as select rows.*, extra from rows join keys using (key)',
    )
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }
}

/** Arquero is given arrays made before. */
async function slowPeers(rows: number, quick: boolean): Promise<Measured> {
  const keys = 5000
  const sides = { left: keyedRows(rows, keys, 'int32'), right: keysOnce(keys, 'int32') }
  const numbers = ({ batches }: KeyedRows, column: number) =>
    batches.flatMap(batch => Array.from(batch.columns[column]!.values as Int32Array, Number))
  const left = aq.table({
    at: numbers(sides.left, 0),
    key: numbers(sides.left, 1),
    value: numbers(sides.left, 2),
  })
  const right = aq.table({ key: numbers(sides.right, 0), extra: numbers(sides.right, 1) })
  const cases: Case[] = [
    { name: ONE, rows, run: () => joined(sides, { shards: 1 }, false) },
    { name: TWO, rows, run: () => joined(sides, { shards: 2 }, false) },
    { name: 'Arquero', rows, run: () => left.join(right, 'key').numRows() },
  ]
  return measure(`${keys} keys, int32, ${rows} rows`, cases, { rounds: quick ? 2 : 3, peers: ['Arquero'] })
}
