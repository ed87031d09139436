/** What is known of the rows at every place of a plan. */

import { lateShape } from './group-verbs.ts'
import type { Edge, RandomPlan, Shape, SourceData } from './plan.ts'
import { Senseless } from './plan.ts'
import { TOLERATED } from './tolerated.ts'
import { verbOf } from './verbs.ts'

/** Which sources end: all, or those that always do. */
export type Ends = 'bounded' | 'unbounded'

export function sourceShape(source: SourceData, ends: Ends): Shape {
  return {
    columns: source.columns,
    bounded: ends === 'bounded' || source.alwaysBounded,
    lateness: false,
    sequenced:
      ends === 'bounded' || (source.alwaysBounded && !TOLERATED.mixedSplits) || source.splits.length === 1,
    known: true,
    nearSource: true,
    rowByRow: true,
    placed: true,
    doublings: 0,
  }
}

/** The shapes of nodes, by their number. @throws Senseless when the plan makes no sense */
export function shapesOf(plan: RandomPlan, ends: Ends): readonly Shape[] {
  const shapes: Shape[] = plan.sources.map(source => sourceShape(source, ends))
  for (const { verb, inputs, parameters } of plan.nodes) {
    const of = inputs.map(edge => shapeAt(shapes, plan, edge))
    shapes.push(verbOf(verb).shape(parameters, of))
  }
  checkReplays(plan)
  return shapes
}

export function shapeAt(shapes: readonly Shape[], plan: RandomPlan, { node, port }: Edge): Shape {
  if (port === 'out') return shapes[node]!
  if (!shapes[node]!.hasLate) throw new Senseless('no late rows')
  return lateShape(shapeAt(shapes, plan, plan.nodes[node - plan.sources.length]!.inputs[0]!))
}

/** @throws Senseless for a replay of a source that others read, too, while that is tolerated */
export function checkReplays({ sources, nodes, sinks }: RandomPlan): void {
  if (!TOLERATED.replayAnywhere) return
  for (const { verb, inputs } of nodes) {
    if (verb !== 'replay') continue
    const [{ node }] = inputs as [Edge]
    const readers = [...nodes.flatMap(each => each.inputs), ...sinks].filter(edge => edge.node === node)
    if (node >= sources.length || readers.length > 1) throw new Senseless('a replay of what others read')
  }
}
