/**
 * What the first bytes of a CSV file say of it: dialect, header, types.
 *
 * A first record is a header unless every field of it fits the type that the others have in its column, and one of these
 * types is not text.
 */

import { DataError } from '../../errors.ts'
import type { Schema } from '../../types/schema.ts'
import type { Json, Sniffed, SniffRequest } from '../contract.ts'
import { findInvalidUtf8, markLength } from '../utf8.ts'
import type { CsvOptions } from './decoder.ts'
import { type CsvDialect, marksOf, RFC_4180 } from './dialect.ts'
import { lineEnd } from './fields.ts'
import { checkColumns, headerNames, positionNames } from './header.ts'
import { afterLeadingComments } from './leading-comments.ts'
import { type SampleRecord, type SampleRecords, sampleRecords } from './records.ts'
import { sniffDialect } from './sniff-dialect.ts'
import { type SniffedType, sniffType } from './sniff-types.ts'
import { timePattern } from './time-pattern.ts'

/** What a user may say of CSV files, checked; what is left out is found. */
export interface CsvAsked {
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  readonly comment?: string
  readonly nullValues?: readonly string[]
  readonly decimal?: '.' | ','
  readonly thousands?: string
  readonly raggedRows?: 'bad' | 'null'
  readonly header?: boolean
  /** Lines before the header, or before the first record. */
  readonly skip?: number
  /** A pattern for all columns of times, or patterns by column. */
  readonly timestampFormat?: string | Readonly<Record<string, string>>
}

/** Records that types are found from. */
const TYPED_RECORDS = 5000

/**
 * @throws {DataError} `CSV_COLUMN` where a column is missing, `CSV_HEADER` where a header is none, `UTF8`
 */
export function sniffCsv(sample: Uint8Array, request: SniffRequest): Sniffed {
  const asked = askedOf(request)
  const start = startOf(sample, asked, request)
  const comment = asked.comment ?? ''
  const found = sniffDialect(sample, start, asked, request)
  const marks = marksOf({ ...RFC_4180, ...found, comment })
  const sampled = sampleRecords(sample, start, marks, TYPED_RECORDS, request.whole)
  const { records } = sampled
  checkFirst(sampled, start < sample.length, asked, request)
  const dialect: CsvDialect = {
    ...found,
    comment,
    nullValues: asked.nullValues ?? RFC_4180.nullValues,
    decimal: asked.decimal ?? '.',
    thousands: asked.thousands ?? '',
    raggedRows: asked.raggedRows ?? 'bad',
    timeFormats: {},
  }
  if (records.length === 0) return emptyFile(start, dialect, request)
  return request.schema
    ? withSchema(
        { sample, start, records, asked, file: request.file },
        dialect,
        request.schema,
        request.mayLack,
      )
    : withoutSchema({ sample, start, records, asked, file: request.file }, dialect)
}

/** Files whose names end in `.tsv` have tabs, unless something else is said. */
function askedOf({ options, file }: SniffRequest): CsvAsked {
  const asked = (options ?? {}) as CsvAsked
  return /\.(tsv|tab)(\.\w+)?$/i.test(file) ? { delimiter: '\t', ...asked } : asked
}

/** Where the header begins, or the first record. */
function startOf(sample: Uint8Array, asked: CsvAsked, request: SniffRequest): number {
  const start = skipLines(sample, markLength(sample), asked.skip ?? 0)
  const isTold = asked.skip !== undefined || asked.comment !== undefined
  return isTold ? start : afterLeadingComments(sample, start, asked, request)
}

function skipLines(sample: Uint8Array, from: number, count: number): number {
  let at = from
  for (let i = 0; i < count; i++) at = lineEnd(sample, at, sample.length)
  return at
}

/** Refuses a file whose first record, which may be its header, is none: it must not be taken for another. */
function checkFirst(
  { records, startsWrong }: SampleRecords,
  hasBytes: boolean,
  { header }: CsvAsked,
  { schema, whole, file }: SniffRequest,
): void {
  if (startsWrong && !(header === false && schema)) {
    throw new DataError('CSV_QUOTE', `${file}: the quotes of its first record are wrong`, {
      hint: "`quote` and `escape` say how texts are quoted; where quotes are text, read with { quote: '' }",
    })
  }
  if (records.length === 0 && hasBytes && !whole) {
    throw new DataError(
      'CSV_HEADER',
      `${file}: its first record does not end in what is looked at of a file`,
      {
        hint: 'is a quote never closed there? is it a CSV file?',
      },
    )
  }
}

/** A file without records has no columns of its own. */
function emptyFile(start: number, dialect: CsvDialect, request: SniffRequest): Sniffed {
  const { schema } = request
  if (!schema) {
    throw new DataError('CSV_HEADER', `${request.file} is empty: it has no header and no rows`, {
      hint: "give a schema: read.csv(path, { date: 'timestamp', delay: 'int32' })",
    })
  }
  return sniffed(schema, { ...dialect, columns: schema.map(({ name }) => name) }, start)
}

const sniffed = (
  schema: Schema,
  options: CsvOptions,
  dataStart: number,
  names?: readonly string[],
): Sniffed => ({
  schema,
  options: options as unknown as Json,
  dataStart,
  ...(names && { names }),
})

/** The beginning of a file, and what was said of it. */
interface Beginning {
  readonly sample: Uint8Array
  /** Where the first line begins that is not skipped. */
  readonly start: number
  readonly records: readonly SampleRecord[]
  readonly asked: CsvAsked
  readonly file: string
}

/** Columns by name where there is a header, else by position. */
function withSchema(beginning: Beginning, dialect: CsvDialect, schema: Schema, mayLack = false): Sniffed {
  const { sample, start, records, asked, file } = beginning
  const first = records[0]!
  const header = asked.header ?? looksLikeHeader(records, dialect, asked, schema)
  const names = header
    ? namesOf(sample, first, file)
    : schema.map(({ name }) => name).concat(positionNames(first.fields.length).slice(schema.length))
  if (header && !mayLack) checkColumns(schema, names, file)
  const fields = mayLack ? first.fields.length : Math.max(first.fields.length, schema.length)
  const columns = header ? names : names.slice(0, fields)
  const decimal = asked.decimal ?? sniffDecimal(records, dialect)
  const body = header ? records.slice(1) : records
  const timeFormats = {
    ...foundFormats(body, { ...dialect, decimal }, schema, columns),
    ...formatsFor(asked, schema),
  }
  return sniffed(schema, { ...dialect, decimal, timeFormats, columns }, header ? first.end : start, names)
}

/** Patterns of times that are not ISO 8601, for columns that are to be times. */
function foundFormats(
  records: readonly SampleRecord[],
  dialect: CsvDialect,
  schema: Schema,
  columns: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    schema.flatMap(({ name, type }) => {
      const field = columns.indexOf(name)
      if (field < 0 || !isTime(type)) return []
      const found = sniffType(textsOf(records, field, dialect), dialect)
      return found?.timeFormat === undefined ? [] : [[name, found.timeFormat]]
    }),
  )
}

const isTime = (type: string): boolean => type === 'date' || type.startsWith('timestamp')

function withoutSchema({ sample, start, records, asked, file }: Beginning, dialect: CsvDialect): Sniffed {
  const first = records[0]!
  const count = first.fields.length
  const decimal = asked.decimal ?? sniffDecimal(records, dialect)
  const found = { ...dialect, decimal }
  const ofOthers = columnTypes(records.slice(1), count, found, asked)
  const header = asked.header ?? isHeader(records, found, asked, ofOthers)
  const names = header ? namesOf(sample, first, file) : positionNames(count)
  const types = header ? ofOthers : columnTypes(records, count, found, asked)
  const { schema, timeFormats } = typed(names, types, asked)
  return sniffed(schema, { ...found, timeFormats, columns: names }, header ? first.end : start, names)
}

/** @throws {DataError} `UTF8` */
function namesOf(sample: Uint8Array, { fields, start, end }: SampleRecord, file: string): string[] {
  if (findInvalidUtf8(sample, start, end) >= 0) {
    throw new DataError('UTF8', `the header of ${file} is not UTF-8`, {
      hint: "is the file in another encoding? { encoding: 'latin1' } reads one",
    })
  }
  return headerNames(fields.map(({ text }) => text))
}

/** The texts of a column that do not mean null. */
function textsOf(records: readonly SampleRecord[], field: number, { nullValues }: CsvDialect): string[] {
  return records.flatMap(({ fields }) => {
    const cell = fields[field]
    if (cell === undefined || cell.text === '') return []
    return !cell.quoted && nullValues.includes(cell.text) ? [] : [cell.text]
  })
}

const columnTypes = (
  records: readonly SampleRecord[],
  count: number,
  dialect: CsvDialect,
  asked: CsvAsked,
): (SniffedType | undefined)[] =>
  Array.from({ length: count }, (_, field) => typeOfField(records, field, dialect, asked))

function typeOfField(
  records: readonly SampleRecord[],
  field: number,
  dialect: CsvDialect,
  { timestampFormat }: CsvAsked,
): SniffedType | undefined {
  const pattern = typeof timestampFormat === 'string' ? timestampFormat : undefined
  return sniffType(textsOf(records, field, dialect), dialect, pattern)
}

/**
 * Whether the first record is unlike the others.
 *
 * @param ofOthers the types that these have
 */
function isHeader(
  records: readonly SampleRecord[],
  dialect: CsvDialect,
  asked: CsvAsked,
  ofOthers: readonly (SniffedType | undefined)[],
): boolean {
  const isText = (type: SniffedType | undefined) => type === undefined || type.type === 'utf8'
  const withFirst = (field: number) => typeOfField(records, field, dialect, asked)
  if (records.length === 1) return ofOthers.every((_, field) => isText(withFirst(field)))
  if (ofOthers.every(isText)) return true
  return ofOthers.some((type, field) => !isText(type) && isText(withFirst(field)))
}

/** With a schema, a header is known by the names in it. */
function looksLikeHeader(
  records: readonly SampleRecord[],
  dialect: CsvDialect,
  asked: CsvAsked,
  schema: Schema,
): boolean {
  const { fields } = records[0]!
  const names = new Set(fields.map(({ text }) => text))
  if (schema.some(({ name }) => names.has(name))) return true
  return isHeader(records, dialect, asked, columnTypes(records.slice(1), fields.length, dialect, asked))
}

/**
 * A comma, where commas do not part fields and it makes numbers of a column that are none with a point. `1,234` alone may be a
 * thousand.
 */
function sniffDecimal(records: readonly SampleRecord[], dialect: CsvDialect): '.' | ',' {
  if (dialect.delimiter === ',') return '.'
  const count = records[0]!.fields.length
  const body = records.slice(1)
  for (let i = 0; i < count; i++) {
    const texts = textsOf(body, i, dialect)
    const isDecimal = texts.length > 0 && sniffType(texts, { ...dialect, decimal: ',' })?.type === 'float64'
    if (isDecimal && texts.some(text => /,(?!\d{3}$)/.test(text.trim()))) return ','
  }
  return '.'
}

function typed(
  names: readonly string[],
  types: readonly (SniffedType | undefined)[],
  asked: CsvAsked,
): { schema: Schema; timeFormats: Record<string, string> } {
  const timeFormats: [string, string][] = []
  const schema = names.map((name, i) => {
    // Nothing but nulls may be anything.
    const { type, timeFormat } = types[i] ?? { type: 'utf8' as const }
    const given = typeof asked.timestampFormat === 'object' ? asked.timestampFormat[name] : undefined
    if (given !== undefined) {
      timeFormats.push([name, given])
      return { name, type: timePattern(given).hasTime ? ('timestamp[us]' as const) : ('date' as const) }
    }
    if (timeFormat !== undefined) timeFormats.push([name, timeFormat])
    return { name, type }
  })
  return { schema, timeFormats: Object.fromEntries(timeFormats) }
}

/** The patterns for the columns of times of a schema: one with a time of day is not for dates. */
function formatsFor({ timestampFormat }: CsvAsked, schema: Schema): Record<string, string> {
  if (timestampFormat === undefined) return {}
  if (typeof timestampFormat === 'object') {
    return Object.fromEntries(
      schema.flatMap(({ name, type }) =>
        isTime(type) && Object.hasOwn(timestampFormat, name) ? [[name, timestampFormat[name]!]] : [],
      ),
    )
  }
  const { hasTime } = timePattern(timestampFormat)
  return Object.fromEntries(
    schema.flatMap(({ name, type }) =>
      type.startsWith('timestamp') || (type === 'date' && !hasTime) ? [[name, timestampFormat]] : [],
    ),
  )
}
