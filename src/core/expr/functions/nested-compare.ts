/** Comparisons of lists and structs of one type, as `orderBy` orders them; within them null equals null and comes last. */

import { compareCells } from '../../batch/compare.ts'
import { PlanError } from '../../errors.ts'
import { anyType, isMap, isNested } from '../../types/nested-type.ts'
import { adaptLiterals, boundCall, expectArguments } from '../bound.ts'
import type { Call } from '../expr.ts'
import { show } from '../show.ts'
import type { Bound, FunctionSpec } from './contract.ts'
import { argumentColumn, boolColumn, isValid } from './nested-cells.ts'

const RELATIONS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: order => order === 0,
  ne: order => order !== 0,
  lt: order => order < 0,
  lte: order => order <= 0,
  gt: order => order > 0,
  gte: order => order >= 0,
}

function relation(name: string): FunctionSpec {
  const holds = RELATIONS[name]!
  const spec: FunctionSpec = {
    name,
    bind(args, call) {
      expectArguments(call, 2)
      return boundCall(spec, 'bool', comparableNested(args, call), call)
    },
    columns(node, args, count, arena) {
      const [a, b] = [0, 1].map(i => argumentColumn(node, i, args, count, arena))
      return boolColumn(count, arena, i => {
        if (!isValid(a!.validity, i) || !isValid(b!.validity, i)) return undefined
        return holds(compareCells(a!, i, b!, i))
      })
    },
  }
  return spec
}

function comparableNested(args: readonly Bound[], call: Call): readonly Bound[] {
  const [a, b] = adaptLiterals(args) as [Bound, Bound]
  const refuse = (what: string, hint: string) =>
    new PlanError('ARGUMENT_TYPE', `${show(call)}: ${what}`, { hint })
  if (a.type !== b.type)
    throw refuse(
      `cannot compare ${a.type} with ${b.type}`,
      'lists and structs are compared with those of the same type',
    )
  if (anyType(a.type!, isMap))
    throw refuse('maps have no order', 'compare what get() gives for a key, or keys() and values()')
  return [a, b]
}

/** Comparisons by name, for nested operands. */
export const nestedRelations: ReadonlyMap<string, FunctionSpec> = new Map(
  Object.keys(RELATIONS).map(name => [name, relation(name)]),
)

export const hasNested = (args: readonly Bound[]): boolean =>
  args.some(({ type }) => type !== undefined && isNested(type))
