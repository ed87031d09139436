import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { isDateLike } from '../batch/column.ts'
import { SEEN, withMeta, withoutMeta } from '../batch/meta.ts'
import { allocFloat64 } from '../batch/slab.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { eventTimesMs, type TimeStats, timeStats } from '../time/event-time.ts'
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
    const { windowMs: _, windowEnd: __, ...rest } = input!
    const declared = { eventTime: node.column, lateness: !input!.bounded, timeOrdered: false }
    return { ...(node.column === input!.eventTime ? input! : rest), ...declared }
  },
  needs: (node, wanted) => [...wanted, node.column],
  eventTime: ({ outOfOrderMs }) => ({ outOfOrderMs }),
  open: openWatermark,
  explain: node =>
    `watermark ${JSON.stringify(node.column)}, out of order by ${showDuration(node.outOfOrderMs)} at most`,
})

/** Where rows come straight from sources any shard takes any of them; where operators made them, one takes all in order. */
function openWatermark(node: WatermarkNode, context: OperatorContext): Operator {
  const rows = new TimedRows(node, context)
  return context.placement === 'any' ? reportTimes(rows, context) : keepTimes(rows)
}

/**
 * Reports the event times of each batch; the coordinator makes watermarks of them, split by split in order. Where some
 * row is further behind than allowed, the batch carries the watermark that it had itself shown before each row, because
 * lateness must not depend on where batches are cut.
 */
function reportTimes(rows: TimedRows, context: OperatorContext): Operator {
  return {
    onBatch(batch, _input, emit) {
      const stats = rows.stats(batch)
      const { minMs, maxMs } = stats
      context.report.times(context.id, { minMs, maxMs, watermarkMs: rows.watermarkOf(stats) })
      emit(rows.mayBeLate(stats) ? rows.withSeen(batch, Number.NEGATIVE_INFINITY) : withoutSeen(batch))
    },
  }
}

/**
 * Keeps the watermark of each split of each input. Rows that an operator made are one split; late rows belong to those
 * that they came from.
 */
function keepTimes(rows: TimedRows): Operator {
  /** By input, then split; -Infinity before the first row. */
  const passedMs: Map<number, number>[] = []
  let maxTimeMs = Number.NEGATIVE_INFINITY
  let reachedMs = Number.NEGATIVE_INFINITY
  return {
    onBatch(batch, input, emit) {
      const splits = (passedMs[input] ??= new Map())
      const { split } = batch.position
      const before = splits.get(split) ?? Number.NEGATIVE_INFINITY
      const stats = rows.stats(batch)
      maxTimeMs = Math.max(maxTimeMs, stats.maxMs)
      splits.set(split, Math.max(before, rows.watermarkOf(stats)))
      emit(rows.mayBeLate(stats) || stats.minMs < before ? rows.withSeen(batch, before) : withoutSeen(batch))
    },
    outputTime(_port, { inputs }) {
      if (!rows.advances) return { watermarkMs: ended(inputs) ? END_MS : Number.NEGATIVE_INFINITY, maxTimeMs }
      const ofInput = (input: number) =>
        inputs[input] === END_MS ? END_MS : Math.min(...(passedMs[input]?.values() ?? [-END_MS]))
      reachedMs = Math.max(reachedMs, Math.min(...inputs.map((_, input) => ofInput(input))))
      return { watermarkMs: reachedMs, maxTimeMs }
    },
    snapshot: () => ({ version: 1, tables: {}, scalars: savedTimes(passedMs, reachedMs, maxTimeMs) }),
    restore({ scalars }) {
      for (const [name, ms] of Object.entries(scalars ?? {})) {
        const [input, split] = name.split(' ').map(Number)
        if (name === 'max') maxTimeMs = ms
        else if (name === 'reached') reachedMs = ms
        else (passedMs[input!] ??= new Map()).set(split!, ms)
      }
    },
  }
}

const END_MS = Number.POSITIVE_INFINITY

const ended = (inputs: readonly number[]): boolean => inputs.every(ms => ms === END_MS)

/** Scalars named `<input> <split>`, and two more. */
function savedTimes(passedMs: readonly Map<number, number>[], reached: number, max: number) {
  const scalars: Record<string, number> = { reached, max }
  passedMs.forEach((splits, input) => {
    for (const [split, ms] of splits) scalars[`${input} ${split}`] = ms
  })
  return scalars
}

/** What an earlier watermark said of the rows is no longer so. */
const withoutSeen = (batch: Batch): Batch => withoutMeta(batch, SEEN)

/** What a watermark's rule says of a batch. */
class TimedRows {
  /** Whether the watermark moves before the end: only over data that does not end. */
  readonly advances: boolean
  readonly #column: number
  readonly #outOfOrderMs: number
  readonly #context: OperatorContext

  constructor(node: WatermarkNode, context: OperatorContext) {
    this.advances = context.output.lateness
    this.#column = fieldIndex(context.inputs[0]!.schema, node.column)
    this.#outOfOrderMs = node.outOfOrderMs
    this.#context = context
  }

  stats(batch: Batch): TimeStats {
    return timeStats(batch.columns[this.#column]!, rowCount(batch), batch.selection)
  }

  /** The watermark after the rows. */
  watermarkOf({ maxMs }: TimeStats): number {
    return maxMs - this.#outOfOrderMs
  }

  /** Whether a row may be behind the watermark that the rows before it in the batch have made. */
  mayBeLate({ worstBehindMs }: TimeStats): boolean {
    return this.advances && worstBehindMs > this.#outOfOrderMs
  }

  /** The batch with the watermark that each row found, from `passedMs` on. */
  withSeen(batch: Batch, passedMs: number): Batch {
    if (!this.advances) return withoutSeen(batch)
    const count = rowCount(batch)
    const times = new Float64Array(count)
    eventTimesMs(batch.columns[this.#column]!, count, batch.selection, times)
    const seenMs = allocFloat64(this.#context.arena, batch.length)
    let watermarkMs = passedMs
    for (let i = 0; i < count; i++) {
      seenMs[rowAt(batch, i)] = watermarkMs
      watermarkMs = Math.max(watermarkMs, times[i]! - this.#outOfOrderMs)
    }
    return withMeta(batch, { [SEEN]: { type: 'float64', values: seenMs } })
  }
}
