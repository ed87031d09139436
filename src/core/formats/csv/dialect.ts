/**
 * How a CSV file is written, as plain JSON: what the sniffer finds, what the user says, and what cutter, decoder and
 * encoder go by.
 */

/** What becomes of rows with too few or too many fields. */
export type RaggedRows = 'bad' | 'null'

export interface CsvDialect {
  /** One ASCII character. */
  readonly delimiter: string
  /** One ASCII character; '' for none: then every character stands for itself. */
  readonly quote: string
  /** What stands before a quote within quotes; by default the quote itself. */
  readonly escape: string
  /** Lines that begin with this ASCII character are left out; '' for none. */
  readonly comment: string
  /** Texts that mean null where they are not quoted. */
  readonly nullValues: readonly string[]
  /** The decimal point of floats and decimals. */
  readonly decimal: '.' | ','
  /** What stands between groups of digits; '' for nothing. */
  readonly thousands: string
  readonly raggedRows: RaggedRows
  /** strftime patterns by column, for those whose times are not ISO 8601. */
  readonly timeFormats: Readonly<Record<string, string>>
}

/** How numbers are written. */
export type NumberStyle = Pick<CsvDialect, 'decimal' | 'thousands'>

/** The dialect of RFC 4180. */
export const RFC_4180: CsvDialect = Object.freeze({
  delimiter: ',',
  quote: '"',
  escape: '"',
  comment: '',
  nullValues: Object.freeze(['']),
  decimal: '.',
  thousands: '',
  raggedRows: 'bad',
  timeFormats: Object.freeze({}),
})

/** The dialect's characters as bytes; -1 where there is none. */
export interface Marks {
  readonly delimiter: number
  readonly quote: number
  /** What escapes within quotes. */
  readonly escaping: number
  readonly comment: number
}

const byteOf = (character: string): number => (character === '' ? -1 : character.charCodeAt(0))

export function marksOf(dialect: CsvDialect): Marks {
  const { delimiter, quote, comment } = dialect
  return {
    delimiter: byteOf(delimiter),
    quote: byteOf(quote),
    escaping: quote === '' ? -1 : byteOf(dialect.escape),
    comment: byteOf(comment),
  }
}

export const LF = 10
export const CR = 13

export const isLineEnd = (byte: number): boolean => byte === LF || byte === CR
