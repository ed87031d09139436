import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { batchFromRows } from '../../../../src/core/batch/build.ts'
import { json } from '../../../../src/core/formats/json/index.ts'
import {
  type ColumnType,
  isFloat,
  isTimestamp,
  timestampUnit,
} from '../../../../src/core/types/column-type.ts'
import {
  elementType,
  isList,
  isMap,
  isStruct,
  mapTypes,
  structFields,
} from '../../../../src/core/types/nested-type.ts'
import type { Schema } from '../../../../src/core/types/schema.ts'
import { runs } from '../../../effort.ts'
import { nestedSchema, rowsWith, schema } from '../../batch/arbitrary.ts'
import { type Read, readJson, utf8 } from './support.ts'

/** What JSON can say of a value: no infinities, and times of years that have six digits at most. */
function sayable(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null
  if (isFloat(type)) return Number.isFinite(value) ? value : null
  if (isTimestamp(type))
    return (
      (value as bigint) % { s: 2n ** 42n, ms: 2n ** 52n, us: 2n ** 62n, ns: 2n ** 63n }[timestampUnit(type)]
    )
  if (isList(type)) return (value as unknown[]).map(item => sayable(item, elementType(type)))
  if (isStruct(type)) return sayableRow(value as Record<string, unknown>, structFields(type))
  if (isMap(type))
    return new Map(
      [...(value as Map<unknown, unknown>)].map(([key, item]) => [key, sayable(item, mapTypes(type).value)]),
    )
  return value
}

const sayableRow = (row: Record<string, unknown>, of: Schema): Record<string, unknown> =>
  Object.fromEntries(of.map(({ name, type }) => [name, sayable(row[name], type)]))

const pieces = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 })
const options = fc.record({ wideNumbers: fc.constantFrom('number', 'text'), omitNulls: fc.boolean() })

it.each([
  ['scalars', schema],
  ['nested', nestedSchema],
])('what is written is what is read: %s', (_, schemas) => {
  const tables = schemas.chain(of => fc.tuple(fc.constant(of), rowsWith(of, 12)))
  fc.assert(
    fc.property(tables, pieces, options, ([of, random], cuts, encoding) => {
      const rows = random.map(row => sayableRow(row, of))
      const encoder = json.openEncoder!({ schema: of, options: encoding })
      const bytes = encoder.encode(batchFromRows(of, rows)).slice()
      const read = readJson(bytes, of, { form: 'lines' }, cuts)
      expect(read.bad).toEqual([])
      expect(read.rows).toStrictEqual(rows)
    }),
    { numRuns: runs(60) },
  )
})

const KEYS = ['a', 'b', 'long key', 'é', 'x"y', '__proto__', '']
const TEXTS: Schema = KEYS.map(name => ({ name, type: 'utf8' }))

/** Objects that mostly look alike, as those of files do. */
const objects = fc.array(
  fc
    .array(fc.tuple(fc.constantFrom(...KEYS, 'other'), fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' })), {
      maxLength: 6,
    })
    .map(entries => entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)),
  { minLength: 1, maxLength: 8 },
)

const asLine = (fields: readonly string[], space: string): string =>
  `{${space}${fields.join(`${space},`)}${space}}`

/** What a text column holds of a record that JSON.parse takes. */
function expected(line: string): Record<string, unknown> {
  const parsed = JSON.parse(line) as Record<string, unknown>
  return Object.fromEntries(KEYS.map(key => [key, Object.hasOwn(parsed, key) ? parsed[key] : null]))
}

/** Cells that are no text hold their JSON. */
const sameCells = (cells: Record<string, unknown>, values: Record<string, unknown>): void => {
  for (const key of KEYS) {
    const cell = cells[key] as string | null
    const value = values[key]
    if (typeof value === 'string' || value === null) expect(cell).toBe(value)
    else expect(JSON.parse(cell!)).toStrictEqual(value)
  }
}

it('objects become what JSON.parse makes of them', () => {
  fc.assert(
    fc.property(objects, fc.constantFrom('', ' ', '\t '), pieces, (lines, space, cuts) => {
      const texts = lines.map(fields => asLine(fields, space))
      const { rows, bad } = readJson(utf8(`${texts.join('\n')}\n`), TEXTS, { form: 'lines' }, cuts)
      expect(bad).toEqual([])
      expect(rows.length).toBe(texts.length)
      for (const [i, row] of rows.entries()) sameCells(row, expected(texts[i]!))
    }),
    { numRuns: runs(60) },
  )
})

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The objects among lines of bytes, by where they begin, and where the others do, as JSON.parse and TextDecoder have it. */
function byTheBook(bytes: Uint8Array): { good: Map<number, Record<string, unknown>>; bad: number[] } {
  const good = new Map<number, Record<string, unknown>>()
  const bad: number[] = []
  for (let start = 0; start <= bytes.length; ) {
    const feed = bytes.indexOf(10, start)
    const end = feed < 0 ? bytes.length : feed
    const line = bytes.subarray(start, end)
    if (!/^[ \t\r]*$/.test(Buffer.from(line).toString('latin1'))) {
      try {
        const text = strict.decode(line)
        const row = JSON.parse(text)
        if (typeof row !== 'object' || row === null || Array.isArray(row)) bad.push(start)
        else good.set(start, expected(text))
      } catch {
        bad.push(start)
      }
    }
    start = end + 1
  }
  return { good, bad }
}

const edits = fc.array(
  fc.tuple(
    fc.nat(),
    fc.oneof(
      fc.constantFrom(...utf8('{}[]",:\\ \n0-.eu1tfn'), 0x00, 0x1f, 0x7f, 0x80, 0xc3, 0xed, 0xff),
      fc.integer({ min: 0, max: 255 }),
    ),
    fc.constantFrom('set', 'insert', 'delete'),
  ),
  { minLength: 1, maxLength: 4 },
)

function edited(bytes: Uint8Array, changes: readonly (readonly [number, number, string])[]): Uint8Array {
  const out = [...bytes]
  for (const [at, byte, what] of changes) {
    const place = out.length === 0 ? 0 : at % out.length
    if (what === 'set') out[place] = byte
    else if (what === 'insert') out.splice(place, 0, byte)
    else out.splice(place, 1)
  }
  return Uint8Array.from(out)
}

const isLoneSurrogate = ({ problem }: { readonly problem: string }): boolean => problem.includes('surrogate')

it('of damaged lines those are taken that JSON.parse takes, and no others', () => {
  fc.assert(
    fc.property(objects, edits, pieces, (lines, changes, cuts) => {
      const bytes = edited(utf8(lines.map(fields => `${asLine(fields, '')}\n`).join('')), changes)
      const { rows, bad, starts } = readJson(bytes, TEXTS, { form: 'lines' }, cuts)
      const book = byTheBook(bytes)
      // JavaScript's strings hold half of a surrogate pair, columns of UTF-8 do not.
      for (const record of bad.filter(isLoneSurrogate)) book.good.delete(record.start)
      expect(starts.map(start => start + indent(bytes, start))).toEqual(
        [...book.good.keys()].map(start => start + indent(bytes, start)),
      )
      expect(bad.filter(record => !isLoneSurrogate(record)).map(({ start }) => start)).toEqual(book.bad)
      const values = [...book.good.values()]
      for (const [i, row] of rows.entries()) sameCells(row, values[i]!)
    }),
    { numRuns: runs(120) },
  )
})

function indent(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length && (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d)) at++
  return at - start
}

/** Rows, bad records and starts; or how it failed, which has no rows to compare. */
function outcome(read: () => Read): unknown {
  try {
    return read()
  } catch (error) {
    return String(error)
  }
}

it.each(['lines', 'array', 'objects'] as const)(
  'wherever %s are cut, the rows are the same, of damaged files, too',
  form => {
    fc.assert(
      fc.property(objects, edits, fc.boolean(), pieces, (lines, changes, damaged, cuts) => {
        const texts = lines.map(fields => asLine(fields, form === 'lines' ? '' : '\n'))
        const whole = form === 'array' ? `[${texts.join(' ,')}]` : texts.join('\n')
        const bytes = damaged ? edited(utf8(whole), changes) : utf8(whole)
        const schema = TEXTS.slice(0, 3)
        expect(outcome(() => readJson(bytes, schema, { form }, cuts))).toEqual(
          outcome(() => readJson(bytes, schema, { form })),
        )
      }),
      { numRuns: runs(60) },
    )
  },
)
