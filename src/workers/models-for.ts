import type { Models } from '../core/model-registry.ts'
import type { Stage } from '../core/planner/stages.ts'

/**
 * The models that stages may ask for. Modules that no stage needs are not loaded: they would be a quarter of what a small
 * query takes to start.
 */
export async function modelsFor(stages: readonly Stage[]): Promise<Models> {
  const kinds = new Set(stages.flatMap(stage => stage.operators.map(({ node }) => node.kind)))
  const [detecting, fitting, distributions] = await Promise.all([
    kinds.has('detect') ? import('../models/detectors/index.ts') : undefined,
    kinds.has('fit') || kinds.has('forecast') ? import('../models/series-registry.ts') : undefined,
    mentionsDistribution(stages) ? import('../models/distributions/index.ts') : undefined,
  ])
  return {
    detectors: detecting?.detectors ?? {},
    series: fitting?.series ?? {},
    distributions: distributions?.distributionFromJSON ?? notLoaded,
  }
}

function notLoaded(): never {
  throw new RangeError('a distribution that no stage mentions')
}

/** Whether a call in the stages' expressions has a distribution. */
function mentionsDistribution(value: unknown): boolean {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return value.some(mentionsDistribution)
  if ('kind' in value && value.kind === 'call' && 'options' in value && hasDistribution(value.options))
    return true
  return Object.values(value).some(mentionsDistribution)
}

const hasDistribution = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'distribution' in options
