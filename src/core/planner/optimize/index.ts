/**
 * Optimizer rules: plan in, plan with the same results out. One rule per file; their order matters and is here.
 */

import type { Plan } from '../../plan.ts'
import type { Schema } from '../../types/schema.ts'
import { resolveOutputs } from '../node-outputs.ts'
import { detectDemand } from './detect-demand.ts'
import { lateTimes } from './late-times.ts'
import { noteSides } from './note-sides.ts'
import { orderUnions } from './order-unions.ts'
import { pruneColumns } from './prune-columns.ts'
import { pushFilters } from './push-filters.ts'
import { replayAtSource } from './replay-at-source.ts'
import type { Rule, RuleContext } from './rule.ts'
import { separateReadings } from './separate-readings.ts'

/** What gives a plan the form that engines run. */
export const NORMAL_FORM: readonly Rule[] = [
  replayAtSource,
  separateReadings,
  lateTimes,
  orderUnions,
  noteSides,
]

/** What makes it cost less; without them a plan gives the same rows. */
export const SAVINGS: readonly Rule[] = [pushFilters, pruneColumns, detectDemand]

/** Applies rules, all of them by default; `schemas` holds what each source node of the user's plan can deliver. */
export function optimize(
  plan: Plan,
  schemas: ReadonlyMap<string, Schema>,
  sources: RuleContext['sources'],
  rules: readonly Rule[] = [...NORMAL_FORM, ...SAVINGS],
): Plan {
  let optimized = plan
  for (const rule of rules) {
    optimized = rule(optimized, { nodeOutputs: resolveOutputs(optimized, schemas), schemas, sources })
  }
  return optimized
}
