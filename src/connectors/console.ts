/** A sink that prints tables. */

import type { Batch } from '../core/batch/batch.ts'
import { rowAt, rowCount } from '../core/batch/batch.ts'
import { formatTable, type TableOptions } from '../core/batch/format-table.ts'
import { weightsOf } from '../core/batch/meta.ts'
import { type Row, rowsOf } from '../core/batch/rows.ts'
import { slice } from '../core/batch/take.ts'
import type { Sink } from '../core/connector.ts'
import { JobError } from '../core/errors.ts'
import type { Schema } from '../core/types/schema.ts'

export { escapeControls, formatTable, type TableOptions } from '../core/batch/format-table.ts'

export interface ConsoleOptions extends Omit<TableOptions, 'total'> {
  /** Where the text goes. Default: standard output. */
  readonly write?: (text: string) => void
}

/**
 * Prints a table of every committed epoch's first rows, and how many more there were; epochs without rows print
 * nothing, a job without any row prints an empty table. A crash between printing and the end of the commit prints an
 * epoch again: at-least-once. The rows of a changelog begin with + where they came and with - where they are taken back, as
 * often as they count.
 *
 * @param options `limit`: rows per epoch, 20 by default
 */
export function consoleSink(options: ConsoleOptions = {}): Sink {
  const { limit = 20, write = text => void process.stdout.write(text), ...table } = options
  let schema: Schema = []
  let rows: Row[] | undefined
  let total = 0
  let printed = true
  /** The column of signs, of a changelog. */
  let sign: string | undefined
  const add = (batch: Batch) => {
    if (!rows) throw new JobError('SINK_EPOCH', 'rows were written to the console outside an epoch')
    if (sign !== undefined) return addChanges(batch, rows, sign)
    total += rowCount(batch)
    // Spelled with every digit: a Date would cut microseconds.
    if (rows.length >= limit) return
    for (const row of rowsOf(slice(batch, 0, limit - rows.length), { timestamps: 'bigint' })) rows.push(row)
  }
  const addChanges = (batch: Batch, rows: Row[], sign: string) => {
    const weights = weightsOf(batch)
    rowsOf(batch, { timestamps: 'bigint' }).forEach((row, i) => {
      const weight = weights ? weights[rowAt(batch, i)]! : 1
      const times = Math.abs(weight)
      const shown = { [sign]: weight > 0 ? '+' : '-', ...row }
      for (let n = Math.min(times, limit - rows.length); n > 0; n--) rows.push(shown)
      total += times
    })
  }
  const print = (shown: readonly Row[]) => {
    write(`${formatTable(schema, shown, { ...table, total })}\n`)
    printed = true
  }
  return {
    label: 'console',
    guarantee: 'at-least-once',
    accepts: 'changes',
    async open(of, context) {
      schema = of
      if (context?.rows !== 'changes') return
      sign = ''
      while (of.some(({ name }) => name === sign)) sign += '±'
      schema = [{ name: sign, type: 'utf8' }, ...of]
    },
    async begin() {
      rows = []
      total = 0
    },
    async write(batch) {
      add(batch)
    },
    async commit(epoch) {
      if (rows && total > 0) print(rows)
      else if (epoch === 0) printed = false
      rows = undefined
    },
    async abort() {
      rows = undefined
    },
    async close() {
      // Once something was committed, and none of it had rows.
      if (!printed) {
        total = 0
        print([])
      }
    },
  }
}
