import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../../src/connectors/files/file-source.ts'
import { json as jsonFormat } from '../../../src/core/formats/json/index.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { deadLetter, json, memory, read } from '../../../src/index.ts'
import { decodedSource } from '../decoded-source.ts'
import { quoteText, sql, temporaryDirectory } from '../duckdb/helpers.ts'
import { sourceLaws } from '../laws.ts'

const directory = temporaryDirectory()
let files = 0

function file(bytes: string | Uint8Array, ending = '.json'): string {
  const path = join(directory, `${files++}${ending}`)
  writeFileSync(path, bytes)
  return path
}

const COLUMNS = { n: 'int32', at: 'timestamp[ms]', tags: ['utf8'], who: { name: 'utf8' } } as const
const ROWS = Array.from({ length: 60 }, (_, n) => ({
  n,
  at: new Date(1_700_000_000_000 + n),
  tags: n % 3 === 0 ? [] : [`é${n}`, 'x'],
  who: n % 5 === 0 ? null : { name: 'a'.repeat(n % 7) },
}))
const LINES = ROWS.map(row => JSON.stringify(row))

const source = (...paths: string[]) =>
  fileSource(paths, { format: jsonFormat, options: {}, schema: schemaFrom(COLUMNS) })

sourceLaws('lines of JSON', () =>
  decodedSource(source(file(LINES.join('\n')), file(`${LINES.join('\r\n')}\r\n`))),
)
sourceLaws('an array of JSON', () => decodedSource(source(file(`[\n${LINES.join(',\n')}\n]\n`))))

describe('read.json', () => {
  it('reads lines, arrays and objects one after the other, packed or not', async () => {
    const pretty = ROWS.map(row => JSON.stringify(row, undefined, 2))
    const shapes = [
      LINES.join('\n'),
      `[${LINES.join(',')}]`,
      JSON.stringify(ROWS, undefined, 2),
      pretty.join('\n'),
      LINES.join(''),
    ]
    for (const text of shapes) expect(await read.json(file(text), COLUMNS).collect()).toEqual(ROWS)
    expect(await read.json(file(gzipSync(shapes[2]!), '.json.gz'), COLUMNS).collect({ shards: 2 })).toEqual(
      ROWS,
    )
  })

  it('reads only the columns that are declared, and null for keys that no object has', async () => {
    const rows = await read
      .json(file(LINES.join('\n')), { who: { name: 'utf8' }, other: 'float64' })
      .limit(2)
      .collect()
    expect(rows).toEqual([
      { who: null, other: null },
      { who: { name: 'a' }, other: null },
    ])
  })

  it('an array that ends before its bracket is an error, wherever it ends', async () => {
    for (const text of ['[', '[{"n":1}', '[{"n":1},', '[{"n":1},{"n":2}\n'])
      await expect(read.json(file(text), { n: 'int32' }).collect()).rejects.toMatchObject({
        code: 'JSON_SYNTAX',
        message: expect.stringContaining('the file ends before the array does'),
      })
    expect(await read.json(file('[]'), { n: 'int32' }).collect()).toEqual([])
    expect(await read.json(file(''), { n: 'int32' }).collect()).toEqual([])
  })

  it('a number beyond 2^53 is exact or refused', async () => {
    const path = file('{"n":9007199254740993}\n')
    expect(await read.json(path).collect()).toEqual([{ n: 9007199254740993n }])
    await expect(read.json(path, { n: 'int53' }).collect()).rejects.toMatchObject({ code: 'VALUE_TYPE' })
  })

  it('options that do not exist, or are of another kind, are refused at the call', () => {
    expect(() => read.json('x.json', undefined, { line: true } as never)).toThrow(/"line"/)
    expect(() => read.json('x.json', undefined, { lines: 'yes' } as never)).toThrow(/lines of json\(\)/)
    expect(() => read.json('x.json', undefined, { epochUnit: 'm' } as never)).toThrow(/epochUnit/)
  })
})

describe('json()', () => {
  it('writes what read.json reads, packed and partitioned, too', async () => {
    const rows = read.rows(ROWS, COLUMNS)
    for (const name of ['whole.jsonl', 'packed.jsonl.gz']) {
      const path = join(directory, name)
      await (await rows.write(json(path)).start({ shards: 2 })).done
      expect(await read.json(path, COLUMNS).collect()).toEqual(ROWS)
    }
    const folder = join(directory, 'by-parity')
    const parity = rows.with({ odd: r => r.n.mod(2).eq(1) })
    await (await parity.write(json(folder, { partitionBy: 'odd' })).start()).done
    const back = await read.json(folder, { n: 'int32', odd: 'bool' }).orderBy('n').collect()
    expect(back).toEqual(ROWS.map(({ n }) => ({ n, odd: n % 2 === 1 })))
  })

  it('64-bit numbers are text where that is asked for, and nulls left out', async () => {
    const path = join(directory, 'wide.jsonl')
    const rows = read.rows([{ id: 2n ** 60n, price: '0.10', s: null }], {
      id: 'int64',
      price: 'decimal(10, 2)',
      s: 'utf8',
    })
    await (await rows.write(json(path, { wideNumbers: 'text', omitNulls: true })).start()).done
    expect(readFileSync(path, 'utf8')).toBe('{"id":"1152921504606846976","price":"0.10"}\n')
    expect(() => json(path, { wideNumbers: 'bigint' } as never)).toThrow(/wideNumbers of json\(\)/)
  })
})

describe('bad rows', () => {
  const text = '{"n":1}\n{"n":"n/a"}\n{"n":3}\nnot json\n{"n":{"n":5}}\n'

  it('end the job with file, line, place, column and value', async () => {
    await expect(read.json(file(text), { n: 'int32' }).collect()).rejects.toMatchObject({
      code: 'VALUE_TYPE',
      message: expect.stringMatching(/\.json, line 2 \(byte 8\): column "n": "n\/a" is no int32/),
    })
  })

  it('are left out and counted, or go to a sink', async () => {
    const good = memory()
    const skipping = await read.json(file(text), { n: 'int32' }, { onBadRow: 'skip' }).write(good).start()
    expect(await skipping.done).toMatchObject({ rowsOut: 2, skipped: 3 })
    expect(good.rows()).toEqual([{ n: 1 }, { n: 3 }])
    const letters = memory()
    const job = await read
      .json(file(text), { n: 'int32' }, { onBadRow: deadLetter(letters) })
      .write(memory())
      .start({ shards: 2 })
    await job.done
    expect(letters.rows().map(({ offset, column, code, record }) => [offset, column, code, record])).toEqual([
      [8, 'n', 'VALUE_TYPE', '{"n":"n/a"}'],
      [28, null, 'JSON_SYNTAX', 'not json'],
      [37, 'n', 'VALUE_TYPE', '{"n":{"n":5}}'],
    ])
  })
})

const VEGA = join(import.meta.dirname, '../../../node_modules/vega-datasets/data')

/** A cell as the JSON it was read from; `like` is what JSON.parse made of it. */
function plain(cell: unknown, like: unknown): unknown {
  if (typeof cell === 'bigint') return Number(cell)
  if (cell instanceof Date) {
    const ms = Date.parse(/[Z+]|-..:/.test(like as string) ? (like as string) : `${like}Z`)
    return cell.getTime() === ms || cell.getTime() === Date.parse(like as string) ? like : cell
  }
  if (Array.isArray(cell)) return cell.map((item, i) => plain(item, (like as unknown[])[i]))
  if (typeof cell === 'object' && cell !== null) {
    // Null where the key is absent.
    const entries = Object.entries(cell).filter(
      ([key, item]) => item !== null || Object.hasOwn(like as object, key),
    )
    return Object.fromEntries(
      entries.map(([key, item]) => [key, plain(item, (like as Record<string, unknown>)[key])]),
    )
  }
  // Values of several kinds are text, of their JSON where they were none.
  return typeof cell === 'string' && typeof like !== 'string' ? JSON.parse(cell) : cell
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, item) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )

describe('the JSON files of vega-datasets', () => {
  const small = readdirSync(VEGA).filter(
    name => name.endsWith('.json') && statSync(join(VEGA, name)).size < 130_000,
  )

  it('are what JSON.parse makes of them', async () => {
    expect(small.length).toBeGreaterThan(25)
    for (const name of small) {
      const parsed = JSON.parse(readFileSync(join(VEGA, name), 'utf8'))
      const expected: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
      const rows = await read.json(join(VEGA, name)).collect()
      expect(rows.length, name).toBe(expected.length)
      for (const [i, row] of rows.entries())
        if (sorted(plain(row, expected[i])) !== sorted(expected[i]))
          expect({ name, ...row }).toEqual(expected[i])
    }
  })

  it.each(['cars', 'penguins', 'unemployment-across-industries'])('%s is what DuckDB reads', async name => {
    const path = join(VEGA, `${name}.json`)
    const ours = await read.json(path).collect()
    const theirs = await sql(':memory:', `SELECT COLUMNS(*)::VARCHAR FROM read_json(${quoteText(path)})`)
    const text = (cell: unknown, like: unknown) =>
      cell instanceof Date
        ? Date.parse(/:/.test(String(like)) ? `${like}Z` : String(like)) === cell.getTime() && like
        : typeof cell === 'number' || typeof cell === 'bigint'
          ? Number(cell) === Number(like) && like
          : cell
    expect(ours.map((row, i) => Object.values(row).map((cell, c) => text(cell, theirs[i]![c])))).toEqual(
      theirs,
    )
  })
})
