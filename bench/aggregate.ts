/**
 * Window × key × (count, sum, min, max) over rows in memory, on one thread: our aggregation table, results included,
 * against DuckDB writing the same group-by to a table on one and on two threads; Arquero and RxJS on the dense case
 * with fewer rows. Run with `node bench/aggregate.ts [rows] [--json FILE]`.
 *
 * Rows are in time order, an hour of event time a window, keys at random. Sparse: 5,000 keys × 100 windows; dense: 50
 * × 100. A sum of ours is exact and does not depend on order; DuckDB's of doubles is neither.
 */

import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import * as aq from 'arquero'
import benny from 'benny'
import { from, groupBy, mergeMap, reduce } from 'rxjs'
import type { Column } from '../src/core/batch/column.ts'
import { dictionaryOf } from '../src/core/batch/dictionary.ts'
import { heapArena } from '../src/core/batch/slab.ts'
import { openFold } from '../src/core/folds/index.ts'
import { AggregationTable } from '../src/core/state/aggregation-table.ts'
import { fixedPanes } from '../src/core/time/windows/panes.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' } },
})
const ROWS = Number(positionals[0] ?? 5_000_000)
const FEW_ROWS = Math.min(ROWS, 200_000)
const BATCH = 65_536
const WINDOWS = 100
const HOUR = 3_600_000
const START = Date.UTC(2026, 0, 1)

type KeyKind = 'int32' | 'dictionary' | 'utf8'
type ValueType = 'int32' | 'float64'

interface Batch {
  readonly count: number
  readonly time: Column
  readonly key: Column
  readonly value: Column
}

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes)

/** Numbers from 0 to 1, the same at every run. */
function randomNumbers(): () => number {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 2 ** 32
  }
}

const nameOf = (key: number): string => `K${key.toString(36).padStart(4, '0')}`

function makeBatches(rows: number, keys: number, keyKind: KeyKind, valueType: ValueType): Batch[] {
  const random = randomNumbers()
  const names = Array.from({ length: keys }, (_, key) => new TextEncoder().encode(nameOf(key)))
  const offsets = new Int32Array(shared(4 * (keys + 1)))
  names.forEach((name, key) => {
    offsets[key + 1] = offsets[key]! + name.length
  })
  const bytes = new Uint8Array(shared(offsets[keys]!))
  names.forEach((name, key) => {
    bytes.set(name, offsets[key])
  })
  const dictionary = dictionaryOf(bytes, offsets)
  const batches: Batch[] = []
  for (let at = 0; at < rows; at += BATCH) {
    const count = Math.min(BATCH, rows - at)
    const times = new BigInt64Array(shared(8 * count))
    const codes = new Int32Array(shared(4 * count))
    const values =
      valueType === 'int32' ? new Int32Array(shared(4 * count)) : new Float64Array(shared(8 * count))
    for (let i = 0; i < count; i++) {
      times[i] = BigInt(START + Math.floor(((at + i) * WINDOWS * HOUR) / rows)) * 1000n
      codes[i] = Math.floor(random() * keys)
      values[i] = valueType === 'int32' ? Math.floor(random() * 2000) - 500 : random() * 1000 - 250
    }
    let key: Column = { type: 'int32', values: codes }
    if (keyKind === 'dictionary') key = { type: 'dictionary', values: codes, dictionary }
    if (keyKind === 'utf8') {
      const ends = new Int32Array(shared(4 * (count + 1)))
      for (let i = 0; i < count; i++) ends[i + 1] = ends[i]! + names[codes[i]!]!.length
      const text = new Uint8Array(shared(ends[count]!))
      for (let i = 0; i < count; i++) text.set(names[codes[i]!]!, ends[i])
      key = { type: 'utf8', values: text, offsets: ends }
    }
    batches.push({
      count,
      time: { type: 'timestamp[us]', values: times },
      key,
      value: { type: valueType, values },
    })
  }
  return batches
}

function aggregate(batches: readonly Batch[], keyKind: KeyKind, valueType: ValueType): number {
  const table = new AggregationTable({
    keyTypes: [keyKind],
    panes: fixedPanes(HOUR),
    folds: [
      openFold({ fold: 'count', argTypes: [] }),
      ...['sum', 'min', 'max'].map(fold => openFold({ fold, argTypes: [valueType] })),
    ],
  })
  for (const { count, time, key, value } of batches) {
    table.step({
      count,
      keyColumns: [key],
      timeColumn: time,
      argColumns: [[], [value], [value], [value]],
    })
  }
  return table.close(Number.POSITIVE_INFINITY, heapArena).reduce((total, chunk) => total + chunk.count, 0)
}

/** The rows in a DuckDB table: the time as a timestamp, and as the bigint of its microseconds. */
async function load(
  connection: DuckDBConnection,
  batches: readonly Batch[],
  keyKind: KeyKind,
): Promise<void> {
  const valueType = batches[0]!.value.type === 'int32' ? 'INTEGER' : 'DOUBLE'
  const keyType = keyKind === 'int32' ? 'INTEGER' : 'VARCHAR'
  await connection.run(`create or replace table staged (us bigint, k ${keyType}, v ${valueType})`)
  const appender = await connection.createAppender('staged')
  const types = [BIGINT, keyKind === 'int32' ? INTEGER : VARCHAR, valueType === 'INTEGER' ? INTEGER : DOUBLE]
  for (const { count, time, key, value } of batches) {
    for (let at = 0; at < count; at += 2048) {
      const rows = Math.min(2048, count - at)
      const codes = key.values.subarray(at, at + rows) as Int32Array
      const chunk = DuckDBDataChunk.create(types)
      chunk.setColumns([
        [...(time.values as BigInt64Array).subarray(at, at + rows)],
        keyKind === 'int32' ? [...codes] : Array.from(codes, nameOf),
        [...(value.values as Int32Array).subarray(at, at + rows)],
      ])
      appender.appendDataChunk(chunk)
    }
  }
  appender.closeSync()
  await connection.run(
    'create or replace table input as select make_timestamp(us) as t, us, k, v from staged; drop table staged',
  )
}

const groupBySql = (window: string): string => `create or replace table output as
  select ${window} as w, k, count(*) as n, sum(v) as total, min(v) as least, max(v) as most
  from input group by w, k`
const BY_TIMESTAMP = groupBySql(`date_trunc('hour', t)`)
/** Not what one would write for a timestamp, but the fastest DuckDB can be here. */
const BY_DIVISION = groupBySql(`us // ${HOUR * 1000}`)

/** M rows/s by suite and case. */
const figures: Record<string, Record<string, number>> = {}

async function throughputs(name: string, rows: number, cases: Record<string, () => unknown>): Promise<void> {
  const summary = await benny.suite(
    name,
    ...Object.entries(cases).map(([label, run]) =>
      // Whole runs are long: a few of each are enough, and nothing is gained by more of them.
      benny.add(label, run, { minSamples: 3, maxTime: 1.5 }),
    ),
  )
  const best = summary.results.find(result => result.name === 'DuckDB, 2 threads')
  figures[name] = {}
  for (const result of summary.results) {
    figures[name]![result.name] = rows / result.details.min / 1e6
    const speed = (rows / result.details.min / 1e6).toFixed(result.details.min * 1e6 > rows ? 2 : 0)
    const ratio = best ? `   ${(best.details.min / result.details.min).toFixed(2)} × DuckDB on 2 threads` : ''
    console.log(`  ${result.name.padEnd(24)} ${speed.padStart(6)} M rows/s${ratio}`)
  }
}

const environment = `${cpus()[0]?.model}, ${availableParallelism()} threads, node ${process.version}, ${ROWS} rows`
console.log(environment)
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
for (const valueType of ['int32', 'float64'] as const) {
  for (const keys of [5000, 50]) {
    for (const text of [false, true]) {
      const kinds: KeyKind[] = text ? ['dictionary', 'utf8'] : ['int32']
      const cases: Record<string, () => unknown> = {}
      for (const kind of kinds) {
        const batches = makeBatches(ROWS, keys, kind, valueType)
        cases[`Millrace, ${kind}`] = () => aggregate(batches, kind, valueType)
        if (kind !== 'utf8') await load(connection, batches, kind)
      }
      for (const [threads, sql, label] of [
        [1, BY_TIMESTAMP, 'DuckDB, 1 thread'],
        [2, BY_TIMESTAMP, 'DuckDB, 2 threads'],
        [2, BY_DIVISION, 'DuckDB, 2, by division'],
      ] as const) {
        cases[label] = async () => {
          await connection.run(`set threads = ${threads}`)
          await connection.run(sql)
        }
      }
      await throughputs(
        `${keys * WINDOWS} groups, ${text ? 'text' : 'int32'} keys, ${valueType} values`,
        ROWS,
        cases,
      )
    }
  }
}
connection.closeSync()
instance.closeSync()

const few = makeBatches(FEW_ROWS, 50, 'int32', 'int32')
const times = few.flatMap(batch => Array.from(batch.time.values as BigInt64Array, Number))
const keys = few.flatMap(batch => Array.from(batch.key.values as Int32Array))
const values = few.flatMap(batch => Array.from(batch.value.values as Int32Array))
const arquero = aq.table({ t: times, k: keys, v: values })
const objects = times.map((t, i) => ({ t, k: keys[i]!, v: values[i]! }))
await throughputs(`5000 groups, int32 keys and values, ${FEW_ROWS} rows`, FEW_ROWS, {
  Millrace: () => aggregate(few, 'int32', 'int32'),
  Arquero: () =>
    arquero
      .params({ span: HOUR * 1000 })
      .groupby({ w: (d: any, $: any) => aq.op.floor(d.t / $.span), k: (d: any) => d.k })
      .rollup({ n: aq.op.count(), total: aq.op.sum('v'), least: aq.op.min('v'), most: aq.op.max('v') })
      .numRows(),
  RxJS: () => {
    let groups = 0
    from(objects)
      .pipe(
        groupBy(({ t, k }) => Math.floor(t / (HOUR * 1000)) * 50 + k),
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
  },
})
if (options.json) writeFileSync(options.json, `${JSON.stringify({ environment, figures }, undefined, 2)}\n`)
