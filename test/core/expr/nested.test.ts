import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { columnsOf, type Expression, list, lit, struct, when } from '../../../src/core/expr/builder.ts'
import { compileKernel } from '../../../src/core/expr/compile.ts'
import { show } from '../../../src/core/expr/show.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const schema = schemaFrom({
  id: 'int32',
  user: { name: 'utf8', length: 'int32', 'no ident': 'bool', home: { city: 'dictionary' } },
  tags: ['utf8'],
  xs: ['float64'],
  big: ['int64'],
  users: [{ name: 'utf8' }],
  m: 'map<utf8, int32>',
})

const opt = <T>(of: fc.Arbitrary<T>) => fc.option(of, { freq: 4 })
const text = fc.constantFrom('', 'a', 'b', 'ab', 'ż', '🦀', 'long '.repeat(9))
const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-0, Number.NaN, 1e300, -1e300))
const row = fc.record({
  id: opt(fc.integer({ min: -4, max: 4 })),
  user: opt(
    fc.record({
      name: opt(text),
      length: opt(fc.nat(9)),
      'no ident': opt(fc.boolean()),
      home: opt(fc.record({ city: opt(text) })),
    }),
  ),
  tags: opt(fc.array(opt(text), { maxLength: 4 })),
  xs: opt(fc.array(opt(number), { maxLength: 4 })),
  big: opt(fc.array(opt(fc.bigInt(-(2n ** 60n), 2n ** 60n)), { maxLength: 4 })),
  users: opt(fc.array(opt(fc.record({ name: opt(text) })), { maxLength: 3 })),
  m: opt(fc.array(fc.tuple(text, opt(fc.nat(9))), { maxLength: 3 }).map(entries => new Map(entries))),
})
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never

const r: any = columnsOf(schema)

/** What an expression gives for each row, by kernels and without generated code, with rows left out and without. */
function evaluate(expression: Expression<any>, rows: readonly Row[]): unknown[] {
  const batch = batchFromRows(schema, rows as never)
  const steps = [{ kind: 'project' as const, columns: [{ name: 'x', expr: expression.expr }] }]
  const results = [true, false].flatMap(codegen => {
    const kernel = compileKernel(schema, steps, { codegen })
    const odd = Uint32Array.from(rows.keys()).filter(i => i % 2 === 1)
    const whole = rowsOf(kernel.run(batch, heapArena)).map(({ x }) => x)
    const some = rowsOf(kernel.run({ ...batch, selection: odd }, heapArena)).map(({ x }) => x)
    expect(some).toEqual([...odd].map(i => whole[i]))
    return [whole]
  })
  expect(results[1]).toEqual(results[0])
  return results[0]!
}

const isNothing = (value: unknown): value is null | undefined => value === null || value === undefined
const same = (a: unknown, b: unknown) => a === b || (Number.isNaN(a) && Number.isNaN(b))
const order = (a: any, b: any): number => {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}
const sorted = (values: readonly any[]) => [
  ...values.filter(value => !isNothing(value)).sort(order),
  ...values.filter(isNothing),
]
const some = (values: readonly any[]) => values.filter(value => !isNothing(value))

/** Expressions, each with what it gives for a row: undefined is null. */
const CASES: Record<string, [Expression<any>, (row: any) => unknown]> = {
  field: [r.user.name, row => row.user?.name],
  'field with the name of a method': [r.user.field('length'), row => row.user?.length],
  'field with any name': [r.user['no ident'], row => row.user?.['no ident']],
  'field of a field': [r.user.home.city, row => row.user?.home?.city],
  'struct within': [r.user.home, row => row.user?.home],
  'function of a field': [
    r.user.field('length').add(r.id),
    row => {
      const length = row.user?.length
      return isNothing(length) || row.id === null ? null : length + row.id
    },
  ],
  'field of an element': [r.users.at(0).name, row => row.users?.at(0)?.name],
  at: [r.tags.at(1), row => row.tags?.[1]],
  'at from the end': [r.tags.at(-2), row => row.tags?.at(-2)],
  'at a column': [r.tags.at(r.id), row => (row.id === null ? null : row.tags?.at(row.id))],
  length: [r.tags.length(), row => row.tags?.length],
  'length of a map': [r.m.length(), row => row.m?.size],
  'length of a text': [
    r.user.name.length(),
    row => (isNothing(row.user?.name) ? null : [...row.user.name].length),
  ],
  contains: [r.tags.contains('a'), row => row.tags?.includes('a')],
  'contains NaN': [r.xs.contains(Number.NaN), row => row.xs?.includes(Number.NaN)],
  'contains a whole number': [r.xs.contains(1), row => row.xs?.includes(1)],
  'place of a whole number': [r.xs.indexOf(1), row => row.xs?.indexOf(1)],
  'contains a column of whole numbers': [
    r.xs.contains(r.id),
    row => (isNothing(row.id) ? null : row.xs?.includes(row.id)),
  ],
  'contains a column': [
    r.tags.contains(r.user.name),
    row => (isNothing(row.user?.name) ? null : row.tags?.includes(row.user.name)),
  ],
  'contains of text': [r.user.name.contains('b'), row => row.user?.name?.includes('b')],
  indexOf: [r.tags.indexOf('b'), row => row.tags?.indexOf('b')],
  slice: [r.tags.slice(1, -1), row => row.tags?.slice(1, -1)],
  'slice of a column': [r.tags.slice(r.id), row => (row.id === null ? null : row.tags?.slice(row.id))],
  reverse: [r.xs.reverse(), row => row.xs?.toReversed()],
  concat: [
    r.tags.concat(r.tags, list(r.user.name)),
    row => row.tags && [...row.tags, ...row.tags, row.user?.name ?? null],
  ],
  sort: [r.xs.sort(), row => row.xs && sorted(row.xs)],
  'sort descending': [
    r.tags.sort({ descending: true, nulls: 'first' }),
    row => row.tags && sorted(row.tags).toReversed(),
  ],
  distinct: [
    r.xs.distinct(),
    row =>
      row.xs?.filter(
        (x: any, i: number) => row.xs.findIndex((y: any) => same(x, y) || (x === 0 && y === 0)) === i,
      ),
  ],
  join: [r.tags.join(', '), row => row.tags && some(row.tags).join(', ')],
  count: [r.xs.count(), row => row.xs && some(row.xs).length],
  sum: [
    r.xs.sum(),
    row => {
      if (!row.xs || some(row.xs).length === 0) return null
      return some(row.xs).reduce((a, b) => a + b)
    },
  ],
  'sum of int64': [
    r.big.sum(),
    row => (row.big && some(row.big).length > 0 ? some(row.big).reduce((a, b) => a + b, 0n) : null),
  ],
  mean: [
    r.xs.mean(),
    row =>
      row.xs && some(row.xs).length > 0
        ? some(row.xs).reduce((a, b) => a + b, 0) / some(row.xs).length
        : null,
  ],
  min: [r.tags.min(), row => row.tags && sorted(row.tags)[0]],
  max: [r.xs.max().eq(r.xs.max()), row => (row.xs && some(row.xs).length > 0 ? true : null)],
  get: [r.m.get('a'), row => row.m?.get('a')],
  'get a column': [
    r.m.get(r.user.name),
    row => (isNothing(row.user?.name) ? null : row.m?.get(row.user.name)),
  ],
  keys: [r.m.keys(), row => row.m && [...row.m.keys()]],
  values: [r.m.values(), row => row.m && [...row.m.values()]],
  struct: [struct({ a: r.id, 'b c': r.tags, d: 1 }), row => ({ a: row.id, 'b c': row.tags, d: 1 })],
  'field of a struct just made': [
    (struct({ a: r.id.add(1) }) as any).field('a'),
    row => (row.id === null ? null : row.id + 1),
  ],
  list: [list(r.id, 7, lit(null)), row => [row.id, 7, null]],
  'is null': [r.user.isNull(), row => row.user === null],
  'is not null': [r.tags.isNotNull(), row => row.tags !== null],
  eq: [r.tags.eq(list('a')), row => row.tags && row.tags.length === 1 && row.tags[0] === 'a'],
  when: [
    when(r.id.gt(0), r.tags).when(r.id.lt(-2), r.tags.slice(0, 1)).otherwise(list('none')),
    row => (row.id > 0 ? row.tags : row.id !== null && row.id < -2 ? row.tags?.slice(0, 1) : ['none']),
  ],
  'when without another': [when(r.id.gt(0), r.user).otherwiseNull(), row => (row.id > 0 ? row.user : null)],
  coalesce: [r.tags.coalesce(list(r.user.name)), row => row.tags ?? [row.user?.name ?? null]],
  'null of a type': [lit(null, { a: ['utf8'] }), () => null],
}

describe('expressions of nested values', () => {
  it.each(Object.entries(CASES))('%s', (_name, [expression, expected]) => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), rows => {
        const wanted = rows.map(of => expected(of) ?? null)
        expect(evaluate(expression, rows)).toEqual(wanted)
      }),
      { numRuns: 25 },
    )
  })

  it('may follow one another: filters, columns of columns, and fields of what was made', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), rows => {
        const kernel = compileKernel(schema, [
          { kind: 'filter', test: r.tags.length().gt(1).expr },
          {
            kind: 'project',
            columns: [
              { name: 'id', expr: r.id.expr },
              { name: 's', expr: (struct({ first: r.tags.at(0), n: r.tags.length() }) as any).expr },
            ],
          },
          {
            kind: 'filter',
            test: {
              kind: 'call',
              fn: 'isNotNull',
              args: [
                {
                  kind: 'call',
                  fn: 'field',
                  args: [{ kind: 'column', name: 's' }],
                  options: { name: 'first' },
                },
              ],
            },
          },
        ])
        const expected = rows
          .filter(({ tags }) => tags && tags.length > 1 && tags[0] !== null)
          .map(({ id, tags }) => ({ id, s: { first: tags![0], n: tags!.length } }))
        expect(rowsOf(kernel.run(batchFromRows(schema, rows as never), heapArena))).toEqual(expected)
      }),
    )
  })

  it('fail only for rows that count', () => {
    const rows = [{ big: [2n ** 62n, 2n ** 62n] }, { big: [1n] }]
    const batch = batchFromRows(schema, rows)
    const steps = [{ kind: 'project' as const, columns: [{ name: 'x', expr: r.big.sum().expr }] }]
    const kernel = compileKernel(schema, steps)
    expect(() => kernel.run(batch, heapArena)).toThrow(expect.objectContaining({ code: 'OVERFLOW' }))
    expect(rowsOf(kernel.run({ ...batch, selection: Uint32Array.of(1) }, heapArena))).toEqual([{ x: 1n }])
  })

  it.each([
    [() => r.user.nam, 'UNKNOWN_COLUMN', /user has no field "nam"/],
    [() => r.user.Name, 'UNKNOWN_COLUMN', /user has no field "Name"/],
    [() => r.tags.add(1), 'ARGUMENT_TYPE', /numbers, got list<utf8>/],
    [() => r.tags.at('x'), 'ARGUMENT_TYPE', /whole number/],
    [() => r.user.upper(), 'ARGUMENT_TYPE', /text, got struct</],
    [() => r.tags.contains(3), 'ARGUMENT_TYPE', /values of type utf8, got int32/],
    [() => r.m.eq(r.m), 'ARGUMENT_TYPE', /maps have no order/],
    [() => r.tags.eq(r.xs), 'ARGUMENT_TYPE', /cannot compare list<utf8> with list<float64>/],
    [() => r.tags.sum(), 'ARGUMENT_TYPE', /a list of numbers/],
    [() => r.xs.join('-'), 'ARGUMENT_TYPE', /a list of texts/],
    [() => r.id.at(0), 'ARGUMENT_TYPE', /a list, got int32/],
    [() => r.tags.get('a'), 'ARGUMENT_TYPE', /a map, got list<utf8>/],
    [() => r.tags.concat(r.xs), 'ARGUMENT_TYPE', /lists as list<utf8>, got list<float64>/],
    [() => list(r.id, 'x'), 'ARGUMENT_TYPE', /no type holds both int32 and utf8/],
    [() => r.tags.isIn([r.tags]), 'ARGUMENT_TYPE', /./],
    [() => r.tags.cast('int32'), 'ARGUMENT_TYPE|CAST', /./],
    [() => when(r.id.gt(0), r.tags).otherwise(r.xs), 'ARGUMENT_TYPE', /no type holds both/],
  ])('are refused: %s', (make, code, message) => {
    const compile = () =>
      compileKernel(schema, [{ kind: 'project', columns: [{ name: 'x', expr: (make as any)().expr }] }])
    expect(compile).toThrow(message as RegExp)
    expect(compile).toThrow(
      expect.objectContaining({ code: expect.stringMatching(new RegExp(`^(${code})$`)) }),
    )
  })

  it('are shown as they are written', () => {
    expect(show(r.user.home.city.eq('x').expr)).toBe('user.home.city = "x"')
    expect(show(r.user['no ident'].expr)).toBe('user."no ident"')
    expect(show(r.xs.sum().add(1).expr)).toBe('xs.sum() + 1')
    expect(show(r.tags.join(', ').expr)).toBe('tags.join(", ")')
    expect(show((struct({ a: r.id, 'b c': r.xs }) as any).expr)).toBe('struct("a": id, "b c": xs)')
  })
})

describe('what lists of decimals and durations add up to', () => {
  const types = schemaFrom({ d: ['decimal(10, 2)'], wide: ['decimal(38, 1)'], t: ['duration'] })
  const columns: any = columnsOf(types)
  const sums = (row: object) => {
    const batch = batchFromRows(types, [row, { d: null, wide: [], t: [null] }] as never)
    const steps = ['d', 'wide', 't'].flatMap(name => [
      { name: `${name} sum`, expr: columns[name].sum().expr },
      { name: `${name} mean`, expr: columns[name].mean().expr },
    ])
    const kernel = compileKernel(types, [{ kind: 'project', columns: steps }])
    expect(kernel.schema.map(({ type }) => type)).toEqual([
      ...['decimal(38, 2)', 'float64', 'decimal(38, 1)', 'float64', 'duration[us]', 'duration[us]'],
    ])
    const [first, nothing] = rowsOf(kernel.run(batch, heapArena)).map(made => Object.values(made))
    expect(nothing).toEqual([null, null, null, null, null, null])
    return first
  }

  it('is exact', () => {
    const row = {
      d: ['0.10', null, '0.20'],
      wide: ['9999999999999999999999999999999999.9', '0.1'],
      t: [1, 2.001],
    }
    expect(sums(row)).toEqual(['0.30', 0.15, '10000000000000000000000000000000000.0', 5e33, 3.001, 1.501])
  })

  it('fails where it has more digits than the type', () => {
    const most = `${'9'.repeat(37)}.9`
    expect(() => sums({ d: [], wide: [most, '0.1'], t: [] })).toThrow(
      expect.objectContaining({ code: 'OVERFLOW' }),
    )
  })
})
