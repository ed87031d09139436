import { type Batch, rowCount } from '../batch/batch.ts'
import { allocFloat64 } from '../batch/slab.ts'
import { eventTimesMs, timeStats } from '../time/event-time.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import type { WatermarkNode } from './watermark.ts'

/**
 * Reports the event times of each batch; the coordinator makes watermarks of them, split by split in order. Where some
 * row is further behind than allowed, the batch carries what its split had seen up to each row, because lateness must
 * not depend on where batches are cut.
 */
export function openWatermark(node: WatermarkNode, context: OperatorContext): Operator {
  const column = fieldIndex(context.inputs[0]!.schema, node.column)
  const { lateness } = context.output
  return {
    onBatch(batch, _port, emit) {
      const stats = timeStats(batch.columns[column]!, rowCount(batch), batch.selection)
      context.report.times(context.id, stats)
      emit(lateness && stats.worstBehindMs > node.outOfOrderMs ? withSeen(batch, column, context) : batch)
    },
  }
}

function withSeen(batch: Batch, column: number, { arena }: OperatorContext): Batch {
  const count = rowCount(batch)
  const times = new Float64Array(count)
  eventTimesMs(batch.columns[column]!, count, batch.selection, times)
  const seenMs = allocFloat64(arena, batch.length)
  let latest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    if (times[i]! > latest) latest = times[i]!
    seenMs[batch.selection ? batch.selection[i]! : i] = latest
  }
  return { ...batch, seenMs }
}
