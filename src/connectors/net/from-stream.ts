/** What readers of streams of bytes have in common: the format of what comes, its columns, and what becomes of bad records. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import { fromSource } from '../../core/dataset/from-source.ts'
import type { Bounds } from '../../core/dataset/types.ts'
import { type RowSchema, rowsAsked, validated } from '../../core/dataset/validated.ts'
import { PlanError } from '../../core/errors.ts'
import type { Json } from '../../core/formats/contract.ts'
import {
  type CsvDialectOptions,
  checkedDialect,
  DIALECT_OPTIONS,
} from '../../core/formats/csv/user-options.ts'
import { LINES } from '../../core/formats/lines/index.ts'
import { checkNames, oneOf } from '../../core/options.ts'
import { badRows, type FileOptions } from '../files/from-files.ts'
import type { JsonReadOptions } from '../files/read-json.ts'
import type { ByteStream } from './chunks.ts'

/** Options of every reader of a stream. */
export interface StreamFormat extends FileOptions {
  /** What comes: JSON where there is a schema, lines where there is none. */
  readonly format?: 'json' | 'csv' | 'lines'
  /** Of the format, such as `{ delimiter: ';' }` of CSV; as those of {@link read.csv} and {@link read.json}. */
  readonly formatOptions?: CsvDialectOptions | Pick<JsonReadOptions, 'lines' | 'epochUnit'>
}

export const STREAM_OPTIONS: readonly string[] = ['format', 'formatOptions', 'onBadRow']

const FORMATS = ['json', 'csv', 'lines'] as const

/** The dataset of what a stream brings. @param above the user-facing function */
export function fromStream<Row, B extends Bounds>(
  make: () => Promise<ByteStream>,
  { label, bounded }: Pick<ByteStream, 'label' | 'bounded'>,
  columns: RowSchema | undefined,
  options: StreamFormat,
  above: Function,
): Dataset<Row, B> {
  const { format = columns ? 'json' : 'lines', formatOptions = {} } = options
  oneOf(format, 'format', FORMATS, above)
  const rows = rowsAsked(columns, above)
  const schema = format === 'lines' ? LINES : rows.schema
  if (!schema || (format === 'lines' && columns)) throw wrongSchema(format, above)
  const checked = checkedFormat(format, formatOptions, above)
  const load = async () => {
    const { streamSource } = await import('./stream-source.ts')
    const { formatOf } = await import('../../core/formats/index.ts')
    return streamSource(await make(), { format: formatOf(format), options: checked, schema })
  }
  const bad = badRows(options, above)
  return validated(fromSource<any, B>({ label, load }, bounded, schema, above, bad), rows, above, bad)
}

/** What the readers of files check of these options. */
function checkedFormat(format: string, options: object, above: Function): Json {
  const names = format === 'csv' ? DIALECT_OPTIONS : format === 'json' ? JSON_OPTIONS : []
  checkNames('formatOptions', options, names, above)
  return (format === 'csv' ? checkedDialect(options, 'formatOptions', above) : options) as Json
}

const JSON_OPTIONS = ['lines', 'epochUnit']

function wrongSchema(format: string, above: Function): PlanError {
  if (format === 'lines')
    return new PlanError('OPTION', 'lines have the columns text and offset, and no others', {
      hint: "leave the schema out, or give the format: { format: 'json' }",
      above,
    })
  return new PlanError('SCHEMA_NEEDED', `${format} needs a schema here: it is not known what will come`, {
    hint: "{ at: 'timestamp', value: 'float64' }",
    above,
  })
}
