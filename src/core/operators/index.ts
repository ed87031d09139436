/**
 * Operators: one file per verb, with its plan node, output, runtime and explain line. A new verb adds a file and a line
 * here. Imports `core` only.
 *
 * Invariant: an operator's output depends on its rows, their positions and event time alone, never on how rows were
 * cut into batches or distributed over shards.
 */

import type { PlanNode } from '../plan.ts'
import { agg } from './agg.ts'
import type { OperatorDefinition } from './define.ts'
import { detect } from './detect.ts'
import { sink, source } from './endpoints.ts'
import { explode } from './explode.ts'
import { falseDiscoveries } from './false-discoveries.ts'
import { fillGaps } from './fill-gaps.ts'
import { filter } from './filter.ts'
import { fit } from './fit.ts'
import { forecast } from './forecast.ts'
import { limit } from './limit.ts'
import { orderBy } from './order-by.ts'
import { drop, rename, select, withNode } from './project.ts'
import { replay } from './replay.ts'
import { union } from './union.ts'
import { watermark } from './watermark.ts'

const DEFINITIONS: ReadonlyMap<string, OperatorDefinition> = new Map(
  [
    agg,
    detect,
    drop,
    explode,
    falseDiscoveries,
    fillGaps,
    filter,
    fit,
    forecast,
    limit,
    orderBy,
    rename,
    replay,
    select,
    sink,
    source,
    union,
    watermark,
    withNode,
  ].map(definition => [definition.kind, definition]),
)

/** The definition of a node's verb. */
export function definitionOf(node: PlanNode): OperatorDefinition {
  const definition = DEFINITIONS.get(node.kind)
  if (!definition) throw new RangeError(`no operator is called ${node.kind}`)
  return definition
}
