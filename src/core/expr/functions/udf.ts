/**
 * Calls of functions that users wrote: `score(price, origin)`. The function is an option of the call, as data; binding finds
 * it where shards have loaded it, that is in a kernel or the interpreter, not while a plan is typed.
 *
 * Values are those of rows. Where an argument is null the result is null and nothing is called, unless the function takes
 * nulls. A result its type cannot hold, and an exception, are DataErrors that name function and arguments.
 */

import { NO_POSITION } from '../../batch/batch.ts'
import { cellsOf } from '../../batch/rows.ts'
import { heapArena } from '../../batch/slab.ts'
import { type DataError, PlanError } from '../../errors.ts'
import { type ColumnType, isFloat, isText, isTimestamp } from '../../types/column-type.ts'
import { isNested, withoutDictionaries } from '../../types/nested-type.ts'
import { functionFailed, showValues, wrongResult } from '../../user-functions/failure.ts'
import type { FunctionRef } from '../../user-functions/function-ref.ts'
import { type CellReader, cellReader, takes, valueReader } from '../../user-functions/values.ts'
import { boundCall } from '../bound.ts'
import type { Cell } from '../cell.ts'
import type { Call } from '../expr.ts'
import { failsIn } from '../overflow.ts'
import { resultColumn } from '../result-column.ts'
import { show } from '../show.ts'
import { decodeBetween } from '../text-points.ts'
import { coerce, isWidening } from './casts.ts'
import { argumentColumn } from './column-cells.ts'
import type { Bound, BoundCall, Emitted, Emitter, FunctionSpec, Representation } from './contract.ts'

/** The options of a call, as the plan has them. */
export interface UdfOptions {
  readonly function: FunctionRef
  /** The name that `explain` shows. */
  readonly name: string
  readonly in: readonly ColumnType[]
  readonly out: ColumnType
  /** Given columns, and not values. */
  readonly batch?: true
  /** Given nulls like other values. */
  readonly takesNulls?: true
  /** An exception, or a result of another type, is a null. */
  readonly orNull?: true
  /** Equal arguments may give other results. */
  readonly impure?: true
}

export const udfOptions = (call: Pick<Call, 'options'>): UdfOptions => call.options as unknown as UdfOptions

type Called = (...args: unknown[]) => unknown

interface Opened extends UdfOptions {
  readonly called?: Called
}

const openedOf = (node: BoundCall): Opened => node.options as unknown as Opened

function calledOf({ called, name }: Opened): Called {
  if (called) return called
  throw new RangeError(`${name}() was bound without functions, so it cannot be evaluated`)
}

/** An argument as the function takes it. */
function argument(arg: Bound, type: ColumnType, call: Call): Bound {
  const { type: from } = arg
  const isTime = (of: ColumnType) => of === 'date' || isTimestamp(of)
  if (from === undefined) return coerce(arg, type)
  if (
    from === type ||
    withoutDictionaries(from) === withoutDictionaries(type) ||
    (isTime(from) && isTime(type))
  )
    return arg
  const fits =
    !isNested(from) &&
    from !== 'bool' &&
    !isText(from) &&
    !isTime(from) &&
    !isTime(type) &&
    isWidening(from, type)
  const literal = arg.kind === 'literal' && !isText(type) && !isTime(type) && type !== 'bool'
  if (type !== 'bool' && !isText(type) && (fits || literal)) {
    const made = coerce(arg, type)
    if (fits || made.kind === 'literal') return made
  }
  const { name } = udfOptions(call)
  throw new PlanError('ARGUMENT_TYPE', `${name}() takes ${type}, got ${from} in ${show(call)}`, {
    hint: isFloat(type)
      ? "cast() the argument: r.x.cast('float64')"
      : 'cast() the argument, or declare it in `in`',
  })
}

export const udf: FunctionSpec = {
  name: 'udf',
  takesNested: true,
  maybeColumns: true,
  phrase: (_operands, args, options) => `${(options as unknown as UdfOptions).name}(${args.join(', ')})`,
  closed: true,
  costly: true,
  nulls: 'own',
  canFail: () => true,
  bind(args, call, outside) {
    const { in: types, out, name, function: ref } = udfOptions(call)
    if (args.length !== types.length) {
      throw new PlanError(
        'ARGUMENT_COUNT',
        `${name}() takes ${types.length} arguments, got ${args.length} in ${show(call)}`,
        { hint: `in: [${types.map(type => `'${type}'`).join(', ')}] says what it takes` },
      )
    }
    const called = outside?.functions?.callable(ref)
    const options = { ...call.options, ...(called && { called }) }
    const taken = args.map((arg, i) => argument(arg, types[i]!, call))
    const spec = !udfOptions(call).batch && [...types, out].some(isNested) ? nestedUdf : udf
    return boundCall(spec, withoutDictionaries(out), taken, call, options)
  },
  interpret(node, argument) {
    const opened = openedOf(node)
    const cells = node.args.map((_, i) => argument(i))
    if (!opened.takesNulls && cells.includes(null)) return null
    const values = cells.map((cell, i) => (cell === null ? null : valueReader(node.args[i]!.type!)(cell)))
    return resultCell(node, () => calledOf(opened)(...values), values)
  },
  emit: emitCall,
}

/** Calls with lists, structs or maps: rows have them, kernels have not. */
const nestedUdf: FunctionSpec = {
  ...udf,
  columns(node, args, count, arena) {
    const opened = openedOf(node)
    const given = node.args.map((arg, i) => {
      const column = argumentColumn(node, i, args, count, heapArena)
      const schema = [{ name: 'argument', type: arg.type! }]
      return cellsOf({ schema, length: count, columns: [column], position: NO_POSITION }, 0)
    })
    const called = calledOf(opened)
    const valuesAt = (i: number) => given.map(values => values[i])
    const results = Array.from({ length: count }, (_, i): unknown => {
      const values = valuesAt(i)
      if (!opened.takesNulls && values.includes(null)) return null
      try {
        return called(...values)
      } catch (cause) {
        return failed(node, cause, values)
      }
    })
    return resultColumn(node.type, results, arena, i => wrong(node, results[i], valuesAt(i)))
  },
}

/** The cell of what a call gives. */
function resultCell(node: BoundCall, call: () => unknown, values: readonly unknown[]): Cell {
  let value: unknown
  try {
    value = call()
  } catch (cause) {
    return failed(node, cause, values)
  }
  return checked(node, cellReader(node.type), value, values)
}

function failed(node: BoundCall, cause: unknown, values: readonly unknown[]): null {
  const { orNull, function: ref } = openedOf(node)
  if (orNull) return null
  throw ofCall(node, functionFailed(ref, showValues(values), cause))
}

function checked(node: BoundCall, read: CellReader, value: unknown, values: readonly unknown[]): Cell {
  const cell = read(value)
  return cell === undefined ? wrong(node, value, values) : cell
}

/** A result that the type cannot hold. */
function wrong(node: BoundCall, value: unknown, values: readonly unknown[]): null {
  const { orNull, function: ref } = openedOf(node)
  if (orNull) return null
  throw ofCall(
    node,
    wrongResult(ref, showValues(values), value, { type: node.type, takes: takes(node.type) }),
  )
}

/** Of fused verbs, the one that has the call failed. */
function ofCall({ expr }: BoundCall, error: DataError): DataError {
  failsIn(error, expr)
  return error
}

/** What tells at once that a result is a cell as it is; others are looked at by {@link checked}. */
const PASSES: Partial<Record<ColumnType, (value: string) => string>> = {
  float64: value => `typeof ${value} === 'number'`,
  int32: value => `typeof ${value} === 'number' && ${value} === (${value} | 0)`,
  bool: value => `typeof ${value} === 'boolean'`,
  int64: value => `typeof ${value} === 'bigint' && ${value} === BigInt.asIntN(64, ${value})`,
  utf8: value => `typeof ${value} === 'string' && ${value}.isWellFormed()`,
}

const EMPTY: Readonly<Record<Representation, string>> = { bool: 'false', num: '0', big: '0n', text: "''" }

/**
 * The call stands in the loop itself, so that the engine may inline the function; arguments are put in a list only where
 * something is wrong.
 */
function emitCall(node: BoundCall, emitter: Emitter): Emitted {
  const opened = openedOf(node)
  const { type } = node
  // A result of 64 bits is a bigint; the other kernel has those.
  if (emitter.isNarrowed(type)) emitter.needsWide = true
  const { args, valid } = emitter.strict(node)
  const result = emitter.variable(EMPTY[emitter.representation(type)])
  const some = emitter.variable('0')
  // Numbers that stand for 64-bit integers may be wrong here already.
  if (!emitter.layout.wide) emitter.line('if (over) return -1')
  emitter.block(opened.takesNulls || valid === undefined ? '' : `if (${valid})`, () => {
    const given = args.map((arg, i) => emitArgument(node.args[i]!, arg, opened, emitter))
    const list = `[${given.join(', ')}]`
    const fails = emitter.outside((cause: unknown, values: unknown[]) => failed(node, cause, values))
    const read = cellReader(type)
    const check = emitter.outside((value: unknown, values: unknown[]) => checked(node, read, value, values))
    const value = emitter.variable('null')
    const called = emitter.outside(calledOf(opened))
    emitter.line(`try { ${value} = ${called}(${given.join(', ')}) }`)
    emitter.line(`catch (cause) { ${value} = ${fails}(cause, ${list}) }`)
    const passes = PASSES[type]?.(value)
    if (passes) emitter.line(`if (!(${passes}) && ${value} !== null) ${value} = ${check}(${value}, ${list})`)
    else emitter.line(`if (${value} !== null) ${value} = ${check}(${value}, ${list})`)
    emitter.line(`if (${value} !== null) { ${result} = ${value}; ${some} = 1 }`)
  })
  if (!isText(type)) return { value: result, valid: some }
  const text = emitter.scratchText(emitter.constant(`scratch.appendText(${result})`))
  return { ...text, valid: some }
}

function emitArgument(arg: Bound, cell: Emitted, { takesNulls }: UdfOptions, emitter: Emitter): string {
  const value = emitValue(arg, cell, emitter)
  return emitter.constant(takesNulls && cell.valid !== undefined ? `${cell.valid} ? ${value} : null` : value)
}

/** A cell as the JavaScript value that rows have. */
function emitValue(arg: Bound, { value, start, end, literal }: Emitted, emitter: Emitter): string {
  const type = arg.type!
  if (isText(type)) {
    if (typeof literal === 'string') return emitter.outside(literal)
    const isCoded = arg.kind === 'column' && emitter.layout.coded[arg.index]
    const decode = emitter.outside(isCoded ? decodeCoded() : decodeBetween)
    return `${decode}(${value}, ${start}, ${end})`
  }
  if (type === 'bool') return `!!(${value})`
  if (type === 'date' || isTimestamp(type)) {
    return `${emitter.outside(valueReader(type))}(${value})`
  }
  return emitter.isNarrowed(type) ? `BigInt(${value})` : value
}

/** Decodes each text of a dictionary once per batch. */
function decodeCoded(): typeof decodeBetween {
  let of: Uint8Array | undefined
  let known = new Map<number, string>()
  return (bytes, start, end) => {
    if (of !== bytes) {
      of = bytes
      known = new Map()
    }
    let text = known.get(start)
    if (text === undefined || end === start) known.set(start, (text = decodeBetween(bytes, start, end)))
    return text
  }
}
