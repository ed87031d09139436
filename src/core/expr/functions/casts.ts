/**
 * Casts between numbers, booleans and numbers, dates and timestamps. A value the target cannot hold is a DataError
 * `OVERFLOW`, NaN and infinities to integers included. Text is not cast: formats are a parser's business.
 */

import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  isFloat,
  isNumeric,
  isText,
  isTimestamp,
  timestampUnit,
  UNITS_PER_SECOND,
} from '../../types/column-type.ts'
import { boundCall, convertLiteral, expectArguments, isWhole } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { emitFit, emitFloorDiv } from '../emit-whole.ts'
import { floorDivBig } from '../floor-big.ts'
import { integerRange } from '../literal.ts'
import { fitWhole, overflow } from '../overflow.ts'
import { show } from '../show.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'

const isTime = (type: ColumnType): boolean => type === 'date' || isTimestamp(type)

function castable(from: ColumnType, to: ColumnType): boolean {
  if (isText(from) || isText(to)) return isText(from) && to === 'utf8'
  if (isTime(from) || isTime(to)) return isTime(from) && isTime(to)
  return true
}

/** How many units of a date or timestamp type make a second, as a ratio: a day is 1/86400. */
const perSecond = (type: ColumnType): { units: bigint; seconds: bigint } =>
  isTimestamp(type)
    ? { units: BigInt(UNITS_PER_SECOND[timestampUnit(type)]), seconds: 1n }
    : { units: 1n, seconds: 86_400n }

/** The nearest whole number, a half to the even one (IEEE 754 roundTiesToEven, C's nearbyint). */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** The nearest float32 to a whole number. Rounding to a double first could round twice. */
export function float32FromBig(value: bigint): number {
  let magnitude = value < 0n ? -value : value
  let scale = 1
  // Round to odd: 54 bits with a sticky last one round to float32 as the number itself does.
  while (magnitude >= 2n ** 53n) {
    magnitude = (magnitude >> 1n) | (magnitude & 1n)
    scale *= 2
  }
  return Math.fround(Number(value < 0n ? -magnitude : magnitude) * scale)
}

function castCell(node: BoundCall, cell: Exclude<Cell, null>, from: ColumnType): Cell {
  const to = node.type
  if (from === to || isText(to)) return cell
  if (isTime(to)) {
    const [source, target] = [perSecond(from), perSecond(to)]
    return fitWhole(
      node,
      floorDivBig(BigInt(cell) * source.seconds * target.units, source.units * target.seconds),
    )
  }
  if (to === 'bool') return Number(cell) !== 0
  if (to === 'float64') return Number(cell)
  if (to === 'float32') {
    if (typeof cell === 'bigint') return float32FromBig(cell)
    const float = Math.fround(Number(cell))
    if (!Number.isFinite(float) && Number.isFinite(cell)) throw overflow(node, Number(cell))
    return float
  }
  if (typeof cell === 'number' && !Number.isInteger(cell)) {
    if (!Number.isFinite(cell)) throw overflow(node, cell)
    return castWhole(node, roundHalfEven(cell), cell)
  }
  return fitWhole(node, BigInt(cell))
}

function castWhole(node: BoundCall, whole: number, original: number): Cell {
  if (Object.is(original, -0)) return 0
  return fitWhole(node, BigInt(whole))
}

/** Whether every value of `from` is one of `to`. */
export function isWidening(from: ColumnType, to: ColumnType): boolean {
  if (from === to || from === 'bool' || to === 'bool' || to === 'float64' || isText(to)) return true
  if (to === 'float32') return from !== 'float64'
  if (!isWhole(from) || !isWhole(to)) return false
  const [min, max] = integerRange(from)
  const [least, most] = integerRange(to)
  return least <= min && most >= max
}

/** A float as a whole number; what is not finite becomes one that fits no type. */
const wholeFromFloat = (value: number): bigint =>
  Number.isFinite(value) ? BigInt(roundHalfEven(value)) : 2n ** 80n

function emitCast(node: BoundCall, emitter: Emitter): Emitted {
  const arg = emitter.cell(node.args[0]!)
  const from = node.args[0]!.type!
  const to = node.type
  if (from === to || isText(to)) return arg
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

/**
 * `cast(x, type)`. Floats round to the nearest integer, halves to the even one. Numbers become true unless zero. Times cut
 * finer digits off downwards.
 */
const cast: FunctionSpec = {
  name: 'cast',
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
    if (castable(arg.type, type)) {
      if (arg.kind === 'literal' && !isText(type)) return coerce(arg, type)
      return boundCall(cast, type, [arg], call, { type })
    }
    const text = isText(type) || isText(arg.type)
    throw new PlanError('CAST', `${show(call)}: ${arg.type} cannot be cast to ${type}`, {
      hint: text
        ? 'text is not cast: declare the type where the data is read'
        : isNumeric(type)
          ? "extract('epochMs') makes a number of a time"
          : 'numbers, booleans, and dates and timestamps are cast among themselves',
    })
  },
  interpret: strict((node, cell: Exclude<Cell, null>) => castCell(node, cell, node.args[0]!.type!)),
  canFail: node => !isWidening(node.args[0]!.type!, node.type),
  emit: emitCast,
}

/** `node` as a value of `type`: itself, a converted literal, or a cast. The caller knows that the cast exists. */
export function coerce(node: Bound, type: ColumnType): Bound {
  if (node.type === type || (node.type && isText(node.type) && isText(type))) return node
  const converted = node.kind === 'literal' ? convertLiteral(node, type) : undefined
  return converted ?? boundCall(cast, type, [node], node.expr, { type })
}

export const casts: readonly FunctionSpec[] = [cast]
