import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, rowAt, rowCount } from '../../../src/core/batch/batch.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { DataError, PlanError } from '../../../src/core/errors.ts'
import { type Cell, cellAt } from '../../../src/core/expr/cell.ts'
import { compileKernel, type KernelStep } from '../../../src/core/expr/compile.ts'
import type { Expr } from '../../../src/core/expr/expr.ts'
import { show, typeOf } from '../../../src/core/expr/type-of.ts'
import { batch, expressions, SCHEMA } from './random.ts'

const runs = { numRuns: Number(process.env.KERNEL_RUNS ?? 200) }

/** The rows that come out, or the code of the error. */
function outcome(steps: readonly KernelStep[], input: Batch, codegen: boolean, times = 1): unknown {
  try {
    const kernel = compileKernel(SCHEMA, steps, { codegen })
    let output = kernel.run(input, heapArena)
    for (let i = 1; i < times; i++) output = kernel.run(input, heapArena)
    return { schema: output.schema, rows: rowsOf(output), types: output.columns.map(column => column.type) }
  } catch (error) {
    if (error instanceof DataError) return error.code
    throw error
  }
}

function rowsOf(output: Batch): Cell[][] {
  return Array.from({ length: rowCount(output) }, (_, i) => [
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

const any = fc.oneof(expressions.bool, expressions.number, expressions.text, expressions.time)

const shown = (steps: readonly KernelStep[]): string =>
  steps
    .map(step =>
      step.kind === 'filter'
        ? `filter ${show(step.test)}`
        : step.columns.flatMap(({ expr }) => (expr.kind === 'column' ? [] : [show(expr)])).join('; '),
    )
    .join(' | ')

const agree = (steps: readonly KernelStep[], input: Batch) => {
  const expected = outcome(steps, input, false)
  expect(outcome(steps, input, true), shown(steps)).toEqual(expected)
  // Again with the code, the dictionaries and the choice between doubles and BigInts known.
  expect(outcome(steps, input, true, 3), shown(steps)).toEqual(expected)
}

describe('a compiled kernel gives what the interpreter gives', () => {
  it('for filters', () => {
    fc.assert(
      fc.property(batch, expressions.bool, (input, test) => {
        fc.pre(isWellTyped(test))
        agree([{ kind: 'filter', test }], input)
      }),
      runs,
    )
  })

  it('for computed columns', () => {
    fc.assert(
      fc.property(batch, fc.array(any, { minLength: 1, maxLength: 3 }), (input, exprs) => {
        fc.pre(exprs.every(isWellTyped))
        agree([{ kind: 'project', columns: exprs.map((expr, i) => ({ name: `c${i}`, expr })) }], input)
      }),
      runs,
    )
  })

  it('for filters and columns in turn', () => {
    fc.assert(
      fc.property(batch, expressions.bool, any, expressions.bool, (input, first, expr, second) => {
        fc.pre([first, expr, second].every(isWellTyped))
        const columns = [
          ...SCHEMA.map(({ name }) => ({ name, expr: { kind: 'column' as const, name } })),
          { name: 'x', expr },
        ]
        const notNull: Expr = { kind: 'call', fn: 'isNotNull', args: [{ kind: 'column', name: 'x' }] }
        agree(
          [
            { kind: 'filter', test: first },
            { kind: 'project', columns },
            { kind: 'filter', test: notNull },
            { kind: 'filter', test: second },
          ],
          input,
        )
      }),
      runs,
    )
  })
})
