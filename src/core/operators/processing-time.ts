import { type Batch, rowCount } from '../batch/batch.ts'
import { SEEN, withoutMeta } from '../batch/meta.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { timestampColumn } from '../time/event-time.ts'
import { schemaOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'

/** Gives each row the clock's reading of the step that brought it, and declares that as event time. */
export interface ProcessingTimeNode extends PlanNode {
  readonly kind: 'processingTime'
  /** The new column. */
  readonly column: string
  /** How often the clock is read while no rows come, ms. */
  readonly everyMs: number
}

export const processingTime = defineOperator<ProcessingTimeNode>({
  kind: 'processingTime',
  output({ column }, [input]) {
    const { windowMs: _, windowEnd: __, ...rest } = input!
    if (input!.schema.some(({ name }) => name === column)) {
      throw new PlanError(
        'DUPLICATE_COLUMN',
        `processingTime makes a column ${JSON.stringify(column)}, and there is one already`,
        { hint: "give it another name: .processingTime('readAt')" },
      )
    }
    return {
      ...rest,
      schema: schemaOf([...input!.schema, { name: column, type: 'timestamp[ms]' }]),
      eventTime: column,
      lateness: !input!.bounded,
      timeOrdered: false,
    }
  },
  needs: ({ column }, wanted) => [...wanted].filter(name => name !== column),
  passesThrough: ({ column }, name) => name !== column,
  eventTime: () => ({ byClock: true }),
  clock: ({ everyMs }) => ({ everyMs }),
  explain: ({ column, everyMs }) =>
    `processing time as ${JSON.stringify(column)}, the clock read every ${showDuration(everyMs)} while no rows come`,
  notRepeatable: () =>
    'rows get the time at which they are read; give a job the clockLog of another to repeat it',
  open: openProcessingTime,
})

/** Where rows come straight from sources the coordinator makes the watermark of what is reported; elsewhere it is kept here. */
function openProcessingTime(_node: ProcessingTimeNode, context: OperatorContext): Operator {
  const { arena, clock, output, report, placement } = context
  const stamped = (batch: Batch): Batch => {
    const timesMs = new Float64Array(batch.length).fill(clock.nowMs)
    const column = timestampColumn(timesMs, batch.length, 'timestamp[ms]', arena)
    return withoutMeta({ ...batch, schema: output.schema, columns: [...batch.columns, column] }, SEEN)
  }
  if (placement === 'any') {
    return {
      onBatch(batch, _input, emit) {
        if (rowCount(batch) === 0) return
        const { nowMs } = clock
        report.times(context.id, { minMs: nowMs, maxMs: nowMs, watermarkMs: nowMs })
        emit(stamped(batch))
      },
    }
  }
  let reachedMs = Number.NEGATIVE_INFINITY
  let maxTimeMs = Number.NEGATIVE_INFINITY
  return {
    onBatch(batch, _input, emit) {
      if (rowCount(batch) === 0) return
      maxTimeMs = clock.nowMs
      emit(stamped(batch))
    },
    outputTime(_port, { inputs, clockMs = Number.NEGATIVE_INFINITY }) {
      const ended = inputs.every(ms => ms === Number.POSITIVE_INFINITY)
      if (output.lateness || ended)
        reachedMs = Math.max(reachedMs, ended ? Number.POSITIVE_INFINITY : clockMs)
      return { watermarkMs: reachedMs, maxTimeMs }
    },
    save: to => to.scalars({ reached: reachedMs, max: maxTimeMs }),
    load(from) {
      const saved = from.scalars()
      reachedMs = saved?.reached ?? reachedMs
      maxTimeMs = saved?.max ?? maxTimeMs
    },
  }
}
