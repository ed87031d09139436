/** Helpers of the tests of CSV: text in, rows out. */

import { rowsOf } from '../../../../src/core/batch/rows.ts'
import { heapArena } from '../../../../src/core/batch/slab.ts'
import type { Decoded, Json } from '../../../../src/core/formats/contract.ts'
import { CsvDecoder } from '../../../../src/core/formats/csv/decoder.ts'
import { type CsvDialect, RFC_4180 } from '../../../../src/core/formats/csv/dialect.ts'
import type { CsvAsked } from '../../../../src/core/formats/csv/sniff.ts'
import { sniffCsv } from '../../../../src/core/formats/csv/sniff.ts'
import type { ColumnTypeName } from '../../../../src/core/types/column-type.ts'
import { type Schema, schemaFrom } from '../../../../src/core/types/schema.ts'

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

export type Rows = Record<string, unknown>[]

export const rowsOfDecoded = (schema: Schema, { length, columns }: Decoded): Rows =>
  rowsOf({ schema, length, columns, position: { split: 0, offset: 0 } }, { timestamps: 'bigint' })

export interface DecodeOptions extends Partial<CsvDialect> {
  readonly codegen?: boolean
  /** By default those of the schema. */
  readonly columns?: readonly string[]
}

/** Decodes records without a header. */
export function decode(
  text: string | Uint8Array,
  columns: Readonly<Record<string, ColumnTypeName>>,
  { codegen = true, columns: names, ...dialect }: DecodeOptions = {},
) {
  const schema = schemaFrom(columns)
  const options = { ...RFC_4180, ...dialect, columns: names ?? Object.keys(columns) } as unknown as Json
  const decoder = new CsvDecoder({ schema, options, starts: true }, { codegen })
  const decoded = decoder.decode(typeof text === 'string' ? encode(text) : text, heapArena, 0)
  return { rows: rowsOfDecoded(schema, decoded), bad: decoded.bad ?? [], starts: [...decoded.starts!] }
}

/** What the generated loop gives, which is what the careful readers give. */
export function decodeBothWays(...[text, columns, options = {}]: Parameters<typeof decode>) {
  const decoded = decode(text, columns, options)
  const carefully = decode(text, columns, { ...options, codegen: false })
  if (JSON.stringify(carefully, texts) !== JSON.stringify(decoded, texts)) {
    throw new Error(
      `the loop gave ${JSON.stringify(decoded, texts)}, not ${JSON.stringify(carefully, texts)}`,
    )
  }
  return decoded
}

/** What JSON does not tell apart. */
const texts = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' || Object.is(value, -0) || (typeof value === 'number' && !Number.isFinite(value))
    ? `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`
    : value

export const sniff = (text: string | Uint8Array, options: CsvAsked = {}, schema?: Schema) =>
  sniffCsv(typeof text === 'string' ? encode(text) : text, {
    options: options as Json,
    whole: true,
    file: 'test.csv',
    ...(schema && { schema }),
  })

/** Reads a whole file as `read.csv` does. */
export function readText(text: string | Uint8Array, options: CsvAsked = {}, wanted?: Schema) {
  const bytes = typeof text === 'string' ? encode(text) : text
  const { schema, options: found, dataStart } = sniff(bytes, options, wanted)
  const decoder = new CsvDecoder({ schema, options: found })
  const decoded = decoder.decode(bytes.subarray(dataStart), heapArena, dataStart)
  return { schema, rows: rowsOfDecoded(schema, decoded), bad: decoded.bad ?? [], options: found as any }
}
