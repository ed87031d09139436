/** Nodes of expressions: made, frozen, measured, and noted while a callback runs. */

import { PlanError } from '../errors.ts'
import type { Call, Expr } from './expr.ts'

/** How deep expressions nest at most: what reads them is recursive, and a thread's stack is small. */
export const MAX_DEPTH = 500
/** How many calls an expression holds at most, those it holds twice counted twice. */
const MAX_CALLS = 20_000

interface Size {
  readonly depth: number
  readonly calls: number
}

const NOTHING: Size = { depth: 0, calls: 0 }
const sizes = new WeakMap<Expr, Size>()
let recording: Call[] | undefined

/**
 * A function applied to expressions.
 *
 * @throws {PlanError} `EXPRESSION_SIZE` for an expression that a loop made too deep or too large
 */
export function callExpr(
  fn: string,
  args: readonly Expr[],
  options?: Readonly<Record<string, unknown>>,
): Call {
  const call: Call = Object.freeze({
    kind: 'call',
    fn,
    args: Object.freeze([...args]),
    ...(options && { options: Object.freeze(options) }),
  })
  let depth = 0
  let calls = 1
  for (const arg of args) {
    const size = sizes.get(arg) ?? NOTHING
    depth = Math.max(depth, size.depth)
    calls += size.calls
  }
  if (++depth > MAX_DEPTH || calls > MAX_CALLS) {
    const [what, got, most] =
      depth > MAX_DEPTH ? ['levels deep', depth, MAX_DEPTH] : ['calls', calls, MAX_CALLS]
    throw new PlanError('EXPRESSION_SIZE', `an expression of ${got} ${what} is too large: at most ${most}`, {
      hint: 'compute it in several columns, one with() after another; for many equal values there is isIn()',
    })
  }
  sizes.set(call, { depth, calls })
  recording?.push(call)
  return call
}

/** How deep an expression nests: 0 for a column or a literal. */
export function depthOf(expr: Expr): number {
  if (expr.kind !== 'call') return 0
  return sizes.get(expr)?.depth ?? 1 + expr.args.reduce((deepest, arg) => Math.max(deepest, depthOf(arg)), 0)
}

/** The calls made while `work` runs, in the order they were made. Those of callbacks inside it are not among them. */
export function recordCalls(work: () => void): readonly Call[] {
  const outer = recording
  const made: Call[] = []
  recording = made
  try {
    work()
  } finally {
    recording = outer
  }
  return made
}
