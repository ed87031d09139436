/** Rows as an aligned text table: what `show()`, the console sink and the command line print. */

import { clockText } from '../types/clock-time.ts'
import {
  type ColumnType,
  type DurationType,
  isDecimal,
  isDuration,
  isNumber,
  isText,
  isTimeOfDay,
  isTimestamp,
  type TimestampType,
  timestampUnit,
  timestampZone,
  unitOfTime,
} from '../types/column-type.ts'
import {
  elementType,
  isList,
  isMap,
  isNested,
  isStruct,
  mapTypes,
  structFields,
} from '../types/nested-type.ts'
import type { Schema } from '../types/schema.ts'
import { offsetText, timeZone } from '../types/time-zone.ts'
import { durationUnits } from './build-words.ts'
import { bytesText } from './bytes.ts'
import { unitsPerMs } from './cells.ts'
import { floatText } from './format-number.ts'
import type { Row } from './rows.ts'

export { MAX_DIGITS } from './format-number.ts'

export interface TableOptions {
  /** Rows shown at most; a last line counts the others. Default: all. */
  readonly limit?: number
  /** Rows there are, when `rows` is only the beginning of them. */
  readonly total?: number
  /** Terminal columns a cell may take; longer ones end in `…`. Default: 40. */
  readonly maxCellWidth?: number
  /** Significant digits of fractions, 1 to 17. Default: all that the numbers have. */
  readonly digits?: number
}

/**
 * The rows as lines of text, without a line break at the end.
 *
 * Numbers stand at the right, floats with the fewest digits that give them back. A null is `null`; the string `null`, and strings that are empty or begin or end with a
 * space, are quoted. Timestamps have the digits the column needs, and are in the zone of the type, with its distance from UTC; without one
 * in UTC. What
 * could move the cursor or reorder the line (control characters, direction marks) is shown as an escape. Takes
 * timestamps as `Date` or as bigint units. Bytes are shown as SQL has them: printable ASCII as it is, others as `\\xC3`.
 */
export function formatTable(schema: Schema, rows: readonly Row[], options: TableOptions = {}): string {
  const { maxCellWidth = 40, digits } = options
  const shown = options.limit === undefined ? rows : rows.slice(0, options.limit)
  const total = options.total ?? rows.length
  const columns = schema.map(({ name, type }) => {
    const texts = cellTexts(
      type,
      shown.map(row => row[name]),
      digits,
    )
    const cells = [name, ...texts].map(text => fitCell(text, maxCellWidth))
    const width = cells.reduce((widest, cell) => Math.max(widest, cell.width), 0)
    return cells.map(({ text, width: own }, i) => {
      const space = ' '.repeat(width - own)
      return {
        text: isRightAligned(type) ? space + text : text + space,
        rule: i === 0 ? '─'.repeat(width) : '',
      }
    })
  })
  const lines = [line(columns.map(cells => cells[0]!.text)), line(columns.map(cells => cells[0]!.rule))]
  for (let i = 0; i < shown.length; i++) lines.push(line(columns.map(cells => cells[i + 1]!.text)))
  if (total === 0) lines.push('(no rows)')
  else if (total > shown.length) {
    const more = total - shown.length
    lines.push(`… and ${more.toLocaleString('en-US')} more ${more === 1 ? 'row' : 'rows'}`)
  }
  return lines.join('\n')
}

/** Numbers, and durations, whose digits should stand below each other. */
export const isRightAligned = (type: ColumnType): boolean => isNumber(type) || isDuration(type)

const line = (cells: readonly string[]): string => cells.join('  ').trimEnd()

/** The cells of a column as texts; `values` as rows have them. */
export function cellTexts(
  type: ColumnType,
  values: readonly unknown[],
  digits: number | undefined,
): string[] {
  if (isTimestamp(type)) return timestampTexts(type, values)
  if (isDuration(type)) return durationTexts(type, values)
  if (isNested(type)) return values.map(value => nestedText(type, value, digits))
  if (isDecimal(type) || isTimeOfDay(type)) return values.map(value => String(value ?? 'null'))
  return values.map(value => {
    if (value === null || value === undefined) return 'null'
    if (value instanceof Date) return value.toISOString().slice(0, -14)
    if (type === 'date' && typeof value === 'bigint') return `${value} days`
    if (value instanceof Uint8Array) return bytesText(value)
    if (typeof value === 'number') return floatText(value, type === 'float32', digits)
    if (typeof value === 'string')
      return value === '' || value === 'null' || value.trim() !== value ? `"${value}"` : value
    return String(value)
  })
}

/** `[1, 2]`, `{name: "a"}`; texts in quotes. */
function nestedText(type: ColumnType, value: unknown, digits: number | undefined): string {
  if (value === null || value === undefined) return 'null'
  const inner = (of: ColumnType, item: unknown): string =>
    typeof item === 'string' && isText(of)
      ? JSON.stringify(item)
      : isNested(of)
        ? nestedText(of, item, digits)
        : cellTexts(of, [item], digits)[0]!
  if (isList(type)) return `[${(value as unknown[]).map(item => inner(elementType(type), item)).join(', ')}]`
  if (isStruct(type)) {
    const fields = structFields(type).map(
      field => `${field.name}: ${inner(field.type, (value as Row)[field.name])}`,
    )
    return `{${fields.join(', ')}}`
  }
  if (!isMap(type)) return String(value)
  const { key, value: held } = mapTypes(type)
  const entries = [...(value as Map<unknown, unknown>)].map(([k, v]) => `${inner(key, k)}: ${inner(held, v)}`)
  return `{${entries.join(', ')}}`
}

const NANOS: Record<string, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n }

/** Durations as `26:03:04.5`: hours, minutes, seconds. Takes milliseconds, or units as bigints. */
function durationTexts(type: DurationType, values: readonly unknown[]): string[] {
  const unit = unitOfTime(type)
  const perMs = unitsPerMs(type)
  return values.map(value => {
    if (value === null || value === undefined) return 'null'
    if (typeof value === 'bigint') return clockText(value, unit)
    const ms = value as number
    return clockText(BigInt(durationUnits(ms, perMs) ?? Math.round(ms * perMs)), unit)
  })
}

/**
 * `2001-06-09 13:05:00`, with 3, 6 or 9 more digits where any cell of the column needs them. In a zone what its clocks show, and how
 * far they are from UTC: `2001-06-09 15:05:00+02:00`, in UTC itself `Z`.
 */
function timestampTexts(type: TimestampType, values: readonly unknown[]): string[] {
  const unit = timestampUnit(type)
  const name = timestampZone(type)
  const zone = name === undefined || name === 'UTC' ? undefined : timeZone(name)
  const parts = values.map(value => {
    if (value === null || value === undefined) return 'null'
    const nanos =
      value instanceof Date ? BigInt(value.getTime()) * 1_000_000n : (value as bigint) * NANOS[unit]!
    const rest = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
    const ms = Number((nanos - rest) / 1_000_000n)
    const offset = zone?.offsetAt(ms) ?? 0
    const date = new Date(ms + offset)
    // Infinity in some databases, and whatever else no calendar has a date for.
    if (Number.isNaN(date.getTime())) return `${value} ${unit}`
    const [day, time] = date.toISOString().split('T')
    const distance = zone ? offsetText(offset) : name === undefined ? '' : 'Z'
    return { seconds: `${day} ${time!.slice(0, 8)}`, fraction: String(rest).padStart(9, '0'), distance }
  })
  let digits = 0
  for (const part of parts) {
    if (typeof part === 'string') continue
    const needed = part.fraction.replace(/0+$/, '').length
    digits = Math.max(digits, Math.ceil(needed / 3) * 3)
  }
  return parts.map(part =>
    typeof part === 'string'
      ? part
      : part.seconds + (digits > 0 ? `.${part.fraction.slice(0, digits)}` : '') + part.distance,
  )
}

// Controls, line and paragraph separators, invisible and direction-changing marks, halves of surrogate pairs.
const UNSAFE =
  /[\p{Cc}\u{061c}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2069}\u{feff}\u{fff9}-\u{fffb}\p{Cs}]/gu
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text in which nothing moves the cursor: each unsafe character becomes an escape such as `\n` or `\x1b`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, character => {
    const code = character.codePointAt(0)!
    return (
      NAMED[character] ??
      (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
    )
  })
}

/** Made for the first text that is not ASCII: that takes 8 ms. */
let graphemes: Intl.Segmenter | undefined
const WIDE =
  /^[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\u{fe0f}/u
const MARK = /^\p{M}/u

/** Terminal columns of one grapheme. */
const graphemeWidth = (grapheme: string): number => (MARK.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1)

/** Escaped text of at most `max` terminal columns, with its width. */
function fitCell(raw: string, max: number): { text: string; width: number } {
  // No more than this can show; so a string of a gigabyte is not read whole.
  const text = escapeControls(raw.length > max * 16 ? raw.slice(0, max * 16) : raw)
  const cut = raw.length > max * 16
  if (!cut && text.length <= max && /^[\x20-\x7e]*$/.test(text)) return { text, width: text.length }
  let fitting = ''
  let width = 0
  let keep = { text: '', width: 0 }
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (const { segment } of graphemes.segment(text)) {
    const own = graphemeWidth(segment)
    if (width + own > max) return { text: `${keep.text}…`, width: keep.width + 1 }
    fitting += segment
    width += own
    if (width < max) keep = { text: fitting, width }
  }
  return cut ? { text: `${keep.text}…`, width: keep.width + 1 } : { text: fitting, width }
}
