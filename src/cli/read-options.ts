/** What the command line can say of how files are read: the options of `read.csv`, `read.json` and `read.lines`. */

import { type FileFormat, FORMATS, formatOption } from './files.ts'
import { numberIn, UsageError } from './usage.ts'

/** The options of every command that reads files. */
export const READ_OPTIONS = {
  format: { type: 'string' },
  encoding: { type: 'string' },
  delimiter: { type: 'string' },
  decimal: { type: 'string' },
  skip: { type: 'string' },
  comment: { type: 'string' },
  null: { type: 'string', multiple: true },
  'skip-bad': { type: 'boolean' },
} as const

export const READ_HELP = `  --format NAME        ${FORMATS.join(', ')} (default: as the names say)
  --encoding NAME      of CSV, JSON and text: latin1, utf-16 … (default: UTF-8, or what a byte order mark says)
  --skip-bad           rows of CSV, JSON and text that cannot be read are left out, and counted
  --delimiter C, --decimal C
                       of CSV: what parts fields, and the decimal point (default: as found)
  --skip N, --comment C
                       of CSV: lines to leave out before the header; what lines to leave out begin with
  --null TEXT          of CSV: what means null, beside nothing at all; may be given several times`

type Given = { readonly [K in keyof typeof READ_OPTIONS]?: string | readonly string[] | boolean | undefined }

/** How files are to be read. */
export interface Reading {
  readonly format: FileFormat | undefined
  /** What `read.csv` and the like take. */
  readonly options: Readonly<Record<string, unknown>>
  /** @throws {UsageError} for an option that files of the format do not have */
  check(format: FileFormat): void
}

const OF_TEXT: readonly string[] = ['encoding', 'skip-bad']

/** @throws {UsageError} for what no reader takes */
export function readingOf(given: Given): Reading {
  const { format, encoding, delimiter, decimal, comment } = given
  const skip = numberIn(given.skip as string | undefined, 'skip', { least: 0, most: 1e9, whole: true })
  const options = {
    ...(encoding === undefined ? {} : { encoding }),
    ...(given['skip-bad'] ? { onBadRow: 'skip' } : {}),
    ...(delimiter === undefined ? {} : { delimiter: delimiter === '\\t' ? '\t' : delimiter }),
    ...(decimal === undefined ? {} : { decimal }),
    ...(skip === undefined ? {} : { skip }),
    ...(comment === undefined ? {} : { comment }),
    ...(given.null === undefined ? {} : { nullValues: ['', ...(given.null as readonly string[])] }),
  }
  const named = Object.keys(READ_OPTIONS).filter(
    name => name !== 'format' && given[name as keyof Given] !== undefined,
  )
  return {
    format: formatOption(format as string | undefined),
    options,
    check(of) {
      const takes = (name: string) =>
        of === 'csv' || ((of === 'json' || of === 'lines') && OF_TEXT.includes(name))
      const wrong = named.find(name => !takes(name))
      if (wrong === undefined) return
      const formats = OF_TEXT.includes(wrong) ? 'CSV, JSON and text' : 'CSV'
      throw new UsageError(`--${wrong} is for ${formats}, and the files are ${of}`)
    },
  }
}

/** What is said of rows that were left out; nothing where there are none. */
export const skippedText = (rows: number): string =>
  rows === 0
    ? ''
    : `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'} that cannot be read left out\n`
