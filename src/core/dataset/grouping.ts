/** The keys of `groupBy`, `rollup` and `cube`: columns, computed ones, and sets of them. */

import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed } from '../expr/type-of.ts'
import type { ExpandCell, ExpandNode } from '../operators/expand.ts'
import { checkNames, shown, text } from '../options.ts'
import { extend, outputAt } from '../planner/build.ts'
import { fieldIndex, fieldOf } from '../types/schema.ts'
import { computedColumns, evaluate, namesOf } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import type { Finish } from './grouped.ts'
import { ofColumns } from './later.ts'

type AnyDataset = Dataset<any, any>

/** What {@link Dataset.rollup} and {@link Dataset.cube} take after the columns. */
export interface GroupingOptions<As extends string> {
  /**
   * The name of a column that tells totals from keys that are null: a bit for each key, the last one 1, set where the row is a
   * total over it; SQL's `GROUPING`. Default: none.
   */
  readonly grouping?: As
}

/** Before its name: the column of a key that is computed under a name that another column has. */
const KEY = '\0key '
const SET = '\0set'

/** What a `Grouped` is made of. */
type GroupedParts = [dataset: AnyDataset, keys: readonly string[], finish?: Finish]

interface Key {
  readonly name: string
  readonly expr?: Expr
}

/** @throws {PlanError} `UNKNOWN_COLUMN`, `CALLBACK`, `GROUP_NAME` for a computed key without a name; errors of expressions */
export function groupedBy(dataset: AnyDataset, given: readonly unknown[], above: Function): GroupedParts {
  const keys = given.flatMap(key => keysOf(dataset, key, above))
  const known = outputAt(dataset.draft, dataset.port)?.schema
  if (known) for (const { name, expr } of keys) if (!expr) fieldOf(known, name, above)
  const computed = keys.filter(key => key.expr)
  if (computed.length === 0) return [dataset, keys.map(key => key.name)]
  // A key that is called like a column must not take its place in the aggregates.
  const columnOf = ({ name, expr }: Key): string =>
    expr && (!known || fieldIndex(known, name) >= 0) ? KEY + name : name
  const columns = computed.map(key => ({ name: columnOf(key), expr: key.expr! }))
  const input = dataset.made(
    extend({ kind: 'with', columns } as never, [{ draft: dataset.draft, port: dataset.port }], above),
  )
  const renamed = keys.filter(key => columnOf(key) !== key.name)
  const names = Object.fromEntries(renamed.map(key => [columnOf(key), key.name]))
  const finish = (made: AnyDataset): AnyDataset => (renamed.length > 0 ? made.rename(names as never) : made)
  return [input, keys.map(columnOf), finish]
}

function keysOf(dataset: AnyDataset, given: unknown, above: Function): Key[] {
  if (typeof given === 'string') return [{ name: given }]
  if (typeof given === 'function') {
    const expr = evaluate(dataset, given as never, above)
    const names = new Set(columnsUsed(expr))
    if (names.size === 1) return [{ name: [...names][0]!, expr }]
    throw new PlanError('GROUP_NAME', `a key that is computed of ${names.size} columns needs a name`, {
      hint: 'groupBy({ route: r => r.origin.concat(r.destination) })',
      above,
    })
  }
  if (typeof given === 'object' && given !== null && !Array.isArray(given))
    return computedColumns(dataset, 'groupBy', given as Record<string, unknown>, above)
  return namesOf([given], above).map(name => ({ name }))
}

/** The sets of `rollup`: all keys, all but the last, and so on, down to none. */
export const rollupSets = (keys: readonly string[]): string[][] =>
  Array.from({ length: keys.length + 1 }, (_, i) => keys.slice(0, keys.length - i))

/** The sets of `cube`: all there are. */
export const cubeSets = (keys: readonly string[]): string[][] =>
  Array.from({ length: 2 ** keys.length }, (_, bits) =>
    keys.filter((_, i) => (bits & (1 << (keys.length - 1 - i))) === 0),
  )

/** A cube of more keys makes of each row more than this many. */
const MAX_SETS = 256

/** What was given to `rollup` or `cube`: columns, then options. */
export function groupingArguments(
  verb: 'rollup' | 'cube',
  given: readonly unknown[],
  above: Function,
): { keys: string[]; grouping: string | undefined } {
  const last = given.at(-1)
  const hasOptions = typeof last === 'object' && last !== null && !Array.isArray(last)
  if (hasOptions) checkNames(verb, last, ['grouping'], above)
  const keys = namesOf(hasOptions ? given.slice(0, -1) : given, above)
  const { grouping } = (hasOptions ? last : {}) as { grouping?: unknown }
  if (keys.length === 0 || new Set(keys).size < keys.length || 2 ** keys.length > MAX_SETS) {
    throw new PlanError('OPTION', `${verb} takes one to eight different columns, got ${shown(keys)}`, {
      hint: `${verb}('origin', 'destination')`,
      above,
    })
  }
  return {
    keys,
    grouping: grouping === undefined ? undefined : text(grouping, `grouping of ${verb}()`, above),
  }
}

/** Groups by each of several sets of keys; the keys that are not in a set are null. */
export function groupedBySets(
  verb: 'rollup' | 'cube',
  dataset: AnyDataset,
  given: readonly unknown[],
  above: Function,
): GroupedParts {
  const { keys, grouping } = groupingArguments(verb, given, above)
  const sets = verb === 'rollup' ? rollupSets(keys) : cubeSets(keys)
  const expanded = ofColumns(dataset, above, schema => {
    const rows = sets.map((set): ExpandCell[] => {
      const bits = keys.map((key, i) => (set.includes(key) ? 0 : 1 << (keys.length - 1 - i)))
      const cells = keys.map((key): ExpandCell => (set.includes(key) ? { column: key } : { value: null }))
      return [...cells, { value: bits.reduce((all, bit) => all | bit, 0) }]
    })
    const fields = keys.map(key => fieldOf(schema, key))
    const node: Omit<ExpandNode, 'inputs'> = {
      kind: 'expand',
      verb,
      keep: schema.map(({ name }) => name),
      made: [
        ...fields.map(({ name, type }) => ({
          name: KEY + name,
          type: type === 'dictionary' ? ('utf8' as const) : type,
        })),
        { name: SET, type: 'int32' },
      ],
      rows,
    }
    return dataset.made(extend(node, [{ draft: dataset.draft, port: dataset.port }], above))
  })
  const names = Object.fromEntries(keys.map(key => [KEY + key, key]))
  const finish: Finish = made => {
    const named = made.rename({ ...names, ...(grouping === undefined ? {} : { [SET]: grouping }) } as never)
    return grouping === undefined ? named.drop(SET as never) : named
  }
  return [expanded, [...keys.map(key => KEY + key), SET], finish]
}
