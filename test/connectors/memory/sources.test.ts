import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { Table as ArrowTable, Bool, tableFromArrays, Utf8, vectorFromArray } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { arrowSource } from '../../../src/connectors/memory/arrow.ts'
import { iterableSource } from '../../../src/connectors/memory/iterable.ts'
import { rowsSource } from '../../../src/connectors/memory/rows.ts'
import { withSelection } from '../../../src/core/batch/batch.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { fromArrowTable } from '../../../src/core/batch/from-arrow.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { FROM_START, type Source } from '../../../src/core/connector.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { drain, lawRow, lawSchema, readAll, readerMemory, sourceLaws } from '../laws.ts'

const rows = Array.from({ length: 41 }, (_, id) => lawRow(id))

const arrowTable = () =>
  new ArrowTable({
    n: vectorFromArray(Int32Array.from({ length: 50 }, (_, i) => i)),
    coded: vectorFromArray(Array.from({ length: 50 }, (_, i) => (i % 3 ? `c${i % 7}` : null))),
    text: vectorFromArray(
      Array.from({ length: 50 }, (_, i) => (i % 4 ? `text ${i}` : null)),
      new Utf8(),
    ),
    flag: vectorFromArray(
      Array.from({ length: 50 }, (_, i) => (i % 5 ? i % 2 === 0 : null)),
      new Bool(),
    ),
  })

sourceLaws('rows', () => rowsSource(rows, lawSchema))
sourceLaws('rows without a schema', () => rowsSource(rows))
sourceLaws('rows in three splits', () =>
  rowsSource([rows.slice(0, 20), rows.slice(20, 22), rows.slice(22)], lawSchema),
)
sourceLaws('an Arrow table', () => arrowSource(arrowTable()))
sourceLaws('an Arrow table cut inside a byte', () => arrowSource(arrowTable().slice(3, 47)))
sourceLaws('an Arrow table of several batches', () =>
  arrowSource(arrowTable().slice(0, 11).concat(arrowTable().slice(5, 40))),
)
sourceLaws('an iterable of rows', () => iterableSource(rows as any, lawSchema, { bounded: true }))
sourceLaws('an iterable of batches', () => {
  const whole = batchFromRows(lawSchema, rows, heapArena)
  const odd = withSelection(
    whole,
    Uint32Array.from({ length: 20 }, (_, i) => i * 2 + 1),
  )
  return iterableSource([odd, whole], lawSchema, { bounded: true })
})
sourceLaws('an iterable of Arrow tables', () => {
  const { schema } = fromArrowTable(arrowTable())
  return iterableSource([arrowTable(), arrowTable().batches[0]!], schema, { bounded: true })
})
{
  let source: ReturnType<typeof scriptedSource> | undefined
  sourceLaws(
    'a script',
    () =>
      (source = scriptedSource(lawSchema, [
        [{ rows: rows.slice(0, 9) }, { until: Promise.resolve() }, { rows: rows.slice(9, 30) }],
        [{ rows: rows.slice(30) }],
      ])),
    { leftOpen: () => source!.openReaders },
  )
  sourceLaws(
    'a script that is opened where its batches say',
    () =>
      (source = scriptedSource(
        lawSchema,
        [[{ rows: rows.slice(0, 9) }, { rows: rows.slice(9, 30) }], [{ rows: rows.slice(30) }]],
        { resumable: true },
      )),
    { leftOpen: () => source!.openReaders },
  )
}

/** Opens the only split of a source. */
async function openOnly(source: Source, batchRows = 10) {
  const memory = readerMemory()
  const request = { schema: await source.schema(), batchRows }
  const [split] = await source.splits(request)
  return { memory, reader: await source.open(split!, FROM_START, request, memory) }
}

describe('rowsSource', () => {
  it('names row and column of a value that does not fit, and gives the memory back', async () => {
    const source = rowsSource([{ n: 1 }, { n: 2 }, { n: 2 ** 53 }], { n: 'int64' })
    const { reader, memory } = await openOnly(source, 2)
    for (const slab of (await reader.next())!.slabs) memory.pool.release(slab)
    await expect(reader.next()).rejects.toThrow(/column "n" is int64, row 2 has 9007199254740992/)
    expect(memory.pool.inUse).toBe(0)
  })

  it('delivers rows without columns: enough to count them', async () => {
    const memory = readerMemory()
    const request = { schema: [], batchRows: 3 }
    const source = rowsSource(rows)
    const reader = await source.open((await source.splits(request))[0]!, FROM_START, request, memory)
    expect((await drain(reader, memory, 0, 0, 3)).length).toBe(rows.length)
  })

  it('has no rows when given none, but needs a schema then', async () => {
    expect(await readAll(rowsSource([], { n: 'int32' }))).toEqual([])
    expect(() => rowsSource([])).toThrow(expect.objectContaining({ code: 'SCHEMA_NEEDED' }))
  })
})

describe('arrowSource', () => {
  it('passes memory that is shared already on, without a copy', async () => {
    const values = new Int32Array(new SharedArrayBuffer(64 * 4)).map((_, i) => i)
    const shared = new Int32Array(new SharedArrayBuffer(64 * 4))
    shared.set(values)
    const { reader } = await openOnly(arrowSource(tableFromArrays({ n: shared })), 16)
    const { batch, slabs } = (await reader.next())!
    expect(slabs).toEqual([])
    expect(batch.columns[0]!.values.buffer).toBe(shared.buffer)
  })

  it('delivers only its own types', async () => {
    const source = arrowSource(arrowTable())
    const request = { schema: schemaFrom({ n: 'int64' }), batchRows: 10 }
    const opening = source.open((await source.splits(request))[0]!, FROM_START, request, readerMemory())
    await expect(opening).rejects.toMatchObject({ code: 'COLUMN_TYPE' })
  })
})

describe('iterableSource', () => {
  const numbers = schemaFrom({ n: 'int32' })

  it('delivers what has arrived instead of waiting for a full batch', async () => {
    const later = Promise.withResolvers<void>()
    async function* items() {
      yield { n: 1 }
      yield { n: 2 }
      await later.promise
      yield { n: 3 }
    }
    const { reader } = await openOnly(iterableSource(items(), numbers))
    expect(rowsOf((await reader.next())!.batch)).toEqual([{ n: 1 }, { n: 2 }])
    const next = reader.next()
    later.resolve()
    expect(rowsOf((await next)!.batch)).toEqual([{ n: 3 }])
    expect(await reader.next()).toBeUndefined()
    expect(await reader.next()).toBeUndefined()
  })

  it('delivers the rows before an error, then the error with its cause', async () => {
    const cause = new Error('the socket broke')
    async function* items() {
      yield { n: 1 }
      throw cause
    }
    const { reader } = await openOnly(iterableSource(items(), numbers, { label: 'socket' }))
    expect(rowsOf((await reader.next())!.batch)).toEqual([{ n: 1 }])
    await expect(reader.next()).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'reading socket failed: the socket broke',
      cause,
    })
  })

  it('returns the iterator when closed, also while it waits for ever', async () => {
    let returned = 0
    async function* items(wait: boolean) {
      try {
        yield { n: 1 }
        if (wait) await new Promise(() => {})
        for (;;) yield { n: 2 }
      } finally {
        returned++
      }
    }
    const { reader } = await openOnly(iterableSource(items(false), numbers))
    await reader.next()
    await reader.close()
    expect(returned).toBe(1)

    const stuck = await openOnly(iterableSource(items(true), numbers))
    await stuck.reader.next()
    const waiting = stuck.reader.next()
    await stuck.reader.close()
    expect(await waiting).toBeUndefined()
  })

  it('reads Node and Web streams', async () => {
    const items = [{ n: 1 }, { n: 2 }, { n: 3 }]
    expect(await readAll(iterableSource(Readable.from(items), numbers))).toEqual(items)
    expect(await readAll(iterableSource(ReadableStream.from(items), numbers))).toEqual(items)
  })

  it('names the source when its iterator cannot be closed', async () => {
    function* items() {
      try {
        yield { n: 1 }
        yield { n: 2 }
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: a generator that fails while it cleans up
        throw new Error('no clean end')
      }
    }
    const { reader } = await openOnly(iterableSource(items(), numbers, { label: 'stubborn' }), 1)
    await reader.next()
    await expect(reader.close()).rejects.toMatchObject({ message: 'closing stubborn failed: no clean end' })
  })

  it('takes rows and batches in turns and keeps their order', async () => {
    const batch = batchFromRows(numbers, [{ n: 2 }, { n: 3 }, { n: 4 }])
    const source = iterableSource([{ n: 1 }, batch, { n: 5 }, { n: 6 }, batch], numbers)
    expect((await readAll(source, 2)).map(row => row.n)).toEqual([1, 2, 3, 4, 5, 6, 2, 3, 4])
  })

  it('takes text as codes or spelled out, whichever was declared', async () => {
    const coded = batchFromRows(schemaFrom({ t: 'dictionary' }), [{ t: 'a' }, { t: null }, { t: 'b' }])
    const plain = batchFromRows(schemaFrom({ t: 'utf8' }), [{ t: 'a' }, { t: 'c' }])
    for (const type of ['utf8', 'dictionary'] as const) {
      const texts = await readAll(iterableSource([coded, plain], { t: type }))
      expect(texts.map(row => row.t)).toEqual(['a', null, 'b', 'a', 'c'])
    }
  })

  it('refuses a batch of another nodeOutput, naming the column', async () => {
    const other = batchFromRows(schemaFrom({ n: 'float64' }), [{ n: 1.5 }])
    const { reader } = await openOnly(iterableSource([other], numbers))
    await expect(reader.next()).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
  })

  it('can be read only once', async () => {
    const source = iterableSource([{ n: 1 }], numbers)
    await readAll(source)
    await expect(readAll(source)).rejects.toMatchObject({ code: 'NOT_REPLAYABLE' })
  })
})

describe('scriptedSource', () => {
  it('fails where the script says so, after the rows before', async () => {
    const failure = new Error('as written')
    const source = scriptedSource({ n: 'int32' }, [[{ rows: [{ n: 1 }] }, { fail: failure }]])
    const { reader } = await openOnly(source)
    expect(rowsOf((await reader.next())!.batch)).toEqual([{ n: 1 }])
    await expect(reader.next()).rejects.toBe(failure)
    await reader.close()
    expect(source.openReaders).toBe(0)
  })
})
