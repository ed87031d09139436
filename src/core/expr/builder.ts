/**
 * The column expressions users write: `r => r.delay.gt(60).and(r.origin.eq('IAH'))`. An {@link Expression} wraps
 * {@link Expr} data; its type parameter is the JavaScript value, so that what makes no sense does not compile.
 */

import type { DistributionData, DistributionFunction, DistributionWith } from '../distribution.ts'
import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import { type ColumnType, type ColumnTypeSpec, columnType, type TimeUnit } from '../types/column-type.ts'
import {
  elementType,
  isList,
  isMap,
  isNested,
  isStruct,
  listType,
  mapTypes,
  structFields,
} from '../types/nested-type.ts'
import type { ClockText, DecimalText, DurationMs, GivenFor, IsOpen, ValueOf } from '../types/row.ts'
import { fieldIndex, type Schema, unknownColumn } from '../types/schema.ts'
import type { Expr } from './expr.ts'
import type { ExtractPart, TruncateUnit } from './functions/time.ts'
import { type LiteralValue, literal } from './literal.ts'
import { show } from './show.ts'
import type { TimeSpanText, TimeUnitName } from './time-span.ts'
import { callExpr } from './tree.ts'
import { unknownField } from './unknown-field.ts'
import type { UrlPart } from './url-parts.ts'

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
    : NonNullable<T> extends DecimalText
      ? DecimalOperand | null
      : NonNullable<T> extends DurationMs
        ? DurationOperand | null
        : number | null | Expression<number | null>

/** What stands next to durations: `'1h'`, `'01:30:00'`, milliseconds. */
type DurationOperand = number | string | Expression<number | null>

/** What can be moved by a span. */
type Movable = Date | ClockText | DurationMs | null

/** What decimals are compared and calculated with. */
type DecimalOperand = number | bigint | string | Expression<number | bigint | DecimalText | null>

/** Numbers of every type. */
type AnyNumber = number | bigint | DecimalText | null

/** A number of any type, or a column of them. */
type Numeric = number | bigint | null | Expression<number | bigint | null>

/** A place or a count. */
type PlaceOperand = number | Expression<number | null>
type TextOperand = string | Expression<string | null>

/** What `T` can be compared with. */
export type Comparand<T> =
  NonNullable<T> extends DurationMs
    ? DurationOperand
    : NonNullable<T> extends number | bigint
      ? number | bigint | Expression<number | bigint | null>
      : NonNullable<T> extends DecimalText
        ? DecimalOperand
        : NonNullable<T> extends string
          ? string | Expression<string | null>
          : NonNullable<T> extends boolean
            ? boolean | Expression<boolean | null>
            : NonNullable<T> extends Date
              ? Date | Expression<Date | null>
              : never

type Test = boolean | Expression<boolean | null>

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
    this: Expression<AnyNumber>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>>
  /**
   * A time so much later: `'1h'`, `'3 months'`, a number of milliseconds. Days and longer are those of the calendar, in `zone`,
   * else in the zone of the column, else in UTC: clocks show the same time of day, and of a month without such a day it is the
   * last. Shorter spans are exact.
   *
   * @throws {PlanError} `TIME_UNIT`, `TIME_ZONE` where the expression is given to a verb
   * @example
   * flights.with({ tomorrow: r => r.date.add('1d', 'America/Chicago'), later: r => r.date.add(r.delay, 'minute') })
   */
  add(this: Expression<Date | ClockText | null>, span: TimeSpanText, zone?: string): Expression<T>
  /** A time so many units later. */
  add<O extends PlaceOperand>(
    this: Expression<Movable>,
    count: O,
    unit: TimeUnitName,
    zone?: string,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>>
  /** A time later by a duration. */
  add<O extends Expression<number | null>>(
    this: Expression<Date | ClockText | null>,
    duration: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>>
  add(...given: readonly unknown[]): Expression<any> {
    return sum('add', this, given)
  }

  /** `a - b`. Overflow as for {@link add}. */
  sub<O extends NumberOperand<T>>(
    this: Expression<AnyNumber>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>>
  /** A time so much earlier; see {@link add}. */
  sub(this: Expression<Date | ClockText | null>, span: TimeSpanText, zone?: string): Expression<T>
  /** A time so many units earlier. */
  sub<O extends PlaceOperand>(
    this: Expression<Movable>,
    count: O,
    unit: TimeUnitName,
    zone?: string,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>>
  /** A time earlier by a duration. */
  sub<O extends Expression<number | null>>(
    this: Expression<Date | ClockText | null>,
    duration: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>>
  /** The duration between two times, which are of one type, with a zone or without: milliseconds. */
  sub<O extends Date | Expression<Date | null>>(
    this: Expression<Date | null>,
    from: O,
  ): Expression<DurationMs | NullOf<T | OperandValue<O>>>
  /** The duration between two times of day. */
  sub<O extends Expression<ClockText | null>>(
    this: Expression<ClockText | null>,
    from: O,
  ): Expression<DurationMs | NullOf<T | OperandValue<O>>>
  sub(...given: readonly unknown[]): Expression<any> {
    return sum('sub', this, given)
  }

  /** `a * b`. Overflow as for {@link add}. */
  mul<O extends NumberOperand<T>>(
    this: Expression<AnyNumber>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('mul', [this, other])
  }

  /** `a / b` as floats, whatever the operands: `1 / 2` is 0.5. By zero: ±Infinity, or NaN for `0 / 0`. */
  div<O extends NumberOperand<T>>(
    this: Expression<AnyNumber>,
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
  mod<O extends NumberOperand<T>>(this: Expression<AnyNumber>, other: O): Expression<NonNullable<T> | null> {
    return call('mod', [this, other])
  }

  /** `-a`. Overflow as for {@link add}. */
  neg(this: Expression<AnyNumber>): Expression<T> {
    return call('neg', [this])
  }

  /** The absolute value. Overflow as for {@link add}. */
  abs(this: Expression<AnyNumber>): Expression<T> {
    return call('abs', [this])
  }

  /** -1, 0 or 1, as a number whatever the type; of NaN 0. */
  sign(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('sign', [this])
  }

  /** The greatest whole number that is not above it. Of the same type, decimals without digits after the point. */
  floor(this: Expression<AnyNumber>): Expression<T> {
    return call('floor', [this])
  }

  /** The least whole number that is not below it. Of the same type, decimals without digits after the point. */
  ceil(this: Expression<AnyNumber>): Expression<T> {
    return call('ceil', [this])
  }

  /** The number without what is after its point: {@link floor} above zero, {@link ceil} below. Of the type that those have. */
  trunc(this: Expression<AnyNumber>): Expression<T> {
    return call('trunc', [this])
  }

  /**
   * The nearest number with so many digits after the point, halves away from zero; below zero: tens, hundreds and so on. Of
   * the same type, decimals with fewer digits after the point. A whole number that no longer fits is a DataError `OVERFLOW`.
   *
   * @throws {PlanError} `OPTION` where the expression is given to a verb: digits that are no whole number from -300 to 300
   * @example
   * flights.with({ hours: r => r.delay.div(60).round(1), about: r => r.delay.round(-1) })
   */
  round(this: Expression<AnyNumber>, digits = 0): Expression<T> {
    return call('round', [this], { digits })
  }

  /** The square root, as a float64; NaN below zero. */
  sqrt(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('sqrt', [this])
  }

  /** e to the power of it. */
  exp(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('exp', [this])
  }

  /** The natural logarithm: of 0 -Infinity, below zero NaN. {@link log2} and {@link log10} have other bases. */
  log(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('log', [this])
  }

  /** The logarithm to base 2. */
  log2(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('log2', [this])
  }

  /** The logarithm to base 10. */
  log10(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('log10', [this])
  }

  /** It to the power of `exponent`, as a float64. NaN where a negative number has an exponent that is not whole. */
  pow<O extends Numeric>(
    this: Expression<AnyNumber>,
    exponent: O,
  ): Expression<number | NullOf<T | OperandValue<O>>> {
    return call('pow', [this, exponent])
  }

  /** The sine of an angle in radians. So are {@link cos} and {@link tan}. */
  sin(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('sin', [this])
  }

  /** The cosine of an angle in radians. */
  cos(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('cos', [this])
  }

  /** The tangent of an angle in radians. */
  tan(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('tan', [this])
  }

  /** The angle in radians whose sine it is, from -π/2 to π/2; NaN outside -1 … 1. */
  asin(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('asin', [this])
  }

  /** The angle in radians whose cosine it is, from 0 to π; NaN outside -1 … 1. */
  acos(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('acos', [this])
  }

  /** The angle in radians whose tangent it is, from -π/2 to π/2. */
  atan(this: Expression<AnyNumber>): Expression<number | NullOf<T>> {
    return call('atan', [this])
  }

  /** The angle in radians of the point whose y this is, from -π to π. */
  atan2<O extends Numeric>(
    this: Expression<AnyNumber>,
    x: O,
  ): Expression<number | NullOf<T | OperandValue<O>>> {
    return call('atan2', [this, x])
  }

  /**
   * `low` where it is less, `high` where it is greater, else itself; null when one of the three is.
   *
   * @example
   * flights.with({ shown: r => r.delay.clamp(0, 180) })
   */
  clamp<L extends Comparand<T>, H extends Comparand<T>>(
    low: L,
    high: H,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<L> | OperandValue<H>>> {
    return call('clamp', [this, low, high])
  }

  /** The greatest of it and `others`, numbers, texts or times; null when one is null. NaN is greater than every number. */
  greatest<O extends readonly Comparand<T>[]>(
    ...others: O
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O[number]>>> {
    return call('greatest', [this, ...others])
  }

  /** The least of it and `others`; null when one is null. */
  least<O extends readonly Comparand<T>[]>(
    ...others: O
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O[number]>>> {
    return call('least', [this, ...others])
  }

  /** The bits that both whole numbers have: `6 & 3` is 2. Negative numbers are two's complements. */
  bitAnd<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('bitAnd', [this, other])
  }

  /** The bits that one of the whole numbers has: `6 | 3` is 7. */
  bitOr<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('bitOr', [this, other])
  }

  /** The bits that just one of the whole numbers has: `6 ^ 3` is 5. */
  bitXor<O extends NumberOperand<T>>(
    this: Expression<number | bigint | null>,
    other: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('bitXor', [this, other])
  }

  /**
   * Its bits moved by `places` to the left, where negative to the right, with the sign kept: `5` by 2 is 20, by -1 is 2. Bits
   * that no longer fit are a DataError `OVERFLOW`.
   */
  shift<O extends number | Expression<number | null>>(
    this: Expression<number | bigint | null>,
    places: O,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O>>> {
    return call('shift', [this, places])
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
    return call('isIn', [this as unknown].concat(itemsOf('isIn', items)))
  }

  /** {@link isIn}, by the name that SQL has for it. */
  in<O extends Comparand<T> | null>(items: readonly O[]): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('in', [this as unknown].concat(itemsOf('in', items)))
  }

  /** Both; false as soon as one is false, else null when one is null. The second is evaluated only if needed. */
  and<O extends Test>(
    this: Expression<boolean | null>,
    other: O,
  ): Expression<boolean | NullOf<T | OperandValue<O>>> {
    return call('and', [this, other])
  }

  /** At least one; true as soon as one is true, else null when one is null. The second is evaluated only if needed. */
  or<O extends Test>(
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

  /** The value in place of a null: {@link coalesce} of one. */
  fillNull<O extends Comparand<T> | null>(value: O): Expression<NonNullable<T> | Value<O>> {
    return call('fillNull', [this, value])
  }

  /** Null where it equals `other`, else itself. */
  nullIf<O extends Comparand<T>>(other: O): Expression<T | null> {
    return call('nullIf', [this, other])
  }

  /** Whether it is NaN, the float that is not a number. */
  isNaN(this: Expression<number | null>): Expression<boolean | NullOf<T>> {
    return call('isNaN', [this])
  }

  /** Whether it is neither NaN nor infinite. */
  isFinite(this: Expression<number | bigint | null>): Expression<boolean | NullOf<T>> {
    return call('isFinite', [this])
  }

  /**
   * The value in another type, as DuckDB casts it: text from and to everything, numbers and booleans to each other, dates and
   * timestamps too. Floats round to the nearest whole number, halves to the even one, decimals away from zero; times drop
   * finer digits downwards. What does not fit is a DataError `OVERFLOW`, a text that is none of the type a DataError `CAST`.
   * docs/types.md has the table.
   *
   * @example
   * flights.with({ metres: r => r.distance.cast('int64').mul(1609n) })
   */
  cast<C extends ColumnTypeSpec>(type: C): Expression<ValueOf<C> | NullOf<T>> {
    return call('cast', [this], { type: columnType(type) })
  }

  /**
   * As {@link cast}, with null where the value does not fit or the text is none of the type.
   *
   * @example
   * flights.with({ code: r => r.origin.tryCast('int32') })
   */
  tryCast<C extends ColumnTypeSpec>(type: C): Expression<ValueOf<C> | null> {
    return call('tryCast', [this], { type: columnType(type) })
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

  /** Whether `part` occurs in the text, true for an empty one; whether a list has an element that equals it. */
  contains<O extends PartOperand<T>>(
    this: Expression<string | readonly any[] | null>,
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

  /** The number of code points of the text, of elements of the list, of entries of the map. */
  length(
    this: Expression<string | readonly any[] | ReadonlyMap<any, any> | null>,
  ): Expression<number | NullOf<T>> {
    return call('length', [this])
  }

  /** The texts joined, or the lists; null when one is null. */
  concat<O extends readonly (string | Expression<string | readonly any[] | null>)[]>(
    this: Expression<string | readonly any[] | null>,
    ...others: O
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<O[number]>>> {
    return call('concat', [this, ...others])
  }

  /**
   * The part of the text from `start` up to but not with `end`, in code points counted from 0; without an end, the rest. Places
   * before the start are the start.
   *
   * @example
   * flights.with({ city: r => r.origin.substring(0, 2) })
   */
  substring<S extends PlaceOperand, E extends PlaceOperand = number>(
    this: Expression<string | null>,
    start: S,
    end?: E,
  ): Expression<string | NullOf<T | OperandValue<S | E>>> {
    return call('substring', end === undefined ? [this, start] : [this, start, end])
  }

  /**
   * As {@link substring}, but negative places count from the end: `slice(-3)` is the last three code points, of a list the last
   * three elements.
   */
  slice<S extends PlaceOperand, E extends PlaceOperand = number>(
    this: Expression<string | readonly any[] | null>,
    start: S,
    end?: E,
  ): Expression<NonNullable<T> | NullOf<T | OperandValue<S | E>>> {
    return call('slice', end === undefined ? [this, start] : [this, start, end])
  }

  /**
   * Without the white space before and after it (what JavaScript's `trim` takes for it), or without any of the characters of
   * `chars`.
   *
   * @example
   * flights.with({ code: r => r.origin.trim('() ') })
   */
  trim<O extends TextOperand = string>(
    this: Expression<string | null>,
    chars?: O,
  ): Expression<string | NullOf<T | OperandValue<O>>> {
    return call('trim', chars === undefined ? [this] : [this, chars])
  }

  /** {@link trim} at the start alone. */
  trimStart<O extends TextOperand = string>(
    this: Expression<string | null>,
    chars?: O,
  ): Expression<string | NullOf<T | OperandValue<O>>> {
    return call('trimStart', chars === undefined ? [this] : [this, chars])
  }

  /** {@link trim} at the end alone. */
  trimEnd<O extends TextOperand = string>(
    this: Expression<string | null>,
    chars?: O,
  ): Expression<string | NullOf<T | OperandValue<O>>> {
    return call('trimEnd', chars === undefined ? [this] : [this, chars])
  }

  /**
   * With `fill` before it, as often as needed, up to `length` code points. What is as long already stays as it is. More than
   * 64 MiB is a DataError `OVERFLOW`.
   *
   * @example
   * flights.with({ code: r => r.origin.padStart(6, '.') })
   */
  padStart<L extends PlaceOperand, F extends TextOperand = string>(
    this: Expression<string | null>,
    length: L,
    fill?: F,
  ): Expression<string | NullOf<T | OperandValue<L | F>>> {
    return call('padStart', [this, length, fill ?? ' '])
  }

  /** With `fill` after it, as often as needed, up to `length` code points; see {@link padStart}. */
  padEnd<L extends PlaceOperand, F extends TextOperand = string>(
    this: Expression<string | null>,
    length: L,
    fill?: F,
  ): Expression<string | NullOf<T | OperandValue<L | F>>> {
    return call('padEnd', [this, length, fill ?? ' '])
  }

  /**
   * With the first occurrence of `part` replaced by `by`, as it stands. An empty part occurs nowhere.
   *
   * @example
   * flights.with({ origin: r => r.origin.replace('IAH', 'Houston') })
   */
  replace<P extends TextOperand, B extends TextOperand>(
    this: Expression<string | null>,
    part: P,
    by: B,
  ): Expression<string | NullOf<T | OperandValue<P | B>>> {
    return call('replace', [this, part, by])
  }

  /** With every occurrence of `part` replaced by `by`; see {@link replace}. */
  replaceAll<P extends TextOperand, B extends TextOperand>(
    this: Expression<string | null>,
    part: P,
    by: B,
  ): Expression<string | NullOf<T | OperandValue<P | B>>> {
    return call('replaceAll', [this, part, by])
  }

  /** So many times; nothing where `times` is not positive. A text of more than 64 MiB is a DataError `OVERFLOW`. */
  repeat<O extends PlaceOperand>(
    this: Expression<string | null>,
    times: O,
  ): Expression<string | NullOf<T | OperandValue<O>>> {
    return call('repeat', [this, times])
  }

  /** Its code points, or its elements, from the last to the first. */
  reverse(this: Expression<string | readonly any[] | null>): Expression<T> {
    return call('reverse', [this])
  }

  /**
   * Where `part` first occurs, at place `from` or later, in code points counted from 0, or which element of a list is the first
   * that equals it; -1 where it does not.
   */
  indexOf<O extends PartOperand<T>>(
    this: Expression<string | readonly any[] | null>,
    part: O,
    from: PlaceOperand = 0,
  ): Expression<number | NullOf<T | OperandValue<O>>> {
    return call('indexOf', [this, part, from])
  }

  /**
   * A field of a struct: `r.user.field('length')` is what `r.user.length` would be if expressions had no method of that name.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN` where the expression is given to a verb: no such field
   */
  field<K extends string & keyof NonNullable<T>>(
    name: K,
  ): ColumnExpression<NonNullable<NoInfer<T>>[K] | NullOf<NoInfer<T>>> {
    return within(call('field', [this], { name }), this, type => fieldTypeOf(type, name))
  }

  /**
   * The element of a list at a place counted from 0, negative from the end; null beyond the ends.
   *
   * @example
   * posts.with({ first: r => r.tags.at(0), last: r => r.tags.at(-1) })
   */
  at(this: Expression<readonly any[] | null>, place: PlaceOperand): ColumnExpression<ElementOf<T> | null> {
    return within(call('at', [this, place]), this, type => (isList(type) ? elementType(type) : undefined))
  }

  /** The elements of a list that are not null added up, null when there are none; whole numbers exactly. */
  sum(this: Expression<readonly any[] | null>): Expression<Exclude<ElementOf<T>, null> | null> {
    return call('sum', [this])
  }

  /** The least element of a list that is not null; null when there is none. */
  min(this: Expression<readonly any[] | null>): Expression<ElementOf<T> | null> {
    return call('min', [this])
  }

  /** The greatest element of a list that is not null; null when there is none. */
  max(this: Expression<readonly any[] | null>): Expression<ElementOf<T> | null> {
    return call('max', [this])
  }

  /** The mean of the elements of a list that are not null, as a float64; null when there are none. */
  mean(this: Expression<readonly any[] | null>): Expression<number | null> {
    return call('mean', [this])
  }

  /** How many elements of a list are not null. */
  count(this: Expression<readonly any[] | null>): Expression<number | NullOf<T>> {
    return call('count', [this])
  }

  /** The texts of a list, those that are not null, with `separator` between each two. */
  join<O extends TextOperand>(
    this: Expression<readonly (string | null)[] | null>,
    separator: O,
  ): Expression<string | NullOf<T | OperandValue<O>>> {
    return call('join', [this, separator])
  }

  /** The elements of a list in order, as `orderBy` has it: nulls last, unless asked otherwise. */
  sort(
    this: Expression<readonly any[] | null>,
    options: { readonly descending?: boolean; readonly nulls?: 'first' | 'last' } = {},
  ): Expression<T> {
    return call('sort', [this], { ...options })
  }

  /** Each element of a list once, where it first occurs; null is one like any other. */
  distinct(this: Expression<readonly any[] | null>): Expression<T> {
    return call('distinct', [this])
  }

  /** The value of a map under a key; null where it has none. */
  get<O>(
    this: Expression<ReadonlyMap<any, any> | null>,
    key: O & LiteralOrExpression,
  ): ColumnExpression<MapValue<T> | null> {
    return within(call('get', [this, key]), this, type => (isMap(type) ? mapTypes(type).value : undefined))
  }

  /** The keys of a map, as a list. */
  keys(this: Expression<ReadonlyMap<any, any> | null>): Expression<MapKey<T>[] | NullOf<T>> {
    return within(call('keys', [this]), this, type =>
      isMap(type) ? listType(mapTypes(type).key) : undefined,
    )
  }

  /** The values of a map, as a list, in the order of {@link keys}. */
  values(this: Expression<ReadonlyMap<any, any> | null>): Expression<MapValue<T>[] | NullOf<T>> {
    return within(call('values', [this]), this, type =>
      isMap(type) ? listType(mapTypes(type).value) : undefined,
    )
  }

  /**
   * Whether the whole text is as the pattern has it: `%` stands for any text, `_` for one code point, and what follows
   * `escape` for itself. It takes time in proportion to the text.
   *
   * @throws {PlanError} `OPTION` where the expression is given to a verb: an escape that is not one character
   * @example
   * flights.filter(r => r.origin.like('I%'))
   */
  like(
    this: Expression<string | null>,
    pattern: string,
    options?: { readonly escape?: string },
  ): Expression<boolean | NullOf<T>> {
    return call('like', [this, pattern], options && { ...options })
  }

  /**
   * The least number of code points to insert, leave out or change that makes the other text of it. Two texts so long that it
   * would take seconds (some 130,000 each) are a DataError `OVERFLOW`.
   *
   * @example
   * flights.filter(r => r.origin.levenshtein('IAH').lte(1))
   */
  levenshtein<O extends TextOperand>(
    this: Expression<string | null>,
    other: O,
  ): Expression<number | NullOf<T | OperandValue<O>>> {
    return call('levenshtein', [this, other])
  }

  /**
   * A part of a URL as it is written, nothing decoded: `protocol user host port path query fragment`, or the `parameter` of a
   * name; null where it has no such part. The path may be empty.
   *
   * @throws {PlanError} `OPTION` where the expression is given to a verb: no such part
   * @example
   * flights.with({ page: r => r.origin.parseUrl('parameter', 'page') })
   */
  parseUrl(this: Expression<string | null>, part: UrlPart, parameter?: string): Expression<string | null> {
    return call('parseUrl', [this], parameter === undefined ? { part } : { part, parameter })
  }

  /**
   * A value within JSON text: a string as what it says, anything else as it is written; null where there is none, where it is
   * JSON's null, and where the text is no JSON on the way to it. Negative places count from the end.
   *
   * @throws {PlanError} `ARGUMENT_TYPE` where the expression is given to a verb: a path that cannot be read
   * @example
   * flights.with({ tag: r => r.origin.jsonExtract('$.tags[0]') })
   */
  jsonExtract(this: Expression<string | null>, path: string): Expression<string | null> {
    return call('jsonExtract', [this, path])
  }

  /**
   * A whole number below 2^32 that is the same for equal values, in every shard, run and version: MurmurHash3 (x86, 32 bits) of
   * the UTF-8 bytes of a text, of the eight bytes of an int64 or a float64. For buckets and samples, not to tell values apart.
   *
   * @throws {PlanError} `OPTION` where the expression is given to a verb: a seed that is no whole number below 2^32
   * @example
   * flights.with({ bucket: r => r.origin.hash().mod(16) })
   */
  hash(seed = 0): Expression<number | NullOf<T>> {
    return call('hash', [this], { seed })
  }

  /** MD5 of the UTF-8 bytes, as 32 hexadecimal digits. Not to protect anything with. */
  md5(this: Expression<string | null>): Expression<T> {
    return call('md5', [this])
  }

  /** SHA-256 of the UTF-8 bytes, as 64 hexadecimal digits. */
  sha256(this: Expression<string | null>): Expression<T> {
    return call('sha256', [this])
  }

  /**
   * It and `others` in a template: `{}` is the next value, `{0}` the first, which is the expression itself; after a colon a
   * format as Python has it, `{:>8}`, `{:.2f}`, `{:05d}`, `{:,}`, `{:x}`, `{:.1%}`; `{{` is a brace. Null when one is null.
   *
   * @throws {PlanError} `ARGUMENT_TYPE` where the expression is given to a verb: for a template that cannot be read, or that
   * does not go with the values
   * @example
   * flights.with({ label: r => r.origin.format('{}: {:.1f} h', r.delay.div(60)) })
   */
  format<O extends readonly (LiteralValue | Expression<any>)[]>(
    this: Expression<string | number | bigint | boolean | null>,
    pattern: string,
    ...others: O
  ): Expression<string | NullOf<T | OperandValue<O[number]>>>
  /**
   * A time as text, by a pattern of `strftime`: in `zone`, else in the zone of the column, else in UTC.
   *
   * @throws {PlanError} `TIME_PATTERN`, `TIME_ZONE` where the expression is given to a verb
   * @example
   * flights.with({ day: r => r.date.format('%A, %-d %B', 'America/Chicago') })
   */
  format(this: Expression<Date | null>, pattern: string, zone?: string): Expression<string | NullOf<T>>
  format(pattern: string, ...others: readonly unknown[]): Expression<any> {
    return call('format', [this, ...others], { pattern })
  }

  /**
   * The parts of the text between separators, a list; of an empty text, one empty part.
   *
   * @throws {PlanError} `ARGUMENT_TYPE` where the expression is given to a verb: for an empty separator
   * @example
   * flights.with({ words: r => r.origin.split(' ') })
   */
  split(this: Expression<string | null>, separator: string): Expression<string[] | NullOf<T>> {
    return call('split', [this, separator])
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
    return call('splitPart', [this, separator], { part: constant(part, 'the part of splitPart()') })
  }

  /**
   * Whether a regular expression matches somewhere in the text; with `^` and `$` the whole. Patterns are RE2's, in time in
   * proportion to the text: they do not look around (`(?=`) and do not refer back (`\1`).
   *
   * @throws {PlanError} `REGEXP` where the expression is given to a verb: for a pattern that cannot be read
   * @example
   * flights.filter(r => r.origin.regexpMatch('^[IJ]'))
   */
  regexpMatch(this: Expression<string | null>, pattern: string): Expression<boolean | NullOf<T>> {
    return call('regexpMatch', [this, pattern])
  }

  /**
   * What a group of a regular expression matches, at the first place where the expression does: group 0, the default,
   * is the whole match; a name is that of a group `(?<name>…)`. Null where nothing matches, or where the group has no part in the
   * match. Patterns as for {@link regexpMatch}.
   *
   * @throws {PlanError} `REGEXP` where the expression is given to a verb: for a pattern that cannot be read, or a group
   * that it does not have
   * @example
   * flights.with({ initial: r => r.origin.regexpExtract('^([A-Z])[A-Z]*$', 1) })
   */
  regexpExtract(
    this: Expression<string | null>,
    pattern: string,
    group: number | string = 0,
  ): Expression<string | null> {
    return call('regexpExtract', [this, pattern], { group })
  }

  /**
   * With the first match of a regular expression replaced, or `all`: in the replacement `$1` and `$<name>` are groups, `$0` is the
   * whole match, `$$` a dollar. Patterns as for {@link regexpMatch}. A text in which finding all matches takes thousands
   * of passes is a DataError `REGEXP_STEPS`.
   *
   * @throws {PlanError} `REGEXP` where the expression is given to a verb: for a pattern that cannot be read, or a group that it
   * does not have
   * @example
   * flights.with({ masked: r => r.origin.regexpReplace('[A-Z]', '*', { all: true }) })
   */
  regexpReplace(
    this: Expression<string | null>,
    pattern: string,
    replacement: string,
    options?: { readonly all?: boolean },
  ): Expression<T> {
    return call('regexpReplace', [this, pattern, replacement], options && { ...options })
  }

  /**
   * Cut down to the start of a unit, `'hour'`, or of a number of them, `'15m'`, `'2 weeks'`, `'3 months'`: in `zone`, else in the zone
   * of the column, else in UTC. Weeks begin on Monday. Where a day has no midnight it begins at its first instant.
   *
   * @throws {PlanError} `TIME_UNIT`, `TIME_ZONE` where the expression is given to a verb
   * @example
   * flights.with({ day: r => r.date.truncate('1d', 'America/Chicago') })
   */
  truncate(this: Expression<Date | null>, unit: TruncateUnit, zone?: string): Expression<T> {
    return call('truncate', [this], zoned({ unit }, zone))
  }

  /**
   * A part of a time, a number: in `zone`, else in the zone of the column, else in UTC. `dayOfWeek` is 1 on Monday and 7 on
   * Sunday; `hourOfWeek` runs from 0 (Monday 00) to 167; `week` and `isoYear` are those of ISO 8601; `second` has no fraction,
   * `millisecond microsecond nanosecond` are within the second; `epochMs` counts milliseconds since 1970. A time of day has
   * `hour` and what is shorter.
   *
   * @throws {PlanError} `TIME_UNIT`, `TIME_ZONE` where the expression is given to a verb
   */
  extract(
    this: Expression<Date | ClockText | null>,
    part: ExtractPart,
    zone?: string,
  ): Expression<number | NullOf<T>> {
    return call('extract', [this], zoned({ part }, zone))
  }

  /** The day of the week by ISO: 1 is Monday, 7 Sunday. The zone as for {@link extract}. */
  dayOfWeek(this: Expression<Date | null>, zone?: string): Expression<number | NullOf<T>> {
    return call('dayOfWeek', [this], zoned({}, zone))
  }

  /** Whether it is Saturday or Sunday. The zone as for {@link extract}. */
  isWeekend(this: Expression<Date | null>, zone?: string): Expression<boolean | NullOf<T>> {
    return call('isWeekend', [this], zoned({}, zone))
  }

  /** The last day of its month, a date. The zone as for {@link extract}. */
  lastDay(this: Expression<Date | null>, zone?: string): Expression<T> {
    return call('lastDay', [this], zoned({}, zone))
  }

  /**
   * How many whole spans lie between `other` and it, cut towards zero; negative where it is the earlier one. Days and longer are
   * those of the calendar, in `zone`, else in the zone of the columns, else in UTC.
   *
   * @throws {PlanError} `TIME_UNIT`, `TIME_ZONE` where the expression is given to a verb
   * @example
   * flights.with({ age: r => lit(new Date('2026-01-01')).diff(r.date, 'day') })
   */
  diff<O extends Date | Expression<Date | null>>(
    this: Expression<Date | null>,
    other: O,
    unit: TimeSpanText,
    zone?: string,
  ): Expression<number | NullOf<T | OperandValue<O>>> {
    return call('diff', [this, other], zoned({ unit }, zone))
  }

  /**
   * The same instants under another zone, in which they are shown and computed with from there on. A timestamp without a zone is
   * of UTC.
   *
   * @throws {PlanError} `TIME_ZONE` where the expression is given to a verb: for an unknown zone
   * @example
   * flights.with({ date: r => r.date.toZone('America/Chicago') })
   */
  toZone(this: Expression<Date | null>, zone: string): Expression<T> {
    return call('toZone', [this], { zone })
  }

  /** What clocks show there, in `zone`, else in the zone of the column: a timestamp without a zone. */
  toLocal(this: Expression<Date | null>, zone?: string): Expression<T> {
    return call('toLocal', [this], zoned({}, zone))
  }

  /**
   * The instants at which clocks of a zone show it. Where they show it twice it is the first; where never, as much later as they
   * are put forward.
   *
   * @throws {PlanError} `TIME_ZONE` where the expression is given to a verb: for an unknown zone, and a column that has one
   * @example
   * flights.with({ date: r => r.date.fromLocal('America/Chicago') })
   */
  fromLocal(this: Expression<Date | null>, zone: string): Expression<T> {
    return call('fromLocal', [this], { zone })
  }

  /**
   * The timestamp that is so many seconds, milli-, micro- or nanoseconds after 1970 (`s ms us ns`): of whole numbers with these
   * digits, of floats to the microsecond. What does not fit is a DataError `OVERFLOW`.
   *
   * @throws {PlanError} `TIME_UNIT`, `TIME_ZONE` where the expression is given to a verb
   * @example
   * flights.with({ at: r => r.delay.fromEpoch('s') })
   */
  fromEpoch(
    this: Expression<number | bigint | null>,
    unit: TimeUnit,
    zone?: string,
  ): Expression<Date | NullOf<T>> {
    return call('fromEpoch', [this], zoned({ unit }, zone))
  }

  /**
   * The time that a text says, by a pattern of `strftime`: `%Y-%m-%d %H:%M:%S`. With a zone, clocks there show it, as in
   * {@link fromLocal}, and the column has this zone; where the pattern has `%z`, the text itself says how far it is from UTC.
   * Parts that the pattern does not have are those of 1900-01-01 00:00:00. A text that is no such time is a DataError
   * `TIME_TEXT`.
   *
   * @throws {PlanError} `TIME_PATTERN`, `TIME_ZONE` where the expression is given to a verb
   * @example
   * flights.with({ at: () => lit('31.12.2025 23:59').parseTimestamp('%d.%m.%Y %H:%M', 'Europe/Paris') })
   */
  parseTimestamp(
    this: Expression<string | null>,
    pattern: string,
    zone?: string,
  ): Expression<Date | NullOf<T>> {
    return call('parseTimestamp', [this], zoned({ pattern }, zone))
  }

  /** As {@link parseTimestamp}, with null where the text is no such time. */
  tryParseTimestamp(
    this: Expression<string | null>,
    pattern: string,
    zone?: string,
  ): Expression<Date | null> {
    return call('tryParseTimestamp', [this], zoned({ pattern }, zone))
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
    : { readonly [K in keyof Row]-?: ColumnExpression<Row[K]> }

/** What has no parts to ask for: these, and what the type checker does not know. */
type Plain = number | bigint | string | boolean | Date | Uint8Array | readonly any[] | ReadonlyMap<any, any>

/** A column, or what lies within one, as an expression: of a struct its fields are properties. */
export type ColumnExpression<T> = [NonNullable<T>] extends [Plain]
  ? Expression<T>
  : Expression<T> & {
      readonly [K in Exclude<keyof NonNullable<T>, keyof Expression<any>>]: ColumnExpression<
        NonNullable<T>[K] | NullOf<T>
      >
    }

/** What a list holds. */
type ElementOf<T> = NonNullable<T> extends readonly (infer E)[] ? E : never
type MapKey<T> = NonNullable<T> extends ReadonlyMap<infer K, any> ? K : never
type MapValue<T> = NonNullable<T> extends ReadonlyMap<any, infer V> ? V : never

/** What a text may contain, or a list have among its elements. */
type PartOperand<T> =
  NonNullable<T> extends readonly (infer E)[]
    ? NonNullable<E> | Expression<E | null>
    : string | Expression<string | null>

type LiteralOrExpression = LiteralValue | Expression<any>

/**
 * A struct of expressions and plain values, by name.
 *
 * @throws {PlanError} `NO_COLUMNS` without a field, `LITERAL` for a value no column can hold
 * @example
 * flights.with({ trip: r => struct({ from: r.origin, delay: r.delay }) })
 */
export function struct<F extends Readonly<Record<string, LiteralOrExpression>>>(
  fields: F,
): ColumnExpression<{ [K in keyof F]: Value<F[K]> }> {
  const names = Object.keys(fields)
  if (names.length === 0)
    throw new PlanError('NO_COLUMNS', 'struct() needs a field', { hint: 'struct({ from: r.origin })' })
  return call('struct', Object.values(fields), { names }) as any
}

/**
 * A list of expressions and plain values of one type.
 *
 * @throws {PlanError} `LITERAL` for a value no column can hold; where the expression is given to a verb, `ARGUMENT_TYPE` for
 * values of several types
 * @example
 * flights.with({ places: r => list(r.origin, 'IAH') })
 */
export function list<O extends readonly [LiteralOrExpression, ...LiteralOrExpression[]]>(
  ...values: O
): Expression<Value<O[number]>[]> {
  return call('list', values)
}

/** Anything a verb takes as an expression with values of type `T`. */
export type ExpressionOr<T> = Expression<T> | (T & LiteralValue)

/**
 * A constant. With a type, that type; without, the type its neighbours have where it fits.
 *
 * @throws {PlanError} `LITERAL` for a value no column can hold
 * @example
 * flights.with({ gate: () => lit(null, 'utf8') }) // a column of nulls
 */
export function lit<C extends ColumnTypeSpec, V extends GivenFor<C> | null>(
  value: V,
  type: C,
): Expression<ValueOf<C> | NullOf<V>>
export function lit<V extends LiteralValue>(value: V): Expression<Widen<V>>
export function lit(value: LiteralValue, type?: ColumnTypeSpec): Expression<any> {
  const known = type === undefined ? undefined : columnType(type)
  // Kernels have no cells of nested types: their nulls are calls.
  if (known && isNested(known) && value === null) return call('lit', [], { type: known })
  return new Expression(literal(value, known))
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

/**
 * A number from 0 up to 1, drawn by the place of the row in its source and a seed: a row has the same one in every run, at any
 * number of shards.
 *
 * @throws {PlanError} `OPTION` where the expression is given to a verb: a seed that is no whole number below 2^32
 * @example
 * flights.filter(() => random(7).lt(0.1))
 */
export function random(seed: number): Expression<number> {
  return call('random', [], { seed })
}

/** A condition that waits for its value: `.then(value)`. */
export class Condition<T> {
  readonly #args: readonly Expr[]

  constructor(args: readonly Expr[]) {
    this.#args = args
  }

  /** The value where the condition is true. */
  then<O extends LiteralValue | Expression<any>>(value: O): When<T | Value<O>> {
    return new When([...this.#args, exprOf(value)])
  }
}

/** A conditional whose other cases are still to come. */
export class When<T> {
  readonly #args: readonly Expr[]

  constructor(args: readonly Expr[]) {
    this.#args = args
  }

  /** The value where no earlier condition was true and this one is; or its condition, before `.then(value)`. */
  when<O extends LiteralValue | Expression<any>>(condition: Test, value: O): When<T | Value<O>>
  when(condition: Test): Condition<T>
  when(condition: Test, ...value: [unknown?]): When<any> | Condition<any> {
    return caseOf(this.#args, condition, value)
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
 * A value where a condition is true: `when(condition).then(value)`, or both at once. A condition that is null counts as not
 * true. Values are computed only where they are chosen, so a condition can guard its value.
 *
 * @throws {PlanError} `LITERAL` for a value no column can hold; where the expression is given to a verb, `CONDITION` and
 * `ARGUMENT_TYPE`; `WHEN_OPEN` when `then` or `otherwise` is missing
 * @example
 * flights.with({ pace: r => when(r.delay.gt(60), 'late').when(r.delay.gt(15), 'slow').otherwise('fine') })
 * @example
 * flights.with({ pace: r => when(r.delay.gt(60)).then('late').otherwise('fine') })
 */
export function when<O extends LiteralValue | Expression<any>>(condition: Test, value: O): When<Value<O>>
export function when(condition: Test): Condition<never>
export function when(condition: Test, ...value: [unknown?]): When<any> | Condition<any> {
  return caseOf([], condition, value)
}

function caseOf(
  before: readonly Expr[],
  condition: Test,
  value: readonly [unknown?],
): When<any> | Condition<any> {
  const args = [...before, exprOf(condition)]
  return value.length === 0 ? new Condition(args) : new When([...args, exprOf(value[0])])
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
  if (value instanceof Condition) {
    throw new PlanError('WHEN_OPEN', 'a when() needs its then() and its otherwise() before it has a value', {
      hint: 'when(condition).then(value).otherwise(other)',
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
    if (!found) {
      found = typed(col(prefix + name), schema[fieldIndex(schema, name)]!.type)
      made.set(name, found)
    }
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

/** Options with a zone, where there is one. */
const zoned = (options: Readonly<Record<string, unknown>>, zone: string | undefined) =>
  zone === undefined ? options : { ...options, zone }

/** What is the same for all rows. */
function constant(given: unknown, what: string): number {
  if (typeof given === 'number') return given
  throw new PlanError('OPTION', `${what} is a number, the same for all rows, got ${shown(given)}`, {
    hint: "r.path.split('/').at(r.n) takes another part in each row",
  })
}

/** `add` and `sub`, of numbers or of a span: `(other)`, `(span, zone?)`, `(count, unit, zone?)`. */
function sum(
  fn: 'add' | 'sub',
  at: Expression<any>,
  [other, second, third]: readonly unknown[],
): Expression<any> {
  if (typeof other === 'string') return call(fn, [at], zoned({ span: other }, second as string))
  if (second === undefined) return call(fn, [at, other])
  return call(fn, [at, other], zoned({ span: second }, third as string))
}

/** What is known of the types of expressions: those of nested columns, and of what lies within them. */
const knownTypes = new WeakMap<Expr, ColumnType>()

/** An expression of a type that is known; of a struct its fields are properties. */
function typed(expression: Expression<any>, type: ColumnType): Expression<any> {
  if (!isNested(type)) return expression
  knownTypes.set(expression.expr, type)
  return isStruct(type) ? withFields(expression, structFields(type)) : expression
}

/** An expression of something within another, of which the type may be known. */
function within(
  expression: Expression<any>,
  of: Expression<any>,
  typeIn: (type: ColumnType) => ColumnType | undefined,
): any {
  const outer = knownTypes.get(of.expr)
  const type = outer && typeIn(outer)
  return type ? typed(expression, type) : expression
}

const fieldTypeOf = (type: ColumnType, name: string): ColumnType | undefined =>
  isStruct(type) ? structFields(type).find(field => field.name === name)?.type : undefined

/** A struct whose fields are properties, unless expressions have a member of that name. */
function withFields(expression: Expression<any>, fields: Schema): Expression<any> {
  return new Proxy(expression, {
    get(target, name, receiver) {
      if (typeof name === 'symbol' || name in target) return Reflect.get(target, name, receiver)
      if (fieldIndex(fields, name) >= 0) return target.field(name)
      // What asks whether something is a promise, or prints itself.
      if (name === 'then' || name === 'toJSON') return undefined
      throw unknownField(fields, name, show(target.expr))
    },
  })
}

function itemsOf(fn: string, items: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(items)) return items
  throw new PlanError('ARGUMENT_TYPE', `${fn}() takes an array, got ${typeof items}`, {
    hint: `r.origin.${fn}(['IAH', 'HOU'])`,
  })
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
