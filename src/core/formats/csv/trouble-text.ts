/** What is said of values that a column cannot hold. */

import { decodeText } from '../../batch/column.ts'
import type { ColumnType } from '../../types/column-type.ts'
import type { CsvDialect } from './dialect.ts'

const MAX_SHOWN = 60
const decoder = new TextDecoder()

/** Bytes as messages show them: quoted, and cut. */
export function shownBytes(bytes: Uint8Array, from: number, to: number): string {
  const cut = bytes.slice(from, Math.min(to, from + MAX_SHOWN))
  const text = JSON.stringify(decoder.decode(cut))
  return to - from > MAX_SHOWN ? `${text.slice(0, -1)}…"` : text
}

interface Wanted {
  readonly name: string
  readonly type: ColumnType
}

export function valueTrouble(
  { name, type }: Wanted,
  bytes: Uint8Array,
  from: number,
  to: number,
  dialect: CsvDialect,
) {
  const shown = shownBytes(bytes, from, to)
  const text = to - from <= MAX_SHOWN ? decodeText(bytes.subarray(from, to)) : ''
  return {
    column: name,
    code: 'VALUE_TYPE',
    problem: `${shown} is no ${type}`,
    hint: hintFor(text, shown, name, type, dialect),
  }
}

/** How a number among separators, currencies and the like is made one: `$1,234.50`, `1.234,50`, `36 %`. */
function cleaning(text: string, name: string, type: ColumnType): string {
  const column = /^[A-Za-z_$][\w$]*$/.test(name) ? `r.${name}` : `r[${JSON.stringify(name)}]`
  const isComma = /,\d{1,2}\D*$/.test(text) || /\.\d{3}[.,]/.test(text)
  const clean = isComma
    ? ".regexpReplace('[^0-9,-]', '', { all: true }).replace(',', '.')"
    : ".regexpReplace('[^0-9.-]', '', { all: true })"
  return `give the column the type utf8, and take out what is no number: ${column}${clean}.cast('${type}')`
}

function hintFor(
  text: string,
  shown: string,
  name: string,
  type: ColumnType,
  { decimal, thousands, timeFormats }: CsvDialect,
): string {
  const isTime = type === 'date' || type.startsWith('timestamp')
  if (isTime && /\d/.test(text)) {
    return Object.hasOwn(timeFormats, name)
      ? `its timestampFormat is ${JSON.stringify(timeFormats[name])}`
      : "times are read as ISO 8601, or by a pattern: { timestampFormat: '%d.%m.%Y %H:%M' }"
  }
  if (thousands === '' && decimal === '.' && /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text))
    return "{ thousands: ',' } reads it; where that is a decimal point, { decimal: ',' }"
  if (type.startsWith('float') && decimal === '.' && /^-?\d+,\d+$/.test(text))
    return "{ decimal: ',' } reads it"
  if (/^[+-]?\d+$/.test(text))
    return `it is out of the range of ${type}: give the column a wider type, or utf8`
  if (/^[+-]?\d*[.,]\d+$/.test(text)) return 'give the column the type float64, or utf8'
  if (text === '') return 'give the column the type utf8'
  if (/^[^\p{L}\d]*\d[\d.,'\p{Zs}_]*[^\p{L}\d]*$/u.test(text)) return cleaning(text, name, type)
  return `{ nullValues: ['', '${shown.slice(1, -1)}'] } reads it as null`
}
