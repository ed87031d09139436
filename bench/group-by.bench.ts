/**
 * Window × key × (count, sum, min, max) of an int32 over rows in memory, through the public engine: from an Arrow table
 * in shared memory to a sink that counts rows. Beside DuckDB writing the same group-by from one table in memory to
 * another, and, with fewer rows, Arquero and RxJS.
 *
 * "As a stream" closes each window once the watermark passes it; the others close all at the end, as a bounded input
 * does.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import * as aq from 'arquero'
import { from } from 'rxjs'
import { groupBy, mergeMap, reduce } from 'rxjs/operators'
import { arrowSource } from '../src/connectors/memory/arrow.ts'
import { count, duckdb, type JobOptions, max, min, read, sum, tumbling } from '../src/index.ts'
import { HOUR_MS, type KeyedRows, type KeyType, keyedRows, WINDOWS } from './harness/keyed-rows.ts'
import { type Case, type Measured, measure } from './harness/measure.ts'
import { nullSink } from './harness/null-sink.ts'
import { Polars } from './harness/polars.ts'
import { type Aim, ratioOf } from './harness/report.ts'
import type { Suite } from './harness/suite.ts'

const SPARSE_KEYS = 5000
const DENSE_KEYS = 50
const SLOW_PEER_ROWS = 200_000

const ONE = 'Millrace, 1 shard'
const TWO = 'Millrace, 2 shards'
const DUCKDB = 'DuckDB, 2 threads'

export const groupBySuite: Suite = async ({ quick, show }) => {
  const rows = quick ? 1_000_000 : 5_000_000
  const measured: Measured[] = []
  const aims: Aim[] = []
  const done = (table: Measured) => {
    measured.push(table)
    show(table)
  }
  for (const keyType of ['int32', 'utf8'] as const) {
    for (const keys of [SPARSE_KEYS, DENSE_KEYS]) {
      const groups = keys * WINDOWS
      const title = `${groups} groups, ${keyType} keys`
      const table = await fullSize(title, rows, keys, keyType, quick)
      done(table)
      aims.push(
        { what: `${title}: 2 shards over DuckDB`, got: ratioOf(table, TWO, DUCKDB), atLeast: 1.5, unit: '×' },
        {
          what: `${title}: 2 shards over 1`,
          got: ratioOf(table, TWO, ONE),
          atLeast: keys === DENSE_KEYS ? 1.6 : 1.4,
          unit: '×',
        },
      )
    }
  }
  done(await slowPeers(Math.min(rows, SLOW_PEER_ROWS), quick))
  return { measured, aims }
}

async function fullSize(
  title: string,
  rows: number,
  keys: number,
  keyType: KeyType,
  quick: boolean,
): Promise<Measured> {
  const input = keyedRows(rows, keys, keyType)
  const peer = await DuckdbPeer.open(input)
  const polars = await Polars.open(input, 2)
  if (!polars) console.log('without Polars: python3, or PYTHON, does not have it')
  try {
    const groups = await peer.groups()
    const ours = (name: string, options: JobOptions, stream = false): Case => ({
      name,
      rows,
      run: () => aggregate(input, groups, options, stream),
    })
    const cases: Case[] = [
      ours(ONE, { shards: 1 }),
      ours(TWO, { shards: 2 }),
      ours('Millrace, 2 shards, exchange rows', { shards: 2, exchange: 'rows' }),
      ours('Millrace, 2 shards, exchange partials', { shards: 2, exchange: 'partials' }),
      ours('Millrace, 2 shards, as a stream', { shards: 2 }, true),
      { name: 'DuckDB, 1 thread', rows, run: () => peer.groupBy(1) },
      { name: DUCKDB, rows, run: () => peer.groupBy(2) },
      { name: 'DuckDB, 2 threads, time as integers', rows, run: () => peer.groupByIntegers() },
      ...(polars ? [{ name: 'Polars, streaming, 2 threads', rows, run: () => polars.groupBy(groups) }] : []),
    ]
    return await measure(title, cases, { rounds: quick ? 3 : 5, peers: [DUCKDB, ONE] })
  } finally {
    peer.close()
    polars?.close()
  }
}

/** @throws when there are not as many groups as DuckDB finds */
async function aggregate(
  { table, batches }: KeyedRows,
  groups: number,
  options: JobOptions,
  stream: boolean,
): Promise<void> {
  const sink = nullSink()
  const columns = {
    at: 'timestamp[us]',
    key: batches[0]!.columns[1]!.type as KeyType,
    value: 'int32',
  } as const
  const input = stream
    ? read.source({ ...arrowSource(table), bounded: false }, columns)
    : read.arrow(table, columns)
  const job = await input
    .watermark('at')
    .groupBy('key')
    .window(tumbling('1h'))
    .agg({ n: count(), total: sum(r => r.value), least: min(r => r.value), most: max(r => r.value) })
    .write(sink)
    .start(options)
  await job.done
  if (sink.rows !== groups) throw new Error(`expected ${groups} groups, got ${sink.rows}`)
}

/** The rows in a table of a DuckDB in memory, with their times both as timestamps and as whole ms. */
class DuckdbPeer {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  static async open({ table }: KeyedRows): Promise<DuckdbPeer> {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
    try {
      const file = join(directory, 'input.duckdb')
      const job = await read.arrow(table).write(duckdb(file, 'input')).start()
      await job.done
      const instance = await DuckDBInstance.create(':memory:')
      const connection = await instance.connect()
      await connection.run(`attach '${file.replaceAll("'", "''")}' as loaded (read_only)`)
      await connection.run(
        'create table input as select "at" as t, epoch_ms("at") as ms, "key" as k, "value" as v from loaded.input',
      )
      await connection.run('detach loaded')
      return new DuckdbPeer(instance, connection)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }

  async groupBy(threads: number): Promise<void> {
    await this.#run(threads, "date_trunc('hour', t)")
  }

  /** What it takes when hours are a division of integers: DuckDB then knows their range, and needs no hashing. */
  async groupByIntegers(): Promise<void> {
    await this.#run(2, `ms // ${HOUR_MS}`)
  }

  async #run(threads: number, window: string): Promise<void> {
    await this.#connection.run(`set threads = ${threads}`)
    await this.#connection.run(`create or replace table output as
      select ${window} as w, k, count(*) as n, sum(v) as total, min(v) as least, max(v) as most
      from input group by w, k`)
  }

  /** How many groups there are. */
  async groups(): Promise<number> {
    await this.groupBy(2)
    const reader = await this.#connection.runAndReadAll('select count(*)::integer from output')
    return reader.getRows()[0]![0] as number
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }
}

/** Arquero and RxJS are given arrays and objects made before, on the dense case. */
async function slowPeers(rows: number, quick: boolean): Promise<Measured> {
  const input = keyedRows(rows, DENSE_KEYS, 'int32')
  const numbers = (column: number) =>
    input.batches.flatMap(batch => Array.from(batch.columns[column]!.values as Int32Array, Number))
  const [t, k, v] = [numbers(0), numbers(1), numbers(2)] as [number[], number[], number[]]
  const frame = aq.table({ t, k, v })
  const objects = t.map((time, i) => ({ t: time, k: k[i]!, v: v[i]! }))
  const groups = DENSE_KEYS * WINDOWS
  const cases: Case[] = [
    { name: ONE, rows, run: () => aggregate(input, groups, { shards: 1 }, false) },
    { name: TWO, rows, run: () => aggregate(input, groups, { shards: 2 }, false) },
    { name: 'Arquero', rows, run: () => withArquero(frame) },
    { name: 'RxJS', rows, run: () => withRxjs(objects) },
  ]
  return measure(`${groups} groups, int32 keys, ${rows} rows`, cases, {
    rounds: quick ? 2 : 3,
    peers: ['Arquero', 'RxJS'],
  })
}

const withArquero = (frame: any): number =>
  frame
    .params({ span: HOUR_MS * 1000 })
    .groupby({ w: (d: any, $: any) => aq.op.floor(d.t / $.span), k: (d: any) => d.k })
    .rollup({ n: aq.op.count(), total: aq.op.sum('v'), least: aq.op.min('v'), most: aq.op.max('v') })
    .numRows()

function withRxjs(objects: readonly { t: number; k: number; v: number }[]): number {
  let groups = 0
  from(objects)
    .pipe(
      groupBy(({ t, k }) => Math.floor(t / (HOUR_MS * 1000)) * DENSE_KEYS + k),
      mergeMap(group =>
        group.pipe(
          reduce(
            (all, { v }) => ({
              n: all.n + 1,
              total: all.total + v,
              least: Math.min(all.least, v),
              most: Math.max(all.most, v),
            }),
            { n: 0, total: 0, least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY },
          ),
        ),
      ),
    )
    .subscribe(() => groups++)
  return groups
}
