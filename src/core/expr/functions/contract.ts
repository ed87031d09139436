/**
 * What a function of expressions is. A family file holds a few of them; `functions/index.ts` lists the families.
 *
 * Invariant: `interpret` and `emit` give the same cell for the same arguments, and fail on the same rows.
 */

import type { OpenDistribution } from '../../distribution.ts'
import type { Bound, BoundCall } from '../bound.ts'
import type { Cell } from '../cell.ts'
import type { Emitted, Emitter } from '../emit.ts'
import type { Call } from '../expr.ts'

export interface FunctionSpec {
  readonly name: string
  /**
   * Where other engines give exactly the same cells, so that the call may run there. A function when it depends on
   * the types or options of the call.
   */
  readonly parity: {
    readonly duckdb: boolean | ((node: BoundCall) => boolean)
  }
  /**
   * The typing rule: checks the arguments, inserts casts and says the type of the result. May answer with calls of
   * other functions; then `interpret` and `emit` are not needed.
   *
   * @param distributions opens distributions; absent where nothing will be evaluated
   * @throws {PlanError} when the arguments make no sense.
   */
  bind(args: readonly Bound[], call: Call, distributions?: OpenDistribution): Bound
  /** Whether a call costs so much that rows which other tests drop are better left out first. */
  readonly costly?: boolean
  /** Whether a row can make the call itself fail; absent: never. */
  canFail?(node: BoundCall): boolean
  /**
   * When the result is null: `strict`, when an argument is (the default); `never`; `own`, by a rule of its own, which
   * may be never for most rows.
   */
  readonly nulls?: 'strict' | 'never' | 'own'
  /** One cell, slowly. Arguments are evaluated only when asked for. */
  interpret?(node: BoundCall, argument: (index: number) => Cell): Cell
  /** Code that computes the cell in a kernel. */
  emit?(node: BoundCall, emitter: Emitter): Emitted
}

/** An `interpret` for functions that are null when any argument is; every argument is evaluated all the same. */
export function strict(
  compute: (node: BoundCall, ...cells: any[]) => Cell,
): (node: BoundCall, argument: (index: number) => Cell) => Cell {
  return (node, argument) => {
    const cells = node.args.map((_, i) => argument(i))
    return cells.includes(null) ? null : compute(node, ...cells)
  }
}
