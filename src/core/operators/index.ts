/**
 * Operators: one file per verb, with its plan node, output, runtime and explain line. A new verb adds a file and a line
 * here. Imports `core` only.
 *
 * Invariant: an operator's output depends on its rows, their positions and event time alone, never on how rows were
 * cut into batches or distributed over shards.
 */

import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { agg } from './agg.ts'
import { asofJoin } from './asof-join.ts'
import { changes } from './changes.ts'
import { decode } from './decode.ts'
import { dedup } from './dedup.ts'
import type { OperatorDefinition } from './define.ts'
import { detect } from './detect.ts'
import { distinct } from './distinct.ts'
import { encode } from './encode.ts'
import { sink, source } from './endpoints.ts'
import { expand } from './expand.ts'
import { explode } from './explode.ts'
import { falseDiscoveries } from './false-discoveries.ts'
import { fillGaps } from './fill-gaps.ts'
import { filter } from './filter.ts'
import { fit } from './fit.ts'
import { forecast } from './forecast.ts'
import { fromChanges } from './from-changes.ts'
import { join } from './join.ts'
import { limit } from './limit.ts'
import { lookupJoin } from './lookup-join.ts'
import { flatMap, map } from './map.ts'
import { refuseMapKeys } from './map-keys.ts'
import { match } from './match.ts'
import { orderBy } from './order-by.ts'
import { over } from './over.ts'
import { process } from './process/process.ts'
import { processingTime } from './processing-time.ts'
import { drop, rename, select, unnest, withNode } from './project.ts'
import { replay } from './replay.ts'
import { sample } from './sample.ts'
import { sift } from './sift.ts'
import { skip, tail } from './tail.ts'
import { topN } from './top-n.ts'
import { union } from './union.ts'
import { validate } from './validate.ts'
import { watermark } from './watermark.ts'

const DEFINITIONS: ReadonlyMap<string, OperatorDefinition> = new Map(
  [
    agg,
    asofJoin,
    changes,
    decode,
    dedup,
    detect,
    distinct,
    drop,
    expand,
    encode,
    explode,
    falseDiscoveries,
    fillGaps,
    filter,
    fit,
    flatMap,
    forecast,
    fromChanges,
    join,
    limit,
    map,
    lookupJoin,
    match,
    orderBy,
    over,
    process,
    processingTime,
    rename,
    replay,
    sample,
    select,
    sift,
    sink,
    skip,
    source,
    tail,
    topN,
    union,
    unnest,
    validate,
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

/**
 * What flows out of a port of a node.
 *
 * @throws {PlanError} whatever the verb finds wrong; `CHANGES_INPUT` where a changelog flows into a verb that cannot take
 * rows back; `KEY_TYPE` for a map as a key, or as what rows are ordered by
 */
export function outputOf(node: PlanNode, inputs: readonly NodeOutput[], port: string): NodeOutput {
  const definition = definitionOf(node)
  const takesChanges = definition.takesChanges ?? (definition.steps ?? definition.merges) !== undefined
  if (!takesChanges && inputs.some(({ rows }) => rows === 'changes')) {
    throw new PlanError(
      'CHANGES_INPUT',
      `${node.kind} cannot take a changelog, whose rows may be taken back`,
      {
        hint: 'the verbs before it make a changelog because their input does not end: bound it, or put a window before them',
      },
    )
  }
  const { children: _, heldBack: __, ...output } = definition.output(node, inputs, port)
  refuseMapKeys(node, definition.routes?.(node, inputs), inputs)
  const passed = Math.max(0, ...inputs.map(({ children = 0 }) => children))
  const children = port === 'out' ? (definition.children?.(node, inputs) ?? passed) : passed
  const held = port === 'out' && definition.holdsBack?.(node, inputs)
  const heldBack = !output.bounded && !output.timeOrdered && (held || inputs.some(input => input.heldBack))
  return { ...output, ...(children > 0 ? { children } : {}), ...(heldBack ? { heldBack } : {}) }
}
