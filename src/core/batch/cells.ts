/**
 * Cells that need more than an array read: 64-bit integers and timestamps as two 32-bit words, and the error message
 * for a value that does not fit.
 */

import { DataError, type ErrorDetails } from '../errors.ts'
import { type DurationType, type TimestampType, UNITS_PER_SECOND, unitOfTime } from '../types/column-type.ts'

/** The high word of a safe integer: `v = high * 2^32 + (low >>> 0)`; the low word is `v | 0`. */
export const highHalf = (safe: number): number => Math.floor(safe / 2 ** 32)

/** How many units of a timestamp or duration type make a millisecond: 0.001 for seconds. */
export const unitsPerMs = (type: TimestampType | DurationType): number =>
  UNITS_PER_SECOND[unitOfTime(type)] / 1000

/**
 * Milliseconds since 1970 of a timestamp given as two 32-bit words, floored (also before 1970). Exact within the
 * range of `Date`; outside, rounded to a double.
 *
 * `2^32 = q * perMs + r` keeps every intermediate below 2^53, although nanoseconds themselves go beyond it.
 */
export function msOfWords32(low: number, high: number, perMs: number): number {
  if (perMs <= 1) return (high * 2 ** 32 + (low >>> 0)) / perMs
  const q = Math.floor(2 ** 32 / perMs)
  const r = 2 ** 32 - q * perMs
  return high * q + Math.floor((high * r + (low >>> 0)) / perMs)
}

/** A value for an error message: short, on one line, never calling into the value. */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (value instanceof Date)
        return Number.isNaN(value.getTime()) ? 'an invalid Date' : `Date ${value.toISOString()}`
      return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
    default:
      return `a ${typeof value}`
  }
}

/** The error for a value that its column cannot hold. */
export function valueError(
  where: { column: string; row: number; type: string },
  value: unknown,
  details: ErrorDetails = {},
): DataError {
  return new DataError(
    'VALUE_TYPE',
    `column ${JSON.stringify(where.column)} is ${where.type}, row ${where.row} has ${showValue(value)}`,
    details,
  )
}

/** A row as users give it: cells by column name. */
export type RowLike = Readonly<Record<string, unknown>>

/** @throws {DataError} `ROW_TYPE` for what is not an object */
export function checkRow(row: unknown, number: number): void {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return
  throw new DataError('ROW_TYPE', `row ${number} is ${showValue(row)}, not an object`, {
    hint: 'a row is an object of column names and values: { origin: "IAH", delay: 5 }',
  })
}
