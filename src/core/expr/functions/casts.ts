/**
 * Casts between all scalar types: `convert.ts` says what they mean. A value that the target cannot hold is a DataError
 * `OVERFLOW`, a text that is none of it a DataError `CAST`; `tryCast` gives null for both.
 */

import { showValue } from '../../batch/cells.ts'
import { DataError, PlanError } from '../../errors.ts'
import {
  type ColumnType,
  decimalScale,
  isBigCell,
  isDecimal,
  isFloat,
  isNumeric,
  isText,
  isTimestamp,
  timestampUnit,
  UNITS_PER_SECOND,
} from '../../types/column-type.ts'
import { pow10 } from '../../types/decimal.ts'
import { isNested } from '../../types/nested-type.ts'
import { boundCall, convertLiteral, digitsOf, expectArguments, isWhole } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { floorDiv } from '../civil.ts'
import { convertCell, float32FromBig, roundHalfEven } from '../convert.ts'
import { emitOutside } from '../emit-outside.ts'
import { emitScaled } from '../emit-scaled.ts'
import { emitFit, emitFloorDiv } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { floorDivBig } from '../floor-big.ts'
import { integerRange } from '../literal.ts'
import { failureOf } from '../overflow.ts'
import { show } from '../show.ts'
import { textOfCell } from '../text-of-cell.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'
import { canCastNested, nestedCast } from './nested-casts.ts'

const isTime = (type: ColumnType): boolean => type === 'date' || isTimestamp(type)

/** How many units of a date or timestamp type make a second, as a ratio: a day is 1/86400. */
const perSecond = (type: ColumnType): { units: bigint; seconds: bigint } =>
  isTimestamp(type)
    ? { units: BigInt(UNITS_PER_SECOND[timestampUnit(type)]), seconds: 1n }
    : { units: 1n, seconds: 86_400n }

/** Whether every value of `from` is one of `to`. */
export function isWidening(from: ColumnType, to: ColumnType): boolean {
  if (from === to || isText(to)) return true
  if (isText(from)) return false
  if (to === 'bool' || to === 'float64') return true
  if (isDecimal(from) || isDecimal(to)) return isWideningDecimal(from, to)
  if (from === 'bool') return true
  if (to === 'float32') return from !== 'float64'
  if (!isWhole(from) || !isWhole(to)) return false
  const [min, max] = integerRange(from)
  const [least, most] = integerRange(to)
  return least <= min && most >= max
}

function isWideningDecimal(from: ColumnType, to: ColumnType): boolean {
  if (!isDecimal(to)) return isFloat(to)
  if (isFloat(from)) return false
  const [digits, scale] = from === 'bool' ? [1, 0] : digitsOf(from)
  const [most, places] = digitsOf(to)
  return places >= scale && most - places >= digits - scale
}

/** A float as a whole number; what is not finite becomes one that fits no type. */
const wholeFromFloat = (value: number): bigint =>
  Number.isFinite(value) ? BigInt(roundHalfEven(value)) : 2n ** 80n

function emitCast(node: BoundCall, emitter: Emitter): Emitted {
  const arg = emitter.cell(node.args[0]!)
  const from = node.args[0]!.type!
  const to = node.type
  if (from === to || (isText(to) && isText(from))) return arg
  if (isDecimal(from) || isDecimal(to)) return emitDecimalCast(node, emitter)
  if (!isPlain(from) || !isPlain(to)) return emitConverted(node, emitter, 'error')
  const nulls = emitter.allValid([arg])
  const x = arg.value
  const source = emitter.representation(from)
  const target = emitter.representation(to)
  const done = (code: string): Emitted => ({ value: emitter.constant(code), ...nulls })
  const checked = (code: string, shown?: string): Emitted => {
    const value = emitter.constant(code)
    emitFit(emitter, node, value, nulls.valid, shown)
    return { value, ...nulls }
  }
  const asBig = (code: string): string =>
    source === 'big'
      ? code
      : nulls.valid === undefined
        ? `BigInt(${code})`
        : `(${nulls.valid} ? BigInt(${code}) : 0n)`
  if (isTime(to)) return checked(emitTimeCast(from, to, x, emitter, asBig))
  if (to === 'bool') return done(source === 'bool' ? `${x}` : `${x} !== ${source === 'big' ? '0n' : '0'}`)
  if (source === 'bool') return done(target === 'big' ? `${x} ? 1n : 0n` : `${x} | 0`)
  if (to === 'float64') return done(source === 'big' ? `Number(${x})` : x)
  if (to === 'float32') {
    if (source === 'big') return done(`${emitter.outside(float32FromBig)}(${x})`)
    const value = emitter.constant(`Math.fround(${x})`)
    if (from === 'float64') {
      emitter.failIf(node, `${value} - ${value} !== 0 && ${x} - ${x} === 0`, x, nulls.valid)
    }
    return { value, ...nulls }
  }
  if (isFloat(from)) {
    if (target === 'big') return checked(`${emitter.outside(wholeFromFloat)}(${x})`, x)
    return checked(`${emitter.outside(roundHalfEven)}(${x}) + 0`, x)
  }
  if (target === 'big') return isWidening(from, to) ? done(asBig(x)) : checked(asBig(x))
  if (source === 'big') {
    // The range is checked on the BigInt: a rounded number could look as if it fitted.
    const [min, max] = integerRange(to)
    emitter.failIf(node, `${x} > ${emitter.outside(max)} || ${x} < ${emitter.outside(min)}`, x, nulls.valid)
    return done(`Number(${x})`)
  }
  return isWidening(from, to) ? { ...arg } : checked(x)
}

/** Numbers, booleans, dates and timestamps: their casts are written out. */
const isPlain = (type: ColumnType): boolean => type === 'bool' || isNumeric(type) || isTime(type)

/** A cast that is computed value by value. */
const emitConverted = (node: BoundCall, emitter: Emitter, none: 'error' | 'null'): Emitted => {
  const from = node.args[0]!.type!
  const to = node.type
  return emitOutside(node, emitter, {
    key: `cast ${none}`,
    none,
    compute: cell => convertCell(cell!, from, to),
  })
}

/** To and from decimals: products and quotients of units where both sides are doubles, else value by value. */
function emitDecimalCast(node: BoundCall, emitter: Emitter): Emitted {
  const from = node.args[0]!.type!
  const to = node.type
  const plain = (type: ColumnType) => isDecimal(type) || isWhole(type)
  const scaleOf = (type: ColumnType) => (isDecimal(type) ? decimalScale(type) : 0)
  const digits = scaleOf(to) - scaleOf(from)
  if (plain(from) && plain(to) && digits >= 0 && emitter.representation(to) !== 'num') {
    return fitted(node, emitter, arg => emitScaled(arg, from, pow10(digits), emitter))
  }
  if (emitter.layout.wide) return emitConverted(node, emitter, 'error')
  if (plain(from) && plain(to)) {
    if (digits >= 0) return fitted(node, emitter, arg => emitScaled(arg, from, pow10(digits), emitter))
    const divisor = emitter.outside(10 ** -digits)
    return fitted(node, emitter, arg => `${emitter.outside(divideRoundedNumber)}(${arg.value}, ${divisor})`)
  }
  if (isDecimal(from) && to === 'float64' && scaleOf(from) <= 22) {
    const { args, ...nulls } = emitter.strict(node)
    return {
      value: emitter.constant(`${args[0]!.value} / ${emitter.outside(10 ** scaleOf(from))}`),
      ...nulls,
    }
  }
  return emitConverted(node, emitter, 'error')
}

function fitted(node: BoundCall, emitter: Emitter, code: (arg: Emitted) => string): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const value = emitter.constant(code(args[0]!))
  emitFit(emitter, node, value, nulls.valid, args[0]!.value)
  return { value, ...nulls }
}

/** `a / b` for whole numbers up to 2^53, rounded to the nearest, halves away from zero. */
function divideRoundedNumber(a: number, b: number): number {
  const size = Math.abs(a)
  const quotient = floorDiv(size, b)
  const rounded = 2 * (size - quotient * b) >= b ? quotient + 1 : quotient
  return a < 0 ? 0 - rounded : rounded
}

/** From one time type to another: multiplied, or divided and rounded down. */
function emitTimeCast(
  from: ColumnType,
  to: ColumnType,
  x: string,
  emitter: Emitter,
  asBig: (code: string) => string,
): string {
  const [a, b] = [perSecond(from), perSecond(to)]
  const [up, down] = [b.units * a.seconds, a.units * b.seconds]
  const big = emitter.layout.wide
  const [factor, divisor] = up >= down ? [up / down, 1n] : [1n, down / up]
  if (divisor === 1n) return `${big ? asBig(x) : x} * ${emitter.outside(big ? factor : Number(factor))}`
  if (!big) return emitFloorDiv(emitter, x, Number(divisor))
  const divided = `${emitter.outside(floorDivBig)}(${x}, ${emitter.outside(divisor)})`
  return isTimestamp(to) ? divided : `Number(${divided})`
}

/** Refuses what no cast is for. @throws {PlanError} `CAST` */
function checkCast(from: ColumnType, to: ColumnType, call: Call): void {
  if (canCastNested(from, to)) return
  throw new PlanError('CAST', `${show(call)}: ${from} cannot be cast to ${to}`, {
    hint:
      isNumeric(to) && isTime(from)
        ? "extract('epochMs') makes a number of a time"
        : 'numbers and booleans are cast among themselves, dates and timestamps too, lists, structs and maps to others of their kind; everything is cast to text and from it',
  })
}

/** The error for a value that the target cannot hold. */
function castFailure(node: BoundCall, value: unknown): DataError {
  const from = node.args[0]!.type!
  const text = isText(from) || from === 'binary'
  const shownValue = text ? showValue(value) : textOfCell(asCell(value as number | bigint, from), from)
  if (text)
    return new DataError('CAST', `${show(node.expr)}: ${shownValue} is no ${node.type}`, {
      hint: 'tryCast() gives null for texts that are none',
    })
  return new DataError('OVERFLOW', `${show(node.expr)} does not fit ${node.type}: got ${shownValue}`, {
    hint: 'tryCast() gives null for values that do not fit; or filter such rows out',
  })
}

/** A value that a kernel computed, as a cell of its type. */
const asCell = (value: number | bigint, type: ColumnType): Exclude<Cell, null> =>
  isBigCell(type) ? BigInt(value) : typeof value === 'bigint' ? Number(value) : value

/** Lists, structs and maps have specs of their own. */
const nested = { takesNested: true, maybeColumns: true } as const

/**
 * `cast(x, type)`. Floats round to the nearest integer, halves to the even one, decimals away from zero. Numbers become
 * true unless zero. Times cut finer digits off downwards.
 */
const cast: FunctionSpec = {
  name: 'cast',
  ...nested,
  duckdb: {
    // DuckDB lets 127.5 become the int8 -128, cuts times towards zero, and knows no int53.
    parity({ args, type: to }) {
      const from = args[0]!.type!
      if (from === to) return true
      if (isWhole(from) || from === 'bool') return to === 'bool' || isWhole(to) || isFloat(to)
      return (from === 'float32' && to === 'float64') || (isFloat(from) && to === 'bool')
    },
    sql: ([a], { type }, sqlType) => `CAST(${a} AS ${sqlType(type)})`,
  },
  bind(args, call) {
    expectArguments(call, 1)
    const [arg] = args as [Bound]
    const type = call.options?.type as ColumnType
    if (arg.type === undefined) return coerce(arg, type === 'dictionary' ? 'utf8' : type)
    if (arg.type === type) return arg
    checkCast(arg.type, type, call)
    if (isNested(arg.type) || isNested(type)) return nestedCast('cast', arg, type, call)
    if (arg.kind === 'literal' && !isText(type)) return coerce(arg, type)
    return boundCall(cast, type, [arg], call, { type })
  },
  interpret: strict((node, cell: Exclude<Cell, null>) => {
    const converted = convertCell(cell, node.args[0]!.type!, node.type)
    if (converted === undefined) throw failureOf(node, cell)
    return converted
  }),
  failure: castFailure,
  canFail: node => !isWidening(node.args[0]!.type!, node.type),
  emit: emitCast,
}

/** `tryCast(x, type)`: as `cast`, with null for values that it would fail on. */
const tryCast: FunctionSpec = {
  name: 'tryCast',
  ...nested,
  bind(args, call) {
    expectArguments(call, 1)
    const [arg] = args as [Bound]
    const type = call.options?.type as ColumnType
    const nested = arg.type !== undefined && arg.type !== type && (isNested(arg.type) || isNested(type))
    if (arg.type === undefined || (!nested && isWidening(arg.type, type))) return cast.bind(args, call)
    checkCast(arg.type, type, call)
    if (nested) return nestedCast('tryCast', arg, type, call)
    return boundCall(tryCast, type, [arg], call, { type })
  },
  nulls: 'own',
  interpret: strict((node, cell: Exclude<Cell, null>) => {
    const converted = convertCell(cell, node.args[0]!.type!, node.type)
    return converted === undefined ? null : converted
  }),
  emit: (node, emitter) => emitConverted(node, emitter, 'null'),
}

/** `node` as a value of `type`: itself, a converted literal, or a cast. The caller knows that the cast exists. */
export function coerce(node: Bound, type: ColumnType): Bound {
  if (node.type === type || (node.type && isText(node.type) && isText(type))) return node
  const converted = node.kind === 'literal' ? convertLiteral(node, type) : undefined
  return converted ?? boundCall(cast, type, [node], node.expr, { type })
}

export const casts: readonly FunctionSpec[] = [cast, tryCast]
