import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { dictionaryOf } from '../../../src/core/batch/dictionary.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { DataError, PlanError } from '../../../src/core/errors.ts'
import { col, columnsOf, type Expression, exprOf, lit, when } from '../../../src/core/expr/builder.ts'
import { cellAt } from '../../../src/core/expr/cell.ts'
import { compileKernel } from '../../../src/core/expr/compile.ts'
import { interpret } from '../../../src/core/expr/interpret.ts'
import { columnsUsed, hasParity, show, typeOf } from '../../../src/core/expr/type-of.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const schema = schemaFrom({
  origin: 'utf8',
  delay: 'int32',
  tiny: 'int8',
  byte: 'uint8',
  total: 'int64',
  huge: 'uint64',
  ratio: 'float32',
  date: 'timestamp',
  ['__proto__']: 'float64',
})
const r = columnsOf<any>(schema)

const typeOfExpression = (expression: Expression<any>) => typeOf(expression.expr, schema)
const code = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof PlanError || error instanceof DataError) return error.code
    throw error
  }
  return 'no error'
}

const numbers = (values: readonly bigint[]): Batch => ({
  schema: schemaFrom({ n: 'int64' }),
  length: values.length,
  columns: [{ type: 'int64', values: BigInt64Array.from(values) }],
  position: { split: 0, offset: 0 },
})

const computed = (input: Batch, expression: Expression<any>, codegen = true): Batch =>
  compileKernel(input.schema, [{ kind: 'project', columns: [{ name: 'x', expr: expression.expr }] }], {
    codegen,
  }).run(input, heapArena)

describe('columns', () => {
  it('are found by any name, and an unknown one is named', () => {
    const hostile = '__proto__'
    expect(r[hostile].expr).toEqual({ kind: 'column', name: hostile })
    expect(code(() => r.constructor)).toBe('UNKNOWN_COLUMN')
    expect(() => r.Delay).toThrow('did you mean "delay"?')
    expect(Object.keys({ ...r })).toEqual(schema.map(field => field.name))
  })

  it('have no value of their own', () => {
    expect(code(() => r.delay + 1)).toBe('NOT_A_VALUE')
    expect(code(() => `${r.delay}`)).toBe('NOT_A_VALUE')
  })
})

describe('expressions as data', () => {
  it('are frozen JSON', () => {
    const { expr } = r.total
      .add(2n ** 60n)
      .gt(r.huge)
      .and(r.date.lt(new Date(5)))
      .and(r.ratio.eq(Number.NaN))
    expect(JSON.parse(JSON.stringify(expr))).toEqual(expr)
    expect(Object.isFrozen(expr)).toBe(true)
    expect(columnsUsed(expr)).toEqual(['total', 'huge', 'date', 'ratio'])
  })

  it('read as one line', () => {
    expect(show(r.delay.gt(60).and(r.origin.eq('a"b\n')).expr)).toBe('(delay > 60) and (origin = "a\\"b\\n")')
    expect(show(when(r.delay.isNull(), 1).otherwise(r.delay.neg()).expr)).toBe(
      'case when delay is null then 1 else -delay end',
    )
    expect(show(col('a b').isIn([1, 2]).expr)).toBe('"a b" in (1, 2)')
    expect(show(r.date.gte(new Date('2001-06-09T00:00:00Z')).expr)).toBe('date >= 2001-06-09T00:00:00.000Z')
  })

  it('refuse values that no column holds', () => {
    for (const value of [undefined, {}, () => 1, new Date(Number.NaN), 2n ** 64n, -(2n ** 63n) - 1n]) {
      expect(code(() => exprOf(value))).toBe('LITERAL')
    }
    expect(code(() => lit(300, 'int8'))).toBe('LITERAL')
    expect(code(() => exprOf(when(r.delay.gt(1), 1)))).toBe('WHEN_OPEN')
  })
})

describe('types', () => {
  it('widen as in DuckDB, and literals take the type of their neighbour where they fit', () => {
    expect(typeOfExpression(r.tiny.add(1))).toBe('int8')
    expect(typeOfExpression(r.tiny.add(1000))).toBe('int32')
    expect(typeOfExpression(r.tiny.add(r.delay))).toBe('int32')
    expect(typeOfExpression(r.tiny.add(r.byte))).toBe('int53')
    expect(typeOfExpression(r.delay.add(r.byte))).toBe('int32')
    expect(typeOfExpression(r.delay.add(r.total))).toBe('int64')
    expect(typeOfExpression(r.delay.add(0.5))).toBe('float64')
    expect(typeOfExpression(r.ratio.mul(0.5))).toBe('float32')
    expect(typeOfExpression(r.ratio.add(r.total))).toBe('float32')
    expect(typeOfExpression(r.delay.div(2))).toBe('float64')
    expect(typeOfExpression(when(r.delay.gt(0), null).otherwise(r.tiny))).toBe('int8')
    expect(typeOfExpression(r.date.extract('epochMs'))).toBe('int53')
    expect(typeOfExpression(r.origin.lower())).toBe('utf8')
  })

  it('that make no sense are named before anything runs', () => {
    const wrong: Record<string, Expression<any>[]> = {
      ARGUMENT_TYPE: [
        r.origin.add(1),
        r.delay.and(true),
        r.delay.eq('x'),
        r.delay.lower(),
        r.delay.truncate('hour'),
        r.total.add(r.huge),
        r.ratio.intDiv(2),
        when(r.delay.gt(1), 'late').otherwise(1),
      ],
      UNTYPED_NULL: [lit(null), lit(null).add(null)],
      CAST: [r.delay.cast('date'), r.date.cast('int64'), r.origin.cast('binary').cast('int32')],
      TIME_UNIT: [r.date.truncate('eon'), r.date.extract('eon')],
      UNKNOWN_COLUMN: [col('nope').add(1)],
    }
    for (const [expected, expressions] of Object.entries(wrong)) {
      for (const expression of expressions) {
        expect(
          code(() => typeOfExpression(expression)),
          show(expression.expr),
        ).toBe(expected)
      }
    }
    expect(() => typeOfExpression(r.date.gt('2026-01-31' as never))).toThrow(/new Date\('2026-01-31'\)/)
    expect(code(() => typeOf({ kind: 'call', fn: '__proto__', args: [] }, schema))).toBe('UNKNOWN_FUNCTION')
    expect(code(() => compileKernel(schema, [{ kind: 'filter', test: r.delay.expr }]))).toBe('CONDITION')
  })

  it('decide whether DuckDB may compute it', () => {
    expect(hasParity(r.delay.gt(60).and(r.origin.startsWith('I')).expr, schema, 'duckdb')).toBe(true)
    expect(hasParity(r.origin.lower().eq('iah').expr, schema, 'duckdb')).toBe(false)
    expect(hasParity(r.ratio.cast('int32').eq(1).expr, schema, 'duckdb')).toBe(false)
  })
})

describe('64-bit integers', () => {
  const n = col<bigint>('n')
  const edges = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 2n, -(2n ** 63n)]

  it('are never rounded, whichever way they are computed', () => {
    const { columns } = computed(numbers(edges), n.add(1))
    expect([...(columns[0]!.values as BigInt64Array)]).toEqual(edges.map(value => value + 1n))
    const small = computed(numbers([5n, -5n]), n.mul(3n))
    expect([...(small.columns[0]!.values as BigInt64Array)]).toEqual([15n, -15n])
  })

  it('go back to the fast way after a batch of large ones', () => {
    const kernel = compileKernel(numbers([]).schema, [
      { kind: 'project', columns: [{ name: 'x', expr: n.sub(1).expr }] },
    ])
    for (let i = 0; i < 40; i++) {
      const input = numbers(i % 20 === 0 ? [2n ** 62n] : [BigInt(i)])
      expect(cellAt(kernel.run(input, heapArena).columns[0]!, 0)).toBe(
        i % 20 === 0 ? 2n ** 62n - 1n : BigInt(i - 1),
      )
    }
  })

  it('overflow with an error that names the expression and the value', () => {
    for (const codegen of [true, false]) {
      const run = () => computed(numbers([1n, 2n ** 63n - 1n]), n.add(1), codegen)
      expect(run).toThrow(DataError)
      expect(run).toThrow('n + 1 does not fit int64: got 9223372036854775808')
      expect(() => computed(numbers([300n]), n.cast('int8'), codegen)).toThrow(
        'cast(n, int8) does not fit int8: got 300',
      )
    }
  })

  it('overflow only on rows that are wanted', () => {
    const input: Batch = { ...numbers([1n, 2n ** 63n - 1n]), selection: Uint32Array.of(0) }
    expect(cellAt(computed(input, n.add(1)).columns[0]!, 0)).toBe(2n)
    const guarded = when(n.lt(5n), n.add(1)).otherwise(0n)
    expect(cellAt(computed(numbers([2n ** 63n - 1n]), guarded).columns[0]!, 0)).toBe(0n)
  })
})

describe('a kernel', () => {
  const values: Column = { type: 'int32', values: Int32Array.of(1, 2, 3, 4) }
  const input: Batch = {
    schema: schemaFrom({ a: 'int32' }),
    length: 4,
    columns: [values],
    position: { split: 3, offset: 70 },
    selection: Uint32Array.of(1, 2, 3),
  }
  const a = col<number>('a')

  it('shares columns it only passes on, and keeps the position', () => {
    const kernel = compileKernel(input.schema, [
      { kind: 'filter', test: a.gt(2).expr },
      { kind: 'project', columns: [{ name: 'b', expr: a.expr }] },
    ])
    const output = kernel.run(input, heapArena)
    expect(output.columns[0]).toBe(values)
    expect(output.position).toEqual({ split: 3, offset: 70 })
    expect([...output.selection!]).toEqual([2, 3])
    expect(kernel.schema).toEqual([{ name: 'b', type: 'int32' }])
  })

  it('keeps the selection it was given when every row passes', () => {
    const kernel = compileKernel(input.schema, [{ kind: 'filter', test: a.gt(0).expr }])
    expect(kernel.run(input, heapArena).selection).toBe(input.selection)
    const { selection: _, ...all } = input
    expect(kernel.run(all, heapArena).selection).toBeUndefined()
  })

  it('drops rows whose test is null', () => {
    const nulls: Batch = { ...input, columns: [{ ...values, validity: Uint8Array.of(0b1011) }] }
    for (const codegen of [true, false]) {
      const kernel = compileKernel(input.schema, [{ kind: 'filter', test: a.gt(0).or(a.lt(2)).expr }], {
        codegen,
      })
      expect([...kernel.run(nulls, heapArena).selection!]).toEqual([1, 3])
    }
  })

  it('follows a dictionary that grows, and one that takes turns with it', () => {
    const text = new TextEncoder().encode('IAHhouATL')
    const all = dictionaryOf(text, Int32Array.of(0, 3, 6, 9))
    const few = { ...all, length: 2 }
    const other = dictionaryOf(text, Int32Array.of(6, 9))
    const origin = col<string>('origin')
    const kernel = compileKernel(schemaFrom({ origin: 'utf8' }), [
      { kind: 'filter', test: origin.ne('IAH').expr },
      { kind: 'project', columns: [{ name: 'lower', expr: origin.lower().expr }] },
    ])
    const run = (dictionary: typeof all, codes: number[]) => {
      const column: Column = { type: 'utf8', values: Int32Array.from(codes), dictionary }
      const output = kernel.run(
        {
          ...input,
          schema: kernel.schema,
          length: codes.length,
          columns: [column],
          selection: Uint32Array.from(codes.keys()),
        },
        heapArena,
      )
      return [...output.selection!].map(row => cellAt(output.columns[0]!, row))
    }
    expect(run(few, [0, 1, 0])).toEqual(['hou'])
    expect(run(other, [0])).toEqual(['atl'])
    expect(run(all, [2, 0, 1])).toEqual(['atl', 'hou'])
  })

  it('evaluates a row slowly on request', () => {
    expect(interpret(a.mul(2).expr, input, 3)).toBe(8)
  })
})
