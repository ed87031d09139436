/** Decimals, times of day, durations and bytes as JSON. */

import { type Column, textBytesAt } from '../../batch/column.ts'
import { clockText } from '../../types/clock-time.ts'
import {
  type DecimalType,
  type DurationType,
  decimalScale,
  isWideDecimal,
  type TimeType,
  unitOfTime,
} from '../../types/column-type.ts'
import { decimalText } from '../../types/decimal.ts'
import type { Output } from '../output.ts'
import { QUOTE } from './input.ts'

type Write = (row: number) => void

const quoted = (out: Output, text: string): void => {
  out.putByte(QUOTE)
  out.putAscii(text)
  out.putByte(QUOTE)
}

/** All its digits, as a number or as text. */
export function decimalWriter(type: DecimalType, column: Column, out: Output, asText: boolean): Write {
  const scale = decimalScale(type)
  const values = column.values as BigInt64Array
  const isWide = isWideDecimal(type)
  return row => {
    const units = isWide ? (values[2 * row + 1]! << 64n) | BigInt.asUintN(64, values[2 * row]!) : values[row]!
    const text = decimalText(units, scale)
    if (asText) quoted(out, text)
    else out.putAscii(text)
  }
}

/** `"13:05:00.25"` */
export function timeWriter(type: TimeType, column: Column, out: Output): Write {
  const unit = unitOfTime(type)
  const values = column.values as BigInt64Array
  return row => quoted(out, clockText(values[row]!, unit))
}

/** Milliseconds, with every digit. */
export function durationWriter(type: DurationType, column: Column, out: Output): Write {
  const unit = unitOfTime(type)
  const scale = { s: 0, ms: 0, us: 3, ns: 6 }[unit]
  const factor = unit === 's' ? 1000n : 1n
  const values = column.values as BigInt64Array
  return row => {
    const text = decimalText(values[row]! * factor, scale)
    out.putAscii(scale > 0 ? text.replace(/\.?0+$/, '') : text)
  }
}

/** Base64, with its padding. */
export function binaryWriter(column: Column, out: Output): Write {
  return row => {
    const bytes = textBytesAt(column, row)
    quoted(out, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'))
  }
}
