/** What users say of CSV files, checked. */

import { PlanError } from '../../errors.ts'
import { flag, oneOf, shown, text, whole } from '../../options.ts'
import { SEPARATORS } from './grouped-digits.ts'
import { PATTERN_CODES, patternFault } from './time-pattern.ts'

/** How CSV files are written. What is left out is found from the beginning of each file. */
export interface CsvDialectOptions {
  /** What parts fields: one ASCII character. */
  readonly delimiter?: string
  /** What texts are quoted with: one ASCII character, or `''` for nothing. */
  readonly quote?: string
  /** What stands before a quote that is part of a quoted text: by default the quote itself. */
  readonly escape?: string
  /** Whether the first record names the columns. */
  readonly header?: boolean
  /** Texts that mean null where they are not quoted. Default: `''`. */
  readonly nullValues?: string | readonly string[]
  /** The decimal point. */
  readonly decimal?: '.' | ','
  /**
   * What stands between groups of digits, `1,234,567`: `,` `.` `'` `_`, a space or one that does not break. Default: nothing.
   */
  readonly thousands?: ',' | '.' | "'" | '_' | ' ' | '\u00a0' | '\u202f'
  /** Lines that begin with this character are left out. Default: none. */
  readonly comment?: string
  /** Lines to leave out before the header, or the first record. Default: 0. */
  readonly skip?: number
  /**
   * A pattern of strftime for columns of times that are not ISO 8601, `%d.%m.%Y %H:%M`; or patterns by column.
   */
  readonly timestampFormat?: string | Readonly<Record<string, string>>
  /** Rows with too few fields: bad rows (the default), or filled with nulls. */
  readonly raggedRows?: 'bad' | 'null'
}

export const DIALECT_OPTIONS: readonly (keyof CsvDialectOptions)[] = [
  'delimiter',
  'quote',
  'escape',
  'header',
  'nullValues',
  'decimal',
  'thousands',
  'comment',
  'skip',
  'timestampFormat',
  'raggedRows',
]

/**
 * The options as the format takes them.
 *
 * @throws {PlanError} `OPTION`
 */
export function checkedDialect(options: CsvDialectOptions, call: string, above: Function) {
  const { delimiter, quote, header, comment, skip, raggedRows, thousands } = options
  if (thousands !== undefined) oneOf(thousands, `thousands of ${call}`, SEPARATORS, above)
  // What is one cannot be the other.
  const { decimal = thousands === '.' ? ',' : thousands === ',' ? '.' : undefined } = options
  const escaping = options.escape
  checkMark(delimiter, `delimiter of ${call}`, above)
  if (quote !== '') checkMark(quote, `quote of ${call}`, above)
  if (escaping !== '') checkMark(escaping, `escape of ${call}`, above)
  if (comment !== '') checkMark(comment, `comment of ${call}`, above)
  const { nullValues, timestampFormat } = options
  const nulls = nullValues === undefined ? undefined : [nullValues].flat()
  for (const each of nulls ?? []) text(each, `nullValues of ${call}`, above)
  checkPatterns(timestampFormat, above)
  const marks = [delimiter, quote, comment, decimal ?? '.'].filter(mark => mark !== undefined && mark !== '')
  if (new Set(marks).size < marks.length) {
    throw new PlanError('OPTION', `delimiter, quote, comment and decimal of ${call} must differ`, { above })
  }
  if (thousands !== undefined && thousands === (decimal ?? '.')) {
    throw new PlanError('OPTION', `decimal and thousands of ${call} must differ`, { above })
  }
  return {
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote }),
    ...(escaping !== undefined && { escape: escaping }),
    ...(comment !== undefined && { comment }),
    ...(header !== undefined && { header: flag(header, `header of ${call}`, above) }),
    ...(nulls !== undefined && { nullValues: nulls }),
    ...(decimal !== undefined && { decimal: oneOf(decimal, `decimal of ${call}`, ['.', ','], above) }),
    ...(thousands !== undefined && { thousands }),
    ...(skip !== undefined && { skip: whole(skip, `skip of ${call}`, 0, 1_000_000, above) }),
    ...(timestampFormat !== undefined && { timestampFormat }),
    ...(raggedRows !== undefined && {
      raggedRows: oneOf(raggedRows, `raggedRows of ${call}`, ['bad', 'null'], above),
    }),
  }
}

/** One ASCII character that no number, time or word has. */
export function checkMark(mark: unknown, what: string, above: Function): void {
  if (mark === undefined) return
  const code = typeof mark === 'string' && mark.length === 1 ? mark.charCodeAt(0) : 0
  if (code > 0 && code < 128 && !/[\dA-Za-z.+\-\r\n]/.test(mark as string)) return
  throw new PlanError(
    'OPTION',
    `${what} is one ASCII character that is no letter, digit or line end, got ${shown(mark)}`,
    {
      hint: "',', ';', '\\t' and '|' are usual delimiters; '\"' and \"'\" quotes",
      above,
    },
  )
}

/** Refuses patterns with codes that there are not. */
export function checkPatterns(given: unknown, above: Function): void {
  if (given === undefined) return
  const patterns = typeof given === 'object' && given !== null ? Object.values(given) : [given]
  for (const pattern of patterns) {
    const fault = typeof pattern === 'string' ? patternFault(pattern) : 'it is no text'
    if (fault === undefined) continue
    throw new PlanError(
      'OPTION',
      `timestampFormat is a pattern of strftime, got ${shown(pattern)}: ${fault}`,
      {
        hint: `'%d.%m.%Y %H:%M'; the codes are ${PATTERN_CODES}`,
        above,
      },
    )
  }
}

/** How a CSV file is written, besides what all files take. */
export interface CsvWriteDialect {
  /** What parts fields. Default: a comma, or a tab where the path ends in `.tsv`. */
  readonly delimiter?: string
  /** What texts are quoted with, where they must be. Default: `"`. */
  readonly quote?: string
  /** Whether the first record names the columns. Default: true. */
  readonly header?: boolean
  /** What is written for null. Default: nothing. */
  readonly nullValue?: string
  /** A pattern of strftime for timestamps. Default: ISO 8601. */
  readonly timestampFormat?: string
}

export const WRITE_DIALECT_OPTIONS: readonly (keyof CsvWriteDialect)[] = [
  'delimiter',
  'quote',
  'header',
  'nullValue',
  'timestampFormat',
]

/**
 * The options as the encoder takes them.
 *
 * @throws {PlanError} `OPTION`
 */
export function checkedWriteDialect(path: string, options: CsvWriteDialect, call: string, above: Function) {
  const isTabs = /\.(tsv|tab)(\.\w+)?$/i.test(path)
  const { delimiter = isTabs ? '\t' : ',', quote = '"', header, nullValue = '', timestampFormat } = options
  checkMark(delimiter, `delimiter of ${call}`, above)
  checkMark(quote, `quote of ${call}`, above)
  text(nullValue, `nullValue of ${call}`, above)
  checkPatterns(timestampFormat, above)
  if (delimiter === quote || [delimiter, quote, '\n', '\r'].some(mark => nullValue.includes(mark))) {
    throw new PlanError(
      'OPTION',
      `delimiter, quote and nullValue of ${call} must be told apart, got ${shown(options)}`,
      {
        hint: "{ delimiter: ';', nullValue: 'NA' }",
        above,
      },
    )
  }
  return {
    delimiter,
    quote,
    nullValue,
    ...(header !== undefined && { header: flag(header, `header of ${call}`, above) }),
    ...(timestampFormat !== undefined && { timestampFormat }),
  }
}
