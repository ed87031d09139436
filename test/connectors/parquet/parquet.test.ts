import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openInstances } from '../../../src/connectors/duckdb/instances.ts'
import { parquetSource } from '../../../src/connectors/duckdb/parquet.ts'
import { SlabArena, SlabPool } from '../../../src/core/batch/slab.ts'
import { FROM_START } from '../../../src/core/connector.ts'
import { columnsOf, exprOf } from '../../../src/core/expr/builder.ts'
import type { ColumnTypeName } from '../../../src/core/types/column-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { parquetFile, scan, temporaryDirectory } from '../duckdb/helpers.ts'
import { drain, readerMemory, sourceLaws } from '../laws.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)

const LAW_ROWS = `SELECT i::INTEGER AS id, CASE WHEN i % 5 <> 4 THEN 'text ' || i % 7 || repeat('x', (i % 3 * 6)::INTEGER) END AS name,
  CASE WHEN i % 7 <> 6 THEN i / 4 END AS value, i % 2 = 0 AS flag, make_timestamp(i * 1000000) AS at FROM range(50) t(i)`

describe('the laws, over one file', () => {
  sourceLaws('parquet', async () => parquetSource(await parquetFile(file('laws.parquet'), LAW_ROWS)), {
    leftOpen: openInstances,
  })
})
describe('the laws, over one file read twice', () => {
  sourceLaws(
    'parquet',
    async () => {
      const path = await parquetFile(file('laws.parquet'), LAW_ROWS)
      return parquetSource([path, path])
    },
    { leftOpen: openInstances },
  )
})
describe('the laws, over two files', () => {
  sourceLaws(
    'parquet',
    async () =>
      parquetSource([
        await parquetFile(file('laws1.parquet'), LAW_ROWS),
        await parquetFile(file('laws2.parquet'), LAW_ROWS),
      ]),
    { leftOpen: openInstances },
  )
})

/** 400,000 rows in 8 row groups; `k` ascends with ties, `n` is the place in the file. */
const ordered = () =>
  parquetFile(
    file('ordered.parquet'),
    'SELECT make_timestamp((i // 3) * 1000000) AS k, i::INTEGER AS n FROM range(400000) t(i)',
    'ROW_GROUP_SIZE 51200',
  )

describe('parquetSource', () => {
  it('delivers every row of many row groups in file order, over any number of connections', async () => {
    const path = await ordered()
    for (const connections of [1, 2, 5]) {
      const rows = await scan(parquetSource(path, { connections }), {
        schema: schemaFrom({ n: 'int32' }),
        batchRows: 10_000,
      })
      expect(rows.length).toBe(400_000)
      expect(rows.every((row, i) => row.n === i)).toBe(true)
    }
  })

  it('resumes at any row of a file of many row groups', async () => {
    const path = await ordered()
    for (const offset of [1, 51_199, 51_200, 102_400, 399_999, 400_000]) {
      for (const orderBy of [undefined, 'k']) {
        const rows = await scan(
          parquetSource(path),
          { schema: schemaFrom({ n: 'int32' }), batchRows: 50_000, ...(orderBy ? { orderBy } : {}) },
          { offset },
        )
        expect(rows.length).toBe(400_000 - offset)
        expect(rows.every((row, i) => row.n === i + offset)).toBe(true)
      }
    }
  })

  it('keeps what is sorted already in file order where times tie', async () => {
    const rows = await scan(parquetSource(await ordered()), { orderBy: 'k', batchRows: 65_536 })
    expect(rows.every((row, i) => row.n === i)).toBe(true)
  })

  it('sorts row groups that are not in order inside, ties in file order', async () => {
    const path = await parquetFile(
      file('inside.parquet'),
      `SELECT make_timestamp(CASE WHEN i // 50000 = 3 THEN 3 * 50000 + (i * 7919) % 50000 // 2 ELSE i // 2 * 2 END) AS k, i::INTEGER AS n
FROM range(400000) t(i)`,
      'ROW_GROUP_SIZE 51200',
    )
    await expectSorted(path)
  })

  it('sorts a file whose row groups overlap, with nulls first', async () => {
    const path = await parquetFile(
      file('overlap.parquet'),
      'SELECT CASE WHEN i % 1000 <> 7 THEN make_timestamp((i * 7919) % 5000) END AS k, i::INTEGER AS n FROM range(150000) t(i)',
      'ROW_GROUP_SIZE 51200',
    )
    await expectSorted(path)
  })

  it('sorts several files as one, ties by file', async () => {
    const a = await parquetFile(file('a.parquet'), 'SELECT (i * 3)::INTEGER AS k, 1 AS f FROM range(5) t(i)')
    const b = await parquetFile(file('b.parquet'), 'SELECT (i * 2)::BIGINT AS k, 2 AS f FROM range(5) t(i)')
    const source = parquetSource([a, b], { schema: schemaFrom({ k: 'int32', f: 'int32' }) })
    const rows = await scan(source, { orderBy: 'k' })
    expect(rows.map(row => [row.k, row.f])).toEqual([
      [0, 1],
      [0, 2],
      [2, 2],
      [3, 1],
      [4, 2],
      [6, 1],
      [6, 2],
      [8, 2],
      [9, 1],
      [12, 1],
    ])
    expect(await scan(source, { orderBy: 'k' }, { offset: 4 })).toEqual(rows.slice(4))
  })

  it('orders by a column that is not asked for', async () => {
    const path = await parquetFile(
      file('hidden.parquet'),
      'SELECT (9 - i)::INTEGER AS k, i::INTEGER AS n FROM range(10) t(i)',
    )
    const rows = await scan(parquetSource(path), { schema: schemaFrom({ n: 'int32' }), orderBy: 'k' })
    expect(rows).toEqual(Array.from({ length: 10 }, (_, i) => ({ n: 9 - i })))
  })

  it('reads a file that has a column called file_row_number, in order too', async () => {
    const path = await parquetFile(
      file('taken.parquet'),
      'SELECT (i // 2)::INTEGER AS File_Row_Number, i::INTEGER AS n FROM range(10) t(i)',
    )
    const rows = await scan(parquetSource(path))
    expect(rows.map(row => row.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await scan(parquetSource(path), { orderBy: 'File_Row_Number' })).toEqual(rows)
    expect(await scan(parquetSource(path), {}, { offset: 4 })).toEqual(rows.slice(4))
  })

  it('filters inside DuckDB, resumes in what is left, and counts positions there', async () => {
    const path = await ordered()
    const source = parquetSource(path)
    const schema = await source.schema()
    const r = columnsOf(schema)
    const filter = exprOf(r.n.gte(51_000).and(r.n.lt(200_000)).and(r.n.ne(60_000)))
    expect(source.canFilter(filter, schema)).toBe(true)
    const wanted = Array.from({ length: 149_000 }, (_, i) => i + 51_000).filter(n => n !== 60_000)
    for (const orderBy of [undefined, 'k']) {
      const request = { filter, schema: schemaFrom({ n: 'int32' }), ...(orderBy ? { orderBy } : {}) }
      expect((await scan(source, request)).map(row => row.n)).toEqual(wanted)
      expect((await scan(source, request, { offset: 60_000 })).map(row => row.n)).toEqual(
        wanted.slice(60_000),
      )
    }
  })

  it('filters by a column that is not asked for, and by the narrower type asked for', async () => {
    const path = await parquetFile(file('narrow.parquet'), "SELECT i AS a, 'x' || i AS b FROM range(5) t(i)")
    const source = parquetSource(path)
    const r = columnsOf(await source.schema())
    expect(
      await scan(source, { schema: schemaFrom({ a: 'int8' }), filter: exprOf(r.b.eq('x3').or(r.a.lt(1n))) }),
    ).toEqual([{ a: 0 }, { a: 3 }])
  })

  it('a filter over NaN agrees with the rows, whatever the statistics of the file say', async () => {
    // Statistics leave NaN out, yet NaN is greater than every number. The writer of this file knew of no NaN.
    const path = await parquetFile(
      file('nan.parquet'),
      'SELECT CASE WHEN i = 500 THEN 1.23456789 ELSE i % 3 END::DOUBLE AS x FROM range(1000) t(i)',
      "COMPRESSION 'uncompressed'",
    )
    const bytes = readFileSync(path)
    const needle = Buffer.alloc(8)
    needle.writeDoubleLE(1.23456789)
    const nan = Buffer.alloc(8)
    nan.writeDoubleLE(Number.NaN)
    let at = bytes.indexOf(needle)
    expect(at).toBeGreaterThan(0)
    for (; at >= 0; at = bytes.indexOf(needle, at + 8)) nan.copy(bytes, at)
    writeFileSync(path, bytes)
    const source = parquetSource(path)
    const r = columnsOf(await source.schema())
    expect(await scan(source, { filter: exprOf(r.x.gt(100)) })).toEqual([{ x: Number.NaN }])
  })

  it('reads zero rows, and columns of nulls only', async () => {
    const empty = await parquetFile(file('empty.parquet'), 'SELECT 1 AS a, NULL::VARCHAR AS b WHERE false')
    expect(await scan(parquetSource(empty))).toEqual([])
    expect(await scan(parquetSource(empty), { orderBy: 'a' })).toEqual([])
    const nulls = await parquetFile(
      file('nulls.parquet'),
      'SELECT NULL::INTEGER AS a, NULL::VARCHAR AS b, NULL::BOOLEAN AS c, NULL::TIMESTAMP AS d FROM range(3)',
    )
    const row = { a: null, b: null, c: null, d: null }
    expect(await scan(parquetSource(nulls))).toEqual([row, row, row])
    expect(await scan(parquetSource(nulls), { orderBy: 'd' })).toEqual([row, row, row])
  })

  it('reads whole numbers as narrower ones while they fit, and names the column when they do not', async () => {
    const path = await parquetFile(
      file('wide.parquet'),
      'SELECT i AS ok, CASE WHEN i = 70000 THEN 3000000000 ELSE i END AS "too ""big" FROM range(80000) t(i)',
      'ROW_GROUP_SIZE 20480',
    )
    const source = parquetSource(path)
    const ok = await scan(source, { schema: schemaFrom({ ok: 'int32' }), batchRows: 80_000 })
    expect(ok[79_999]).toEqual({ ok: 79_999 })
    await expect(
      scan(source, { schema: schemaFrom({ ok: 'int32', 'too "big': 'int32' }) }),
    ).rejects.toMatchObject({
      name: 'DataError',
      code: 'VALUE_TYPE',
      message: expect.stringContaining('"too \\"big" holds 3000000000'),
    })
    expect(openInstances()).toBe(0)
  })

  it('does not round on the way to a whole number, a coarser time or an int53', async () => {
    const path = await parquetFile(
      file('lossy.parquet'),
      `SELECT * FROM (VALUES (1.0::DOUBLE, TIMESTAMP '2001-01-01 00:00:00', 5::BIGINT, 1.00::DECIMAL(9,2)),
        (1.5, TIMESTAMP '2001-01-01 00:00:00.000001', 9007199254740993, 2.25)) t(f, t, w, d)`,
    )
    const source = parquetSource(path)
    const narrow: Record<string, ColumnTypeName>[] = [
      { f: 'int32' },
      { t: 'timestamp[ms]' },
      { w: 'int53' },
      { d: 'int32' },
    ]
    for (const schema of narrow) {
      await expect(scan(source, { schema: schemaFrom(schema) })).rejects.toMatchObject({ code: 'VALUE_TYPE' })
    }
    expect(
      await scan(source, { schema: schemaFrom({ d: 'float64', w: 'float64', t: 'timestamp[ns]' }) }),
    ).toEqual([
      { d: 1, w: 5, t: 978307200000000000n },
      { d: 2.25, w: 9007199254740992, t: 978307200000001000n },
    ])
  })

  it('reads columns beside those that a schema leaves out, and refuses to read one as what it is not', async () => {
    const path = await parquetFile(
      file('types.parquet'),
      'SELECT 1 AS a, 1.5::DECIMAL(9,2) AS price, [1, 2] AS list FROM range(2)',
    )
    const schema = schemaFrom({ a: 'int32', price: 'float64' })
    expect(await parquetSource(path, { schema }).schema()).toEqual(schema)
    expect(await scan(parquetSource(path, { schema }))).toEqual([
      { a: 1, price: 1.5 },
      { a: 1, price: 1.5 },
    ])
    await expect(
      parquetSource(path, { schema: schemaFrom({ list: 'utf8' }) }).schema(),
    ).rejects.toMatchObject({
      code: 'CAST',
    })
    await expect(scan(parquetSource(path), { schema: schemaFrom({ a: 'utf8' }) })).rejects.toMatchObject({
      code: 'CAST',
    })
  })

  it('switches to plain text when a column has too many distinct texts, without a change in its rows', async () => {
    const path = await parquetFile(
      file('distinct.parquet'),
      `SELECT CASE WHEN i % 10 = 0 THEN 'same' WHEN i % 10 = 1 THEN NULL ELSE 'text number ' || i END AS s FROM range(200000) t(i)`,
    )
    const rows = await scan(parquetSource(path), { batchRows: 30_000 })
    expect(rows.length).toBe(200_000)
    for (const i of [0, 1, 2, 29_999, 30_000, 99_995, 150_002, 199_999]) {
      expect(rows[i]!.s).toBe(i % 10 === 0 ? 'same' : i % 10 === 1 ? null : `text number ${i}`)
    }
    expect(
      rows.every((row, i) => row.s === (i % 10 === 0 ? 'same' : i % 10 === 1 ? null : `text number ${i}`)),
    ).toBe(true)
  })

  it('takes the path of a file that is there literally, whatever characters it has', async () => {
    for (const name of [
      'st*r.parquet',
      'que?tion.parquet',
      '[a-z].parquet',
      "it's.parquet",
      `dollar\${x}.parquet`,
      'zażółć 🦀.parquet',
      'back\\slash.parquet',
      'a,b {c,d}.parquet',
      'double".parquet',
      '**.parquet',
    ]) {
      const path = file(name)
      copyFileSync(await parquetFile(file('plain.parquet'), `SELECT 7 AS a`), path)
      expect(await scan(parquetSource(path)), name).toEqual([{ a: 7 }])
    }
    copyFileSync(file('plain.parquet'), file('back\\sl*sh.parquet'))
    await expect(parquetSource(file('back\\sl*sh.parquet')).schema()).rejects.toMatchObject({ code: 'PATH' })
  })

  it('keeps hostile column names and values as they are', async () => {
    const path = await parquetFile(
      file('hostile.parquet'),
      `SELECT 1 AS "a""b", 'it''s; DROP TABLE x' AS "__proto__", '\${y}' AS "\${x}", chr(10) || 'x' AS "new
line", 'z' AS "select"`,
    )
    const expected = Object.fromEntries([
      ['a"b', 1],
      ['__proto__', "it's; DROP TABLE x"],
      [`\${x}`, `\${y}`],
      ['new\nline', '\nx'],
      ['select', 'z'],
    ])
    const [row] = await scan(parquetSource(path))
    expect(Object.entries(row!)).toEqual(Object.entries(expected))
    const source = parquetSource(path)
    const schema = await source.schema()
    const r = columnsOf(schema)
    const filter = exprOf(r[`\${x}`].eq(`\${y}`).and(r['a"b'].eq(1)))
    expect(await scan(source, { filter, orderBy: '__proto__' })).toHaveLength(1)
  })
})

describe('a Parquet file that cannot be read', () => {
  it('is named with its whole path when it is not there', async () => {
    await expect(parquetSource('nope/../nope.parquet').schema()).rejects.toMatchObject({
      name: 'ConnectorError',
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(join(process.cwd(), 'nope.parquet')),
    })
  })

  it('may be a directory, empty, something else, or cut in half', async () => {
    mkdirSync(file('folder'))
    await expect(parquetSource(file('folder')).schema()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    writeFileSync(file('zero.parquet'), '')
    await expect(parquetSource(file('zero.parquet')).schema()).rejects.toMatchObject({ code: 'CORRUPT_FILE' })
    writeFileSync(file('text.parquet'), 'origin,delay\nIAH,5\n'.repeat(50))
    await expect(parquetSource(file('text.parquet')).schema()).rejects.toMatchObject({ code: 'CORRUPT_FILE' })
    const whole = readFileSync(await ordered())
    for (const part of [0.5, 0.99]) {
      writeFileSync(file('half.parquet'), whole.subarray(0, whole.length * part))
      await expect(parquetSource(file('half.parquet')).schema()).rejects.toMatchObject({
        code: 'CORRUPT_FILE',
      })
    }
    // The end of one file behind the middle of another: the metadata can be read, the pages cannot.
    writeFileSync(file('holed.parquet'), Buffer.from(whole).fill(0xff, 1000, whole.length >> 1))
    await expect(scan(parquetSource(file('holed.parquet')))).rejects.toMatchObject({
      name: 'ConnectorError',
      code: 'CORRUPT_FILE',
      message: expect.stringContaining('holed.parquet'),
    })
    expect(openInstances()).toBe(0)
  })

  it('is found out when its statistics lie about the order of its row groups', async () => {
    const path = await parquetFile(
      file('liar.parquet'),
      'SELECT CASE WHEN i = 122879 THEN 77000077 ELSE i END AS k FROM range(240000) t(i)',
      'ROW_GROUP_SIZE 122880',
    )
    // The greatest value of the first row group, where the footer states it.
    const bytes = readFileSync(path)
    const stated = Buffer.alloc(8)
    stated.writeBigInt64LE(77_000_077n)
    const claimed = Buffer.alloc(8)
    claimed.writeBigInt64LE(122_879n)
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)
    let patched = 0
    for (let at = bytes.indexOf(stated, footer); at >= 0; at = bytes.indexOf(stated, at + 8)) {
      claimed.copy(bytes, at)
      patched++
    }
    expect(patched).toBeGreaterThan(0)
    writeFileSync(path, bytes)
    await expect(scan(parquetSource(path), { orderBy: 'k' })).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: expect.stringContaining('statistics'),
    })
  })

  it('says which column is missing and which there are', async () => {
    await expect(
      scan(parquetSource(await ordered()), { schema: schemaFrom({ K: 'utf8' }) }),
    ).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
      hint: expect.stringContaining('did you mean "k"?'),
    })
    await expect(scan(parquetSource(await ordered()), { orderBy: 'z' })).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
      hint: expect.stringContaining('"k", "n"'),
    })
  })
})

describe('memory of a Parquet reader', () => {
  it('a pool with room for nothing slows reading down but does not stop it', async () => {
    const source = parquetSource(await ordered())
    const pool = new SlabPool({ maxBytes: 1, slabBytes: 1 << 20 })
    const memory = { pool, arena: () => new SlabArena(pool) }
    const request = { schema: schemaFrom({ n: 'int32' }), batchRows: 20_000, orderBy: 'k' }
    const [split] = await source.splits(request)
    const reader = await source.open(split!, FROM_START, request, memory)
    const rows = await drain(reader, memory, 0, 0, 20_000)
    await reader.close()
    expect(rows.length).toBe(400_000)
    expect(pool.inUse).toBe(0)
  })

  it('closed in the middle, it keeps no file open', async () => {
    const { readdirSync, readlinkSync } = await import('node:fs')
    const path = await ordered()
    const handles = () =>
      readdirSync('/proc/self/fd').filter(fd => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === path
        } catch {
          return false
        }
      }).length
    for (const orderBy of [undefined, 'k', 'n']) {
      const source = parquetSource(path)
      const memory = readerMemory()
      const request = { schema: schemaFrom({ n: 'int32' }), batchRows: 1000, ...(orderBy ? { orderBy } : {}) }
      const [split] = await source.splits(request)
      const reader = await source.open(split!, FROM_START, request, memory)
      for (const slab of (await reader.next())!.slabs) memory.pool.release(slab)
      await reader.close()
      expect(memory.pool.inUse).toBe(0)
      expect(openInstances()).toBe(0)
      expect(handles()).toBe(0)
    }
  })
})

async function expectSorted(path: string): Promise<void> {
  const source = parquetSource(path)
  const natural = await scan(source, { batchRows: 50_000 })
  const expected = [...natural].sort((a, b) => {
    const [x, y] = [a.k as bigint | null, b.k as bigint | null]
    if (x === y) return Number(a.n) - Number(b.n)
    return x === null ? -1 : y === null ? 1 : x < y ? -1 : 1
  })
  const rows = await scan(source, { orderBy: 'k', batchRows: 50_000 })
  expect(rows.length).toBe(natural.length)
  expect(rows.every((row, i) => row.k === expected[i]!.k && row.n === expected[i]!.n)).toBe(true)
  const later = await scan(source, { orderBy: 'k', batchRows: 7000 }, { offset: 60_001 })
  expect(later.length).toBe(natural.length - 60_001)
  expect(later.every((row, i) => row.n === rows[i + 60_001]!.n)).toBe(true)
}
