import { isDateLike } from '../batch/column.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan/plan.ts'
import { showDuration } from '../time/duration.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { openWatermark } from './watermark-runtime.ts'

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
  shape(node, [input]) {
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
  open: openWatermark,
  explain: node =>
    `watermark ${JSON.stringify(node.column)}, out of order by ${showDuration(node.outOfOrderMs)} at most`,
})
