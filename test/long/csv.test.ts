/**
 * Damaged files: bytes of CSV files changed, cut out, doubled. Whatever comes is decoded or refused: nothing hangs, nothing is
 * thrown but errors of ours, both decoders give the same, cut anywhere or not, and where a record is accepted it is what
 * csv-parse makes of it.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { heapArena } from '../../src/core/batch/slab.ts'
import { MillraceError } from '../../src/core/errors.ts'
import type { Json } from '../../src/core/formats/contract.ts'
import { csvCutter } from '../../src/core/formats/csv/cutter.ts'
import { CsvDecoder } from '../../src/core/formats/csv/decoder.ts'
import type { CsvDialect } from '../../src/core/formats/csv/dialect.ts'
import { sniffCsv } from '../../src/core/formats/csv/sniff.ts'
import { type Schema, schemaFrom } from '../../src/core/types/schema.ts'
import { type Rows, readText, rowsOfDecoded } from '../core/formats/csv/csv.ts'

const FILES = Number(process.env.FILES ?? 10_000)
const SEED = Number(process.env.SEED ?? 1)

const packages = new URL('../../node_modules/', import.meta.url)
const spectrum = new URL('csv-spectrum/csvs/', packages)
const vega = new URL('vega-datasets/data/', packages)
const tables = readdirSync(vega).filter(name => /\.(csv|tsv)$/.test(name))

/** The beginnings of files, small enough to change thousands of times. */
const SAMPLES: readonly Buffer[] = [
  ...readdirSync(spectrum).map(name => readFileSync(new URL(name, spectrum))),
  ...tables.map(name => readFileSync(new URL(name, vega)).subarray(0, 2000)),
  Buffer.from(
    'id,at,v,b,t\n1,2001-01-01T10:00:00Z,1.5e3,true,"a, ""b"""\n2,2001-01-02 11:12:13.5,-0.25,false,\n',
  ),
]

function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return Math.floor(((state >>> 0) / 2 ** 32) * below)
  }
}

const PIECES = [
  '"',
  '""',
  ',',
  ';',
  '\n',
  '\r',
  '\r\n',
  '\\',
  '#',
  '\0',
  '\t',
  "'",
  '1e999',
  'NaN',
  '\ufeff',
  'é',
]

function mutated(random: (below: number) => number): Buffer {
  let bytes = Buffer.from(SAMPLES[random(SAMPLES.length)]!)
  for (let n = 1 + random(6); n > 0; n--) {
    const at = random(bytes.length + 1)
    const kind = random(4)
    if (kind === 0 && at < bytes.length) bytes[at] = random(256)
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(40))])
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1))])
    else {
      const piece = Buffer.from(PIECES[random(PIECES.length)]!)
      bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
    }
  }
  return bytes
}

/** Rows, and what is bad, of a file in blocks. */
function decodeAll(
  bytes: Uint8Array,
  schema: Schema,
  options: Json,
  start: number,
  blockBytes: number,
  codegen = true,
) {
  const cutter = csvCutter(options as unknown as CsvDialect)
  const decoder = new CsvDecoder({ schema, options }, { codegen })
  const rows: Rows = []
  const bad: string[] = []
  const take = (from: number, to: number) => {
    const decoded = decoder.decode(bytes.subarray(from, to), heapArena, from)
    rows.push(...rowsOfDecoded(schema, decoded))
    for (const record of decoded.bad ?? [])
      bad.push(`${from + record.start} ${record.code} ${record.problem}`)
  }
  let from = start
  for (let at = start; at < bytes.length; at += blockBytes) {
    const end = cutter.lastEnd(bytes, at, Math.min(bytes.length, at + blockBytes))
    if (end < 0) continue
    take(from, end)
    from = end
  }
  if (from < bytes.length) take(from, bytes.length)
  return { rows, bad }
}

/** As text, so that every cell can be compared: NaN is NaN, and -0 another than 0. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_, cell) =>
    typeof cell === 'bigint' || (typeof cell === 'number' && !Number.isFinite(cell)) || Object.is(cell, -0)
      ? `${typeof cell} ${Object.is(cell, -0) ? '-0' : String(cell)}`
      : cell,
  )

it(`${FILES} damaged files are read as they are, or refused`, () => {
  let compared = 0
  for (let n = 0; n < FILES; n++) {
    const random = randomFrom(SEED * 1_000_003 + n)
    const bytes = mutated(random)
    let sniffed: ReturnType<typeof sniffCsv>
    try {
      sniffed = sniffCsv(bytes, { options: {}, whole: true, file: `mutated ${n}` })
    } catch (error) {
      expect(error).toBeInstanceOf(MillraceError)
      continue
    }
    const { schema, options, dataStart } = sniffed
    const whole = decodeAll(bytes, schema, options, dataStart, bytes.length + 1)
    const cut = decodeAll(bytes, schema, options, dataStart, 1 + random(100))
    const carefully = decodeAll(bytes, schema, options, dataStart, bytes.length + 1, false)
    expect(shown(cut), `cut, file ${n}`).toBe(shown(whole))
    expect(shown(carefully), `carefully, file ${n}`).toBe(shown(whole))
    if (sameAsCsvParse(bytes, sniffed.options, dataStart, n)) compared++
  }
  // Most files are such that both readers take them.
  expect(compared).toBeGreaterThan(FILES / 4)
})

/** Whether csv-parse takes the file, too; its records are then ours. */
function sameAsCsvParse(bytes: Buffer, options: Json, start: number, n: number): boolean {
  const { delimiter, quote, escape: escaping, columns } = options as any
  const body = bytes.subarray(start)
  let records: string[][]
  try {
    records = parse(body, {
      ...{ delimiter, quote, escape: escaping, relax_quotes: true, relax_column_count: true },
      ...{ record_delimiter: ['\r\n', '\n', '\r'], skip_empty_lines: columns.length > 1 },
    })
  } catch {
    return false
  }
  // Objects have names like numbers first, in whatever order they were put in.
  const names = columns as string[]
  const schema: Schema = names.map(name => ({ name, type: 'utf8' }))
  const texts = decodeAll(
    bytes,
    schema,
    { ...(options as object), nullValues: [] } as Json,
    start,
    bytes.length + 1,
  )
  // Ragged records are not among our rows; csv-parse is lenient where quotes are wrong.
  if (texts.bad.some(text => !text.includes('CSV_FIELDS'))) return false
  const whole = records.filter(record => record.length === columns.length)
  expect(
    texts.rows.map(row => names.map(name => row[name])),
    `file ${n}`,
  ).toEqual(whole)
  return true
}

it.each(tables)('vega-datasets, whole: %s', async file => {
  const bytes = readFileSync(new URL(file, vega))
  const delimiter = file.endsWith('.tsv') ? '\t' : ','
  const [header, ...records] = parse(bytes, { delimiter, bom: true, relax_quotes: true }) as string[][]
  const schema = schemaFrom(Object.fromEntries(header!.map(name => [name, 'utf8' as const])))
  const { rows, bad } = readText(bytes, { nullValues: [] }, schema)
  expect(bad).toEqual([])
  expect(shown(rows.map(row => Object.values(row))) === shown(records)).toBe(true)
})

it.each(tables)('vega-datasets, typed as DuckDB has them: %s', async file => {
  const { schema, rows, bad } = readText(readFileSync(new URL(file, vega)))
  expect(bad).toEqual([])
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  // Text by text, cast by DuckDB to what we found.
  const path = new URL(file, vega).pathname.replaceAll("'", "''")
  const casts = schema.map(({ name, type }) => {
    const column = `"${name.replaceAll('"', '""')}"`
    if (type === 'int53' || type === 'int64') return `trim(${column})::bigint::varchar`
    if (type === 'float64') return `trim(${column})::double`
    if (type === 'bool') return `${column}::boolean`
    return `${column}`
  })
  const reader = await connection.runAndReadAll(
    `select ${casts.map((cast, i) => `${cast} as c${i}`).join(', ')} from read_csv('${path}', all_varchar = true, header = true, null_padding = false)`,
  )
  const theirs = reader.getRows()
  expect(rows.length).toBe(theirs.length)
  rows.forEach((row, i) => {
    schema.forEach(({ name, type }, c) => {
      const ours = row[name]
      const cell = theirs[i]![c]
      // Times have their own tests; DuckDB reads a quoted nothing as null.
      if (type === 'date' || type.startsWith('timestamp') || (ours === '' && cell === null)) return
      expect(type === 'int53' || type === 'int64' ? (ours === null ? null : String(ours)) : ours).toEqual(
        cell,
      )
    })
  })
  connection.closeSync()
  instance.closeSync()
})
