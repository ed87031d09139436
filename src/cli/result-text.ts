/** Results as JSON and CSV, written as fast as the reader takes them. */

import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Batch } from '../core/batch/batch.ts'
import { escapeControls } from '../core/batch/format-table.ts'
import { eachRow, type Row } from '../core/batch/rows.ts'
import {
  type ColumnType,
  isText,
  isTimestamp,
  type TimestampType,
  timestampUnit,
  timestampZone,
} from '../core/types/column-type.ts'
import {
  elementType,
  isList,
  isNested,
  isStruct,
  mapTypes,
  type NestedType,
  structFields,
} from '../core/types/nested-type.ts'
import type { Schema } from '../core/types/schema.ts'

/**
 * An array of objects, a row a line. Dates are `2001-06-09`, timestamps ISO text with every digit and `Z` when they have
 * a zone; integers beyond 2^53, NaN and the infinities are text, bytes base64.
 */
export async function writeJson(schema: Schema, batches: readonly Batch[], to: Writable): Promise<void> {
  let first = true
  await writeAll(to, '[', batches, row => {
    const cells = schema.map(({ name, type }) => `${JSON.stringify(name)}:${jsonCell(type, row[name])}`)
    const line = `${first ? '' : ','}\n{${cells.join(',')}}`
    first = false
    return line
  })
  to.write(first ? ']\n' : '\n]\n')
}

/**
 * RFC 4180: fields with a comma, quote or line break are quoted; null is nothing, empty text is `""`. Control characters
 * are written as escapes such as `\x1b`; JSON has them exactly.
 */
export async function writeCsv(schema: Schema, batches: readonly Batch[], to: Writable): Promise<void> {
  const head = schema.map(({ name }) => csvField(name)).join(',')
  await writeAll(to, `${head}\n`, batches, row => {
    return `${schema.map(({ name, type }) => csvCell(type, row[name])).join(',')}\n`
  })
}

async function writeAll(to: Writable, head: string, batches: readonly Batch[], lineOf: (row: Row) => string) {
  let text = head
  for (const batch of batches) {
    for (const row of eachRow(batch, { timestamps: 'bigint' })) {
      text += lineOf(row)
      if (text.length < 65_536) continue
      if (!to.write(text)) await once(to, 'drain')
      text = ''
    }
  }
  to.write(text)
}

function jsonCell(type: ColumnType, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (isTimestamp(type)) return JSON.stringify(isoTime(type, value as bigint))
  if (value instanceof Date) return JSON.stringify(value.toISOString().slice(0, -14))
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? String(number) : `"${value}"`
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`
  if (value instanceof Uint8Array) return `"${base64(value)}"`
  return isNested(type) ? nestedJson(type, value) : JSON.stringify(value)
}

/** Lists as arrays, structs as objects; maps as objects where keys are text, else as pairs. */
function nestedJson(type: NestedType, value: unknown): string {
  if (isList(type))
    return `[${(value as unknown[]).map(item => jsonCell(elementType(type), item)).join(',')}]`
  if (isStruct(type)) {
    const fields = structFields(type).map(
      ({ name, type: of }) => `${JSON.stringify(name)}:${jsonCell(of, (value as Row)[name])}`,
    )
    return `{${fields.join(',')}}`
  }
  const { key, value: held } = mapTypes(type)
  const entries = [...(value as Map<unknown, unknown>)]
  return isText(key)
    ? `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${jsonCell(held, v)}`).join(',')}}`
    : `[${entries.map(([k, v]) => `[${jsonCell(key, k)},${jsonCell(held, v)}]`).join(',')}]`
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

function csvCell(type: ColumnType, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value === '') return '""'
  if (isTimestamp(type)) return isoTime(type, value as bigint)
  if (value instanceof Date) return value.toISOString().slice(0, -14)
  if (value instanceof Uint8Array) return base64(value)
  return csvField(isNested(type) ? nestedJson(type, value) : String(value))
}

/** Controls but tab and line breaks, which a quoted field may hold: written raw they would command the terminal. */
const CONTROL = /(?![\t\r\n])\p{Cc}/gu

function csvField(text: string): string {
  const safe = text.replace(CONTROL, escapeControls)
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const DIGITS = { s: 0, ms: 3, us: 6, ns: 9 } as const

/** ISO 8601 with as many digits as the unit has. */
function isoTime(type: TimestampType, units: bigint): string {
  const digits = DIGITS[timestampUnit(type)]
  const perSecond = 10n ** BigInt(digits)
  const rest = ((units % perSecond) + perSecond) % perSecond
  const date = new Date(Number((units - rest) / perSecond) * 1000)
  if (Number.isNaN(date.getTime())) return `${units} ${timestampUnit(type)}`
  const fraction = digits > 0 ? `.${String(rest).padStart(digits, '0')}` : ''
  return `${date.toISOString().slice(0, -5)}${fraction}${timestampZone(type) ? 'Z' : ''}`
}
