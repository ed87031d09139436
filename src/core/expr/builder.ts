/**
 * The column expressions users write: `r => r.delay.gt(60).and(r.origin.eq('IAH'))`. An {@link Expression} wraps
 * {@link Expr} data; its type parameter is the JavaScript value, so that what makes no sense does not compile.
 */

import type { DistributionData, DistributionFunction, DistributionWith } from '../distribution.ts'
import { PlanError } from '../errors.ts'
import { type ColumnTypeSpec, columnType } from '../types/column-type.ts'
import type { IsOpen, ValueOf } from '../types/row.ts'
import { fieldIndex, type Schema, unknownColumn } from '../types/schema.ts'
import type { Expr } from './expr.ts'
import type { ExtractPart, TruncateUnit } from './functions/time.ts'
import { type LiteralValue, literal } from './literal.ts'
import { show } from './show.ts'
import { callExpr } from './tree.ts'

export type { ExtractPart, TruncateUnit } from './functions/time.ts'
export type { LiteralValue } from './literal.ts'

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** Null when `T` may be null, else never. */
type NullOf<T> = Extract<T, null>

/** What an operand contributes: the value of an expression, or the value itself. */
export type OperandValue<O> = O extends Expression<infer V> ? V : O

/** A plain value's type, widened: `1` is a number. */
type Widen<V> = V extends number
  ? number
  : V extends string
    ? string
    : V extends boolean
      ? boolean
      : V extends bigint
        ? bigint
        : V

/** The value of an operand: an expression's, or a plain value's, widened. */
type Value<O> = O extends Expression<infer V> ? V : Widen<O>

/** What can be calculated with `T`: a number column with numbers, a bigint column with bigints or whole numbers. */
export type NumberOperand<T> =
  NonNullable<T> extends bigint
    ? bigint | number | null | Expression<bigint | null>
    : number | null | Expression<number | null>

/** What `T` can be compared with. */
export type Comparand<T> =
  NonNullable<T> extends number | bigint
    ? number | bigint | Expression<number | bigint | null>
    : NonNullable<T> extends string
      ? string | Expression<string | null>
      : NonNullable<T> extends boolean
        ? boolean | Expression<boolean | null>
        : NonNullable<T> extends Date
          ? Date | Expression<Date | null>
          : never

type Condition = boolean | Expression<boolean | null>

/**
 * An expression over the columns of a row, with values of type `T` (`null` among them when it can be null).
 *
 * Nulls follow SQL: a function of a null is null, except where its comment says otherwise.
 *
 * @example
 * flights.filter(r => r.delay.gt(60).and(r.origin.isIn(['IAH', 'HOU'])))
 */
export class Expression<T> {
  /** The expression as data. */
  readonly expr: Expr
  /** Only in the types: what makes `Expression<number>` and `Expression<string>` different. */
  declare protected readonly valueType: T
  /**
   * Only in the types. What has a `then` counts as always true, so that `a && b`, `a ? b : c` and `if (a)` on an
   * expression do not compile. There is none at run time.
   */
  declare protected readonly then: (tested: (value: boolean) => void) => void

  constructor(expr: Expr) {
    this.expr = expr
    Object.freeze(this)
  }

  /** `a + b`. Integers that do not fit the wider of the two types are a DataError `OVERFLOW`; nothing wraps. */
  add<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('add', [this, other])
  }

  /** `a - b`. Overflow as for {@link add}. */
  sub<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('sub', [this, other])
  }

  /** `a * b`. Overflow as for {@link add}. */
  mul<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('mul', [this, other])
  }

  /** `a / b` as floats, whatever the operands: `1 / 2` is 0.5. By zero: ±Infinity, or NaN for `0 / 0`. */
  div<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<number | NullOf<T | OperandValue<O>>> {
    return call('div', [this, other])
  }

  /** Whole-number division, cut towards zero (`-7 // 2` is -3). By zero: null. Not for floats. */
  intDiv<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | null> {
    return call('intDiv', [this, other])
  }

  /** The remainder, with the sign of `a` (`-7 % 2` is -1). By zero: null for whole numbers, NaN for floats. */
  mod<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | null> {
    return call('mod', [this, other])
  }

  /** `-a`. Overflow as for {@link add}. */
  neg(this: Expression<number | bigint | null>): Expression<T> {
    return call('neg', [this])
  }

  /** The absolute value. Overflow as for {@link add}. */
  abs(this: Expression<number | bigint | null>): Expression<T> {
    return call('abs', [this])
  }

  /** `a = b`; null when either is null. NaN equals NaN; -0 equals 0. Use {@link isNull} to ask for nulls. */
  eq<O extends Comparand<T>>(other: O): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('eq', [this, other])
  }

  /** `a ≠ b`; null when either is null. */
  ne<O extends Comparand<T>>(other: O): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('ne', [this, other])
  }

  /** `a < b`. Text by UTF-8 bytes; NaN is greater than every number. */
  lt<O extends Comparand<T>>(other: O): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('lt', [this, other])
  }

  /** `a ≤ b`. */
  lte<O extends Comparand<T>>(other: O): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('lte', [this, other])
  }

  /** `a > b`. Text by UTF-8 bytes; NaN is greater than every number. */
  gt<O extends Comparand<T>>(other: O): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('gt', [this, other])
  }

  /** `a ≥ b`. */
  gte<O extends Comparand<T>>(other: O): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('gte', [this, other])
  }

  /** `low ≤ a and a ≤ high`: both ends are included. */
  between<L extends Comparand<T>, H extends Comparand<T>>(
    low: L,
    high: H,
  ): Expression<boolean | NullOf<T | OperandValue<L> | OperandValue<H>>> {
    return call('between', [this, low, high])
  }

  /** Whether it equals one of `items`; null when it equals none and it or an item is null. */
  isIn<O extends Comparand<T> | null>(
    items: readonly O[],
  ): Expression<boolean | NullOf<T | OperandValue<O>>> {
    if (!Array.isArray(items)) {
      throw new PlanError('ARGUMENT_TYPE', `isIn() takes an array, got ${typeof items}`, {
        hint: "r.origin.isIn(['IAH', 'HOU'])",
      })
    }
    return call('isIn', [this as unknown].concat(items))
  }

  /** Both; false as soon as one is false, else null when one is null. The second is evaluated only if needed. */
  and<O extends Condition>(
    this: Expression<boolean | null>,
    other: O,
  ): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('and', [this, other])
  }

  /** At least one; true as soon as one is true, else null when one is null. The second is evaluated only if needed. */
  or<O extends Condition>(
    this: Expression<boolean | null>,
    other: O,
  ): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('or', [this, other])
  }

  /** True where it is false, false where it is true; null stays null. */
  not(this: Expression<boolean | null>): Expression<T> {
    return call('not', [this])
  }

  /** Whether it is null; never null itself. */
  isNull(): Expression<boolean> {
    return call('isNull', [this])
  }

  /** Whether it is not null; never null itself. */
  isNotNull(): Expression<boolean> {
    return call('isNotNull', [this])
  }

  /** The first of this and `others` that is not null. Later ones are evaluated only if needed. */
  coalesce<O extends readonly (Comparand<T> | null)[]>(
    ...others: O
  ): Expression<NonNullable<T | Value<O[number]>> | FirstNeverNull<O>> {
    return call('coalesce', [this, ...others])
  }

  /** Null where it equals `other`, else itself. */
  nullIf<O extends Comparand<T>>(other: O): Expression<T | null> {
    return call('nullIf', [this, other])
  }

  /** Whether it is NaN, the float that is not a number. */
  isNaN(this: Expression<number | null>): Expression<boolean | NullOf<T>> {
    return call('isNaN', [this])
  }

  /**
   * The value in another type. Numbers and booleans are cast to each other, dates and timestamps too. Floats round to
   * the nearest whole number, halves to the even one; times drop finer digits downwards. What does not fit is a
   * DataError `OVERFLOW`. Text is not cast.
   *
   * @example
   * flights.with({ metres: r => r.distance.cast('int64').mul(1609n) })
   */
  cast<C extends ColumnTypeSpec>(type: C): Expression<ValueOf<C> | NullOf<T>> {
    return call('cast', [this], { type: columnType(type) })
  }

  /** Whether the text begins with `part`; true for an empty one. */
  startsWith<O extends string | Expression<string | null>>(
    this: Expression<string | null>,
    part: O,
  ): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('startsWith', [this, part])
  }

  /** Whether the text ends with `part`; true for an empty one. */
  endsWith<O extends string | Expression<string | null>>(
    this: Expression<string | null>,
    part: O,
  ): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('endsWith', [this, part])
  }

  /** Whether `part` occurs in the text; true for an empty one. */
  contains<O extends string | Expression<string | null>>(
    this: Expression<string | null>,
    part: O,
  ): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('contains', [this, part])
  }

  /** Lower case, code point by code point, whatever the language. */
  lower(this: Expression<string | null>): Expression<T> {
    return call('lower', [this])
  }

  /** Upper case, code point by code point, whatever the language. */
  upper(this: Expression<string | null>): Expression<T> {
    return call('upper', [this])
  }

  /** The number of code points of the text. */
  length(this: Expression<string | null>): Expression<number | NullOf<T>> {
    return call('length', [this])
  }

  /** The texts joined; null when one is null. */
  concat<O extends readonly (string | Expression<string | null>)[]>(
    this: Expression<string | null>,
    ...others: O
  ): Expression<string | NullOf<T | OperandValue<O[number]>>> {
    return call('concat', [this, ...others])
  }

  /**
   * The part of the text at a place, counted from 0, when it is cut at every `separator`; null beyond the last part.
   *
   * @throws {PlanError} where the expression is given to a verb: `ARGUMENT_TYPE` for an empty separator, `OPTION` for a
   * part that is no whole number from 0
   * @example
   * flights.with({ first: r => r.origin.splitPart('-', 0) })
   */
  splitPart(this: Expression<string | null>, separator: string, part: number): Expression<string | null> {
    return call('splitPart', [this, separator], { part })
  }

  /**
   * What a group of a regular expression matches, at the first place where the expression does: group 0, the default,
   * is the whole match. Null where nothing matches, or where the group has no part in the match. Patterns are
   * JavaScript's with the `u` flag, without looking around (`(?=`) and referring back (`\1`).
   *
   * @throws {PlanError} `REGEXP` where the expression is given to a verb: for a pattern that cannot be read, or a group
   * that it does not have
   * @example
   * flights.with({ initial: r => r.origin.regexpExtract('^([A-Z])[A-Z]*$', 1) })
   */
  regexpExtract(this: Expression<string | null>, pattern: string, group = 0): Expression<string | null> {
    return call('regexpExtract', [this, pattern], { group })
  }

  /** Cut down to the start of its second, minute, hour, day, week (Monday), month, quarter or year, in UTC. */
  truncate(this: Expression<Date | null>, unit: TruncateUnit): Expression<T> {
    return call('truncate', [this], { unit })
  }

  /**
   * A part of a time, in UTC. `dayOfWeek` is 0 on Sunday; `hourOfWeek` runs from 0 (Sunday 00) to 167; `second` has
   * no fraction; `epochMs` counts milliseconds since 1970.
   */
  extract(this: Expression<Date | null>, part: ExtractPart): Expression<number | NullOf<T>> {
    return call('extract', [this], { part })
  }

  /**
   * P(X ≤ x) of a distribution of `millrace/models`, computed where the rows are, accurate to double precision; NaN
   * stays NaN. So do {@link sf}, {@link pdf}, {@link pmf}, their logarithms, {@link quantile} and {@link isf}.
   *
   * @throws {PlanError} `ARGUMENT_TYPE` when it is given no distribution, or one without this function
   * @example
   * import { normal } from 'millrace/models'
   * flights.with({ surprise: r => r.delay.sf(normal({ mean: 8, sd: 30 })) })
   */
  cdf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'cdf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('cdf', this, distribution)
  }

  /** P(X > x), computed as such: accurate where it is tiny. Errors as for {@link cdf}. */
  sf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'sf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('sf', this, distribution)
  }

  /** log P(X ≤ x), finite where {@link cdf} underflows. */
  logCdf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'logCdf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('logCdf', this, distribution)
  }

  /** log P(X > x), finite where {@link sf} underflows. */
  logSf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'logSf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('logSf', this, distribution)
  }

  /** The density of a continuous distribution. */
  pdf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'pdf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('pdf', this, distribution)
  }

  /** The logarithm of {@link pdf}, finite where that underflows. */
  logPdf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'logPdf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('logPdf', this, distribution)
  }

  /** P(X = x) of a discrete distribution; 0 between the points of its support. */
  pmf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'pmf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('pmf', this, distribution)
  }

  /** The logarithm of {@link pmf}, finite where that underflows. */
  logPmf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'logPmf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('logPmf', this, distribution)
  }

  /** Of a probability p: the smallest x with `cdf(x) ≥ p`; NaN where p is not within 0 … 1. */
  quantile(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'quantile'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('quantile', this, distribution)
  }

  /** Of a probability p: the smallest x with `sf(x) ≤ p`, accurate for tiny p; NaN where p is not within 0 … 1. */
  isf(
    this: Expression<number | bigint | null>,
    distribution: DistributionWith<'isf'>,
  ): Expression<number | NullOf<T>> {
    return distributionCall('isf', this, distribution)
  }

  /** @internal What `console.log` prints. */
  [INSPECT](): string {
    return `Expression { ${show(this.expr)} }`
  }

  /**
   * @throws {PlanError} `NOT_A_VALUE`: an expression stands for a column, so `if (r.x)`, `r.x + 1` and `${r.x}`
   * cannot mean what they say
   */
  [Symbol.toPrimitive](): never {
    throw new PlanError('NOT_A_VALUE', 'an expression stands for a whole column and has no value here', {
      hint: 'write r.x.add(1) for r.x + 1, r.x.gt(1) for r.x > 1, a.and(b) for a && b, r.x.abs() for Math.abs(r.x)',
    })
  }
}

/** Never when one of the operands cannot be null, else null. */
type FirstNeverNull<O extends readonly unknown[]> = true extends {
  [K in keyof O]: null extends OperandValue<O[K]> ? false : true
}[number]
  ? never
  : null

/** The columns of a row as expressions: what a callback gets. Columns of an open row are `any`. */
export type Columns<Row> =
  IsOpen<Row> extends true
    ? { readonly [name: string]: any }
    : { readonly [K in keyof Row]-?: Expression<Row[K]> }

/** Anything a verb takes as an expression with values of type `T`. */
export type ExpressionOr<T> = Expression<T> | (T & LiteralValue)

/**
 * A constant. With a type, that type; without, the type its neighbours have where it fits.
 *
 * @throws {PlanError} `LITERAL` for a value no column can hold
 * @example
 * flights.with({ gate: () => lit(null, 'utf8') }) // a column of nulls
 */
export function lit<C extends ColumnTypeSpec, V extends ValueOf<C> | null>(
  value: V,
  type: C,
): Expression<ValueOf<C> | NullOf<V>>
export function lit<V extends LiteralValue>(value: V): Expression<Widen<V>>
export function lit(value: LiteralValue, type?: ColumnTypeSpec): Expression<any> {
  return new Expression(literal(value, type === undefined ? undefined : columnType(type)))
}

/**
 * A column by name, for names that only the program knows.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN` where the expression is given to a verb, or when the plan is built
 * @example
 * const name: string = 'delay'
 * flights.filter(() => col<number | null>(name).gt(60))
 */
export function col<T = any>(name: string): Expression<T> {
  return new Expression(Object.freeze({ kind: 'column', name }))
}

/** A conditional whose other cases are still to come. */
export class When<T> {
  readonly #args: readonly Expr[]

  constructor(args: readonly Expr[]) {
    this.#args = args
  }

  /** The value where no earlier condition was true and this one is. */
  when<O extends LiteralValue | Expression<any>>(condition: Condition, value: O): When<T | Value<O>> {
    return new When([...this.#args, exprOf(condition), exprOf(value)])
  }

  /** The value where no condition was true. */
  otherwise<O extends LiteralValue | Expression<any>>(value: O): Expression<T | Value<O>> {
    return new Expression(callExpr('when', [...this.#args, exprOf(value)]))
  }

  /** Ends the conditional: null where no condition was true. */
  otherwiseNull(): Expression<T | null> {
    return new Expression(callExpr('when', this.#args))
  }
}

/**
 * A value where a condition is true. A condition that is null counts as not true. Values are computed only where they
 * are chosen, so a condition can guard its value.
 *
 * @throws {PlanError} `LITERAL` for a value no column can hold; where the expression is given to a verb, `CONDITION` and
 * `ARGUMENT_TYPE`; `WHEN_OPEN` when `otherwise` is missing
 * @example
 * flights.with({ pace: r => when(r.delay.gt(60), 'late').when(r.delay.gt(15), 'slow').otherwise('fine') })
 */
export function when<O extends LiteralValue | Expression<any>>(
  condition: Condition,
  value: O,
): When<Value<O>> {
  return new When([exprOf(condition), exprOf(value)])
}

/**
 * The expression data of an expression or a plain value.
 *
 * @throws {PlanError} `LITERAL` for a value no column can hold
 */
export function exprOf(value: unknown): Expr {
  if (value instanceof Expression) return value.expr
  if (value instanceof When) {
    throw new PlanError('WHEN_OPEN', 'a when() needs its otherwise() before it has a value', {
      hint: 'when(condition, value).otherwise(other), or .otherwiseNull()',
    })
  }
  return literal(value as LiteralValue)
}

/**
 * The `r` of a callback: one {@link Expression} per column, by property access. Every name works, `__proto__` and `then`
 * included.
 *
 * @param prefix what expressions have before the names, where rows of several datasets are told apart
 * @throws {PlanError} `UNKNOWN_COLUMN` on access to a column that is not there
 */
export function columnsOf<Row = any>(schema: Schema, prefix = ''): Columns<Row> {
  const made = new Map<string, Expression<any>>()
  const expression = (name: string): Expression<any> => {
    let found = made.get(name)
    if (!found) made.set(name, (found = col(prefix + name)))
    return found
  }
  return new Proxy(Object.create(null), {
    get(_target, name) {
      if (typeof name === 'symbol') return undefined
      if (fieldIndex(schema, name) >= 0) return expression(name)
      throw unknownColumn(schema, name)
    },
    has: (_target, name) => typeof name === 'string' && fieldIndex(schema, name) >= 0,
    // Spreading `r` gives every column: `{ ...r, speed: … }`.
    ownKeys: () => schema.map(field => field.name),
    getOwnPropertyDescriptor(_target, name) {
      if (typeof name === 'symbol' || fieldIndex(schema, name) < 0) return undefined
      return { value: expression(name), enumerable: true, configurable: true }
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  }) as Columns<Row>
}

function call(
  fn: string,
  args: readonly unknown[],
  options?: Readonly<Record<string, unknown>>,
): Expression<any> {
  return new Expression(callExpr(fn, args.map(exprOf), options))
}

/** A function of a distribution, which goes into the plan as its JSON. */
function distributionCall(
  fn: DistributionFunction,
  x: Expression<any>,
  distribution: unknown,
): Expression<any> {
  return call(fn, [x], { distribution: distributionData(fn, distribution) })
}

function distributionData(fn: DistributionFunction, given: unknown): DistributionData {
  const refuse = (got: string, hint: string): PlanError =>
    new PlanError('ARGUMENT_TYPE', `${fn}() takes a distribution, got ${got}`, { hint })
  const hint = "make one with 'millrace/models': cdf(normal({ mean: 0, sd: 1 }))"
  if (typeof given !== 'object' || given === null) throw refuse(typeof given, hint)
  const { toJSON, [fn]: compute } = given as Partial<DistributionWith<DistributionFunction>>
  const { name, parameters }: Partial<DistributionData> =
    typeof toJSON === 'function' ? (toJSON.call(given) ?? {}) : {}
  if (typeof name !== 'string' || typeof parameters !== 'object' || parameters === null)
    throw refuse('another object', hint)
  if (typeof compute !== 'function') {
    throw refuse(
      `${name}, which has no ${fn}()`,
      'continuous distributions have pdf() and logPdf(), discrete ones pmf() and logPmf()',
    )
  }
  return frozen(structuredClone({ name, parameters }))
}

function frozen<V>(value: V): V {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part)
    Object.freeze(value)
  }
  return value
}
