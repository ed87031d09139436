/** Patterns as users write them, and the options of `match`, checked. */

import { PlanError } from '../errors.ts'
import { type Columns, columnsOf, Expression } from '../expr/builder.ts'
import { callbackExpr } from '../expr/callback.ts'
import type { Expr } from '../expr/expr.ts'
import type { NamedExpr } from '../expr/kernel.ts'
import { show } from '../expr/type-of.ts'
import {
  foundColumn,
  type MatchAggregate,
  type MatchNode,
  type MatchStep,
  PREVIOUS,
  previousColumn,
} from '../operators/match-node.ts'
import { callback, checkNames, oneOf, shown } from '../options.ts'
import { MAX_STEPS } from '../patterns/automaton.ts'
import type { Gap, Skip } from '../patterns/pattern.ts'
import { callSite, type NodeBody, outputAt, thrownAt } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import type { Schema } from '../types/schema.ts'
import { type Aggregate, aggregate, type ColumnArgument, type Sum, type ValueAt } from './aggregate.ts'
import { columnsIn, evaluate, namesOf } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import type { ComputedValue } from './types.ts'

/** The rows of a variable, as conditions of later ones see them: null before there is one. */
export interface MatchedRows<Row> {
  /** The columns of the first row. */
  readonly first: Columns<Row>
  /** The columns of the last row so far. */
  readonly last: Columns<Row>
}

/** The rows of a variable, as measures see them. Without any, columns and aggregates are null, counts 0. */
export interface MeasuredRows<Row> extends MatchedRows<Row> {
  count(): Expression<number>
  sum<F extends ColumnArgument<Row, number | bigint>>(of: F): Expression<Sum<ValueAt<Row, F>> | null>
  mean(of: ColumnArgument<Row, number | bigint>): Expression<number | null>
  min<F extends ColumnArgument<Row, any>>(of: F): Expression<ValueAt<Row, F> | null>
  max<F extends ColumnArgument<Row, any>>(of: F): Expression<ValueAt<Row, F> | null>
  /** Any aggregate but `first` and `last`. */
  agg<V>(aggregate: Aggregate<Row, V>): Expression<V>
}

/** Variables by name, and the row before the one at hand, whether or not it was matched. */
export type EarlierRows<Row, Variables extends string> = {
  readonly [V in Variables]: MatchedRows<Row>
} & { readonly prev: Columns<Row> }

/** A condition on a row; the second argument has what was matched before it. */
export type MatchCondition<Row, Variables extends string> = (
  row: Columns<Row>,
  earlier: EarlierRows<Row, Variables>,
) => Expression<boolean | null>

/** How often a variable is matched. */
export interface RepeatOptions {
  /** How far its rows may be from each other. Default: as the variable follows the one before it; of the first, `next`. */
  readonly gaps?: Gap
  /** Fewer rows are preferred to more. */
  readonly reluctant?: boolean
}

interface StepDraft {
  readonly name: string
  readonly gap: Gap
  readonly negated: boolean
  readonly test?: (row: any, earlier: any) => unknown
  readonly min: number
  readonly max: number | null
  readonly greedy: boolean
  readonly between: Gap
}

/**
 * A pattern of rows: variables that follow one another. Immutable; every method gives a new one. What says how often, such
 * as `times`, is about the variable before it.
 *
 * @example
 * // Two delayed flights of an airport, and then one that is on time.
 * flights.watermark('date').match(
 *   start => start('late', r => r.delay.gt(15)).times(2).next('timely', r => r.delay.lte(0)),
 *   { by: 'origin' },
 * )
 */
export class Pattern<Row, Variables extends string = never> {
  /** @internal */
  readonly steps: readonly StepDraft[]

  /** @internal Patterns begin in the callback of `match`. */
  constructor(steps: readonly StepDraft[]) {
    this.steps = Object.freeze(steps)
  }

  /** The next row is a `name`, and satisfies the condition; without one any row does. */
  next<const V extends string>(
    name: V,
    test?: MatchCondition<Row, Variables | V>,
  ): Pattern<Row, Variables | V> {
    return this.#then('next', false, name, test, this.next)
  }

  /** The first row after it that satisfies the condition is a `name`. */
  followedBy<const V extends string>(
    name: V,
    test?: MatchCondition<Row, Variables | V>,
  ): Pattern<Row, Variables | V> {
    return this.#then('followedBy', false, name, test, this.followedBy)
  }

  /** A row after it that satisfies the condition is a `name`: the first one for which the rest of the pattern matches. */
  followedByAny<const V extends string>(
    name: V,
    test?: MatchCondition<Row, Variables | V>,
  ): Pattern<Row, Variables | V> {
    return this.#then('followedByAny', false, name, test, this.followedByAny)
  }

  /** The next row, if there is one, does not satisfy the condition. */
  notNext<const V extends string>(name: V, test: MatchCondition<Row, Variables>): Pattern<Row, Variables> {
    return this.#then('next', true, name, test, this.notNext)
  }

  /** No row satisfies the condition, up to the next row of the match; at the end of a pattern, up to the end of `within`. */
  notFollowedBy<const V extends string>(
    name: V,
    test: MatchCondition<Row, Variables>,
  ): Pattern<Row, Variables> {
    return this.#then('followedBy', true, name, test, this.notFollowedBy)
  }

  /** So often; with two numbers, from `min` to `max` times, as often as can be. */
  times(min: number, max?: number | RepeatOptions, options?: RepeatOptions): Pattern<Row, Variables> {
    const most = typeof max === 'number' ? max : min
    return this.#repeat(min, most, (typeof max === 'number' ? options : max) ?? {}, this.times)
  }

  /** So often at least, as often as can be. */
  atLeast(min: number, options: RepeatOptions = {}): Pattern<Row, Variables> {
    return this.#repeat(min, null, options, this.atLeast)
  }

  /** Once or more often, as often as can be. */
  oneOrMore(options: RepeatOptions = {}): Pattern<Row, Variables> {
    return this.#repeat(1, null, options, this.oneOrMore)
  }

  /** Not at all, if the rest matches only so; with `times` and the like before it: so often, or not at all. */
  optional(options: Pick<RepeatOptions, 'reluctant'> = {}): Pattern<Row, Variables> {
    const { step, others } = this.#last('optional', this.optional)
    checkNames('optional', options, ['reluctant'], this.optional)
    if (step.min > 1) {
      throw new PlanError('PATTERN', `optional() makes a variable absent that comes ${step.min} times`, {
        hint: 'times(0, n) is from none to n',
        above: this.optional,
      })
    }
    const greedy = options.reluctant === undefined ? step.greedy : !options.reluctant
    return new Pattern([...others, { ...step, min: 0, greedy }])
  }

  #repeat(min: number, max: number | null, options: RepeatOptions, above: Function): Pattern<any, any> {
    const { step, others } = this.#last('times', above)
    checkNames('times', options, ['gaps', 'reluctant'], above)
    const whole = (value: number) => Number.isSafeInteger(value) && value >= 0
    if (!whole(min) || (max !== null && (!whole(max) || max < Math.max(min, 1)))) {
      throw new PlanError(
        'PATTERN',
        `a variable comes a whole number of times, got ${shown(min)} to ${shown(max)}`,
        {
          hint: 'times(2), times(2, 5), atLeast(2), oneOrMore()',
          above,
        },
      )
    }
    const { gaps = step.between, reluctant = false } = options
    return new Pattern([
      ...others,
      {
        ...step,
        min,
        max,
        greedy: !reluctant,
        between: oneOf(gaps, 'gaps', ['next', 'followedBy', 'followedByAny'], above),
      },
    ])
  }

  /** The variable that says how often. */
  #last(verb: string, above: Function): { readonly step: StepDraft; readonly others: readonly StepDraft[] } {
    const step = this.steps.at(-1)!
    if (!step.negated) return { step, others: this.steps.slice(0, -1) }
    throw new PlanError('PATTERN', `${verb} is about rows, and ${JSON.stringify(step.name)} has none`, {
      hint: 'put it right after the variable that repeats',
      above,
    })
  }

  #then(gap: Gap, negated: boolean, name: unknown, test: unknown, above: Function): Pattern<any, any> {
    return new Pattern([...this.steps, stepDraft(gap, negated, name, test, this.steps, above)])
  }
}

/** Where a pattern begins: `start => start('small', r => r.amount.lt(1))`. */
export type PatternStart<Row> = <const V extends string>(
  name: V,
  test?: MatchCondition<Row, V>,
) => Pattern<Row, V>

function stepDraft(
  gap: Gap,
  negated: boolean,
  name: unknown,
  test: unknown,
  before: readonly StepDraft[],
  above: Function,
): StepDraft {
  if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name) || name === PREVIOUS) {
    throw new PlanError('PATTERN', `a variable of a pattern has a plain name, got ${shown(name)}`, {
      hint: `letters, digits and _, and not ${PREVIOUS}, which is the previous row: followedBy('large', r => r.amount.gt(500))`,
      above,
    })
  }
  if (before.some(step => step.name === name)) {
    throw new PlanError('PATTERN', `the pattern has ${JSON.stringify(name)} twice`, {
      hint: 'give each variable a name of its own',
      above,
    })
  }
  if (before.length === MAX_STEPS) {
    throw new PlanError('PATTERN', `a pattern has at most ${MAX_STEPS} variables`, { above })
  }
  if (negated || test !== undefined) callback(test, `the condition of ${JSON.stringify(name)}`, above)
  const fixed = { min: 1, max: 1, greedy: true, between: before.length === 0 ? ('next' as const) : gap }
  return { name, gap, negated, ...(test ? { test: test as () => unknown } : {}), ...fixed }
}

/** What `match` takes besides the pattern. */
export interface MatchOptions<Row, Variables extends string, By extends string, M> {
  /** The columns that the rows of a match have in common. Default: none, all rows are one sequence. */
  readonly by?: By | readonly By[]
  /** How long a match may take from its first to its last row, ends included. Data that does not end needs it where rows may lie between. */
  readonly within?: Duration
  /**
   * Where the search goes on after a match: past its last row (the default), at the row after its first one, or at the first
   * or last row of a variable.
   */
  readonly skip?: 'pastLast' | 'toNext' | { readonly toFirst: Variables } | { readonly toLast: Variables }
  /** What to say of a match, beside its keys and times. */
  readonly measures?: (match: { readonly [V in Variables]: MeasuredRows<Row> }) => M
}

/** Measures by name. */
export type Measures = { readonly [name: string]: Expression<any> }

/** The columns that measures make. */
export type Measured<M> = { [K in keyof M]: ComputedValue<M[K]> }

/** When a match began and ended. */
export interface MatchTimes {
  matchStart: Date
  matchEnd: Date
}

const EXAMPLE =
  "match(start => start('small', r => r.amount.lt(1)).followedBy('large', r => r.amount.gt(500)))"

/** The node of a `match`, from what the user gave. */
export function matchNode(
  dataset: Dataset<any, any>,
  pattern: (start: PatternStart<any>) => Pattern<any, any>,
  options: MatchOptions<any, any, string, any>,
  above: Function,
): NodeBody<MatchNode> {
  callback(pattern, 'the pattern of match()', above, EXAMPLE)
  checkNames('match', options, ['by', 'within', 'skip', 'measures'], above)
  const { by, within, skip = 'pastLast', measures } = options
  const begun = pattern((name, test) => new Pattern([stepDraft('next', false, name, test, [], above)]))
  if (!(begun instanceof Pattern)) {
    throw new PlanError('PATTERN', `the callback of match gives a pattern, got ${shown(begun)}`, {
      hint: EXAMPLE,
      above,
    })
  }
  const { steps } = begun
  return {
    kind: 'match',
    by: by === undefined ? [] : namesOf([by].flat(), above),
    steps: steps.map((step, i) => stepOf(dataset, step, steps.slice(0, i + 1), above)),
    ...(within === undefined ? {} : { withinMs: positiveMs(within, 'within', above) }),
    skip: skipOf(skip, above),
    ...measuresOf(dataset, steps, measures, above),
  }
}

function skipOf(skip: NonNullable<MatchOptions<any, string, string, any>['skip']>, above: Function): Skip {
  if (skip === 'toNext') return { to: 'next' }
  if (typeof skip === 'object' && skip !== null) {
    checkNames('skip of match', skip, ['toFirst', 'toLast'], above)
    if ('toFirst' in skip && typeof skip.toFirst === 'string') return { to: 'first', of: skip.toFirst }
    if ('toLast' in skip && typeof skip.toLast === 'string') return { to: 'last', of: skip.toLast }
  }
  oneOf(skip, 'skip of match()', ['pastLast', 'toNext'], above)
  return { to: 'pastLast' }
}

function stepOf(
  dataset: Dataset<any, any>,
  { test, ...step }: StepDraft,
  before: readonly StepDraft[],
  above: Function,
): MatchStep {
  if (!test) return step
  const variables = before.filter(({ negated }) => !negated).map(({ name }) => name)
  const earlier: Record<string, unknown> = { prev: renamed(dataset, previousColumn) }
  for (const name of variables) earlier[name] = rowsOf(dataset, name)
  const own = columnsIn(dataset)
  try {
    return {
      ...step,
      test: callbackExpr(
        sourced((row: any) => test(row, earlier), test),
        own,
      ),
    }
  } catch (error) {
    throw thrownAt(error, callSite(above))
  }
}

/** A callback whose text is another's: what errors are explained by. */
function sourced<F extends Function>(of: F, from: Function): F {
  return Object.defineProperty(of, 'toString', { value: () => String(from) })
}

const rowsOf = (dataset: Dataset<any, any>, variable: string): MatchedRows<any> => ({
  first: renamed(dataset, column => foundColumn(variable, 'first', column)),
  last: renamed(dataset, column => foundColumn(variable, 'last', column)),
})

/** The dataset's columns under other names. */
function renamed({ draft, port }: Dataset<any, any>, nameOf: (column: string) => string): Columns<any> {
  const schema: Schema | undefined = outputAt(draft, port)?.schema
  const own = schema && columnsOf<any>(schema)
  return new Proxy(Object.create(null), {
    get(_target, name) {
      if (typeof name === 'symbol') return undefined
      // Asks for it, so that a column that is not there is refused here.
      if (own) void own[name]
      return new Expression({ kind: 'column', name: nameOf(name) })
    },
  }) as Columns<any>
}

function measuresOf(
  dataset: Dataset<any, any>,
  steps: readonly StepDraft[],
  measures: ((match: any) => unknown) | undefined,
  above: Function,
): { aggregates: readonly MatchAggregate[]; measures: readonly NamedExpr[] } {
  if (measures === undefined) return { aggregates: [], measures: [] }
  callback(measures, 'measures of match()', above)
  const aggregates = new Map<string, MatchAggregate>()
  const match: Record<string, unknown> = {}
  for (const { name, negated } of steps) {
    if (negated) continue
    const measured = ({ fold, of, options }: Aggregate<any, any>) => {
      const args = of === undefined ? [] : [of].flat().map(argument => argumentOf(dataset, argument, above))
      const shownArgs = [
        ...args.map(show),
        ...Object.values(options ?? {}).map(value => JSON.stringify(value)),
      ]
      const column = `${name}.${fold}(${shownArgs.join(', ')})`
      aggregates.set(column, { name: column, of: name, fold, args, ...(options ? { options } : {}) })
      return new Expression({ kind: 'column', name: column })
    }
    match[name] = {
      ...rowsOf(dataset, name),
      ...Object.fromEntries(SHORT.map(fold => [fold, (of?: unknown) => measured(aggregate(fold, of))])),
      agg: (given: Aggregate<any, any>) => measured(checkedAggregate(given, above)),
    }
  }
  let made: unknown
  try {
    made = measures(match)
  } catch (error) {
    throw thrownAt(error, callSite(above))
  }
  if (typeof made !== 'object' || made === null || Array.isArray(made)) {
    throw new PlanError('CALLBACK', `measures of match are an object of expressions, got ${shown(made)}`, {
      hint: 'measures: m => ({ first: m.small.first.amount })',
      above,
    })
  }
  const named = Object.entries(made).map(([name, value]): NamedExpr => {
    if (value instanceof Expression) return { name, expr: value.expr }
    throw new PlanError(
      'CALLBACK',
      `measures of match are expressions, got ${shown(value)} for ${JSON.stringify(name)}`,
      {
        hint: "measures: m => ({ total: m.large.sum('amount'), first: m.small.first.amount })",
        above,
      },
    )
  })
  return { aggregates: [...aggregates.values()], measures: named }
}

/** Aggregates that have a method of their own. */
const SHORT = ['count', 'sum', 'mean', 'min', 'max'] as const

function checkedAggregate(given: Aggregate<any, any>, above: Function): Aggregate<any, any> {
  if (typeof given?.fold === 'string') return given
  throw new PlanError('AGGREGATE', `agg of measures takes an aggregate, got ${shown(given)}`, {
    hint: "m.large.agg(quantile('amount', 0.9))",
    above,
  })
}

const argumentOf = (dataset: Dataset<any, any>, argument: unknown, above: Function): Expr =>
  typeof argument === 'function'
    ? evaluate(dataset, argument as (row: any) => unknown, above)
    : { kind: 'column', name: namesOf([argument], above)[0]! }
