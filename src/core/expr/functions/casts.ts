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
import { type Bound, type BoundCall, boundCall, coerce, expectArguments, isWhole } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { fitWhole, overflow } from '../overflow.ts'
import { show } from '../show.ts'
import { type FunctionSpec, strict } from './contract.ts'

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

/** `a / b` rounded down. */
export const floorDivBig = (a: bigint, b: bigint): bigint => {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** The nearest whole number, halves to the even one (IEEE 754 roundTiesToEven, C's nearbyint). */
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

/**
 * `cast(x, type)`. Floats round to the nearest integer, halves to even. Numbers become true unless zero. Times cut
 * finer digits off downwards.
 */
const cast: FunctionSpec = {
  name: 'cast',
  // DuckDB lets 127.5 become the int8 -128, cuts times towards zero, and knows no int53.
  parity: {
    duckdb: ([from], to) => {
      if (from === to) return true
      if (isWhole(from!) || from === 'bool') return to === 'bool' || isWhole(to) || isFloat(to)
      return (from === 'float32' && to === 'float64') || (isFloat(from!) && to === 'bool')
    },
  },
  bind(args, call) {
    expectArguments(call, 1)
    const [arg] = args as [Bound]
    const type = call.options?.type as ColumnType
    if (arg.type === undefined) return coerce(arg, type === 'dictionary' ? 'utf8' : type)
    if (arg.type === type) return arg
    if (castable(arg.type, type)) {
      if (arg.kind === 'literal' && !isText(type)) return coerce(arg, type)
      return boundCall('cast', type, [arg], call, { type })
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
}

export const casts: readonly FunctionSpec[] = [cast]
