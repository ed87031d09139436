import { PlanError } from '../errors.ts'
import type { NodeOutput } from '../plan.ts'
import { fieldOf } from '../types/schema.ts'

/** The columns a keyed verb works by: those given, or the keys of the last `agg`. */
export function keysOf(
  verb: string,
  by: readonly string[] | undefined,
  input: NodeOutput,
): readonly string[] {
  const keys = by ?? input.keys ?? []
  for (const key of keys) fieldOf(input.schema, key)
  if (by || input.keys) return keys
  throw new PlanError('NO_KEYS', `${verb} does not know what a series is here`, {
    hint: `say by which columns: { by: 'origin' }, or { by: [] } for a single series`,
  })
}
