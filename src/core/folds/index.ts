/**
 * The aggregates: one file each, registered in the table below, from which CLI, docs and errors take their lists. To
 * add one: its file here, a line in the table, and the factory that users call in `core/dataset/aggregates.ts`.
 *
 * Invariant: a result depends on the multiset of a group's rows (for `first` and `last`: on their total order) and on
 * nothing else, to the bit; the laws in `test/core/folds/laws.ts` hold for each. May import `core/batch`, `core/types`,
 * `core/errors` and the fold contract.
 */

import { PlanError } from '../errors.ts'
import type { Fold } from '../fold.ts'
import { shown } from '../options.ts'
import {
  type ColumnType,
  isDecimal,
  isDuration,
  isInteger,
  isNumber,
  isOfTime,
  isText,
  isWide,
} from '../types/column-type.ts'
import type { Functions } from '../user-functions/function-ref.ts'
import { any, every } from './any-every.ts'
import { approxCountDistinct, standardError } from './approx-count-distinct.ts'
import { approxQuantile, relativeError } from './approx-quantile.ts'
import { argMinOrMax } from './arg-min-max.ts'
import { bitwise } from './bitwise.ts'
import { collectList, collectSet, histogram, mostFrequent, topK } from './collected.ts'
import { corr } from './corr.ts'
import { count } from './count.ts'
import { countDistinct } from './count-distinct.ts'
import { covar } from './covar.ts'
import { entropy } from './entropy.ts'
import { first } from './first.ts'
import type { FoldOption } from './fold-option.ts'
import { joinTexts, separatorText } from './join-texts.ts'
import { last } from './last.ts'
import { max } from './max.ts'
import { mean } from './mean.ts'
import { min } from './min.ts'
import { mode } from './mode.ts'
import { overFloats } from './over-floats.ts'
import { geometricMean, product } from './product.ts'
import { quantile, quantileShare } from './quantile.ts'
import { kurtosis, skewness } from './shape.ts'
import { sum } from './sum.ts'
import { USER_FOLD, type UserFoldOptions, userFold } from './user-fold.ts'
import { stddev, variance } from './variance.ts'
import { weightedMean } from './weighted-mean.ts'

export { USER_FOLD, type UserFoldOptions } from './user-fold.ts'

/** Constants of a call, such as which quantile. Plain JSON: they are part of the plan. */
export type FoldOptions = Readonly<Record<string, number | string | boolean>>

/** An aggregate by name, with the types of its arguments. */
export interface FoldSpec {
  readonly fold: string
  readonly argTypes: readonly ColumnType[]
  readonly options?: FoldOptions
}

/** The options of a fold by name, all of them needed, in the order in which plans show them. */
type OptionsOf<O> = { readonly [K in keyof O]: FoldOption<O[K]> }

interface FoldEntry<O = FoldOptions> {
  readonly args: 'none or one' | 'one' | 'two'
  /** What it takes; absent: every type. */
  readonly numeric?: boolean
  readonly only?: 'integers' | 'conditions' | 'text'
  /** Its results are lists or maps. */
  readonly nested?: true
  /** Of a numeric one: it knows decimals. Others get them as float64. */
  readonly exact?: true
  /** Of a numeric one: which types of time it takes too. Absent: none. */
  readonly times?: 'durations' | 'all'
  /** Absent: it has none. */
  readonly options?: OptionsOf<O>
  /**
   * `type` is that of the argument; `count` without one ignores it. The options have been checked. Over `changes` rows
   * may be taken out again, for which some folds keep more. `types` are those of all arguments.
   */
  open(type: ColumnType, options: O, changes: boolean, types: readonly ColumnType[]): Fold
  /** What to take instead over changes, for a fold that cannot take rows out again. */
  readonly overChanges?: string
}

/** An entry whose fold is opened with options of the types that their checks say. */
const withOptions = <O extends FoldOptions>(
  entry: FoldEntry<O> & { readonly options: OptionsOf<O> },
): FoldEntry => entry as unknown as FoldEntry

const FOLDS: ReadonlyMap<string, FoldEntry> = new Map<string, FoldEntry>([
  ['count', { args: 'none or one', open: () => count() as unknown as Fold }],
  [
    'sum',
    {
      args: 'one',
      numeric: true,
      exact: true,
      times: 'durations',
      open: (type, _, changes) => sum(type, changes),
    },
  ],
  ['mean', { args: 'one', numeric: true, exact: true, times: 'all', open: mean }],
  ['min', { args: 'one', open: (type, _, changes) => min(type, changes) }],
  ['max', { args: 'one', open: (type, _, changes) => max(type, changes) }],
  ['first', { args: 'one', open: (type, _, changes) => first(type, changes) }],
  ['last', { args: 'one', open: (type, _, changes) => last(type, changes) }],
  ['variance', { args: 'one', numeric: true, open: variance }],
  ['stddev', { args: 'one', numeric: true, times: 'durations', open: stddev }],
  [
    'quantile',
    withOptions({
      args: 'one',
      numeric: true,
      exact: true,
      times: 'all',
      options: { p: quantileShare },
      open: quantile,
    }),
  ],
  ['corr', { args: 'two', numeric: true, open: corr }],
  ['countDistinct', { args: 'one', open: (type, _, changes) => countDistinct(type, changes) }],
  [
    'approxQuantile',
    withOptions({
      args: 'one',
      numeric: true,
      times: 'durations',
      options: { p: quantileShare, error: relativeError },
      open: approxQuantile,
    }),
  ],
  [
    'approxCountDistinct',
    withOptions({
      args: 'one',
      options: { error: standardError },
      open: approxCountDistinct,
      overChanges: 'countDistinct() counts exactly, and can take rows out again',
    }),
  ],
  ['argMin', { args: 'two', open: argMinOrMax('min') }],
  ['argMax', { args: 'two', open: argMinOrMax('max') }],
  ['mode', { args: 'one', open: mode }],
  ['any', { args: 'one', only: 'conditions', open: any }],
  ['every', { args: 'one', only: 'conditions', open: every }],
  [
    'join',
    withOptions({ args: 'one', only: 'text', options: { separator: separatorText }, open: joinTexts }),
  ],
  ['collectList', { args: 'one', nested: true, open: collectList }],
  ['collectSet', { args: 'one', nested: true, open: collectSet }],
  ['topK', withOptions({ args: 'one', options: { k: mostFrequent }, open: topK })],
  ['histogram', { args: 'one', nested: true, open: histogram }],
  ['covar', { args: 'two', numeric: true, open: covar }],
  ['skewness', { args: 'one', numeric: true, open: skewness }],
  ['kurtosis', { args: 'one', numeric: true, open: kurtosis }],
  ['entropy', { args: 'one', open: entropy }],
  ['weightedMean', { args: 'two', numeric: true, open: weightedMean }],
  ['geometricMean', { args: 'one', numeric: true, open: geometricMean }],
  ['product', { args: 'one', numeric: true, open: product }],
  ['bitAnd', { args: 'one', only: 'integers', open: bitwise('bitAnd') }],
  ['bitOr', { args: 'one', only: 'integers', open: bitwise('bitOr') }],
  ['bitXor', { args: 'one', only: 'integers', open: bitwise('bitXor') }],
])

/** The kinds of types that some folds are confined to: which they are, in words, and what to do about others. */
const KINDS: Readonly<
  Record<NonNullable<FoldEntry['only']>, readonly [(type: ColumnType) => boolean, string, string]>
> = {
  integers: [type => isInteger(type) || isWide(type), 'an integer column', "cast it: .cast('int64')"],
  conditions: [type => type === 'bool', 'a condition', 'compare it with something, for example .gt(0)'],
  text: [isText, 'a text column', "cast it: .cast('utf8')"],
}

/** What numeric ones take, in words. */
const MEASURED: Readonly<Record<NonNullable<FoldEntry['times']> | 'none', string>> = {
  none: 'numbers',
  durations: 'numbers or durations',
  all: 'numbers, dates, timestamps, times of day or durations',
}

/** Whether a numeric one takes the type. */
const isMeasured = ({ times }: FoldEntry, type: ColumnType): boolean =>
  isNumber(type) || (times !== undefined && isDuration(type)) || (times === 'all' && isOfTime(type))

/** What to do about a type that a numeric one does not take. */
function insteadOf(type: ColumnType): string {
  if (type === 'bool') return "cast it: .cast('int32') makes true 1 and false 0"
  const names = (takes: (entry: FoldEntry) => boolean | undefined) =>
    [...FOLDS].flatMap(([name, entry]) => (takes(entry) ? [name] : []))
  const everyType = `${names(({ numeric, only }) => !numeric && !only).join(', ')} take every type`
  if (isText(type)) return `where it holds numbers, cast it: .cast('float64'); ${everyType}`
  if (!isOfTime(type)) return everyType
  const measuring = names(entry => entry.numeric && isMeasured(entry, type)).flatMap(name =>
    name === 'quantile' ? [name, 'median'] : [name],
  )
  return `${measuring.join(', ')} take ${isDuration(type) ? 'durations' : 'dates and times'}; ${everyType}`
}

/** How many arguments at least and at most, in numbers and in words. */
const ARGUMENTS: Readonly<Record<FoldEntry['args'], readonly [number, number, string]>> = {
  'none or one': [0, 1, 'one column or none'],
  one: [1, 1, 'one column'],
  two: [2, 2, 'two columns'],
}

/** The names of all aggregates. */
export const foldNames = (): string[] => [...FOLDS.keys()]

/** The names of those that need one column, or none, and nothing else, and are neither conditions nor lists. */
export const simpleFoldNames = (): string[] =>
  [...FOLDS].flatMap(([name, { args, options, only, nested }]) =>
    args === 'two' || options || only === 'conditions' || nested ? [] : [name],
  )

/** What a fold is opened over. */
export interface FoldInput {
  /** Rows may be taken out again, by negative weights. Default: they only come. */
  readonly changes?: boolean
  /** Where rows are folded: the user's functions. Without them a fold can be typed. */
  readonly functions?: Functions
}

/**
 * The fold of a spec.
 *
 * @throws {PlanError} `UNKNOWN_AGGREGATE`, `AGGREGATE_ARGUMENTS` for their number, `AGGREGATE_TYPE` for a type that it does not take
 * (a `mean` of text), `AGGREGATE_OPTION` for an option that is missing, unknown or makes no sense; `NO_RETRACT` over changes for a
 * fold that cannot take rows out again
 */
export function openFold(spec: FoldSpec, { changes = false, functions }: FoldInput = {}): Fold {
  const { fold, argTypes, options = {} } = spec
  if (fold === USER_FOLD) {
    const opened = userFold(argTypes, options as unknown as UserFoldOptions, functions)
    if (changes) requireRetract(`${options.export}`, opened)
    return opened
  }
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
  checkOptions(fold, entry.options ?? {}, options)
  const fits = (given: ColumnType) => isMeasured(entry, given)
  const type = (entry.numeric ? argTypes.find(given => !fits(given)) : undefined) ?? argTypes[0] ?? 'bool'
  if (entry.only && !KINDS[entry.only][0](type)) {
    const [, needs, hint] = KINDS[entry.only]
    throw new PlanError('AGGREGATE_TYPE', `${fold}() needs ${needs}, got ${type}`, { hint })
  }
  if (entry.numeric && !fits(type)) {
    throw new PlanError(
      'AGGREGATE_TYPE',
      `${fold}() needs a column of ${MEASURED[entry.times ?? 'none']}, got ${type}`,
      {
        hint: insteadOf(type),
      },
    )
  }
  const asFloats = entry.numeric === true && !entry.exact && argTypes.some(isDecimal)
  const floats = (given: ColumnType): ColumnType => (asFloats && isDecimal(given) ? 'float64' : given)
  const own = entry.open(floats(type), options, changes, argTypes.map(floats))
  const opened = asFloats ? overFloats(own) : own
  if (changes) requireRetract(fold, opened, entry.overChanges)
  return opened
}

/**
 * Refuses a fold that cannot take rows out again.
 *
 * @throws {PlanError} `NO_RETRACT`
 */
export function requireRetract(name: string, { retract }: Fold, instead?: string): void {
  if (retract) return
  throw new PlanError('NO_RETRACT', `${name}() cannot take rows out again, and its input does`, {
    hint: instead ?? `aggregate rows that are final, or take another aggregate than ${name}`,
  })
}

function checkOptions(fold: string, known: OptionsOf<FoldOptions>, options: FoldOptions): void {
  const names = Object.keys(known)
  const refuse = (what: string, hint: string) => {
    throw new PlanError('AGGREGATE_OPTION', `${fold}() ${what}`, { hint })
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    const hint = names.length > 0 ? `its options are ${names.join(', ')}` : 'it takes no options'
    refuse(`has no option ${JSON.stringify(name)}`, hint)
  }
  for (const [name, { takes, hint, accepts }] of Object.entries(known)) {
    const value = Object.hasOwn(options, name) ? options[name] : undefined
    if (!accepts(value)) refuse(`needs ${takes} as ${name}, got ${shown(value)}`, hint)
  }
}

/** The type an aggregate's results have. Throws as {@link openFold}. */
export const foldResultType = (spec: FoldSpec, input?: FoldInput): ColumnType =>
  openFold(spec, input).resultType
