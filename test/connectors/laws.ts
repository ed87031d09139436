/**
 * What every source and every sink must do. A connector's test calls these with a way to make one.
 */

import { describe, expect, it } from 'vitest'
import type { Batch } from '../../src/core/batch/batch.ts'
import { batchFromRows, type RowLike } from '../../src/core/batch/build.ts'
import { type Row, rowsOf } from '../../src/core/batch/rows.ts'
import { SlabArena, SlabPool } from '../../src/core/batch/slab.ts'
import {
  FROM_START,
  type ReaderMemory,
  type Sink,
  type Source,
  type Split,
  type SplitPosition,
  type SplitReader,
} from '../../src/core/connector.ts'
import { type Schema, schemaFrom } from '../../src/core/types/schema.ts'

export function readerMemory(): ReaderMemory & { pool: SlabPool } {
  const pool = new SlabPool({ slabBytes: 1 << 16 })
  return { pool, arena: () => new SlabArena(pool) }
}

const EXACT = { timestamps: 'bigint' } as const

/** What a reader still delivers, batch by batch; gives slabs back and checks sizes and positions on the way. */
async function drainBatches(
  reader: SplitReader,
  memory: ReaderMemory,
  split: number,
  from: number,
  batchRows: number,
): Promise<{ rows: Row[]; resume: unknown }[]> {
  const batches: { rows: Row[]; resume: unknown }[] = []
  let offset = from
  for (;;) {
    const next = await reader.next()
    if (!next) return batches
    const { batch, slabs, resume } = next
    expect(batch.length).toBeGreaterThan(0)
    expect(batch.length).toBeLessThanOrEqual(batchRows)
    expect(batch.selection).toBeUndefined()
    expect(batch.meta).toBeUndefined()
    expect(batch.position).toEqual({ split, offset })
    batches.push({ rows: rowsOf(batch, EXACT), resume })
    offset += batch.length
    for (const slab of slabs) memory.pool.release(slab)
  }
}

/** Everything a reader still delivers, as rows; see {@link drainBatches}. */
export async function drain(...reading: Parameters<typeof drainBatches>): Promise<Row[]> {
  return (await drainBatches(...reading)).flatMap(({ rows }) => rows)
}

/** All rows of a source, split after split. */
export async function readAll(source: Source, batchRows = 1000, schema?: Schema): Promise<Row[]> {
  const request = { schema: schema ?? (await source.schema()), batchRows }
  const memory = readerMemory()
  const rows: Row[] = []
  for (const split of await source.splits(request)) {
    const reader = await source.open(split, FROM_START, request, memory)
    rows.push(...(await drain(reader, memory, split.id, 0, batchRows)))
    await reader.close()
  }
  expect(memory.pool.inUse).toBe(0)
  return rows
}

export interface SourceLawOptions {
  /** Handles, readers, connections still open; 0 after every test. */
  readonly leftOpen?: () => number
}

/**
 * The laws of sources. `makeSource` gives a fresh source over the same rows each time, at least 20 of them, in any
 * number of splits.
 */
export function sourceLaws(
  name: string,
  makeSource: () => Source | Promise<Source>,
  { leftOpen = () => 0 }: SourceLawOptions = {},
): void {
  describe(`source laws: ${name}`, () => {
    const opened = async (batchRows: number) => {
      const source = await makeSource()
      const request = { schema: await source.schema(), batchRows }
      const splits = await source.splits(request)
      const memory = readerMemory()
      const open = (split: Split, from = FROM_START) => source.open(split, from, request, memory)
      return { source, request, splits, memory, open }
    }

    it('delivers the same rows whatever the batch size', async () => {
      const whole = await readAll(await makeSource(), 1000)
      expect(whole.length).toBeGreaterThanOrEqual(20)
      expect(await readAll(await makeSource(), 1)).toEqual(whole)
      expect(await readAll(await makeSource(), 3)).toEqual(whole)
      expect(leftOpen()).toBe(0)
    })

    it('numbers its splits from 0, labels each, and knows their rows where it says so', async () => {
      const { splits, memory, open } = await opened(7)
      expect(new Set(splits.map(({ label }) => label)).size).toBe(splits.length)
      for (const [id, split] of splits.entries()) {
        expect(split.id).toBe(id)
        const reader = await open(split)
        const rows = await drain(reader, memory, id, 0, 7)
        if (split.rows !== undefined) expect(rows.length).toBe(split.rows)
        await reader.close()
      }
      expect(leftOpen()).toBe(0)
    })

    it('read from any position delivers the rest, if it is replayable', async () => {
      const { source, splits, memory, open } = await opened(4)
      if (!source.replayable) return
      for (const split of splits) {
        const first = await open(split)
        const batches = await drainBatches(first, memory, split.id, 0, 4)
        await first.close()
        const whole = batches.flatMap(({ rows }) => rows)
        const places: SplitPosition[] = [FROM_START]
        for (const { rows, resume } of batches) {
          const before = places.at(-1)!.rows + rows.length
          places.push(resume === undefined ? { rows: before } : structuredClone({ rows: before, resume }))
        }
        // Where batches do not say how to go on, every row is a position.
        if (batches.every(({ resume }) => resume === undefined))
          for (const rows of [1, 3, 8, whole.length >> 1, whole.length - 1])
            if (rows >= 0 && rows <= whole.length) places.push({ rows })
        for (const from of places) {
          const reader = await open(split, from)
          expect(await drain(reader, memory, split.id, from.rows, 4)).toEqual(whole.slice(from.rows))
          await reader.close()
        }
      }
      expect(memory.pool.inUse).toBe(0)
      expect(leftOpen()).toBe(0)
    })

    it('delivers the columns asked for, in the order asked for', async () => {
      const source = await makeSource()
      const reversed = [...(await source.schema())].reverse().slice(0, 2)
      const rows = await readAll(source, 1000, reversed)
      const whole = await readAll(await makeSource(), 1000)
      expect(rows).toEqual(
        whole.map(row => Object.fromEntries(reversed.map(field => [field.name, row[field.name]]))),
      )
      for (const row of rows) expect(Object.keys(row)).toEqual(reversed.map(field => field.name))
    })

    it('names a column that is not there', async () => {
      const source = await makeSource()
      const request = { schema: schemaFrom({ 'no such column': 'utf8' }), batchRows: 10 }
      const reading = async () => {
        const [split] = await source.splits(request)
        const reader = await source.open(split!, FROM_START, request, readerMemory())
        await reader.next().finally(() => reader.close())
      }
      await expect(reading()).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' })
      expect(leftOpen()).toBe(0)
    })

    it('puts its batches into shared memory', async () => {
      const { splits, open } = await opened(10)
      for (const split of splits) {
        const reader = await open(split)
        const next = await reader.next()
        for (const memory of buffersOf(next!.batch)) expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer)
        await reader.close()
      }
    })

    it('closed midway leaves nothing open, and closing again does nothing', async () => {
      const { splits, memory, open } = await opened(3)
      for (const split of splits) {
        const reader = await open(split)
        for (const slab of (await reader.next())!.slabs) memory.pool.release(slab)
        await reader.close()
        await reader.close()
        expect(await reader.next()).toBeUndefined()
      }
      expect(memory.pool.inUse).toBe(0)
      expect(leftOpen()).toBe(0)
    })

    it('can be closed before anything was read, and while a read is under way', async () => {
      const { source, splits, memory, open } = await opened(3)
      const reader = await open(splits[0]!)
      const reading = reader.next()
      await reader.close()
      for (const slab of (await reading)?.slabs ?? []) memory.pool.release(slab)
      if (source.replayable) await (await open(splits[0]!)).close()
      expect(memory.pool.inUse).toBe(0)
      expect(leftOpen()).toBe(0)
    })
  })
}

function buffersOf(batch: Batch): ArrayBufferView[] {
  return batch.columns.flatMap(({ values, offsets, validity, dictionary }) =>
    [values, offsets, validity, dictionary?.values, dictionary?.offsets].filter(
      memory => memory !== undefined,
    ),
  )
}

/** A sink under test, with a way to see what others see in it. */
export interface SinkUnderTest {
  readonly sink: Sink
  /** The rows visible now, in any order if the sink keeps none; also after `close`. */
  rows(): Row[] | Promise<Row[]>
  /** A sink over the same place once the first is closed, for sinks that keep a record of epochs. */
  again?(): Sink
}

export interface SinkLawOptions {
  /** Handles, files, connections still open; 0 after every test. */
  readonly leftOpen?: () => number
}

/** What the laws write: awkward names and values, every kind of column that JSON-like sinks can hold. */
export const lawSchema = schemaFrom({
  id: 'int32',
  'a "quoted" name; --': 'utf8',
  value: 'float64',
  flag: 'bool',
  at: 'timestamp[us]',
})

const TEXTS = ['plain', `it's`, '"; drop table x; --', 'two\nlines', `\${id}`, '__proto__', 'zażółć 🦀', '']

export function lawRow(id: number): RowLike {
  return {
    id,
    'a "quoted" name; --': id % 5 === 4 ? null : TEXTS[id % TEXTS.length],
    value: id % 7 === 6 ? null : id / 4,
    flag: id % 3 === 2 ? null : id % 2 === 0,
    at: new Date((id - 10) * 1000),
  }
}

const lawRows = (from: number, to: number): RowLike[] =>
  Array.from({ length: to - from }, (_, i) => lawRow(from + i))

const sorted = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => Number(a.id) - Number(b.id))

/** The laws of sinks. `make` gives a fresh, empty sink each time. */
export function sinkLaws(
  name: string,
  make: () => SinkUnderTest | Promise<SinkUnderTest>,
  { leftOpen = () => 0 }: SinkLawOptions = {},
): void {
  describe(`sink laws: ${name}`, () => {
    const arena = new SlabArena(new SlabPool())
    const batch = (from: number, to: number) => batchFromRows(lawSchema, lawRows(from, to), arena)
    const expected = (from: number, to: number) => lawRows(from, to).map(row => ({ ...row }))

    it('holds the rows of committed epochs, however they were cut into batches', async () => {
      for (const size of [1, 3, 1000]) {
        const { sink, rows } = await make()
        await sink.open(lawSchema)
        for (let epoch = 0; epoch < 2; epoch++) {
          await sink.begin(epoch)
          for (let from = epoch * 10; from < epoch * 10 + 10; from += size)
            await sink.write(batch(from, Math.min(from + size, epoch * 10 + 10)))
          await sink.commit(epoch)
        }
        await sink.close()
        expect(sorted(await rows())).toEqual(expected(0, 20))
        expect(leftOpen()).toBe(0)
      }
    })

    it('writes only the rows that count', async () => {
      const { sink, rows } = await make()
      await sink.open(lawSchema)
      await sink.begin(0)
      await sink.write({ ...batch(0, 10), selection: Uint32Array.of(1, 4, 9) })
      await sink.commit(0)
      await sink.close()
      expect(sorted(await rows())).toEqual([1, 4, 9].map(lawRow))
    })

    it('keeps nothing of a batch once the write is done', async () => {
      const { sink, rows } = await make()
      await sink.open(lawSchema)
      await sink.begin(0)
      const written = batch(0, 10)
      await sink.write(written)
      for (const { buffer, byteOffset, byteLength } of buffersOf(written))
        new Uint8Array(buffer, byteOffset, byteLength).fill(0x5a)
      await sink.commit(0)
      await sink.close()
      expect(sorted(await rows())).toEqual(expected(0, 10))
    })

    it('shows nothing of an aborted epoch, and goes on after it', async () => {
      const { sink, rows } = await make()
      await sink.open(lawSchema)
      await sink.begin(0)
      await sink.write(batch(0, 5))
      await sink.commit(0)
      await sink.begin(1)
      await sink.write(batch(5, 8))
      await sink.abort()
      await sink.begin(1)
      await sink.write(batch(10, 12))
      await sink.commit(1)
      await sink.close()
      expect(sorted(await rows())).toEqual([...expected(0, 5), ...expected(10, 12)])
    })

    it('shows nothing of an epoch that was never committed', async () => {
      const { sink, rows } = await make()
      await sink.open(lawSchema)
      await sink.begin(0)
      await sink.write(batch(0, 5))
      await sink.commit(0)
      await sink.begin(1)
      await sink.write(batch(5, 8))
      await sink.close()
      expect(sorted(await rows())).toEqual(expected(0, 5))
      expect(leftOpen()).toBe(0)
    })

    it('keeps a record of each job, goes on where it was left, and does not write twice what it holds', async () => {
      const { sink, rows, again } = await make()
      if (!again) return
      await sink.open(lawSchema, { job: 'a' })
      expect(await sink.committed!()).toBeUndefined()
      for (const epoch of [0, 1]) {
        await sink.begin(epoch)
        await sink.write(batch(epoch * 5, epoch * 5 + 5))
        await sink.commit(epoch)
        expect(await sink.committed!()).toBe(epoch)
      }
      await sink.begin(2)
      await sink.write(batch(90, 95))
      await sink.close()
      // The job goes on from a snapshot that is older than what the sink holds.
      const next = again()
      await next.open(lawSchema, { job: 'a' })
      expect(await next.committed!()).toBe(1)
      for (const epoch of [1, 2, 3]) {
        await next.begin(epoch)
        await next.write(batch(epoch * 5, epoch * 5 + 5))
        await next.commit(epoch)
      }
      await next.close()
      expect(sorted(await rows())).toEqual(expected(0, 20))
      expect(leftOpen()).toBe(0)
    })

    it('refuses to go on where epochs are missing, and loses nothing by it', async () => {
      const { sink, rows, again } = await make()
      if (!again) return
      await sink.open(lawSchema, { job: 'a' })
      await sink.begin(0)
      await sink.write(batch(0, 5))
      await sink.commit(0)
      await sink.close()
      const gap = again()
      await gap.open(lawSchema, { job: 'a' })
      await expect(gap.begin(2)).rejects.toMatchObject({ name: 'ConnectorError', code: 'SINK_BEHIND' })
      await gap.abort()
      await gap.close()
      expect(sorted(await rows())).toEqual(expected(0, 5))
      expect(leftOpen()).toBe(0)
    })

    it('takes empty epochs, and can be closed twice', async () => {
      const { sink, rows } = await make()
      await sink.open(lawSchema)
      await sink.begin(0)
      await sink.commit(0)
      await sink.close()
      await sink.close()
      expect(await rows()).toEqual([])
      expect(leftOpen()).toBe(0)
    })
  })
}
