import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { columnsOfJsonSchema } from '../../../src/core/dataset/json-schema-columns.ts'
import { deadLetter, memory, read } from '../../../src/index.ts'
import { temporaryDirectory } from '../duckdb/helpers.ts'
import { order, valibotOrder } from './orders.ts'

const directory = temporaryDirectory()
const path = join(directory, 'orders.jsonl')
writeFileSync(
  path,
  [
    '{"id":1,"name":"a","price":2.5,"more":true}',
    '{"id":2,"name":"b"}',
    '{"id":3,"name":"","price":1}',
    '{"id":4,"name":"d","price":-1}',
    '{"id":"x","name":"e"}',
    '{"id":6,"name":"f","price":3}',
  ].join('\n'),
)

const GOOD = [
  { id: 1, name: 'a', price: 2.5 },
  { id: 2, name: 'b', price: null },
  { id: 6, name: 'f', price: 3 },
]
const MODULE = new URL('./orders.ts', import.meta.url)
const COLUMNS = { id: 'int53', name: 'utf8', price: 'float64' } as const

const ark = type({ id: 'number.integer', name: 'string > 0', 'price?': 'number > 0' })

describe('validators in place of a schema', () => {
  it.each([
    ['zod', () => read.json(path, order, { onBadRow: 'skip' })],
    ['arktype alone', () => read.json(path, ark, { onBadRow: 'skip' })],
    ['arktype', () => read.json(path, { validate: ark, schema: COLUMNS }, { onBadRow: 'skip' })],
    ['valibot', () => read.json(path, { validate: valibotOrder, schema: COLUMNS }, { onBadRow: 'skip' })],
    [
      'zod in shards',
      () =>
        read.json(
          path,
          { validate: { url: MODULE, export: 'order' }, schema: COLUMNS },
          { onBadRow: 'skip' },
        ),
    ],
    [
      'valibot in shards',
      () =>
        read.json(
          path,
          { validate: { url: MODULE, export: 'valibotOrder' }, schema: COLUMNS },
          { onBadRow: 'skip' },
        ),
    ],
  ] as const)('%s', async (_, open) => {
    for (const shards of [0, 2]) {
      const sink = memory()
      const job = await open().write(sink).start({ shards })
      expect(await job.done).toMatchObject({ skipped: 3, rowsOut: 3 })
      expect(sink.rows()).toEqual(GOOD)
    }
  })

  it('types the rows, with null for what may be absent', () => {
    expectTypeOf(() => read.json(path, order).collect()).returns.resolves.toEqualTypeOf<
      { id: number; name: string; price: number | null }[]
    >()
    const pair = read.json(path, { validate: valibotOrder, schema: COLUMNS })
    expectTypeOf(() => pair.collect()).returns.resolves.toEqualTypeOf<
      { id: number; name: string; price: number | null }[]
    >()
  })

  it('ends the job with what the validator says, where and of which row', async () => {
    const good = join(directory, 'third.jsonl')
    writeFileSync(good, '{"id":3,"name":"","price":1}\n')
    await expect(read.json(good, order).collect()).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringMatching(/column "name": .*, in the row id: 3, name: "", price: 1/),
    })
  })

  it('rows that are not valid and records that are none go to one sink', async () => {
    const letters = memory()
    const job = await read
      .json(path, order, { onBadRow: deadLetter(letters) })
      .write(memory())
      .start()
    await job.done
    const rows = letters.rows().map(({ column, code, record }) => [column, code, record])
    expect(rows.sort()).toEqual([
      ['id', 'VALUE_TYPE', '{"id":"x","name":"e"}'],
      ['name', 'VALIDATION', '{"id":3,"name":"","price":1}'],
      ['price', 'VALIDATION', '{"id":4,"name":"d","price":-1}'],
    ])
  })

  it('a value is what the validator makes of it, also later', async () => {
    const parsed = z.object({
      at: z.string().transform(async text => new Date(text)),
      n: z.number().default(7),
    })
    const file = join(directory, 'times.jsonl')
    writeFileSync(file, '{"at":"2024-02-29","n":null}\n{"at":"2024-03-01","n":2}\n')
    const rows = read.json(file, {
      validate: parsed,
      schema: { at: 'utf8', n: 'float64' },
      out: { at: 'timestamp', n: 'float64' },
    })
    expect(await rows.collect()).toEqual([
      { at: new Date('2024-02-29'), n: 7 },
      { at: new Date('2024-03-01'), n: 2 },
    ])
    expectTypeOf(rows.collect()).resolves.toEqualTypeOf<{ at: Date; n: number }[]>()
  })

  it('absent and null are told apart as the validator wants them', async () => {
    const file = join(directory, 'nulls.jsonl')
    writeFileSync(file, '{"a":null,"o":{"x":null}}\n{"b":"y","a":"z","o":{"x":1}}\n{"o":null}\n')
    const strict = z.object({
      a: z.string().nullable(),
      b: z.string().optional(),
      o: z.object({ x: z.number().nullable() }).nullable(),
    })
    expect(await read.json(file, strict).collect()).toEqual([
      { a: null, b: null, o: { x: null } },
      { a: 'z', b: 'y', o: { x: 1 } },
      { a: null, b: null, o: null },
    ])
  })

  it('a validator that cannot say its columns is refused at the call', () => {
    expect(() => read.json(path, v.object({ id: v.number() }))).toThrow(
      /the schema of valibot does not say what columns its rows have/,
    )
    expect(() => read.json(path, z.object({ at: z.date() }))).toThrow(/VALIDATOR|does not say/)
  })

  it('an export that is none is refused', async () => {
    const rows = read.json(path, { validate: { url: MODULE, export: 'notOne' }, schema: COLUMNS })
    await expect(rows.collect()).rejects.toMatchObject({ code: 'FUNCTION_EXPORT' })
  })
})

describe('columns of JSON Schema', () => {
  const columns = (schema: z.ZodType) =>
    columnsOfJsonSchema(z.toJSONSchema(schema) as Record<string, unknown>)

  it('are those of its properties', () => {
    const Point = z.object({ x: z.number(), y: z.number().nullable() }).meta({ id: 'Point' })
    expect(
      columns(
        z.object({
          s: z.string().nullish(),
          e: z.enum(['a', 'b']),
          one: z.literal(1),
          b: z.boolean(),
          i: z.int(),
          small: z.int32(),
          n: z.union([z.int(), z.number()]),
          list: z.array(z.array(Point)),
          p: Point,
        }),
      ),
    ).toEqual({
      s: 'utf8',
      e: 'utf8',
      one: 'float64',
      b: 'bool',
      i: 'int53',
      small: 'int32',
      n: 'float64',
      list: [[{ x: 'float64', y: 'float64' }]],
      p: { x: 'float64', y: 'float64' },
    })
  })

  it('are unknown where something is of no type, or of several', () => {
    expect(columns(z.object({ a: z.union([z.string(), z.number()]) }))).toBeUndefined()
    expect(columns(z.object({ a: z.unknown() }))).toBeUndefined()
    expect(columns(z.string())).toBeUndefined()
    const Tree: z.ZodType = z.lazy(() => z.object({ children: z.array(Tree) }))
    expect(columns(Tree)).toBeUndefined()
  })
})

describe('every reader takes a validator', () => {
  const numbered = z.object({ n: z.int32().max(2) })

  it('rows and iterables, with onBadRow', async () => {
    const items = [{ n: 1 }, { n: 2 }, { n: 3 }]
    const letters = memory()
    const sink = memory()
    const job = await read
      .rows(items, numbered, { onBadRow: deadLetter(letters) })
      .write(sink)
      .start({ shards: 2 })
    await job.done
    expect(sink.rows()).toEqual([{ n: 1 }, { n: 2 }])
    expect(letters.rows().map(({ column, record }) => [column, record])).toEqual([['n', '{"n":3}']])
    const kept = read.iterable(items, numbered, { bounded: true, onBadRow: 'skip' })
    expect(await kept.collect()).toEqual([{ n: 1 }, { n: 2 }])
    await expect(read.rows(items, numbered).collect()).rejects.toMatchObject({ code: 'VALIDATION' })
    expectTypeOf(() => kept.collect()).returns.resolves.toEqualTypeOf<{ n: number }[]>()
  })

  it('CSV files', async () => {
    const file = join(directory, 'numbers.csv')
    writeFileSync(file, 'n\n1\nx\n3\n2\n')
    const rows = read.csv(file, numbered, { onBadRow: 'skip' })
    expect(await rows.collect()).toEqual([{ n: 1 }, { n: 2 }])
  })
})
