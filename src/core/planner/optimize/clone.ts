/** Copies of nodes, so that what they read is read again. */

import { PlanError, setNode } from '../../errors.ts'
import type { Plan, PlanNode, SourceNode } from '../../plan.ts'
import { derivedId, originalId } from '../derived-id.ts'
import type { RuleContext } from './rule.ts'

/** An id for a copy of a node that no other node has. */
export function copyId(nodes: Plan['nodes'], id: string): string {
  const original = originalId(id)
  let copy = 2
  while (nodes[derivedId(original, copy)]) copy++
  return derivedId(original, copy)
}

/** Whether a source can be read more than once. */
export const canReadAgain = (id: string, { sources }: RuleContext): boolean =>
  sources.get(originalId(id))!.replayable

/**
 * A copy of a source.
 *
 * @param again what for, for `explain`
 * @throws {PlanError} `READ_ONCE` when that cannot be
 */
export function readAgain(
  { nodes }: Plan,
  id: string,
  source: SourceNode,
  again: string,
  context: RuleContext,
): { readonly id: string; readonly node: PlanNode } {
  if (!canReadAgain(id, context)) {
    const error = new PlanError(
      'READ_ONCE',
      `${source.label} can be read only once, and is needed again: ${again}`,
      {
        hint: 'write it to a file or table first and read that, or run one job for each',
      },
    )
    setNode(error, id)
    throw error
  }
  return { id: copyId(nodes, id), node: { ...source, again } as PlanNode }
}
