/**
 * Functions of text: kernels alone on one thread, from columns of UTF-8 to columns, beside DuckDB on one thread over the same
 * texts in a table in memory, which only keeps the greatest result. So ours also write what they compute.
 */

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Batch } from '../src/core/batch/batch.ts'
import { SlabArena, SlabPool } from '../src/core/batch/slab.ts'
import { columnsOf, type Expression } from '../src/core/expr/builder.ts'
import { compileKernel } from '../src/core/expr/compile.ts'
import { schemaFrom } from '../src/core/types/schema.ts'
import { type Case, type Measured, measure } from './harness/measure.ts'
import { type Aim, ratioOf } from './harness/report.ts'
import type { Suite } from './harness/suite.ts'

const BATCH_ROWS = 1 << 16
const SCHEMA = schemaFrom({ url: 'utf8', stamp: 'utf8' })
const OURS = 'Millrace kernel'
const DUCKDB = 'DuckDB, 1 thread'

/** A function here and in DuckDB; with `within`, the least share of DuckDB's rate that is aimed at. */
interface Compared {
  readonly name: string
  readonly here: (r: any) => Expression<any>
  readonly sql: string
  readonly within?: number
}

const FUNCTIONS: readonly Compared[] = [
  {
    name: 'parseTimestamp',
    here: r => r.stamp.parseTimestamp('%d.%m.%Y %H:%M:%S'),
    sql: "max(strptime(stamp, '%d.%m.%Y %H:%M:%S'))",
    within: 0.5,
  },
  {
    name: 'splitPart',
    here: r => r.url.splitPart('/', 3),
    sql: "max(length(split_part(url, '/', 4)))",
    within: 0.5,
  },
  { name: 'split', here: r => r.url.split('/'), sql: "max(len(string_split(url, '/')))", within: 0.5 },
  {
    name: 'replaceAll',
    here: r => r.url.replaceAll('item', 'article'),
    sql: "max(length(replace(url, 'item', 'article')))",
    within: 0.5,
  },
  { name: 'upper', here: r => r.url.upper(), sql: 'max(length(upper(url)))', within: 0.5 },
  { name: 'trim', here: r => r.url.trim(), sql: 'max(length(trim(url)))' },
  { name: 'substring', here: r => r.url.substring(8, 23), sql: 'max(length(substring(url, 9, 15)))' },
  { name: 'length', here: r => r.url.length(), sql: 'max(length(url))' },
  {
    name: 'contains',
    here: r => r.url.contains('page=7'),
    sql: "sum(contains(url, 'page=7')::int)",
    within: 0.5,
  },
  { name: 'indexOf', here: r => r.url.indexOf('page='), sql: "max(strpos(url, 'page='))" },
  { name: 'like', here: r => r.url.like('%item=12%page=7'), sql: "sum((url like '%item=12%page=7')::int)" },
  {
    name: 'regexpMatch',
    here: r => r.url.regexpMatch('[?&]channel_id=7'),
    sql: "sum(regexp_matches(url, '[?&]channel_id=7')::int)",
  },
  {
    name: 'regexpExtract',
    here: r => r.url.regexpExtract('[?&]channel_id=([^&]*)', 1),
    sql: "max(length(regexp_extract(url, '[?&]channel_id=([^&]*)', 1)))",
  },
  {
    name: 'regexpReplace, all',
    here: r => r.url.regexpReplace('[0-9]+', '#', { all: true }),
    sql: "max(length(regexp_replace(url, '[0-9]+', '#', 'g')))",
  },
]

export const textFunctionsSuite: Suite = async ({ quick, show }) => {
  const batches = makeBatches(quick ? 4 : 16)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const measured: Measured[] = []
  const aims: Aim[] = []
  try {
    await load(connection, batches.length * BATCH_ROWS)
    for (const compared of FUNCTIONS) {
      const table = await measure(
        compared.name,
        [kernelCase(compared, batches), duckdbCase(compared, connection, batches.length)],
        { rounds: quick ? 3 : 7, peers: [DUCKDB], warmUps: 2 },
      )
      measured.push(table)
      show(table)
      const { name, within } = compared
      if (within) {
        aims.push({
          what: `${name}: over DuckDB`,
          got: ratioOf(table, OURS, DUCKDB),
          atLeast: within,
          unit: '×',
        })
      }
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return { measured, aims }
}

function kernelCase({ here }: Compared, batches: readonly Batch[]): Case {
  const { expr } = here(columnsOf(SCHEMA))
  const kernel = compileKernel(SCHEMA, [{ kind: 'project', columns: [{ name: 'x', expr }] }])
  const pool = new SlabPool()
  return {
    name: OURS,
    rows: BATCH_ROWS * batches.length,
    run: () => {
      for (const batch of batches) {
        const arena = new SlabArena(pool)
        kernel.run(batch, arena)
        for (const slab of arena.take()) pool.release(slab)
      }
    },
  }
}

const duckdbCase = ({ sql }: Compared, connection: DuckDBConnection, batches: number): Case => ({
  name: DUCKDB,
  rows: BATCH_ROWS * batches,
  run: () => connection.run(`select ${sql} from texts`),
})

const numberOf = (i: number): number => (i * 7919) % 1_000_003
const two = (x: number): string => String(x).padStart(2, '0')

const urlOf = (i: number): string => {
  const id = numberOf(i)
  const channel = i % 2 === 0 ? `&channel_id=${id * 7}` : ''
  return `https://www.example.org/shop/item${id}/index.html?item=${id}${channel}&page=${i % 10}`
}
const timeOf = (i: number): string => {
  const n = numberOf(i)
  return `${two((n % 28) + 1)}.${two((n % 12) + 1)}.${1990 + (n % 60)} ${two(n % 24)}:${two(n % 60)}:${two(n % 59)}`
}

/** The same texts, made by DuckDB. */
async function load(connection: DuckDBConnection, rows: number): Promise<void> {
  const pad = (sql: string) => `lpad((${sql})::varchar, 2, '0')`
  await connection.run(`create table texts as
    select 'https://www.example.org/shop/item' || n || '/index.html?item=' || n
        || case when i % 2 = 0 then '&channel_id=' || n * 7 else '' end || '&page=' || i % 10 as url,
      ${pad('n % 28 + 1')} || '.' || ${pad('n % 12 + 1')} || '.' || (1990 + n % 60) || ' '
        || ${pad('n % 24')} || ':' || ${pad('n % 60')} || ':' || ${pad('n % 59')} as stamp
    from (select i, i * 7919 % 1000003 as n from range(${rows}) r(i))`)
}

function makeBatches(count: number): Batch[] {
  const encoder = new TextEncoder()
  const column = (from: number, textOf: (i: number) => string) => {
    const offsets = new Int32Array(new SharedArrayBuffer(4 * (BATCH_ROWS + 1)))
    const texts = Array.from({ length: BATCH_ROWS }, (_, i) => textOf(from + i))
    texts.forEach((text, i) => {
      offsets[i + 1] = offsets[i]! + text.length
    })
    const values = new Uint8Array(new SharedArrayBuffer(offsets[BATCH_ROWS]!))
    values.set(encoder.encode(texts.join('')))
    return { type: 'utf8' as const, values, offsets }
  }
  return Array.from({ length: count }, (_, b) => ({
    schema: SCHEMA,
    length: BATCH_ROWS,
    columns: [column(b * BATCH_ROWS, urlOf), column(b * BATCH_ROWS, timeOf)],
    position: { split: 0, offset: b * BATCH_ROWS },
  }))
}
