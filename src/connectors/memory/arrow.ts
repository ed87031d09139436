/** apache-arrow tables as a source. */

import type { RecordBatch, Table } from 'apache-arrow'
import type { Batch } from '../../core/batch/batch.ts'
import type { Column } from '../../core/batch/column.ts'
import { fromArrowTable } from '../../core/batch/from-arrow.ts'
import { compact, slice } from '../../core/batch/take.ts'
import type { Source } from '../../core/connector.ts'
import { inReaderMemory, projection, pullReader } from './reader-memory.ts'

/**
 * A bounded source over an Arrow table or record batch. Its rows are cut into batches and copied into shared memory
 * once, as they are read; columns that lie in shared memory already are passed on as they are. Leave the table alone
 * until the job is done.
 *
 * @param columns those that are read; others may be of any type. Default: all
 * @throws {PlanError} `UNSUPPORTED_TYPE` naming the column and its Arrow type, `DUPLICATE_COLUMN`.
 */
export function arrowSource(table: Table | RecordBatch, columns?: readonly string[]): Source {
  const { schema, batches } = fromArrowTable(columns ? table.select([...columns]) : table)
  const rows = batches.reduce((sum, batch) => sum + batch.length, 0)
  return {
    label: 'arrow table',
    bounded: true,
    replayable: true,
    canOrder: false,
    canFilter: () => false,
    schema: async () => schema,
    splits: async () => [{ id: 0, label: 'arrow table', rows }],
    async open(_split, { rows: offset }, request, memory) {
      const wanted = projection(schema, request.schema)
      let current = 0
      let next = offset
      return pullReader(() => {
        while (current < batches.length && next >= endOf(batches[current]!)) current++
        const batch = batches[current]
        if (!batch) return undefined
        const start = next - batch.position.offset
        const end = Math.min(batch.length, start + request.batchRows)
        next = batch.position.offset + end
        const columns = wanted.map(c => batch.columns[c]!)
        const projected: Batch = { ...batch, schema: request.schema, columns }
        const part = slice(projected, start, end)
        // A cut inside a byte of a bitmap leaves rows that do not count, so it is copied like any other memory.
        if (!part.selection && columns.every(isShared)) return { batch: part, slabs: [] }
        return inReaderMemory(memory, arena => compact(part, arena))
      })
    },
  }
}

const endOf = (batch: Batch): number => batch.position.offset + batch.length

const isShared = ({ values, offsets, validity, dictionary, children }: Column): boolean =>
  (!children || children.every(isShared)) &&
  [values, offsets, validity, dictionary?.values, dictionary?.offsets].every(
    memory => memory === undefined || memory.buffer instanceof SharedArrayBuffer,
  )
