/** A source of bytes as one of rows, decoded in place: so that the laws of sources hold of readers of files, too. */

import { type Batch, rowCount } from '../../src/core/batch/batch.ts'
import { heapArena } from '../../src/core/batch/slab.ts'
import { slice, take } from '../../src/core/batch/take.ts'
import { BYTES, FROM_START, type Source, type SplitPosition } from '../../src/core/connector.ts'
import { formatOf } from '../../src/core/formats/index.ts'
import type { Emit, OperatorContext } from '../../src/core/operators/contract.ts'
import { type DecodeNode, decode } from '../../src/core/operators/decode.ts'
import { openDecode } from '../../src/core/operators/decode-rows.ts'
import type { OnBadRow } from '../../src/core/plan.ts'
import { fieldOf, type Schema } from '../../src/core/types/schema.ts'

/** @param blockBytes of the source: small blocks put many ends of blocks among few rows */
export function decodedSource(source: Source, blockBytes = 64, onBadRow: OnBadRow = 'fail'): Source {
  return {
    label: source.label,
    bounded: source.bounded,
    replayable: source.replayable,
    canOrder: false,
    canFilter: () => false,
    schema: () => source.schema(),
    splits: async request => {
      const splits = await source.splits({ ...request, schema: BYTES, batchRows: blockBytes })
      return splits.map(({ id, label }) => ({ id, label }))
    },
    async open(split, from, { schema, batchRows }, memory) {
      for (const { name } of schema) fieldOf(await source.schema(), name)
      const begin = (from.resume as SplitPosition | undefined) ?? FROM_START
      const wanted = { schema: BYTES, batchRows: blockBytes }
      const reader = await source.open(split, begin, wanted, memory)
      const decoder = await decoderOf(source, schema, onBadRow)
      let rows = from.resume === undefined ? 0 : from.rows
      let bytes = begin.rows
      let block: Batch | undefined
      let resume: SplitPosition | undefined
      let closed = false
      return {
        async next() {
          if (closed) return undefined
          while (!block || rowCount(block) === 0) {
            const read = await reader.next()
            if (!read) return undefined
            bytes += read.batch.length
            resume = { rows: bytes, ...(read.resume !== undefined && { resume: read.resume }) }
            const decoded = decoder(read.batch)
            for (const slab of read.slabs) memory.pool.release(slab)
            // Positions count from the first row.
            const left = decoded ? Math.max(0, Math.min(rowCount(decoded), from.rows - rows)) : 0
            rows += left
            block = decoded && slice(decoded, left, rowCount(decoded))
          }
          const arena = memory.arena()
          const part = slice(block, 0, batchRows)
          const { schema, length, columns } = take(
            part,
            Uint32Array.from({ length: rowCount(part) }, (_, i) => i),
            arena,
          )
          const position = { split: split.id, offset: rows }
          block = slice(block, length, rowCount(block))
          rows += length
          const batch = { schema, length, columns, position }
          return { batch, slabs: arena.take(), ...(rowCount(block) === 0 && { resume }) }
        },
        close() {
          closed = true
          return reader.close()
        },
      }
    },
  }
}

/** Decodes blocks to rows in plain memory; undefined where a block holds none. */
export async function decoderOf(
  source: Source,
  columns: Schema,
  onBadRow: OnBadRow,
  failed: (letters: Batch) => void = () => {},
): Promise<(block: Batch) => Batch | undefined> {
  const { format, options } = await source.encoding!()
  const node = {
    ...{ kind: 'decode', format, options, onBadRow, inputs: [] },
    schema: onBadRow === 'fail' ? columns : await source.schema(),
    columns: columns.map(({ name }) => name),
  } as DecodeNode
  const bytes = { schema: BYTES, bounded: true, lateness: false, timeOrdered: false, rows: 'append' as const }
  const context = {
    arena: heapArena,
    output: decode.output(node, [bytes], 'out'),
    report: { decoded() {} },
  } as unknown as OperatorContext
  const operator = openDecode(node, formatOf(format), context)
  return block => {
    let rows: Batch | undefined
    const emit: Emit = (batch, port) => {
      if (port === 'failed') failed(batch)
      else rows = copied(batch)
    }
    operator.onBatch(block, 0, emit)
    return rows
  }
}

/** Columns may lie in the memory of the block. */
const copied = (batch: Batch): Batch =>
  take(
    batch,
    Uint32Array.from({ length: batch.length }, (_, i) => i),
    heapArena,
  )
