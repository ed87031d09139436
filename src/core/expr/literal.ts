/**
 * Constants: from JavaScript values to {@link Literal} data, and from there to the cell a kernel computes with.
 */

import { durationUnits, exactTimeOfDay } from '../batch/build-words.ts'
import { binaryString } from '../batch/bytes.ts'
import { unitsPerMs } from '../batch/cells.ts'
import { PlanError } from '../errors.ts'
import {
  type ColumnType,
  type DecimalType,
  type DurationType,
  decimalScale,
  isBigCell,
  isBytes,
  isDecimal,
  isDuration,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWide,
  type TimeType,
  unitOfTime,
} from '../types/column-type.ts'
import { decimalOf, exactUnits } from '../types/decimal.ts'
import type { Cell } from './cell.ts'
import type { Literal } from './expr.ts'
import { integerRange } from './integer-range.ts'
import { parseDuration } from './text-to-cell.ts'

/** A JavaScript value that can stand in an expression. */
export type LiteralValue = number | bigint | string | boolean | Date | Uint8Array | null

export { integerRange } from './integer-range.ts'

const INT64_MAX = 2n ** 63n - 1n

/**
 * The literal a JavaScript value stands for. Whole numbers are `int32` or, beyond that, `int53`; other numbers are
 * `float64`; bigints `int64` (`uint64` above 2^63); a Date is `timestamp[ms]`. Next to a column, a literal takes the
 * column's type where it fits (see docs/expressions.md). With `type` it has that type.
 *
 * @throws {PlanError} `LITERAL` for a value that no column can hold, or that does not fit `type`.
 */
export function literal(value: LiteralValue, type?: ColumnType): Literal {
  if (type !== undefined) return typedLiteral(value, type)
  if (value === null) return freeze({ kind: 'literal', value: null })
  switch (typeof value) {
    case 'boolean':
      return freeze({ kind: 'literal', type: 'bool', value })
    case 'string':
      return freeze({ kind: 'literal', type: 'utf8', value: value.toWellFormed() })
    case 'number':
      if (Object.is(value, -0) || !Number.isSafeInteger(value)) return typedLiteral(value, 'float64')
      return typedLiteral(value, value === (value | 0) ? 'int32' : 'int53')
    case 'bigint':
      return typedLiteral(value, value > INT64_MAX ? 'uint64' : 'int64')
    default:
      if (value instanceof Date) return typedLiteral(value, 'timestamp[ms]')
      if (value instanceof Uint8Array) return typedLiteral(value, 'binary')
      throw new PlanError('LITERAL', `${describe(value)} cannot stand in an expression`, {
        hint: 'use a number, bigint, string, boolean, Date, Uint8Array, null or another expression',
      })
  }
}

function typedLiteral(value: LiteralValue, type: ColumnType): Literal {
  const data = encode(value, type)
  if (data !== undefined) return freeze({ kind: 'literal', type, value: data })
  throw new PlanError('LITERAL', `${describe(value)} is not a value of type ${type}`, {
    hint:
      typeof value === 'bigint'
        ? 'int64 and uint64 hold 64 bits; write larger numbers as float64'
        : /^(?:date|timestamp)/.test(type)
          ? "give a Date: new Date('2026-01-31')"
          : 'give a value of that type, or another type',
  })
}

function encode(value: LiteralValue, type: ColumnType): Literal['value'] | undefined {
  if (value === null) return null
  if (type === 'bool') return typeof value === 'boolean' ? value : undefined
  if (isText(type)) return typeof value === 'string' ? value.toWellFormed() : undefined
  if (type === 'binary') return value instanceof Uint8Array ? binaryString(value) : undefined
  if (isDecimal(type) || isTimeOfDay(type) || isDuration(type)) return encodeUnits(value, type)?.toString()
  if (type === 'float64' || type === 'float32') {
    if (typeof value !== 'number') return undefined
    const rounded = type === 'float32' ? Math.fround(value) : value
    if (!Number.isFinite(rounded) && Number.isFinite(value)) return undefined
    return Object.is(rounded, -0) ? '-0' : Number.isFinite(rounded) ? rounded : String(rounded)
  }
  if (type === 'date') {
    if (!(value instanceof Date)) return undefined
    const days = value.getTime() / 86_400_000
    return Number.isSafeInteger(days) ? days : undefined
  }
  if (isTimestamp(type)) {
    const perSecond = { s: 1n, ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n }[
      type.slice(10).replace(/[,\]].*$/, '') as 's'
    ]
    if (typeof value === 'bigint') return fits64(value, type) ? String(value) : undefined
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined
    const scaled = BigInt(value.getTime()) * perSecond
    return scaled % 1000n === 0n && fits64(scaled / 1000n, type) ? String(scaled / 1000n) : undefined
  }
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'bigint') return undefined
  const whole = BigInt(value as number | bigint)
  const [min, max] = integerRange(type)
  if (whole < min || whole > max) return undefined
  return isWide(type) ? String(whole) : Number(whole)
}

/** Units of a decimal, a time of day or a duration, where nothing is lost; else undefined. */
function encodeUnits(value: Exclude<LiteralValue, null>, type: DecimalType | TimeType | DurationType) {
  const units = unitsOf(value, type)
  return units !== undefined && fits64(units, type) ? units : undefined
}

function unitsOf(
  value: Exclude<LiteralValue, null>,
  type: DecimalType | TimeType | DurationType,
): bigint | undefined {
  if (isDecimal(type)) {
    const decimal = decimalOf(value)
    return decimal && exactUnits(decimal, decimalScale(type))
  }
  if (typeof value === 'bigint') return value
  if (typeof value === 'string')
    return isDuration(type) ? parseDuration(value, unitOfTime(type)) : exactTimeOfDay(value, unitOfTime(type))
  if (typeof value !== 'number' || !isDuration(type)) return undefined
  const units = durationUnits(value, unitsPerMs(type))
  return units === undefined ? undefined : BigInt(units)
}

const fits64 = (value: bigint, type: ColumnType): boolean => {
  const [min, max] = integerRange(type)
  return value >= min && value <= max
}

/** The cell a literal stands for. */
export function literalCell({ value, type }: Literal): Cell {
  if (value === null || type === undefined) return null
  if (type === 'bool' || isBytes(type)) return value
  if (isBigCell(type)) return BigInt(value as string)
  return Number(value)
}

/** The literal of a cell: the inverse of {@link literalCell}. */
export function literalOfCell(cell: Cell, type: ColumnType): Literal {
  if (cell === null || type === 'bool' || isBytes(type)) {
    return freeze({ kind: 'literal', type, value: cell as Literal['value'] })
  }
  const asText = isWide(type) || isBigCell(type) || Object.is(cell, -0) || !Number.isFinite(Number(cell))
  return freeze({
    kind: 'literal',
    type,
    value: asText ? (Object.is(cell, -0) ? '-0' : String(cell)) : Number(cell),
  })
}

const freeze = (node: Literal): Literal => Object.freeze(node)

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === undefined) return 'undefined'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString()
  if (typeof value === 'object' || typeof value === 'function') return `a value of type ${typeof value}`
  return String(value)
}
