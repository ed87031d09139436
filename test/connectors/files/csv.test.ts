import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { count, csv, deadLetter, memory, read } from '../../../src/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-csv-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let files = 0
function file(content: string | Uint8Array, name = `${files++}.csv`): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}
const out = (name: string) => join(directory, name)

describe('read.csv', () => {
  it('finds columns by name in each file, whatever their order and dialect', async () => {
    const a = file('id,name,at\n1,a,2001-01-01\n')
    const b = file('at;other;id;name\n02.01.2001;x;2;"b;c"\n')
    const schema = { id: 'int32', name: 'utf8', at: 'date' } as const
    expect(await read.csv([a, b], schema).collect()).toEqual([
      { id: 1, name: 'a', at: new Date('2001-01-01') },
      { id: 2, name: 'b;c', at: new Date('2001-01-02') },
    ])
    expect(await read.csv([a, b]).collect()).toMatchObject([
      { id: 1, name: 'a', at: new Date('2001-01-01'), other: null },
      { id: 2, name: 'b;c', at: new Date('2001-01-02'), other: 'x' },
    ])
  })

  it('gives the same at any number of shards, straight and packed', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `${i},"text ${i % 70}\n",${i / 8},${i % 3 === 0}`)
    const content = `n,t,f,b\n${lines.join('\n')}\n`
    const [plain, packed] = [file(content), file(gzipSync(content), 'packed.csv.gz')]
    const of = (path: string, shards: number) =>
      read.csv(path).groupBy('t').agg({ n: count() }).orderBy('t').collect({ shards })
    const one = await of(plain, 0)
    expect(one).toHaveLength(70)
    expect(await of(plain, 2)).toEqual(one)
    expect(await of(packed, 1)).toEqual(one)
    const rows = await read.csv(plain, { n: 'int32', f: 'float64' }).collect({ shards: 2 })
    expect(rows).toEqual(lines.map((_, n) => ({ n, f: n / 8 })))
  })

  it('encodings, by a byte order mark or as said', async () => {
    const text = 'a;b\né;1\n'
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    const expected = [{ a: 'é', b: 1 }]
    expect(await read.csv(file(utf16)).collect()).toEqual(expected)
    expect(await read.csv(file(Buffer.from(utf16).swap16())).collect()).toEqual(expected)
    const latin1 = file(Buffer.from(text, 'latin1'))
    expect(await read.csv(latin1, undefined, { encoding: 'latin1' }).collect()).toEqual(expected)
    await expect(read.csv(latin1).collect()).rejects.toMatchObject({ code: 'UTF8' })
  })

  it('bad rows fail with line, column and value, are skipped, or are dead letters', async () => {
    const path = file('id,v\n1,1.5\n"2\n",x\n3\n4,2\n')
    const schema = { id: 'utf8', v: 'float64' } as const
    await expect(read.csv(path, schema).collect()).rejects.toThrow(
      /line 3 \(byte 11\): column "v": "x" is no float64/,
    )
    expect(await read.csv(path, schema, { onBadRow: 'skip' }).collect()).toEqual([
      { id: '1', v: 1.5 },
      { id: '4', v: 2 },
    ])
    const letters = memory()
    await read.csv(path, schema, { onBadRow: deadLetter(letters) }).collect()
    expect(letters.rows()).toMatchObject([
      { offset: 11, column: 'v', code: 'VALUE_TYPE', record: '"2\n",x' },
      { offset: 18, column: null, code: 'CSV_FIELDS', record: '3' },
    ])
  })

  it('a missing column, and options that make no sense, are refused at once', async () => {
    const path = file('Origin,delay\nx,1\n')
    await expect(read.csv(path, { origin: 'utf8' }).collect()).rejects.toThrow(/did you mean "Origin"\?/)
    expect(() => read.csv(path, undefined, { delimiter: ', ' })).toThrow(/one ASCII character/)
    expect(() => read.csv(path, undefined, { delimiter: ',', decimal: ',' })).toThrow(/must differ/)
    expect(() => read.csv(path, undefined, { timestampFormat: '%Y-%Q' })).toThrow(/%Q is no code/)
    expect(() => read.csv(path, { tags: ['utf8'] })).toThrow(/no field of a CSV file/)
  })
})

describe('csv()', () => {
  const rows = read.rows(
    [
      { k: 'a', n: 1, t: '' },
      { k: 'b', n: null, t: 'x, "y"' },
      { k: 'a', n: 3, t: null },
    ],
    { k: 'utf8', n: 'int32', t: 'utf8' },
  )

  it('writes one file, which is read again as it was', async () => {
    const path = out('one.csv')
    await (await rows.write(csv(path)).start()).done
    expect(readFileSync(path, 'utf8')).toBe('k,n,t\na,1,""\nb,,"x, ""y"""\na,3,\n')
    expect(await read.csv(path, { k: 'utf8', n: 'int32', t: 'utf8' }).collect()).toEqual(await rows.collect())
  })

  it('writes tabs, no header, another null; a packed file', async () => {
    const path = out('two.tsv')
    await (await rows.write(csv(path, { header: false, nullValue: 'NA' })).start()).done
    expect(readFileSync(path, 'utf8')).toBe('a\t1\t\nb\tNA\t"x, ""y"""\na\t3\tNA\n')
    const packed = out('three.csv.gz')
    await (await rows.write(csv(packed)).start()).done
    expect(await read.csv(packed).count()).toBe(3)
  })

  it('writes a folder by partitions, which is read with them', async () => {
    const folder = out('parts')
    await (await rows.write(csv(folder, { partitionBy: 'k' })).start()).done
    expect(
      readdirSync(folder)
        .filter(name => !name.startsWith('.'))
        .toSorted(),
    ).toEqual(['k=a', 'k=b'])
    const again = await read.csv(folder, { k: 'utf8', n: 'int32', t: 'utf8' }).collect()
    expect(again).toHaveLength(3)
    expect(again).toEqual(expect.arrayContaining(await rows.collect()))
  })

  it('refuses what has no text, and marks that clash', async () => {
    const lists = read.rows([{ l: [1] }], { l: ['int8'] })
    await expect(
      lists
        .write(csv(out('lists.csv')))
        .start()
        .then(job => job.done),
    ).rejects.toThrow(/no text of CSV/)
    expect(() => csv('x.csv', { nullValue: 'a,b' })).toThrow(/told apart/)
  })
})
