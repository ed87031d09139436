import { expect, it } from 'vitest'
import { read } from '../../src/index.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'

const untyped: any = read
const schema = { n: 'int32' } as const
const throws = () => {
  throw new Error('torn')
}

it.each([
  ['a number', () => untyped.iterable(42, schema)],
  [
    'what throws when asked for its iterator',
    () => untyped.iterable(Object.defineProperty({}, Symbol.asyncIterator, { get: throws }), schema),
  ],
  [
    'a row whose value throws, while types are looked for',
    () => untyped.rows([Object.defineProperty({}, 'n', { get: throws, enumerable: true })]),
  ],
  [
    'a source whose method throws',
    () => untyped.source(Object.defineProperty({}, 'schema', { get: throws })),
  ],
])('read of %s is refused at the call', (_name, call) => {
  expect(call).toThrow(expect.objectContaining({ name: 'PlanError', code: 'SOURCE' }))
})

it.each([
  ['no iterator', { [Symbol.asyncIterator]: () => undefined }, /no next\(\)/],
  ['a number for a step', { [Symbol.iterator]: () => ({ next: () => 5 }) }, /next\(\) gave 5/],
  [
    'nothing for a step',
    { [Symbol.asyncIterator]: () => ({ next: async () => undefined }) },
    /gave undefined/,
  ],
  ['a row whose value throws', [Object.defineProperty({}, 'n', { get: throws })], /torn/],
])('an iterable that gives %s fails the job', async (_name, items, message) => {
  const counted = untyped.iterable(items, schema, { bounded: true }).count()
  await expect(counted).rejects.toMatchObject({
    name: 'ConnectorError',
    code: 'SOURCE_FAILED',
    message: expect.stringMatching(message),
  })
})

const batch = { schema: [], columns: [], length: 1, position: { split: 0, offset: 0 } }
it.each([
  ['a number', 5],
  ['null', null],
  ['an object', {}],
  ['a number for a batch', { batch: 7, slabs: [] }],
  ['no slabs', { batch }],
  ['no rows', { batch: { ...batch, length: 0 }, slabs: [] }],
  ['no selected row', { batch: { ...batch, selection: new Uint32Array(0) }, slabs: [] }],
])('a reader that gives %s fails the job', async (_name, read) => {
  const open = async () => ({ next: async () => read, close: async () => {} })
  const counted = untyped.source({ ...scriptedSource(schema, [[]]), open }, schema).count()
  await expect(counted).rejects.toMatchObject({ name: 'ConnectorError', code: 'SOURCE_BATCH' })
})

it.each([
  ['rejects with undefined', () => Promise.reject(undefined)],
  [
    'throws undefined',
    () => {
      throw undefined
    },
  ],
])('a reader that %s fails the job', async (_name, next) => {
  const open = async () => ({ next, close: async () => {} })
  const counted = untyped.source({ ...scriptedSource(schema, [[]]), open }, schema).count()
  await expect(counted).rejects.toMatchObject({ name: 'ConnectorError', code: 'SOURCE_FAILED' })
})

it.each([
  ['a promise for canFilter', { canFilter: async () => true }, 'canFilter() gave'],
  [
    'an error of canFilter',
    {
      canFilter: () => {
        throw new Error('no idea')
      },
    },
    'no idea',
  ],
  ['no schema', { schema: async () => undefined }, 'schema() gave undefined'],
  ['a schema of nothing', { schema: async () => [undefined] }, 'schema() gave [null]'],
  ['splits that are no list', { splits: async () => 42 }, 'splits() gave 42'],
  ['a split that is none', { splits: async () => [{}] }, 'splits() gave [{}]'],
])('a source that answers with %s fails, and is named', async (_name, answers, message) => {
  const source = untyped.source({ ...scriptedSource(schema, [[{ rows: [] }]]), ...answers })
  const counted = source.filter((r: any) => r.n.gt(1)).count()
  await expect(counted).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: expect.stringContaining(message),
  })
})

it('a batch whose selection goes beyond its rows fails the job', async () => {
  const selected = { ...batch, selection: new Uint32Array([0, 7]) }
  const open = async () => ({ next: async () => ({ batch: selected, slabs: [] }), close: async () => {} })
  const counted = untyped.source({ ...scriptedSource(schema, [[]]), open }, schema).count()
  await expect(counted).rejects.toMatchObject({ code: 'SOURCE_BATCH' })
})
