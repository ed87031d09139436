import { type Batch, rowCount } from '../batch/batch.ts'
import { isDateLike } from '../batch/column.ts'
import { allocFloat64 } from '../batch/slab.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { eventTimesMs, timeStats } from '../time/event-time.ts'
import { fieldIndex, fieldOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'

/**
 * Declares which column is event time and how far rows may come out of order.
 *
 * Over data that does not end, the watermark of a split is its latest event time minus the allowance, and a row whose
 * window the watermark of its own split has passed is late. Over bounded data nothing is late: windows close at the end.
 */
export interface WatermarkNode extends PlanNode {
  readonly kind: 'watermark'
  readonly column: string
  readonly outOfOrderMs: number
}

export const watermark = defineOperator<WatermarkNode>({
  kind: 'watermark',
  output(node, [input]) {
    const { type } = fieldOf(input!.schema, node.column)
    if (!isDateLike(type)) {
      throw new PlanError(
        'EVENT_TIME_TYPE',
        `event time must be a timestamp or a date, but ${JSON.stringify(node.column)} is ${type}`,
        {
          hint: 'declare the column as timestamp in the schema',
        },
      )
    }
    if (input!.keys) {
      throw new PlanError('WATERMARK_PLACE', 'watermark comes before groupBy, not after it', {
        hint: 'windows already carry event time: windowStart',
      })
    }
    return { ...input!, eventTime: node.column, lateness: !input!.bounded, timeOrdered: false }
  },
  needs: (node, wanted) => [...wanted, node.column],
  outOfOrderMs: node => node.outOfOrderMs,
  open: openWatermark,
  explain: node =>
    `watermark ${JSON.stringify(node.column)}, out of order by ${showDuration(node.outOfOrderMs)} at most`,
})

/**
 * Reports the event times of each batch; the coordinator makes watermarks of them, split by split in order. Where some
 * row is further behind than allowed, the batch carries what its split had seen up to each row, because lateness must
 * not depend on where batches are cut.
 */
function openWatermark(node: WatermarkNode, context: OperatorContext): Operator {
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
