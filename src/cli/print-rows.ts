/** Rows on the standard output: as a table that fits the terminal, JSON or CSV. */

import { type Batch, rowCount } from '../core/batch/batch.ts'
import { formatTable, type TableOptions } from '../core/batch/format-table.ts'
import { type Row, rowsOf } from '../core/batch/rows.ts'
import type { Dataset } from '../core/dataset/dataset.ts'
import type { Schema } from '../core/types/schema.ts'
import { UsageError } from './usage.ts'

/** The options of every command that prints rows. */
export const ROW_OPTIONS = { json: { type: 'boolean' }, csv: { type: 'boolean' } } as const

export const ROWS_HELP = `  --json               an array of objects: timestamps as ISO text, integers beyond 2^53 as text
  --csv                comma-separated values, with a header line; null is an empty field`

export interface RowsPrinted {
  readonly json?: boolean | undefined
  readonly csv?: boolean | undefined
}

/** @throws {UsageError} when both are given */
export function checkPrinted({ json, csv }: RowsPrinted): void {
  if (json && csv) throw new UsageError('--json and --csv cannot both be given')
}

/** Runs a dataset and prints its rows. */
export async function printDataset(
  dataset: Dataset<any, any>,
  printed: RowsPrinted,
  table: TableOptions = {},
): Promise<void> {
  // Not with `query`, which needs no plan.
  const { heapBatches } = await import('../core/dataset/ends.ts')
  const batches: Batch[] = []
  for await (const batch of heapBatches(dataset, {}, undefined)) batches.push(batch)
  await printRows(batches[0]?.schema ?? (await dataset.schema()), batches, printed, table)
}

export async function printRows(
  schema: Schema,
  batches: readonly Batch[],
  { json, csv }: RowsPrinted,
  table: TableOptions = {},
): Promise<void> {
  if (json || csv) {
    const { writeCsv, writeJson } = await import('./result-text.ts')
    await (json ? writeJson : writeCsv)(schema, batches, process.stdout)
    return
  }
  const rows = batches.flatMap(batch => (rowCount(batch) > 0 ? rowsOf(batch, { timestamps: 'bigint' }) : []))
  process.stdout.write(`${fittedTable(schema, rows, process.stdout.columns, table)}\n`)
}

const WIDTHS = [40, 32, 24, 18, 14, 10]

/**
 * The rows as a table no wider than so many columns of the terminal: cells are cut first, then columns are left out, at the end,
 * and named. Undefined: as wide as it is.
 */
export function fittedTable(
  schema: Schema,
  rows: readonly Row[],
  columns: number | undefined,
  options: TableOptions = {},
): string {
  const full = formatTable(schema, rows, options)
  if (columns === undefined || widthOf(full) <= columns) return full
  for (const maxCellWidth of WIDTHS.slice(1)) {
    const text = formatTable(schema, rows, { ...options, maxCellWidth })
    if (widthOf(text) <= columns) return text
  }
  const maxCellWidth = WIDTHS.at(-1)!
  for (let kept = schema.length - 1; kept > 0; kept--) {
    const text = formatTable(schema.slice(0, kept), rows, { ...options, maxCellWidth })
    if (widthOf(text) > columns && kept > 1) continue
    const names = schema.slice(kept).map(({ name }) => name)
    return `${text}\n${cut(`… and ${names.length} more ${names.length === 1 ? 'column' : 'columns'}: ${names.join(', ')}`, columns)}`
  }
  return full
}

const widthOf = (text: string): number =>
  text.split('\n').reduce((most, line) => Math.max(most, [...line].length), 0)

const cut = (text: string, columns: number): string => {
  const characters = [...text.replaceAll(/\p{Cc}/gu, '?')]
  return characters.length <= columns
    ? text.replaceAll(/\p{Cc}/gu, '?')
    : `${characters.slice(0, columns - 1).join('')}…`
}
