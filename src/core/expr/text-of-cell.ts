/** Values as text, as DuckDB's casts write them. */

import { bytesOfBinaryString, bytesText } from '../batch/bytes.ts'
import { clockText } from '../types/clock-time.ts'
import {
  type ColumnType,
  decimalScale,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  type TimestampType,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { decimalText } from '../types/decimal.ts'
import { timeZone } from '../types/time-zone.ts'
import type { Cell } from './cell.ts'
import { floorMod, packedCivil } from './civil.ts'

/** The text of a value that is none itself. */
export function textOfCell(cell: Exclude<Cell, null>, type: ColumnType): string {
  if (type === 'float64' || type === 'float32') return floatText(cell as number, type === 'float32')
  if (isDecimal(type)) return decimalText(cell as bigint, decimalScale(type))
  if (type === 'date') return dateText(cell as number)
  if (isTimestamp(type)) return timestampText(cell as bigint, type)
  if (isTimeOfDay(type) || isDuration(type)) return clockText(cell as bigint, unitOfTime(type))
  if (type === 'binary') return bytesText(bytesOfBinaryString(cell as string))
  return String(cell)
}

/** The fewest digits that give the number back: `1.0`, `0.1`, `1e+16`, `nan`. */
export function floatText(value: number, isSingle: boolean): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa, power] = shortest(Math.abs(value), isSingle).split('e') as [string, string]
  const digits = mantissa.replace('.', '')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}

/** `d.ddde±x` with the fewest digits that give the number back. */
function shortest(value: number, isSingle: boolean): string {
  if (!isSingle) return value.toExponential()
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toExponential()
}

const two = (n: number): string => String(n).padStart(2, '0')

/** `2001-02-03`; years before 1 as `0044-03-15 (BC)`. */
export function dateText(days: number): string {
  const packed = packedCivil(days)
  const year = Math.floor(packed / 512)
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  const text = `${shown}-${two(floorMod(packed, 512) >> 5)}-${two(floorMod(packed, 32))}`
  return year > 0 ? text : `${text} (BC)`
}

/** `2001-02-03 04:05:06.7`; with a zone as clocks there show it, and how far they are ahead of UTC. */
function timestampText(units: bigint, type: TimestampType): string {
  const unit = timestampUnit(type)
  const perSecond = BigInt(UNITS_PER_SECOND[unit])
  const zone = timestampZone(type)
  const offset = zone === undefined ? 0 : offsetSeconds(units, perSecond, zone)
  const local = units + BigInt(offset) * perSecond
  const perDay = perSecond * 86_400n
  const rest = ((local % perDay) + perDay) % perDay
  const text = `${dateText(Number((local - rest) / perDay))} ${clockText(rest, unit)}`
  return zone === undefined ? text : text + offsetText(offset)
}

function offsetSeconds(units: bigint, perSecond: bigint, zone: string): number {
  const rest = ((units % perSecond) + perSecond) % perSecond
  return timeZone(zone).offsetAt(Number((units - rest) / perSecond) * 1000) / 1000
}

function offsetText(seconds: number): string {
  const size = Math.abs(seconds)
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  const fine = rest ? `:${two(minutes)}:${two(rest)}` : minutes ? `:${two(minutes)}` : ''
  return `${seconds < 0 ? '-' : '+'}${two(hours)}${fine}`
}
