/**
 * 10,000 damaged files of JSON: none crashes or hangs the decoder, and no row of them is another than JSON.parse makes of its
 * bytes. Files are cut into blocks at random; columns are those of the file before it was damaged.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MillraceError } from '../../src/core/errors.ts'
import { json } from '../../src/core/formats/json/index.ts'
import { readInstant } from '../../src/core/formats/json/instants.ts'
import type { ColumnType } from '../../src/core/types/column-type.ts'
import { elementType, isList, isStruct, structFields } from '../../src/core/types/nested-type.ts'
import type { Schema } from '../../src/core/types/schema.ts'
import { seeded } from '../../src/testing/seeded.ts'
import { readJson, utf8 } from '../core/formats/json/support.ts'

const FILES = 10_000

const VEGA = join(import.meta.dirname, '../../node_modules/vega-datasets/data')
const records = [
  'cars',
  'movies',
  'weekly-weather',
  'penguins',
  'unemployment-across-industries',
  'countries',
].map(name => (JSON.parse(readFileSync(join(VEGA, `${name}.json`), 'utf8')) as object[]).slice(0, 200))

const random = seeded(20_261_130)
const below = (n: number): number => Math.floor(random() * n)
const pick = <T>(items: readonly T[]): T => items[below(items.length)]!

type Form = 'lines' | 'array' | 'objects'

/** A few records of a file, in some form. */
function made(form: Form): Uint8Array {
  const of = pick(records)
  const first = below(of.length - 8)
  const texts = of
    .slice(first, first + 2 + below(6))
    .map(record => JSON.stringify(record, undefined, form === 'lines' ? 0 : below(3)))
  return utf8(form === 'array' ? `[${texts.join(',\n')}]\n` : `${texts.join('\n')}\n`)
}

const BYTES = [
  ...utf8('{}[]",:\\\n\r\t 0-.eE+ntfu/'),
  0,
  0x1f,
  0x7f,
  0x80,
  0xbf,
  0xc3,
  0xe2,
  0xed,
  0xf0,
  0xff,
]

function damaged(bytes: Uint8Array): Uint8Array {
  const out = [...bytes]
  for (let i = 1 + below(4); i > 0; i--) {
    const at = below(out.length)
    const what = below(6)
    if (what === 0) out.splice(at)
    else if (what === 1) out.splice(at, 1 + below(20))
    else if (what === 2) out.splice(at, 0, pick(BYTES))
    else if (what === 3) out[at] = pick(BYTES)
    else if (what === 4) out[at]! ^= 1 << below(8)
    else out.splice(at, 0, ...out.slice(below(out.length), below(out.length)))
    if (out.length === 0) out.push(0x7b)
  }
  return Uint8Array.from(out)
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether a cell is what a column of the type has for a value of JSON.parse. */
function fits(cell: unknown, value: unknown, type: ColumnType): boolean {
  if (value === null || value === undefined) return cell === null
  if (cell === null) return false
  if (type === 'utf8')
    return typeof value === 'string' ? cell === value : same(JSON.parse(cell as string), value)
  if (type === 'int64') return Number(cell) === value
  if (type === 'float64' || type === 'bool') return Object.is(cell, value)
  if (isList(type))
    return (
      (value as unknown[]).length === (cell as unknown[]).length &&
      (cell as unknown[]).every((item, i) => fits(item, (value as unknown[])[i], elementType(type)))
    )
  if (isStruct(type))
    return rowFits(cell as Record<string, unknown>, value as Record<string, unknown>, structFields(type))
  const bytes = utf8(value as string)
  const instant = { seconds: 0, nanos: 0, isDate: false, hasOffset: false }
  expect(readInstant(bytes, new DataView(bytes.buffer), 0, bytes.length, instant)).toBe(true)
  const units = BigInt(instant.seconds) * 1_000_000n + BigInt(instant.nanos / 1000)
  return cell instanceof Date ? BigInt(cell.getTime()) * 1000n === units : cell === units
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const rowFits = (row: Record<string, unknown>, value: Record<string, unknown>, schema: Schema): boolean =>
  schema.every(({ name, type }) => fits(row[name], Object.hasOwn(value, name) ? value[name] : null, type))

/** What JSON.parse makes of the record that begins at a byte. */
function parsedAt(
  bytes: Uint8Array,
  start: number,
  form: Form,
  ends: readonly number[],
): Record<string, unknown> {
  if (form === 'lines') {
    const feed = bytes.indexOf(10, start)
    return JSON.parse(strict.decode(bytes.subarray(start, feed < 0 ? bytes.length : feed)))
  }
  // The shortest text from there that is JSON: it ends with a brace.
  for (const end of ends) {
    if (end <= start) continue
    try {
      return JSON.parse(strict.decode(bytes.subarray(start, end)))
    } catch {}
  }
  throw new Error(`no object begins at byte ${start}`)
}

it(`${FILES} damaged files`, () => {
  let rows = 0
  let bad = 0
  let refused = 0
  for (let file = 0; file < FILES; file++) {
    const form = pick<Form>(['lines', 'array', 'objects'])
    const whole = made(form)
    const { schema } = json.sniff(whole, { options: { lines: form === 'lines' }, whole: true, file: 'whole' })
    const bytes = damaged(whole)
    const pieces = Array.from({ length: 1 + below(4) }, () => 1 + below(400))
    const ends = [...bytes.keys()].filter(i => bytes[i] === 0x7d).map(i => i + 1)
    try {
      json.sniff(bytes, { options: {}, whole: below(2) === 0, file: 'damaged' })
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
    }
    let read: ReturnType<typeof readJson>
    try {
      read = readJson(bytes, schema, { form }, pieces)
    } catch (error) {
      // An array that is broken between its records.
      if (!(error instanceof MillraceError) || form !== 'array') throw error
      refused++
      continue
    }
    rows += read.rows.length
    bad += read.bad.length
    for (const [i, row] of read.rows.entries()) {
      const value = parsedAt(bytes, read.starts[i]!, form, ends)
      if (!rowFits(row, value, schema)) expect({ file, form, row }).toEqual({ file, form, row: value })
    }
  }
  // All three come up.
  expect(rows).toBeGreaterThan(FILES)
  expect(bad).toBeGreaterThan(FILES / 4)
  expect(refused).toBeGreaterThan(FILES / 50)
}, 300_000)
