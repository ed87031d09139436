import type { Models } from '../core/model-registry.ts'
import { definitionOf } from '../core/operators/index.ts'
import type { PlanNode } from '../core/plan.ts'
import type { Stage } from '../core/planner/stages.ts'

/**
 * The models that stages name. Others are not loaded: all of them would be a quarter of what a small query takes to
 * start.
 */
export async function modelsFor(stages: readonly Stage[]): Promise<Models> {
  const nodes = stages.flatMap(nodesOf)
  const names = nodes.map(node => definitionOf(node).usesModels?.(node) ?? {})
  const detectors = names.flatMap(({ detector }) => detector ?? [])
  const series = names.flatMap(({ series }) => series ?? [])
  const [detecting, fitting, distributions] = await Promise.all([
    detectors.length > 0 ? import('../models/detectors/registry.ts') : undefined,
    series.length > 0 ? import('../models/series-registry.ts') : undefined,
    mentionsDistribution(stages) ? import('../models/distributions/from-json.ts') : undefined,
  ])
  return {
    detectors: (await detecting?.loadDetectors(detectors)) ?? {},
    series: (await fitting?.loadSeriesModels(series)) ?? {},
    distributions: distributions?.distributionFromJSON ?? notLoaded,
  }
}

/** The nodes that run in a stage. */
export const nodesOf = ({ operators }: Stage): readonly PlanNode[] => operators.map(({ node }) => node)

function notLoaded(): never {
  throw new RangeError('a distribution that no stage mentions')
}

/** Whether a call in the stages' expressions has a distribution. */
function mentionsDistribution(value: unknown): boolean {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return value.some(mentionsDistribution)
  // Of these a call may have very many, and they hold nothing.
  if ('kind' in value && value.kind === 'literal') return false
  if ('kind' in value && value.kind === 'call' && 'options' in value && hasDistribution(value.options))
    return true
  return Object.values(value).some(mentionsDistribution)
}

const hasDistribution = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'distribution' in options
