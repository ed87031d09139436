/**
 * Kernels: filters and projections over a batch, fused into one loop.
 *
 * This folder holds column expressions: as data (`expr.ts`), as the user builds them (`builder.ts`), typed
 * (`bind.ts`), evaluated slowly (`interpret.ts`) and compiled (here). It may import `core/types`, `core/batch`,
 * `core/errors` and the contract of distributions.
 *
 * Invariant: a kernel gives what the interpreter gives, bit for bit, and fails on the rows it fails on. Names, texts
 * and literals of the user never become source code.
 */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { type Arena, allocUint32 } from '../batch/slab.ts'
import { type Field, type Schema, schemaOf } from '../types/schema.ts'
import { needsParts, partsKernel } from './batch-calls.ts'
import { bind, bindTest, inputColumn } from './bind.ts'
import { untypedNull } from './bound.ts'
import { type Cell, columnFromCells } from './cell.ts'
import { columnCallsKernel } from './column-calls.ts'
import { CompiledKernel, canGenerate } from './compiled-kernel.ts'
import { columnsOfBound } from './emit.ts'
import type { Bound, BoundColumn } from './functions/contract.ts'
import { evaluate, holds } from './interpret.ts'
import type { FusedSteps, Kernel, KernelStep } from './kernel.ts'
import type { Outside } from './outside.ts'
import { withFieldColumns } from './struct-columns.ts'

export type { FusedSteps, Kernel, KernelStep } from './kernel.ts'

export interface KernelOptions extends Outside {
  /** False: evaluate row by row, without generated code. */
  readonly codegen?: boolean
  /** Sees the source of every kernel made. */
  readonly onSource?: (code: string) => void
}

/**
 * Compiles steps for batches of `schema`. Source is made when the first batch of its kind arrives: with or without
 * nulls, dictionaries, a selection. Where `new Function` is forbidden the interpreter does the work.
 *
 * @throws {PlanError} when an expression makes no sense over its input
 */
export function compileKernel(
  schema: Schema,
  steps: readonly KernelStep[],
  { codegen = true, onSource, ...outside }: KernelOptions = {},
): Kernel {
  if (needsParts(schema, steps)) {
    return partsKernel(schema, steps, outside, (schema, steps) =>
      compileKernel(schema, steps, { codegen, ...outside, ...(onSource && { onSource }) }),
    )
  }
  const options = { codegen, ...outside, ...(onSource && { onSource }) }
  const around = columnCallsKernel(schema, steps, outside, {
    steps: (schema, steps) => compileKernel(schema, steps, options),
    fused: (inputs, fused) => fusedKernel(inputs, fused, options),
  })
  return around ?? fusedKernel(schema, fuse(schema, steps, outside), options)
}

function fusedKernel(inputs: Schema, fused: FusedSteps, { codegen, onSource }: KernelOptions): Kernel {
  const isCopy = fused.tests.length === 0 && fused.outputs.every(output => output.kind === 'column')
  const kernel: Kernel =
    isCopy || !codegen || !canGenerate()
      ? { schema: fused.schema, run: (batch, arena) => interpretSteps(fused, batch, arena) }
      : new CompiledKernel(fused, onSource)
  return withFields(inputs, fused, kernel)
}

/** Where fields of structs are read, they are put beside the columns of each batch. */
function withFields(inputs: Schema, fused: FusedSteps, kernel: Kernel): Kernel {
  const numbers = new Set<number>()
  for (const node of [...fused.tests, ...fused.outputs]) columnsOfBound(node, numbers)
  const fields = [...numbers].filter(number => number >= inputs.length)
  if (fields.length === 0) return kernel
  return {
    schema: kernel.schema,
    run: (batch, arena) => kernel.run(withFieldColumns(inputs, batch, fields, arena), arena),
  }
}

/** Steps as tests and outputs over the input's columns. */
export function fuse(schema: Schema, steps: readonly KernelStep[], outside?: Outside): FusedSteps {
  let current = schema
  let outputs: Bound[] = schema.map((_, i) => inputColumn(schema)(i))
  const tests: Bound[] = []
  for (const step of steps) {
    const before = outputs
    const column = (index: number) => before[index]!
    if (step.kind === 'filter') {
      tests.push(bindTest(step.test, current, column, outside))
      continue
    }
    outputs = step.columns.map(({ expr }) => bind(expr, current, column, outside))
    const fields = step.columns.map(({ name, expr }, i): Field => {
      const { type } = outputs[i]!
      if (type === undefined) throw untypedNull(expr)
      return { name, type }
    })
    current = schemaOf(fields)
  }
  return { schema: current, tests, outputs }
}

/** What a kernel does, through the interpreter. */
export function interpretSteps({ schema, tests, outputs }: FusedSteps, batch: Batch, arena: Arena): Batch {
  const passes = tests.length === 0 && outputs.every(output => output.kind === 'column')
  if (passes)
    return { ...batch, schema, columns: outputs.map(output => batch.columns[(output as BoundColumn).index]!) }
  const rows: number[] = []
  const computed = new Map<Bound, Cell[]>()
  for (const output of outputs) if (output.kind !== 'column') computed.set(output, [])
  for (let i = 0; i < rowCount(batch); i++) {
    const row = rowAt(batch, i)
    if (!tests.every(test => holds(test, batch, row))) continue
    rows.push(row)
    for (const [output, cells] of computed) cells.push(evaluate(output, batch, row))
  }
  const columns = outputs.map(output =>
    output.kind === 'column'
      ? batch.columns[output.index]!
      : columnFromCells(output.type!, computed.get(output)!, i => rows[i]!, batch.length, arena),
  )
  const { selection: _, ...rest } = batch
  if (rows.length === batch.length) return { ...rest, schema, columns }
  const selection = allocUint32(arena, rows.length)
  selection.set(rows)
  return { ...rest, schema, columns, selection }
}
