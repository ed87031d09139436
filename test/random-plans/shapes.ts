/** What is known of the rows at every place of a plan. */

import { lateShape } from './agg-verbs.ts'
import type { Edge, RandomPlan, Shape, SourceData } from './plan.ts'
import { Senseless } from './plan.ts'
import { shapeOf } from './verbs.ts'

/** Which sources end: all, or those that always do. */
export type Ends = 'bounded' | 'unbounded'

export function sourceShape(source: SourceData, ends: Ends): Shape {
  return {
    columns: source.columns,
    bounded: ends === 'bounded' || source.alwaysBounded,
    lateness: false,
    sequenced: ends === 'bounded' || source.alwaysBounded || source.splits.length === 1,
    known: true,
    nearSource: true,
    streamed: ends === 'unbounded' && !source.alwaysBounded,
    atMost: source.splits.reduce((sum, rows) => sum + rows.length, 0),
  }
}

/** The shapes of nodes, by their number. @throws Senseless when the plan makes no sense */
export function shapesOf(plan: RandomPlan, ends: Ends): readonly Shape[] {
  const shapes: Shape[] = plan.sources.map(source => sourceShape(source, ends))
  for (const { verb, inputs, parameters } of plan.nodes) {
    const of = inputs.map(edge => shapeAt(shapes, plan, edge))
    shapes.push(shapeOf(verb, parameters, of))
  }
  return shapes
}

export function shapeAt(shapes: readonly Shape[], plan: RandomPlan, { node, port }: Edge): Shape {
  if (port === 'out') return shapes[node]!
  if (!shapes[node]!.hasLate) throw new Senseless('no late rows')
  return lateShape(shapeAt(shapes, plan, plan.nodes[node - plan.sources.length]!.inputs[0]!))
}
