/** The `where` of a join: a condition over both rows of a pair, whose columns are called `l.name` and `r.name`. */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { compileKernel, type Kernel } from '../expr/compile.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed } from '../expr/type-of.ts'
import { type Field, fieldIndex, type Schema } from '../types/schema.ts'
import type { OperatorContext } from './contract.ts'

/** By input: what stands before the names of its columns. */
export const SIDE_PREFIX = ['l.', 'r.'] as const

/** The columns of both sides, under the names that a condition has for them. */
export function pairSchema(left: Schema, right: Schema): Schema {
  const prefixed = (schema: Schema, input: 0 | 1) =>
    schema.map(({ name, type }): Field => ({ name: SIDE_PREFIX[input] + name, type }))
  return [...prefixed(left, 0), ...prefixed(right, 1)]
}

/** The columns of one input that a condition reads. */
export const pairColumnsUsed = (where: Expr, input: 0 | 1): string[] =>
  columnsUsed(where)
    .filter(name => name.startsWith(SIDE_PREFIX[input]))
    .map(name => name.slice(SIDE_PREFIX[input].length))

/** A column of a pair: of which input, and which of its columns. */
interface PairColumn {
  readonly input: 0 | 1
  readonly column: number
}

/** Tests pairs of rows: the columns that it reads are put side by side, and a kernel goes over them. */
export class PairCondition {
  readonly #schema: Schema
  readonly #columns: readonly PairColumn[]
  readonly #kernel: Kernel

  constructor(
    where: Expr,
    schemas: readonly [Schema, Schema],
    { distributions, functions }: OperatorContext,
  ) {
    const all = pairSchema(...schemas)
    const used = new Set(columnsUsed(where))
    const width = schemas[0].length
    this.#schema = all.filter(({ name }) => used.has(name))
    this.#columns = this.#schema.map(({ name }) => {
      const at = fieldIndex(all, name)
      return at < width ? { input: 0, column: at } : { input: 1, column: at - width }
    })
    this.#kernel = compileKernel(this.#schema, [{ kind: 'filter', test: where }], {
      distributions,
      functions,
    })
  }

  /**
   * The numbers of the pairs for which the condition is true, ascending; undefined where it is for all.
   *
   * @param column gives a column of an input, by pair
   */
  passing(count: number, column: (input: 0 | 1, index: number) => Column): Uint32Array | undefined {
    const columns = this.#columns.map(({ input, column: index }) => column(input, index))
    const pairs: Batch = { schema: this.#schema, length: count, columns, position: NO_POSITION }
    return this.#kernel.run(pairs, heapArena).selection
  }
}
