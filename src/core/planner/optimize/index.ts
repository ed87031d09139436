/**
 * Optimizer rules: plan in, plan with the same results out. One rule per file; their order matters and is here.
 */

import type { Plan } from '../../plan.ts'
import type { Schema } from '../../types/schema.ts'
import { resolveOutputs } from '../node-outputs.ts'
import { detectDemand } from './detect-demand.ts'
import { pruneColumns } from './prune-columns.ts'
import { pushFilters } from './push-filters.ts'
import { replayAtSource } from './replay-at-source.ts'
import type { Rule, RuleContext } from './rule.ts'

const RULES: readonly Rule[] = [replayAtSource, pushFilters, pruneColumns, detectDemand]

/** Applies the rules; `schemas` holds what each source node delivers. */
export function optimize(
  plan: Plan,
  schemas: ReadonlyMap<string, Schema>,
  sources: RuleContext['sources'],
): Plan {
  let optimized = plan
  for (const rule of RULES) {
    optimized = rule(optimized, { nodeOutputs: resolveOutputs(optimized, schemas), sources })
  }
  return optimized
}
