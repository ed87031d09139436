import { join } from 'node:path'
import { expect, it } from 'vitest'
import { duckdbSink } from '../../../src/connectors/duckdb/sink.ts'
import { withSelection } from '../../../src/core/batch/batch.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
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
  const schema = schemaFrom({ s: 'utf8' })
  const offsets = new Int32Array(texts.length + 1)
  texts.forEach(({ length }, i) => {
    offsets[i + 1] = offsets[i]! + length
  })
  const column = { type: 'utf8', values: new Uint8Array(Buffer.concat(texts)), offsets } as const
  const path = join(directory, `${name}.duckdb`)
  const sink = duckdbSink(path, 't')
  await sink.open(schema)
  await sink.begin(0)
  await sink.write({ schema, length: texts.length, columns: [column], position: { split: 0, offset: 0 } })
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
