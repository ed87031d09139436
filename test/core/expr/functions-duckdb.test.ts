/** Functions of text and time beside DuckDB's, on random rows: equal, or different in what docs/expressions.md says. */

import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { columnsOf, type Expression, lit } from '../../../src/core/expr/builder.ts'
import { type Cell, cellAt, columnFromCells } from '../../../src/core/expr/cell.ts'
import { compileKernel } from '../../../src/core/expr/compile.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const ROWS = 400
const types = { s: 'utf8', p: 'utf8', n: 'int32', t: 'timestamp[us]', u: 'timestamp[us]', d: 'date' } as const
const schema = schemaFrom(types)

const point = fc.constantFrom(...'aabbcAZ%_ -.,0159/éß🦀日\u0301\n')
const text = fc.array(point, { maxLength: 12 }).map(points => points.join(''))
const part = fc.oneof(
  fc.array(point, { maxLength: 2 }).map(points => points.join('')),
  fc.constant('a'),
)
const micros = fc.oneof(
  fc.bigInt({ min: -62_135_596_800_000_000n, max: 4_102_444_800_000_000n }),
  fc.bigInt({ min: -3_000_000_000_000n, max: 3_000_000_000_000n }),
  // Ends of months.
  fc
    .tuple(
      fc.integer({ min: 1900, max: 2100 }),
      fc.integer({ min: 0, max: 11 }),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([year, month, day]) => BigInt(Date.UTC(year, month, 1 + day)) * 1000n),
)
const nullable = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { freq: 15 })
const row = fc.record({
  s: nullable(text),
  p: nullable(part),
  n: nullable(fc.integer({ min: 0, max: 8 })),
  t: nullable(micros),
  u: nullable(micros),
  d: nullable(fc.integer({ min: -719_162, max: 100_000 })),
})

/** A function here, and in DuckDB. */
const FUNCTIONS: readonly (readonly [(r: any) => Expression<any>, string])[] = [
  [r => r.s.substring(r.n), 'substring(s, n + 1)'],
  [r => r.s.substring(1, 4), 'substring(s, 2, 3)'],
  [r => r.s.slice(-3), 'right(s, 3)'],
  [r => r.s.trim(r.p), 'trim(s, p)'],
  [r => r.s.trimStart(r.p), 'ltrim(s, p)'],
  [r => r.s.trimEnd(' b'), "rtrim(s, ' b')"],
  [r => r.s.replaceAll(r.p, 'x1'), "replace(s, p, 'x1')"],
  [r => r.s.repeat(r.n), 'repeat(s, n)'],
  [r => r.s.indexOf(r.p), 'CAST(instr(s, p) - 1 AS INTEGER)'],
  [r => r.s.like('a%b_'), "s LIKE 'a%b_'"],
  [r => r.s.like('%a_%'), "s LIKE '%a_%'"],
  [r => r.s.like('%!_%', { escape: '!' }), "s LIKE '%!_%' ESCAPE '!'"],
  [r => r.s.md5(), 'md5(s)'],
  [r => r.s.sha256(), 'sha256(s)'],
  [r => r.s.padEnd(lit(20), 'ab'), "rpad(s, 20, 'ab')"],
  [r => r.s.padStart(lit(20), 'é'), "lpad(s, 20, 'é')"],
  [r => r.s.regexpMatch('(?i)a+[^a-z]*b|\\d$'), "regexp_matches(s, '(?i)a+[^a-z]*b|\\d$')"],
  [
    r => r.s.regexpExtract('([a-c]+)(.)', 2).coalesce(''),
    "coalesce(regexp_extract(s, '([a-c]+)(.)', 2), '')",
  ],
  [r => r.s.regexpReplace('[ab]*', '<$0>', { all: true }), "regexp_replace(s, '[ab]*', '<\\0>', 'g')"],
  [r => r.s.regexpReplace('b|\\b', '-'), "regexp_replace(s, 'b|\\b', '-')"],
  [r => r.t.format('%Y-%m-%d %H:%M:%S.%f'), "strftime(t, '%Y-%m-%d %H:%M:%S.%f')"],
  [r => r.t.format('%a %A %b %B %d %-d'), "strftime(t, '%a %A %b %B %d %-d')"],
  [
    r => r.t.format('%j %-m %y %I %p %G-%V %u %w %U %W %g %n'),
    "strftime(t, '%j %-m %y %I %p %G-%V %u %w %U %W %g %n')",
  ],
  [r => r.d.format('%x %j'), "strftime(d, '%Y-%m-%d %j')"],
  [
    r => r.t.format('%d/%m/%Y %H:%M:%S.%f').parseTimestamp('%d/%m/%Y %H:%M:%S.%f'),
    "strptime(strftime(t, '%d/%m/%Y %H:%M:%S.%f'), '%d/%m/%Y %H:%M:%S.%f')",
  ],
  [
    r => r.t.format('%b %-d %Y %-I %p').parseTimestamp('%b %d %Y %I %p'),
    "strptime(strftime(t, '%b %-d %Y %-I %p'), '%b %d %Y %I %p')",
  ],
  [r => r.t.truncate('month'), "date_trunc('month', t)"],
  [r => r.t.truncate('decade'), "date_trunc('decade', t)"],
  [r => r.t.truncate('15m'), "time_bucket(INTERVAL '15 minutes', t, TIMESTAMP '1970-01-01')"],
  [
    r => r.t.add('1 month').sub('2 years').add('90m'),
    't + INTERVAL 1 MONTH - INTERVAL 2 YEAR + INTERVAL 90 MINUTE',
  ],
  [r => r.t.add(r.n, 'day'), 't + to_days(n)'],
  [r => r.t.diff(r.u, 'hour'), "date_sub('hour', u, t)"],
  [r => r.t.diff(r.u, 'day'), "date_sub('day', u, t)"],
  [r => r.t.diff(r.u, 'week'), "date_sub('week', u, t)"],
  [r => r.t.lastDay(), 'last_day(t)'],
  [r => r.t.dayOfWeek(), 'CAST(isodow(t) AS INTEGER)'],
  [r => r.t.isWeekend(), 'isodow(t) > 5'],
  [r => r.n.fromEpoch('s'), 'CAST(make_timestamp(n * 1000000) AS TIMESTAMP_S)'],
]

let instance: DuckDBInstance
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:')
})
afterAll(() => instance.closeSync())

/** Cells of DuckDB as ours. */
function fromDuckdb(value: any): Cell {
  if (typeof value === 'bigint') return Number(value)
  if (value === null || typeof value !== 'object') return value
  return value.days ?? value.seconds ?? value.millis ?? value.micros
}

it('text and time are as DuckDB has them', async () => {
  const rows = fc.sample(row, ROWS)
  const connection = await instance.connect()
  await connection.run(
    'CREATE TABLE rows (i INTEGER, s VARCHAR, p VARCHAR, n INTEGER, t BIGINT, u BIGINT, d INTEGER)',
  )
  const appender = await connection.createAppender('rows')
  for (const [i, { s, p, n, t, u, d }] of rows.entries()) {
    appender.appendInteger(i)
    for (const cell of [s, p]) cell === null ? appender.appendNull() : appender.appendVarchar(cell)
    n === null ? appender.appendNull() : appender.appendInteger(n)
    for (const cell of [t, u]) cell === null ? appender.appendNull() : appender.appendBigInt(cell)
    d === null ? appender.appendNull() : appender.appendInteger(d)
    appender.endRow()
  }
  appender.closeSync()
  await connection.run(`CREATE VIEW given AS SELECT i, s, p, n, make_timestamp(t) AS t, make_timestamp(u) AS u,
    CAST(DATE '1970-01-01' + d AS DATE) AS d FROM rows ORDER BY i`)
  const columns = schema.map(({ name, type }) =>
    columnFromCells(
      type,
      rows.map(cells => cells[name as 's']),
      i => i,
      ROWS,
      heapArena,
    ),
  )
  const batch = { schema, length: ROWS, columns, position: { split: 0, offset: 0 } }
  for (const [here, sql] of FUNCTIONS) {
    const { expr } = here(columnsOf(schema))
    const kernel = compileKernel(schema, [{ kind: 'project', columns: [{ name: 'x', expr }] }])
    const result = kernel.run(batch, heapArena).columns[0]!
    const got = rows.map((_, i) => cellAt(result, i))
    const there = (await connection.runAndReadAll(`SELECT ${sql} FROM given`)).getRows()
    const wanted = there.map(([cell]) => fromDuckdb(cell))
    const own = got.map((cell, i) =>
      typeof wanted[i] === 'number' && typeof cell === 'bigint' ? Number(cell) : cell,
    )
    const first = own.findIndex((cell, i) => cell !== wanted[i])
    if (first >= 0)
      expect({ sql, cells: rows[first], value: own[first] }).toEqual({ sql, value: wanted[first] })
    expect(own).toHaveLength(wanted.length)
  }
  connection.closeSync()
})
