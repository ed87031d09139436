/** Parts of texts by separators. */

import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { PlanError } from '../../../src/core/errors.ts'
import { col, type Expression, lit } from '../../../src/core/expr/builder.ts'
import { cellAt, columnFromCells } from '../../../src/core/expr/cell.ts'
import { compileKernel } from '../../../src/core/expr/compile.ts'
import { show } from '../../../src/core/expr/type-of.ts'

const schema = [{ name: 'url', type: 'utf8' as const }]
const url = col<string | null>('url')

/** What an expression gives for each text, by a kernel and by the interpreter. */
function each(texts: readonly (string | null)[], expression: Expression<any>): unknown[] {
  const column = columnFromCells('utf8', texts, i => i, texts.length, heapArena)
  const batch: Batch = {
    schema,
    length: texts.length,
    columns: [column],
    position: { split: 0, offset: 0 },
  }
  const [compiled, interpreted] = [true, false].map(codegen => {
    const kernel = compileKernel(
      schema,
      [{ kind: 'project', columns: [{ name: 'x', expr: expression.expr }] }],
      {
        codegen,
      },
    )
    const { columns } = kernel.run(batch, heapArena)
    return texts.map((_, row) => cellAt(columns[0]!, row))
  })
  expect(compiled).toEqual(interpreted)
  return compiled!
}

const codeOf = (expression: Expression<any>): string => {
  try {
    compileKernel(schema, [{ kind: 'project', columns: [{ name: 'x', expr: expression.expr }] }])
  } catch (error) {
    if (error instanceof PlanError) return error.code
    throw error
  }
  return 'no error'
}

describe('splitPart', () => {
  const texts = ['a/b//c', 'ü/é', 'plain', '', null]

  it('counts parts from 0, and is null beyond the last', () => {
    expect(each(texts, url.splitPart('/', 0))).toEqual(['a', 'ü', 'plain', '', null])
    expect(each(texts, url.splitPart('/', 1))).toEqual(['b', 'é', null, null, null])
    expect(each(texts, url.splitPart('/', 2))).toEqual(['', null, null, null, null])
  })

  it('takes separators of several bytes, which do not overlap', () => {
    expect(each(['a::b:::c', '🦀🦀', ':'], url.splitPart('::', 2))).toEqual([':c', null, null])
    expect(each(['x🦀y🦀', '🦀'], url.splitPart('🦀', 1))).toEqual(['y', ''])
  })

  it('joins and splits again without mixing up the pieces', () => {
    const twice = url.splitPart('/', 1).concat('-', url.splitPart('/', 0)).splitPart('-', 0)
    expect(each(['a/b', 'c/d/e', 'f'], twice)).toEqual(['b', 'd', null])
  })

  it('refuses an empty separator and parts that are no place', () => {
    expect(codeOf(url.splitPart('', 0))).toBe('ARGUMENT_TYPE')
    expect(codeOf(url.splitPart(url as never, 0))).toBe('ARGUMENT_TYPE')
    for (const part of [-1, 0.5, Number.NaN]) expect(codeOf(url.splitPart('/', part))).toBe('OPTION')
    for (const part of ['1', url, null])
      expect(() => url.splitPart('/', part as never)).toThrow(expect.objectContaining({ code: 'OPTION' }))
    expect(codeOf((lit(5) as any).splitPart('/', 0))).toBe('ARGUMENT_TYPE')
    expect(show(url.splitPart('/', 1).expr)).toBe('splitPart(url, "/", 1)')
  })
})
