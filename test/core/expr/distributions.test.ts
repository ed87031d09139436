import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rowAt, rowCount } from '../../../src/core/batch/batch.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { type Cell, cellAt } from '../../../src/core/expr/cell.ts'
import { compileKernel, type KernelStep } from '../../../src/core/expr/compile.ts'
import type { Expr } from '../../../src/core/expr/expr.ts'
import { interpret } from '../../../src/core/expr/interpret.ts'
import { hasParity, show, typeOf } from '../../../src/core/expr/type-of.ts'
import { col, DataError, mean, PlanError, read } from '../../../src/index.ts'
import {
  type Distribution,
  distributionFromJSON,
  empirical,
  normal,
  poisson,
} from '../../../src/models/index.ts'
import { runs } from '../../effort.ts'
import { continuous, discrete } from '../../models/distributions/families.ts'
import { batch, COLUMNS, expressions, SCHEMA } from './random.ts'

const SHARED = ['cdf', 'sf', 'logCdf', 'logSf', 'quantile', 'isf']

/** A distribution and one of its functions. */
const distribution = fc
  .constantFrom<Distribution[]>(...continuous, ...discrete, empirical([1, 2, 2, 5]))
  .chain(distribution =>
    fc
      .constantFrom(
        ...SHARED,
        ...(distribution.kind === 'continuous' ? ['pdf', 'logPdf'] : ['pmf', 'logPmf']),
      )
      .map(fn => ({ fn, distribution })),
  )

type AnyDistribution = typeof distribution extends fc.Arbitrary<infer L> ? L : never

const callOf = ({ fn, distribution }: AnyDistribution, arg: Expr): Expr => ({
  kind: 'call',
  fn,
  args: [arg],
  options: { distribution: distribution.toJSON() },
})

const compute = ({ fn, distribution }: AnyDistribution, x: number): number =>
  (distribution as unknown as Record<string, (x: number) => number>)[fn]!(x)

const NUMBERS = COLUMNS.filter(({ type }) => /int|float/.test(type))

/** What comes out of a kernel: row numbers and cells. */
function outcome(steps: readonly KernelStep[], input: Parameters<typeof rowAt>[0], codegen: boolean) {
  const kernel = compileKernel(SCHEMA, steps, { codegen, distributions: distributionFromJSON })
  const output = kernel.run(input, heapArena)
  return Array.from({ length: rowCount(output) }, (_, i): Cell[] => [
    rowAt(output, i),
    ...output.columns.map(column => cellAt(column, rowAt(output, i))),
  ])
}

const isWellTyped = (expr: Expr): boolean => {
  try {
    typeOf(expr, SCHEMA)
    return true
  } catch (error) {
    if (error instanceof PlanError) return false
    throw error
  }
}

describe('a function of a distribution in an expression', () => {
  it('gives what the distribution gives; null for null and NaN for NaN', () => {
    fc.assert(
      fc.property(batch, distribution, fc.constantFrom(...NUMBERS), (input, of, { name }) => {
        const expr = callOf(of, { kind: 'column', name })
        const column = input.columns[SCHEMA.findIndex(field => field.name === name)]!
        const rows = outcome([{ kind: 'project', columns: [{ name: 'y', expr }] }], input, true)
        for (const [row, y] of rows as [number, Cell][]) {
          const x = cellAt(column, row)
          expect(y, `${show(expr)} at ${x}`).toBe(x === null ? null : compute(of, Number(x)))
          if (Number.isNaN(x)) expect(y).toBeNaN()
          expect(interpret(expr, input, row, { distributions: distributionFromJSON })).toBe(y)
        }
      }),
      { numRuns: runs(300) },
    )
  })

  it('gives the same in kernels and in the interpreter, whatever it is applied to', () => {
    fc.assert(
      fc.property(
        batch,
        distribution,
        distribution,
        expressions.number,
        expressions.bool,
        (input, of, also, x, test) => {
          fc.pre(isWellTyped(x) && isWellTyped(test))
          // Filters first: what they drop is not computed, and cannot overflow.
          const steps: KernelStep[] = [
            { kind: 'filter', test },
            { kind: 'filter', test: { kind: 'call', fn: 'gte', args: [callOf(of, x), callOf(also, x)] } },
            {
              kind: 'project',
              columns: [
                { name: 'y', expr: callOf(also, callOf(of, x)) },
                { name: 'z', expr: { kind: 'call', fn: 'when', args: [test, callOf(of, x)] } },
              ],
            },
          ]
          const made = (codegen: boolean): unknown => {
            try {
              return outcome(steps, input, codegen)
            } catch (error) {
              if (error instanceof DataError) return error.code
              throw error
            }
          }
          expect(made(true)).toEqual(made(false))
        },
      ),
      { numRuns: runs(300) },
    )
  })

  it('reads as it was written', () => {
    const x = col('x')
    expect(show(x.cdf(normal({ mean: 0, sd: 1 })).expr)).toBe('cdf(x, normal({ mean: 0, sd: 1 }))')
    const data = Array.from({ length: 100 }, (_, i) => i)
    expect(show(x.isf(empirical(data)).expr)).toBe('isf(x, empirical({ data: … }))')
  })

  it('is plain frozen data in the plan, and stays here', () => {
    const { expr } = col('x').pmf(poisson({ rate: 3 }))
    expect(JSON.parse(JSON.stringify(expr))).toEqual(expr)
    expect(Object.isFrozen((expr as any).options.distribution.parameters)).toBe(true)
    expect(hasParity(expr, [{ name: 'x', type: 'float64' }], 'duckdb')).toBe(false)
    expect(typeOf(expr, [{ name: 'x', type: 'int8' }])).toBe('float64')
  })
})

describe('datasets with distributions', () => {
  const rows = [{ x: 60 }, { x: null }, { x: 50 }, { x: Number.NaN }, { x: -1e9 }]
  const dataset = read.rows(rows, { x: 'float64' })
  const distribution = normal({ mean: 50, sd: 5 })

  it.each([0, 2])('compute in %i shards, in columns, filters and aggregates', async shards => {
    const tails = await dataset.select({ p: r => r.x.sf(distribution) }).collect({ shards })
    expect(tails).toEqual([{ p: distribution.sf(60) }, { p: null }, { p: 0.5 }, { p: Number.NaN }, { p: 1 }])
    expect(await dataset.filter(r => r.x.sf(distribution).lt(0.1)).collect({ shards })).toEqual([{ x: 60 }])
    const [row] = await dataset
      .filter(r => r.x.gt(0).and(r.x.isNaN().not()))
      .agg({ p: mean(r => r.x.cdf(distribution)) })
      .collect({ shards })
    expect(row!.p).toBeCloseTo((distribution.cdf(60) + 0.5) / 2, 15)
  })

  it('refuse what is no distribution, or has no such function, at the call', () => {
    const wrong = [undefined, null, 1, 'normal', {}, { name: 'normal', parameters: { mean: 0, sd: 1 } }]
    for (const given of [...wrong, poisson({ rate: 3 })]) {
      let error: any
      try {
        dataset.filter(r => r.x.pdf(given as any).gt(0))
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(PlanError)
      expect(error.code).toBe('ARGUMENT_TYPE')
      expect(/\n {4}at (.*)/.exec(error.stack)![1]).toContain('distributions.test.ts')
    }
    expect(() => dataset.filter(r => r.x.pdf(poisson({ rate: 3 }) as any).gt(0))).toThrow(
      'pdf() takes a distribution, got poisson, which has no pdf()',
    )
  })

  it('refuse text as the number', () => {
    const texts = read.rows([{ s: 'x' }], { s: 'utf8' })
    expect(() => texts.select({ p: r => (r.s as any).cdf(distribution) })).toThrow(
      'cdf() takes a number, got utf8',
    )
  })

  it('fail when a distribution is of no known family', async () => {
    const unknown = { cdf: () => 0, toJSON: () => ({ name: 'unknown', parameters: {} }) }
    const failure = await dataset
      .select({ p: r => r.x.cdf(unknown) })
      .collect()
      .catch(error => error.code)
    expect(failure).toBe('DISTRIBUTION_UNKNOWN')
  })
})
