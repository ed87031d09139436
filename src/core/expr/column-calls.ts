/**
 * Kernels with functions of whole columns, such as those of lists: they are called between two kernels, the first of which
 * computes what they are called with. What they give becomes a column beside the others until it has been used.
 */

import { type Batch, rowCount } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { NO_ROW, takeOrNull } from '../batch/null-column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { takeColumn } from '../batch/take.ts'
import { type Schema, schemaOf } from '../types/schema.ts'
import { bind } from './bind.ts'
import { mayBeOfColumns } from './column-functions.ts'
import type { Call, Expr } from './expr.ts'
import type { BoundCall } from './functions/contract.ts'
import type { FusedSteps, Kernel, KernelStep } from './kernel.ts'
import type { Outside } from './outside.ts'

/** How what is left of the steps becomes kernels. */
export interface MakeKernels {
  /** Of steps, which may have such calls again. */
  steps(schema: Schema, steps: readonly KernelStep[]): Kernel
  /** Of bound expressions that have none. */
  fused(inputs: Schema, fused: FusedSteps): Kernel
}

/** A kernel of the steps, some of which call functions of columns; undefined where none does. */
export function columnCallsKernel(
  schema: Schema,
  steps: readonly KernelStep[],
  outside: Outside,
  make: MakeKernels,
): Kernel | undefined {
  let current = schema
  for (const [at, step] of steps.entries()) {
    const calls = callsIn(step, current, outside)
    if (calls.length > 0) return kernelAround(current, steps, at, calls, schema, make)
    if (step.kind === 'project')
      current = schemaOf(
        step.columns.map(({ name, expr }) => ({ name, type: bind(expr, current, undefined, outside).type! })),
      )
  }
  return undefined
}

/** Calls without such calls in their arguments, each once. */
function callsIn(step: KernelStep, schema: Schema, outside: Outside): readonly BoundCall[] {
  const found = new Map<Call, BoundCall>()
  const seen = new Map<Call, boolean>()
  /** Whether there is one in the expression. */
  const visit = (expr: Expr): boolean => {
    if (expr.kind !== 'call') return false
    const known = seen.get(expr)
    if (known !== undefined) return known
    let inside = false
    for (const arg of expr.args) inside = visit(arg) || inside
    if (!inside && mayBeOfColumns(expr)) {
      const bound = bind(expr, schema, undefined, outside)
      if (bound.kind === 'call' && bound.spec.columns) {
        found.set(expr, bound)
        inside = true
      }
    }
    seen.set(expr, inside)
    return inside
  }
  for (const expr of step.kind === 'filter' ? [step.test] : step.columns.map(({ expr }) => expr)) visit(expr)
  return [...found.values()].map((bound, i) => ({ ...bound, expr: [...found.keys()][i]! }))
}

let hidden = 0

function kernelAround(
  current: Schema,
  steps: readonly KernelStep[],
  at: number,
  calls: readonly BoundCall[],
  schema: Schema,
  make: MakeKernels,
): Kernel {
  const before = at > 0 ? make.steps(schema, steps.slice(0, at)) : undefined
  const names = calls.map(() => `\u0000cells ${hidden++}`)
  const passes = calls.map(call => columnPass(current, call, make))
  const extended = schemaOf([...current, ...calls.map(({ type }, i) => ({ name: names[i]!, type }))])
  const step = replaced(steps[at]!, new Map(calls.map(({ expr }, i) => [expr as Call, names[i]!])))
  const rest: KernelStep[] = [step, ...steps.slice(at + 1)]
  // A filter passes on what was there before it.
  if (step.kind === 'filter')
    rest.splice(1, 0, {
      kind: 'project',
      columns: current.map(({ name }) => ({ name, expr: { kind: 'column', name } })),
    })
  const after = make.steps(extended, rest)
  return {
    schema: after.schema,
    run(batch, arena) {
      const input = before ? before.run(batch, arena) : batch
      const columns = passes.map(pass => pass(input, arena))
      return after.run({ ...input, schema: extended, columns: [...input.columns, ...columns] }, arena)
    },
  }
}

function replaced(step: KernelStep, by: ReadonlyMap<Call, string>): KernelStep {
  const done = new Map<Expr, Expr>()
  const inExpr = (expr: Expr): Expr => {
    if (expr.kind !== 'call') return expr
    const known = done.get(expr)
    if (known) return known
    const name = by.get(expr)
    const made: Expr =
      name === undefined ? { ...expr, args: expr.args.map(inExpr) } : { kind: 'column', name }
    done.set(expr, made)
    return made
  }
  return step.kind === 'filter'
    ? { ...step, test: inExpr(step.test) }
    : { ...step, columns: step.columns.map(column => ({ ...column, expr: inExpr(column.expr) })) }
}

/**
 * Calls a function for a batch. It sees the rows that count, and no others: what is in those may be anything, and reading
 * them costs time.
 */
function columnPass(schema: Schema, call: BoundCall, make: MakeKernels) {
  const computed = call.args.filter(arg => arg.kind !== 'literal')
  const fields = computed.map((arg, i) => ({ name: `\u0000argument ${i}`, type: arg.type! }))
  const kernel = make.fused(schema, { schema: fields, tests: [], outputs: computed })
  return (batch: Batch, arena: Arena): Column => {
    const count = rowCount(batch)
    const whole = count === batch.length
    const given = kernel.run(batch, arena).columns
    const { selection } = batch
    const dense = whole ? given : given.map(column => takeColumn(column, selection!, heapArena))
    let next = 0
    const args = call.args.map(arg => (arg.kind === 'literal' ? undefined : dense[next++]))
    const result = call.spec.columns!(call, args, count, whole ? arena : heapArena, batch)
    if (whole) return result
    const rows = new Uint32Array(batch.length).fill(NO_ROW)
    for (let i = 0; i < count; i++) rows[selection![i]!] = i
    return takeOrNull(result, count, rows, arena)
  }
}
