/**
 * Calls the callbacks that build expressions, and refuses those that used JavaScript's own operators on columns.
 *
 * An expression is an object. `a && b` therefore gives `b` and forgets `a`, `!a` gives false, `a ?? 0` gives `a`: a valid
 * plan, with wrong rows. Two things tell of it: a call that was made in the callback and is not part of its result, and
 * the callback's source, which is read for the error message alone. What an expression means never depends on either.
 */

import { PlanError } from '../errors.ts'
import { exprOf } from './builder.ts'
import { MAY_MISUSE, mistakeIn, sourceOf } from './diagnose.ts'
import type { Call, Expr } from './expr.ts'
import { show } from './show.ts'
import { recordCalls } from './tree.ts'

/**
 * The expression that a callback builds.
 *
 * @throws {PlanError} `NOT_A_VALUE` for JavaScript's operators on expressions; `UNUSED_EXPRESSION` for an expression that
 * the callback made and did not use; whatever else the callback throws
 */
export function callbackExpr<Rows extends readonly unknown[]>(
  callback: (...rows: Rows) => unknown,
  ...rows: Rows
): Expr {
  let expr: Expr | undefined
  let failure: unknown
  const made = recordCalls(() => {
    try {
      expr = exprOf(returned(callback(...rows)))
    } catch (error) {
      failure = error
    }
  })
  if (failure !== undefined) {
    // `r.x > 1` fails by itself; the source says what to write instead.
    const isMisuse = failure instanceof PlanError && failure.code === 'NOT_A_VALUE'
    throw (isMisuse && mistakeOf(callback, true)) || failure
  }
  const unused = firstUnused(made, expr!)
  const mistake = mistakeOf(callback, unused !== undefined)
  if (mistake) throw mistake
  if (unused && !sourceOf(callback)?.mayLeaveUnused) {
    throw new PlanError('UNUSED_EXPRESSION', `the callback makes ${cut(show(unused))} and does not use it`, {
      hint:
        'combine conditions with a.and(b), a.or(b) and a.not(); choose between values with when(a, x).otherwise(y). ' +
        'What a helper leaves out on purpose is held in a variable of the callback: const test = helper(r)',
    })
  }
  return expr!
}

/** What a callback returned. Its most likely mistakes have names of their own. */
function returned(value: unknown): unknown {
  const got = value === undefined ? 'nothing' : value instanceof Promise ? 'a promise' : undefined
  if (got === undefined) return value
  throw new PlanError('LITERAL', `the callback returned ${got}, not an expression`, {
    hint: 'it is called once, to build the expression: r => r.delay.gt(60), or { return r.delay.gt(60) }, without async',
  })
}

const cut = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)

/** The outermost call that is not part of the result. */
function firstUnused(made: readonly Call[], result: Expr): Call | undefined {
  if (made.length === 0) return undefined
  const used = new Set<Expr>()
  const visit = (from: Expr) => {
    const open = [from]
    for (let expr = open.pop(); expr; expr = open.pop()) {
      if (expr.kind !== 'call' || used.has(expr)) continue
      used.add(expr)
      for (const arg of expr.args) open.push(arg)
    }
  }
  visit(result)
  // Later calls hold earlier ones: the first found from the end is the outermost of its kind.
  let unused: Call | undefined
  for (let i = made.length - 1; i >= 0; i--) {
    const call = made[i]!
    if (used.has(call)) continue
    unused = call
    visit(call)
  }
  return unused
}

function mistakeOf(callback: Function, suspected: boolean): PlanError | undefined {
  if (!suspected && !MAY_MISUSE.test(String(callback))) return undefined
  const mistake = mistakeIn(callback, suspected)
  if (!mistake) return undefined
  return new PlanError('NOT_A_VALUE', `${mistake.written} ${mistake.reason}`, { hint: mistake.instead })
}
