/** What verbs with aggregates ask of one: what it reads, whether it makes sense, how plans show it. */

import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { readsValue, show, typeOf } from '../expr/type-of.ts'
import { USER_FOLD } from '../folds/index.ts'
import type { Schema } from '../types/schema.ts'
import type { AggregateSpec } from './agg-node.ts'

/** All that an aggregate evaluates over its input. */
export const expressionsOf = ({ args, filter }: AggregateSpec): readonly Expr[] =>
  filter ? [...args, filter] : args

/** Whether an aggregate reads more of a column than whether it is null: of its argument, a count does not. */
export const readsValueOf = ({ fold, args, filter }: AggregateSpec, column: string): boolean =>
  (fold !== 'count' && args.some(arg => readsValue(arg, column))) ||
  (filter !== undefined && readsValue(filter, column))

/** An aggregate as plans show it: `"cheap" = count() where price < 100`. */
export function showAggregate({ name, fold, args, options = {}, filter }: AggregateSpec): string {
  const isUsers = fold === USER_FOLD
  const constants = isUsers ? [] : Object.values(options).map(option => JSON.stringify(option))
  const given = [...args.map(show), ...constants]
  const where = filter ? ` where ${show(filter)}` : ''
  return `${JSON.stringify(name)} = ${isUsers ? options.export : fold}(${given.join(', ')})${where}`
}

/** @throws {PlanError} `FILTER_TYPE` for a filter that is no condition */
export function checkFilter({ name, filter }: AggregateSpec, schema: Schema): void {
  const type = filter && typeOf(filter, schema)
  if (type === undefined || type === 'bool') return
  throw new PlanError(
    'FILTER_TYPE',
    `where of ${JSON.stringify(name)} needs a condition, got ${type}: ${show(filter!)}`,
    { hint: 'compare it with something, for example .gt(0)' },
  )
}
