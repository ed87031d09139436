/** Functions of the user's as callables of expressions: `score(r.price, r.origin)`. */

import { PlanError } from '../errors.ts'
import { Expression, exprOf } from '../expr/builder.ts'
import type { UdfOptions as CallOptions } from '../expr/functions/udf.ts'
import { callExpr } from '../expr/tree.ts'
import { checkNames, flag, oneOf, shown } from '../options.ts'
import { type ColumnType, type ColumnTypeSpec, columnType } from '../types/column-type.ts'
import type { ValueOf } from '../types/row.ts'
import { closureOf } from '../user-functions/closure.ts'
import { type FunctionRef, moduleFunction } from '../user-functions/function-ref.ts'

/** What {@link udf} takes besides the function. */
export interface UdfOptions<
  In extends readonly ColumnTypeSpec[],
  Out extends ColumnTypeSpec,
  Nulls extends 'skip' | 'pass' = 'skip',
> {
  /** The types of the arguments. Narrower numbers are widened; others are refused. */
  readonly in: In
  /** The type of the result. */
  readonly out: Out
  /**
   * `'skip'`, the default: where an argument is null the result is null, and the function is not called. `'pass'`: it is
   * given nulls.
   */
  readonly nulls?: Nulls
  /** What becomes of an exception, and of a result that is not of type `out`: the job fails, or the result is null. */
  readonly onError?: 'fail' | 'null'
  /**
   * False: equal arguments may give other results. The function is then named by `explain` as a reason why results are not
   * repeatable. Default: true.
   */
  readonly pure?: boolean
}

/** What {@link udf} takes besides a function itself. */
export interface ClosureOptions {
  /** What the function uses of its surroundings, by name: copies of JSON values, and functions that use no more than these. */
  readonly using?: Readonly<Record<string, unknown>>
}

/** The function as it is called. */
type Called<In extends readonly ColumnTypeSpec[], Out extends ColumnTypeSpec, Nulls> = (
  ...args: { readonly [K in keyof In]: Nulls extends 'pass' ? ValueOf<In[K]> | null : ValueOf<In[K]> }
) => ValueOf<Out> | null | undefined

/** A column as a function of columns is given it. */
type ColumnGiven<T extends ColumnTypeSpec, Nulls> = Nulls extends 'pass'
  ? readonly (ValueOf<T> | null)[]
  : T extends keyof TypedArrays
    ? TypedArrays[T]
    : readonly ValueOf<T>[]

interface TypedArrays {
  int8: Int8Array
  int16: Int16Array
  int32: Int32Array
  int53: Float64Array
  int64: BigInt64Array
  uint8: Uint8Array
  uint16: Uint16Array
  uint32: Uint32Array
  uint64: BigUint64Array
  float32: Float32Array
  float64: Float64Array
}

type CalledWithColumns<In extends readonly ColumnTypeSpec[], Out extends ColumnTypeSpec, Nulls> = (
  ...args: { readonly [K in keyof In]: ColumnGiven<In[K], Nulls> }
) => ArrayLike<ValueOf<Out> | null | undefined>

/** A function of whole columns: typed arrays for numbers, arrays for the rest, one item per row that counts. */
export interface BatchUdfOptions<
  In extends readonly ColumnTypeSpec[],
  Out extends ColumnTypeSpec,
  Nulls extends 'skip' | 'pass' = 'skip',
> extends UdfOptions<In, Out, Nulls> {
  /** The function is given columns, and gives one back. */
  readonly batch: true
}

/** A function of the user's in expressions. */
export type Udf<In extends readonly ColumnTypeSpec[], Out extends ColumnTypeSpec> = (
  ...args: { readonly [K in keyof In]: UdfArgument<ValueOf<In[K]>> }
) => Expression<ValueOf<Out> | null>

/** An expression, or a constant. */
type UdfArgument<Value> = Expression<Value | null> | Value | null

const OPTIONS = ['in', 'out', 'batch', 'nulls', 'onError', 'pure', 'using']

/**
 * A function of yours, to be called in expressions wherever verbs take them: `udf(url, export, options)` of a module, which
 * shards import, or `udf(function, options)` of one that uses nothing but its arguments and what `using` names, which they
 * get by its source. It is called per row, or per batch with `batch: true`, and is given and gives values as rows have them:
 * bigint for int64, Date for times.
 *
 * @param url of the module, absolute: `import.meta.resolve('./functions.ts')`
 * @param name of the export
 * @throws {PlanError} `FUNCTION_URL`, `FUNCTION_EXPORT`, `FUNCTION_CLOSURE`, `FUNCTION_USING`, `OPTION`, `COLUMN_TYPE`; where
 * it is called, `ARGUMENT_COUNT` and `ARGUMENT_TYPE`; when a job starts, `FUNCTION_MODULE` and `FUNCTION_EXPORT`
 * @throws {DataError} while a job runs: `FUNCTION_FAILED` when it throws, `FUNCTION_RESULT` for a result that is not of
 * type `out`
 * @example
 * const pace = udf((distance, minutes) => distance / Math.max(minutes, 1), { in: ['float64', 'float64'], out: 'float64' })
 * flights.with({ pace: r => pace(r.distance, r.delay) })
 */
export function udf<
  const In extends readonly ColumnTypeSpec[],
  Out extends ColumnTypeSpec,
  Nulls extends 'skip' | 'pass' = 'skip',
>(
  url: string | URL,
  name: string,
  options: UdfOptions<In, Out, Nulls> | BatchUdfOptions<In, Out, Nulls>,
): Udf<In, Out>
export function udf<
  const In extends readonly ColumnTypeSpec[],
  Out extends ColumnTypeSpec,
  Nulls extends 'skip' | 'pass' = 'skip',
>(
  work: CalledWithColumns<In, Out, Nulls>,
  options: BatchUdfOptions<In, Out, Nulls> & ClosureOptions,
): Udf<In, Out>
export function udf<
  const In extends readonly ColumnTypeSpec[],
  Out extends ColumnTypeSpec,
  Nulls extends 'skip' | 'pass' = 'skip',
>(work: Called<In, Out, Nulls>, options: UdfOptions<In, Out, Nulls> & ClosureOptions): Udf<In, Out>
export function udf(work: unknown, second: unknown, third?: unknown): Udf<any, any> {
  if (typeof work !== 'function') {
    const ref = moduleFunction('udf', work, second, udf)
    return callable(ref, ref.export === 'default' ? 'udf' : ref.export, third)
  }
  const { using } = (second ?? {}) as ClosureOptions
  return callable(closureOf('udf', work, using, udf), work.name || 'udf', second)
}

function callable(ref: FunctionRef, name: string, given: unknown): Udf<any, any> {
  checkNames('udf', given, OPTIONS, udf)
  const options = given as BatchUdfOptions<any, any, any>
  const types = typesOf(options.in)
  const out = columnType(options.out)
  const { batch = false, nulls = 'skip', onError = 'fail', pure = true } = options
  const data: CallOptions = Object.freeze({
    function: ref,
    name,
    in: Object.freeze(types),
    out,
    ...(flag(batch, 'batch', udf) && { batch: true as const }),
    ...(oneOf(nulls, 'nulls', ['skip', 'pass'], udf) === 'pass' && { takesNulls: true as const }),
    ...(oneOf(onError, 'onError', ['fail', 'null'], udf) === 'null' && { orNull: true as const }),
    ...(!flag(pure, 'pure', udf) && { impure: true as const }),
  })
  return (...args: unknown[]) => new Expression(callExpr('udf', args.map(exprOf), { ...data }))
}

function typesOf(given: unknown): ColumnType[] {
  if (Array.isArray(given) && given.length > 0) return given.map(type => columnType(type))
  throw new PlanError('OPTION', `udf takes the types of its arguments, got ${shown(given)}`, {
    hint: "{ in: ['float64', 'utf8'], out: 'float64' }",
    above: udf,
  })
}
