import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { callExpr } from '../expr/tree.ts'
import type { AggregateSpec } from '../operators/agg-node.ts'
import { shown } from '../options.ts'
import { outputAt } from '../planner/build.ts'
import { fieldOf } from '../types/schema.ts'
import type { Aggregate, WindowFunction, WindowFunctions } from './aggregate.ts'
import { condition, evaluate } from './arguments.ts'
import type { Dataset } from './dataset.ts'

/** Aggregates, or window functions, as a node has them. @throws {PlanError} `AGGREGATE` for others */
export function aggregateSpecs(
  dataset: Dataset<any, any>,
  verb: 'agg' | 'over',
  aggregates: WindowFunctions<any>,
  above: Function,
): AggregateSpec[] {
  const hint =
    verb === 'agg'
      ? "agg({ n: count(), delay: mean('delay') })"
      : "over({ by: 'origin' }, { n: rowNumber() })"
  if (typeof aggregates !== 'object' || typeof aggregates?.fold === 'string') {
    const got = typeof aggregates === 'object' ? 'one without a name' : shown(aggregates)
    throw new PlanError('AGGREGATE', `${verb} takes an object of aggregates, got ${got}`, {
      hint,
      above,
    })
  }
  return Object.entries(aggregates ?? {}).map(([name, aggregate]): AggregateSpec => {
    if (typeof aggregate?.fold !== 'string') {
      throw new PlanError(
        'AGGREGATE',
        `${verb} takes aggregates, got ${shown(aggregate)} for ${JSON.stringify(name)}`,
        {
          hint,
          above,
        },
      )
    }
    const { fold, options } = aggregate
    const filter = filterOf(dataset, aggregate as Aggregate<any, any>, above)
    return {
      name,
      fold,
      args: argumentsOf(dataset, aggregate, above),
      ...(options && { options }),
      ...(filter && { filter }),
    }
  })
}

/** The condition of `where`, of several all of them. */
function filterOf(dataset: Dataset<any, any>, { filters }: Aggregate<any, any>, above: Function) {
  if (!filters) return undefined
  const tests = filters.map(test => condition(dataset, test, above, 'where'))
  return tests.length > 1 ? callExpr('and', tests) : tests[0]
}

function argumentsOf(dataset: Dataset<any, any>, { of }: WindowFunction<any, any>, above: Function): Expr[] {
  if (of === undefined) return []
  return [of].flat().map((argument): Expr => {
    if (typeof argument === 'function') return evaluate(dataset, argument, above)
    const nodeOutput = outputAt(dataset.draft, dataset.port)
    if (nodeOutput) fieldOf(nodeOutput.schema, argument, above)
    return { kind: 'column', name: argument }
  })
}
