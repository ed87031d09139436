import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { isDateLike, isNullAt } from '../batch/column.ts'
import { BRANCH, SEEN, SPLIT, withMeta, withoutMeta } from '../batch/meta.ts'
import { allocFloat64 } from '../batch/slab.ts'
import { PlanError } from '../errors.ts'
import { compileKernel, type Kernel } from '../expr/compile.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed, show, typeOf } from '../expr/type-of.ts'
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
  /** The watermark that a row brings, in place of its event time minus the allowance; null: none. */
  readonly mark?: Expr
  /** A split without rows for so long no longer holds the watermark back, ms by the clock. */
  readonly idleMs?: number
  /** A split is not read further while its watermark is so far ahead of another's, ms. */
  readonly alignMs?: number
  /**
   * Whether its rows were late for an earlier verb. Any split may still have its first late row, at whatever time: none is
   * passed before each has had one.
   */
  readonly ofLateRows?: true
}

export const watermark = defineOperator<WatermarkNode>({
  kind: 'watermark',
  output(node, [input]) {
    const { type } = fieldOf(input!.schema, node.column)
    if (!isDateLike(type)) throw notATime(`event time must be`, `${JSON.stringify(node.column)} is ${type}`)
    const mark = node.mark && typeOf(node.mark, input!.schema)
    if (mark !== undefined && !isDateLike(mark)) throw notATime('a watermark must be', `the mark is ${mark}`)
    const { windowMs: _, windowEnd: __, ...rest } = input!
    const declared = { eventTime: node.column, lateness: !input!.bounded, timeOrdered: false }
    return { ...(node.column === input!.eventTime ? input! : rest), ...declared }
  },
  needs: ({ column, mark }, wanted) => [...wanted, column, ...(mark ? columnsUsed(mark) : [])],
  eventTime: ({ idleMs, alignMs }) => ({
    ...(idleMs === undefined ? {} : { idleMs }),
    ...(alignMs === undefined ? {} : { alignMs }),
  }),
  // Marks, and what the clock says of splits, are of the stream that the rows were late for.
  forLateRows: ({ kind, outOfOrderMs }, column, late): WatermarkNode => ({
    kind,
    column,
    outOfOrderMs,
    ofLateRows: true,
    inputs: [late],
  }),
  open: openWatermark,
  explain({ column, outOfOrderMs, mark, idleMs, alignMs }) {
    const rule = mark ? `as marked by ${show(mark)}` : `out of order by ${showDuration(outOfOrderMs)} at most`
    const idle = idleMs === undefined ? '' : `, splits idle after ${showDuration(idleMs)}`
    const align = alignMs === undefined ? '' : `, read within ${showDuration(alignMs)} of each other`
    return `watermark ${JSON.stringify(column)}, ${rule}${idle}${align}`
  },
  notRepeatable({ idleMs }, [input]) {
    if (idleMs !== undefined) return 'the clock decides when a split is idle, and so which rows are late'
    return input!.heldBack
      ? 'rows come here when those have come that they waited for, and which are late goes by that'
      : undefined
  },
})

const notATime = (what: string, but: string) =>
  new PlanError('EVENT_TIME_TYPE', `${what} a timestamp or a date, but ${but}`, {
    hint: 'declare the column as timestamp in the schema',
  })

/** Where rows come straight from sources any shard takes any of them; where operators made them, one takes all in order. */
function openWatermark(node: WatermarkNode, context: OperatorContext): Operator {
  const rows = new TimedRows(node, context)
  return context.placement === 'any'
    ? reportTimes(rows, context)
    : keepTimes(rows, node.ofLateRows ? Math.max(context.splits, 1) : 1)
}

/**
 * Reports the event times of each batch; the coordinator makes watermarks of them, split by split in order. Where some
 * row is further behind than allowed, the batch carries the watermark that it had itself shown before each row, because
 * lateness must not depend on where batches are cut.
 */
function reportTimes(rows: TimedRows, context: OperatorContext): Operator {
  return {
    onBatch(batch, _input, emit) {
      const own = new Splits()
      const { minMs, maxMs, seen } = rows.pass(batch, own, false)
      context.report.times(context.id, { minMs, maxMs, watermarkMs: own.passedMs(batch.position.split) })
      emit(seen)
    },
  }
}

/**
 * Keeps the watermark of each split of each input. Rows that an operator made are one split; late rows belong to those
 * that they came from.
 *
 * @param splitsNeeded how many splits must have had rows before the watermark moves
 */
function keepTimes(rows: TimedRows, splitsNeeded: number): Operator {
  const inputs: Splits[] = []
  let maxTimeMs = Number.NEGATIVE_INFINITY
  let reachedMs = Number.NEGATIVE_INFINITY
  const splitsOf = (input: number) => (inputs[input] ??= new Splits())
  return {
    onBatch(batch, input, emit) {
      const { maxMs, seen } = rows.pass(batch, splitsOf(input), true)
      maxTimeMs = Math.max(maxTimeMs, maxMs)
      emit(seen)
    },
    outputTime(_port, signal) {
      const ends = signal.inputs.map((ms, input) =>
        ms === END_MS ? END_MS : splitsOf(input).leastMs(splitsNeeded),
      )
      if (rows.advances || ends.every(ms => ms === END_MS)) reachedMs = Math.max(reachedMs, Math.min(...ends))
      return { watermarkMs: reachedMs, maxTimeMs }
    },
    save(to) {
      const scalars: Record<string, number> = { reached: reachedMs, max: maxTimeMs }
      inputs.forEach((splits, input) => {
        for (const [split, ms] of splits) scalars[`${input} ${split}`] = ms
      })
      to.scalars(scalars)
    },
    load(from) {
      for (const [name, ms] of Object.entries(from.scalars() ?? {})) {
        const [input, split] = name.split(' ')
        if (name === 'max') maxTimeMs = ms
        else if (name === 'reached') reachedMs = ms
        else splitsOf(Number(input)).pass(split!.includes('/') ? split! : Number(split), ms)
      }
    },
  }
}

const END_MS = Number.POSITIVE_INFINITY

/** A split of a source; with the way by which it came where several lead here: `<split>/<branch>`. */
type SplitKey = number | string

/** The watermark of each split, -Infinity before its first row. */
class Splits {
  readonly #passedMs = new Map<SplitKey, number>()

  passedMs(split: SplitKey): number {
    return this.#passedMs.get(split) ?? -END_MS
  }

  pass(split: SplitKey, ms: number): void {
    if (ms > this.passedMs(split)) this.#passedMs.set(split, ms)
  }

  /** Of fewer splits than needed -Infinity. */
  leastMs(needed: number): number {
    if (this.#passedMs.size < needed) return -END_MS
    let least = END_MS
    for (const ms of this.#passedMs.values()) least = Math.min(least, ms)
    return least
  }

  [Symbol.iterator](): Iterator<[SplitKey, number]> {
    return this.#passedMs.entries()
  }
}

/** What a batch's rows say of time: the least and the latest, and the batch with the watermark that each row found. */
interface PassedTimes {
  readonly minMs: number
  readonly maxMs: number
  readonly seen: Batch
}

/** What an earlier watermark said of the rows is no longer so. */
const withoutSeen = (batch: Batch): Batch => withoutMeta(batch, SEEN)

/** The split of each physical row. */
function splitsOfRows({ meta, position }: Batch): (row: number) => SplitKey {
  const splits = meta?.[SPLIT]?.values as Uint32Array | undefined
  const branches = meta?.[BRANCH]?.values as Float64Array | undefined
  let last: { split: number; branch: number; key: SplitKey } | undefined
  return row => {
    const split = splits ? splits[row]! : position.split
    const branch = branches ? branches[row]! : 0
    if (last?.split === split && last.branch === branch) return last.key
    last = { split, branch, key: branch === 0 ? split : `${split}/${branch}` }
    return last.key
  }
}

/** Rows under a watermark's rule. */
class TimedRows {
  /** Whether the watermark moves before the end: only over data that does not end. */
  readonly advances: boolean
  readonly #column: number
  readonly #outOfOrderMs: number
  readonly #mark: Kernel | undefined
  readonly #context: OperatorContext

  constructor({ column, outOfOrderMs, mark }: WatermarkNode, context: OperatorContext) {
    const { schema } = context.inputs[0]!
    this.advances = context.output.lateness
    this.#column = fieldIndex(schema, column)
    this.#outOfOrderMs = outOfOrderMs
    this.#context = context
    const { distributions, functions } = context
    const columns = mark && [{ name: 'mark', expr: mark }]
    this.#mark =
      columns && compileKernel(schema, [{ kind: 'project', columns }], { distributions, functions })
  }

  /**
   * Takes note of the rows in their splits. Only where a row may be late does the batch carry what it found.
   *
   * @param bySplit rows belong to the splits they came from; otherwise all are of the batch's
   */
  pass(batch: Batch, splits: Splits, bySplit: boolean): PassedTimes {
    const mixed = bySplit && (batch.meta?.[SPLIT] ?? batch.meta?.[BRANCH]) !== undefined
    if (this.#mark || mixed) return this.#passEach(batch, splits, bySplit)
    const { split } = batch.position
    const before = splits.passedMs(split)
    const { minMs, maxMs, worstBehindMs } = timeStats(
      batch.columns[this.#column]!,
      rowCount(batch),
      batch.selection,
    )
    if (this.advances && (worstBehindMs > this.#outOfOrderMs || minMs < before))
      return this.#passEach(batch, splits, bySplit)
    splits.pass(split, maxMs - this.#outOfOrderMs)
    return { minMs, maxMs, seen: withoutSeen(batch) }
  }

  #passEach(batch: Batch, splits: Splits, bySplit: boolean): PassedTimes {
    const count = rowCount(batch)
    const times = new Float64Array(count)
    eventTimesMs(batch.columns[this.#column]!, count, batch.selection, times)
    const marks = this.#marks(batch, times)
    const splitOf = bySplit ? splitsOfRows(batch) : () => batch.position.split
    const seenMs = allocFloat64(this.#context.arena, batch.length)
    let minMs = END_MS
    let maxMs = -END_MS
    let late = false
    for (let i = 0; i < count; i++) {
      const row = rowAt(batch, i)
      const timeMs = times[i]!
      const split = splitOf(row)
      const before = splits.passedMs(split)
      seenMs[row] = before
      late ||= timeMs < before
      minMs = Math.min(minMs, timeMs)
      maxMs = Math.max(maxMs, timeMs)
      splits.pass(split, marks[i]!)
    }
    const seen = withoutSeen(batch)
    if (!late || !this.advances) return { minMs, maxMs, seen }
    return { minMs, maxMs, seen: withMeta(seen, { [SEEN]: { type: 'float64', values: seenMs } }) }
  }

  /** The watermark that each row brings; -Infinity where it brings none. */
  #marks(batch: Batch, timesMs: Float64Array): Float64Array {
    if (!this.#mark) return timesMs.map(ms => ms - this.#outOfOrderMs)
    const [column] = this.#mark.run(batch, this.#context.arena).columns
    const valued: number[] = []
    const rows: number[] = []
    for (let i = 0; i < timesMs.length; i++) {
      const row = rowAt(batch, i)
      if (isNullAt(column!, row)) continue
      valued.push(i)
      rows.push(row)
    }
    const marksMs = new Float64Array(rows.length)
    eventTimesMs(column!, rows.length, Uint32Array.from(rows), marksMs)
    const marks = new Float64Array(timesMs.length).fill(-END_MS)
    for (let i = 0; i < valued.length; i++) marks[valued[i]!] = marksMs[i]!
    return marks
  }
}
