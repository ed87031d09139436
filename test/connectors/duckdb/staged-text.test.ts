import { join } from 'node:path'
import { expect, it } from 'vitest'
import { duckdbSink } from '../../../src/connectors/duckdb/sink.ts'
import { withSelection } from '../../../src/core/batch/batch.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { sql, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()

/** Texts of 0 to 39 characters, of one to four bytes each. */
const textOf = (i: number): string => ['x', 'é', '€', '🙂'][i % 4]!.repeat((i * 7) % 40)

/** Of them there is more than is staged at a time. */
const REPEATED = 'few that come again'

const TEXTS: Readonly<Record<string, (i: number) => string | null>> = {
  'short and long': textOf,
  'mostly long': i => `${i} is the number of this text${textOf(i)}`,
  [REPEATED]: i => textOf(i % 50),
  'with nulls': i => (i % 3 === 0 ? null : textOf(i)),
}

for (const type of ['utf8', 'dictionary'] as const) {
  it(`${type} columns reach DuckDB as they are, whatever the length of their texts`, async () => {
    const schema = schemaFrom({ i: 'int32', s: type })
    for (const [name, text] of Object.entries(TEXTS)) {
      const path = join(directory, `${type} ${name}.duckdb`)
      const sink = duckdbSink(path, 't')
      await sink.open(schema)
      await sink.begin(0)
      const expected: [number, string | null][] = []
      // Batches of which chunks take parts, and batches of several chunks: whole, and every third row of them.
      for (const [size, step] of [
        [1500, 1],
        [3000, 1],
        [9000, 3],
        [name === REPEATED ? 65_000 : 9000, 1],
      ] as const) {
        const rows = Array.from({ length: size }, (_, row) => ({
          i: expected.length + row,
          s: text(expected.length + row),
        }))
        const batch = batchFromRows(schema, rows, heapArena, { split: 0, offset: 0 })
        const selected = Uint32Array.from({ length: size / step }, (_, at) => at * step)
        await sink.write(step === 1 ? batch : withSelection(batch, selected))
        for (const row of selected) expected.push([rows[row]!.i, rows[row]!.s])
      }
      await sink.commit(0)
      await sink.close()
      expect(await sql(path, 'SELECT * FROM t')).toEqual(expected)
    }
  })
}

/** What a column of these texts, as bytes one after the other, is in DuckDB. */
async function inDuckdb(name: string, texts: readonly Uint8Array[]): Promise<unknown[]> {
  return columnInDuckdb(name, plainColumn(texts), texts.length)
}

function plainColumn(texts: readonly Uint8Array[]) {
  const offsets = new Int32Array(texts.length + 1)
  texts.forEach(({ length }, i) => {
    offsets[i + 1] = offsets[i]! + length
  })
  return { type: 'utf8', values: new Uint8Array(Buffer.concat(texts)), offsets } as const
}

async function columnInDuckdb(name: string, column: Column, length: number): Promise<unknown[]> {
  const schema = schemaFrom({ s: column.type })
  const path = join(directory, `${name}.duckdb`)
  const sink = duckdbSink(path, 't')
  await sink.open(schema)
  await sink.begin(0)
  await sink.write({ schema, length, columns: [column], position: { split: 0, offset: 0 } })
  await sink.commit(0)
  await sink.close()
  return (await sql(path, 'SELECT * FROM t')).map(row => (row as unknown[])[0])
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

it('a long text that is not UTF-8 becomes null in DuckDB, and those beside it as they are', async () => {
  const texts = [
    'short',
    'a text that is longer than a cell',
    'this one has a byte that no text has',
    'and one more after it',
  ]
  const bytes = texts.map(bytesOf)
  bytes[2]![20] = 0xff
  expect(await inDuckdb('not-utf8', bytes)).toEqual([texts[0], texts[1], null, texts[3]])
})

it('long texts that share a character become null, though one after the other they are UTF-8', async () => {
  const all = bytesOf('the first of these texts é the second, which begins within a character')
  const within = all.indexOf(0xc3) + 1
  const whole = 'a text that is all right'
  const halves = [all.slice(0, within), all.slice(within)]
  expect(await inDuckdb('halves', [bytesOf(whole), ...halves, bytesOf(whole)])).toEqual([
    whole,
    null,
    null,
    whole,
  ])
})

it('texts that are not UTF-8 become null, also short ones, beside nulls and as codes', async () => {
  const good = ['é', 'short', '', 'a text that is longer than a cell'].map(bytesOf)
  const bad = [[0xff], [0x41, 0xc3], [...bytesOf('this one is long, and has a byte of no text'), 0xff]].map(
    bytes => Uint8Array.from(bytes),
  )
  const texts = [good[0]!, bad[0]!, good[1]!, bad[1]!, good[2]!, bad[2]!, good[3]!]
  const expected = ['é', null, 'short', null, '', null, 'a text that is longer than a cell']
  expect(await inDuckdb('short', texts)).toEqual(expected)

  const plain = plainColumn(texts)
  const withNull = { ...plain, validity: Uint8Array.of(0b1111011) }
  expect(await columnInDuckdb('nulls', withNull, texts.length)).toEqual(expected.with(2, null))

  const dictionary = { id: 'bad texts', length: texts.length, values: plain.values, offsets: plain.offsets }
  const values = Int32Array.of(6, 5, 4, 3, 2, 1, 0, 1, 3, 5, 0)
  const codes = { type: 'dictionary', values, dictionary } as const
  expect(await columnInDuckdb('codes', codes, values.length)).toEqual(
    Array.from(values, code => expected[code]!),
  )
  const offsets = Int32Array.of(0, 3, texts.length)
  const lists: Column = { type: 'list<utf8>', values: new Uint8Array(0), offsets, children: [plain] }
  expect(await columnInDuckdb('lists', lists, 2)).toEqual([expected.slice(0, 3), expected.slice(3)])
})
