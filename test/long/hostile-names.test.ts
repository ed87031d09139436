/** What columns are called changes nothing: every verb, expression and sink gives the rows that it gives of a column `c`. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  argMax,
  arrow,
  collectList,
  count,
  counts,
  csv,
  duckdb,
  ewma,
  first,
  json,
  lag,
  last,
  list,
  max,
  mode,
  parquet,
  quantile,
  read,
  replay,
  rowNumber,
  type Sink,
  session,
  sql,
  start,
  struct,
  sum,
  topK,
  tumbling,
  when,
} from '../../src/index.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'then',
  'length',
  '0',
  '',
  '"',
  "'",
  '`',
  '\\',
  '\n',
  '\t,;|',
  '${x}',
  '--',
  'a.b',
  'a"."b',
  '🦀',
  '\ud7ff\ue000',
  'select',
  'order0',
  'weight',
  'r',
  '$1',
  'null',
  'x'.repeat(3000),
]

const rows = (name: string) =>
  Array.from({ length: 24 }, (_, i) => {
    const row = { at: new Date(i * 60_000), k: `k${i % 3}`, s: { f: i } }
    // Not an assignment: __proto__ is a column like any other.
    Object.defineProperty(row, name, { value: i % 5 === 4 ? null : (i * 7) % 11, enumerable: true })
    return row
  })

const schemaOf = (name: string) =>
  Object.fromEntries([
    ['at', 'timestamp[ms]'],
    [name, 'int32'],
    ['k', 'utf8'],
    ['s', { f: 'int32' }],
  ])

/** Of columns that the type checker does not know. */
type Any = any
const source = (name: string): Any => read.rows(rows(name), schemaOf(name) as any) as Any
/** An object with one property of this name. */
const named = <T>(name: string, value: T): Record<string, T> => Object.fromEntries([[name, value]])
const timed = (name: string): Any => source(name).watermark('at')

/** By what is done: rows of a dataset with a column of this name. */
const PLANS: Readonly<Record<string, (name: string) => any>> = {
  filter: n => source(n).filter((r: any) => r[n].gt(3).or(r[n].isNull())),
  with: n => source(n).with(named(n, (r: any) => r[n].add(1).coalesce(0)) as any),
  'with of others': n => source(n).with({ z: (r: any) => when(r[n].gt(2), r[n]).otherwiseNull() } as any),
  select: n => source(n).select(n, 'k'),
  drop: n => source(n).drop(n),
  'rename from': n => source(n).rename(named(n, 'other')),
  'rename to': n => source('other').rename({ other: n }),
  cast: n => source(n).cast(named(n, 'float64') as any),
  fillNull: n => source(n).fillNull(named(n, 7) as any),
  struct: n =>
    source(n)
      .with({ z: (r: any) => struct(named(n, r[n])) } as any)
      .drop(n)
      .unnest('z'),
  list: n =>
    source(n)
      .with({ z: (r: any) => list(r[n], r[n]) } as any)
      .explode('z'),
  orderBy: n => source(n).orderBy([n, 'desc'], ['at']),
  map: n =>
    source(n).map((row: any) => ({ z: Object.keys(row).length }), { out: { z: 'int32' }, keep: [n] } as any),
  flatMap: n =>
    source(n).flatMap((row: any) => [{ z: row.k }, { z: 'b' }], { out: { z: 'utf8' }, keep: [n] } as any),
  'map to': n =>
    source('c').map(
      new Function('row', `return Object.fromEntries([[${JSON.stringify(n)}, row.c]])`) as any,
      {
        out: named(n, 'int32'),
      } as any,
    ),
  unpivot: n =>
    source(n)
      .select('at', n)
      .unpivot({ on: [n] })
      .drop('name'),
  pivot: n => source(n).pivot({ on: 'k', by: n, value: count(), values: ['k0', 'k1'] } as any),
  distinct: n => source(n).distinct(n),
  unique: n => source(n).unique(n),
  dedup: n => source(n).dedup({ by: n, keep: 'last' } as any),
  topN: n => source(n).topN(2, [[n, 'desc']], { by: ['k'], rank: 'place' } as any),
  'topN by': n => source(n).topN(1, ['at'], { by: [n] } as any),
  'groupBy it': n =>
    source(n)
      .groupBy(n)
      .agg({ n: count(), m: max('at') }),
  'agg of it': n =>
    source(n)
      .groupBy('k')
      .agg({
        a: sum(n as any),
        b: first(n as any),
        c: last(n as any),
        d: argMax(n as any, 'at'),
        e: mode(n as any),
        f: quantile(n as any, 0.5),
        g: collectList(n as any),
        h: topK(n as any, 2),
        i: count(n as any).where((r: any) => r[n].gt(4)),
      }),
  'agg to it': n =>
    source('c')
      .groupBy('k')
      .agg(named(n, sum('c' as any)) as any),
  join: n => source(n).join(source(n).select(n, 'k').rename({ k: 'l' }), { on: n } as any),
  'join with another': n =>
    source(n).join(source('c').select('c', 'k').rename({ k: 'l', c: 'd' }), { on: named(n, 'd') } as any),
  asofJoin: n =>
    timed(n).asofJoin(
      timed(n)
        .select('at', n)
        .with({ z: (r: any) => r.at } as any),
      {
        on: n,
        direction: 'backward',
      } as any,
    ),
  union: n => source(n).union(source(n)),
  over: n =>
    source(n).over({ by: [n], orderBy: ['at'] } as any, { z: rowNumber(), y: lag('at' as any) } as any),
  'over of it': n => source(n).over({ by: ['k'], orderBy: ['at'] } as any, { zz: sum(n as any) } as any),
  rollup: n => source(n).rollup(n, 'k', { grouping: 'g' }).agg({ n: count() }),
  windows: n => timed(n).groupBy(n).window(tumbling('10m')).agg({ n: count() }),
  sessions: n =>
    timed(n)
      .groupBy('k')
      .window(session('2m'))
      .agg(named(n, sum(n as any))),
  fill: n => timed(n).fill(n, { by: 'k' }),
  fillGaps: n =>
    timed(n)
      .groupBy(n)
      .window(tumbling('1m'))
      .agg({ n: count() })
      .fillGaps({ values: { n: 0 } }),
  detect: n => timed(n).detect(n, ewma(), { by: ['k'] }),
  'detect by': n =>
    timed(n)
      .with({ y: (r: any) => r.s.f })
      .detect('y', counts(), { by: [n], every: '1m' }),
  changes: n => source(n).groupBy(n).agg({ n: count() }).changes({ as: 'by' }),
  sql: n => sql`SELECT * FROM ${source(n)} ORDER BY "at"`,
  replay: n => replay(source(n), { time: 'at' } as any).limit(9),
  describe: n => source(n).select(n).describe().drop('column'),
  sample: n => source(n).sample(5),
}

/** SQL has no way to write an empty name, and CSV calls such a column by its number. */
const ALL_NAMED = ['sql', 'duckdb', 'parquet', 'csv']
const namesFor = (kind: string) => (ALL_NAMED.includes(kind) ? NAMES.filter(name => name !== '') : NAMES)

/** Values by column, and the name in the place of which `c` stands. */
const plainRows = (found: readonly object[], name: string) =>
  found.map(row => {
    const cells = Object.entries(row).map(([key, value]): [string, unknown] => [
      key === name ? 'c' : key,
      value,
    ])
    // Objects put names that are numbers first.
    return cells.sort(([a], [b]) => (a < b ? -1 : 1))
  })

describe.each(Object.entries(PLANS))('%s', (verb, plan) => {
  it('gives the same, whatever a column is called', async () => {
    const wanted = plainRows(await plan('c').collect(), 'c')
    const wrong: string[] = []
    for (const name of namesFor(verb)) {
      try {
        expect(plainRows(await plan(name).collect(), name)).toEqual(wanted)
      } catch (error) {
        wrong.push(`${JSON.stringify(name).slice(0, 20)}: ${String(error).slice(0, 600)}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('sinks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'names-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const flat = (name: string) => source(name).drop('s')
  const WRITERS: Readonly<
    Record<string, readonly [(path: string) => any, (path: string, schema: any) => any]>
  > = {
    duckdb: [path => duckdb(path, 't'), path => read.duckdb(path, 't')],
    parquet: [path => parquet(path), path => read.parquet(path)],
    csv: [path => csv(path), (path, schema) => read.csv(path, schema)],
    json: [path => json(path), (path, schema) => read.json(path, schema)],
    arrow: [path => arrow(path), path => (read as any).arrow(path)],
  }
  it.each(Object.entries(WRITERS))('%s keeps names and rows', async (kind, [write, readBack]) => {
    const wrong: string[] = []
    for (const [i, name] of namesFor(kind).entries()) {
      const path = join(folder, `${i}.${kind}`)
      try {
        await (await start([flat(name).write(write(path) as Sink)])).done
        const { s: _, ...schema } = schemaOf(name) as any
        const found = await readBack(path, Object.fromEntries(Object.entries(schema))).collect()
        expect(plainRows(found, name)).toEqual(plainRows(await flat(name).collect(), name))
      } catch (error) {
        wrong.push(`${JSON.stringify(name).slice(0, 20)}: ${String(error).slice(0, 600)}`)
      }
    }
    expect(wrong).toEqual([])
  })
})
