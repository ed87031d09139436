/**
 * The aggregates: one file each, registered below.
 *
 * Invariant: a result depends on the multiset of a group's rows (for `first` and `last`: on their total order) and on
 * nothing else, to the bit; the laws in `test/core/folds/laws.ts` hold for each. May import `core/batch`, `core/types`
 * and the fold contract.
 */

import { PlanError } from '../errors.ts'
import type { Fold } from '../fold.ts'
import { type ColumnType, isNumeric } from '../types/column-type.ts'
import { corr } from './corr.ts'
import { count } from './count.ts'
import { countDistinct } from './count-distinct.ts'
import { first } from './first.ts'
import { last } from './last.ts'
import { max } from './max.ts'
import { mean } from './mean.ts'
import { min } from './min.ts'
import { sum } from './sum.ts'
import { stddev, variance } from './variance.ts'

/** An aggregate by name, with the types of its arguments. */
export interface FoldSpec {
  readonly fold: string
  readonly argTypes: readonly ColumnType[]
}

interface FoldEntry {
  readonly args: 'none or one' | 'one' | 'two'
  readonly numeric?: boolean
  /** `type` is that of the argument; `count` without one ignores it. */
  open(type: ColumnType): Fold
}

const FOLDS: ReadonlyMap<string, FoldEntry> = new Map<string, FoldEntry>([
  ['count', { args: 'none or one', open: () => count() as unknown as Fold }],
  ['sum', { args: 'one', numeric: true, open: sum }],
  ['mean', { args: 'one', numeric: true, open: mean }],
  ['min', { args: 'one', open: min }],
  ['max', { args: 'one', open: max }],
  ['first', { args: 'one', open: first }],
  ['last', { args: 'one', open: last }],
  ['variance', { args: 'one', numeric: true, open: variance }],
  ['stddev', { args: 'one', numeric: true, open: stddev }],
  ['corr', { args: 'two', numeric: true, open: corr }],
  ['countDistinct', { args: 'one', open: type => countDistinct(type) as unknown as Fold }],
])

/** How many arguments at least and at most, in numbers and in words. */
const ARGUMENTS: Readonly<Record<FoldEntry['args'], readonly [number, number, string]>> = {
  'none or one': [0, 1, 'one column or none'],
  one: [1, 1, 'one column'],
  two: [2, 2, 'two columns'],
}

/** The names of all aggregates. */
export const foldNames = (): string[] => [...FOLDS.keys()]

/**
 * The fold of a spec.
 *
 * @throws {PlanError} `UNKNOWN_AGGREGATE`, `AGGREGATE_ARGUMENTS` for their number, `AGGREGATE_TYPE` for a `mean` of text.
 */
export function openFold(spec: FoldSpec): Fold {
  const { fold, argTypes } = spec
  const entry = FOLDS.get(fold)
  if (!entry) {
    throw new PlanError('UNKNOWN_AGGREGATE', `there is no aggregate ${JSON.stringify(fold)}`, {
      hint: `the aggregates are ${foldNames().join(', ')}`,
    })
  }
  const [least, most, takes] = ARGUMENTS[entry.args]
  if (argTypes.length < least || argTypes.length > most) {
    throw new PlanError('AGGREGATE_ARGUMENTS', `${fold}() takes ${takes}, got ${argTypes.length}`, {
      hint: most === 2 ? `${fold}(r => r.x, r => r.y)` : `${fold}(r => r.column)`,
    })
  }
  const type =
    (entry.numeric ? argTypes.find(given => !isNumeric(given)) : undefined) ?? argTypes[0] ?? 'bool'
  if (entry.numeric && !isNumeric(type)) {
    throw new PlanError('AGGREGATE_TYPE', `${fold}() needs a numeric column, got ${type}`, {
      hint:
        type === 'bool'
          ? "cast it: .cast('int32') makes true 1 and false 0"
          : 'min, max, first, last, count and countDistinct take every type',
    })
  }
  return entry.open(type)
}

/** The type an aggregate's results have. Throws as {@link openFold}. */
export const foldResultType = (spec: FoldSpec): ColumnType => openFold(spec).resultType
