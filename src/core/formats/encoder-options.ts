/** What users say of how rows become bytes, checked: for sinks to files and to others, and for streams. */

import { checkNames, flag, oneOf } from '../options.ts'
import type { Json } from './contract.ts'
import { type CsvWriteDialect, checkedWriteDialect, WRITE_DIALECT_OPTIONS } from './csv/user-options.ts'

/** The formats that rows are written in, a record after the other. */
export type RowFormat = 'json' | 'csv' | 'lines'

export interface JsonWriteOptions {
  /** How numbers are written that JavaScript cannot hold exactly: `int64`, `uint64`, decimals. Default: `number`. */
  readonly wideNumbers?: 'number' | 'text'
  /** Leaves keys out where the value is null. Default: false. */
  readonly omitNulls?: boolean
}

/** How rows become bytes, where no file says it by its name. */
export interface BytesWritten {
  /** Default: json, a row per line. */
  readonly format?: RowFormat
  /** Of the format: those of the sinks `json()` and `csv()` that say how rows are written. */
  readonly formatOptions?: JsonWriteOptions & CsvWriteDialect
}

export const JSON_WRITE_OPTIONS: readonly (keyof JsonWriteOptions)[] = ['wideNumbers', 'omitNulls']

const NAMES: Readonly<Record<RowFormat, readonly string[]>> = {
  json: JSON_WRITE_OPTIONS,
  csv: WRITE_DIALECT_OPTIONS,
  lines: [],
}

/** The options of the encoder of JSON. @throws {PlanError} `OPTION` */
export function jsonEncoding(options: JsonWriteOptions, call: string, above: Function): Json {
  const { wideNumbers = 'number', omitNulls = false } = options
  return {
    wideNumbers: oneOf(wideNumbers, `wideNumbers of ${call}`, ['number', 'text'], above),
    omitNulls: flag(omitNulls, `omitNulls of ${call}`, above),
  }
}

/**
 * The format and the options of its encoder.
 *
 * @throws {PlanError} `OPTION`
 */
export function encodingOf(
  { format = 'json', formatOptions = {} }: BytesWritten,
  above: Function,
): { readonly format: RowFormat; readonly options: Json } {
  oneOf(format, 'format', ['json', 'csv', 'lines'], above)
  checkNames('formatOptions', formatOptions, NAMES[format], above)
  if (format === 'json') return { format, options: jsonEncoding(formatOptions, 'formatOptions', above) }
  if (format === 'lines') return { format, options: {} }
  return { format, options: checkedWriteDialect('', formatOptions, 'formatOptions', above) }
}
