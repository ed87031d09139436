/** What the runtimes of an aggregation read of their input: folds, their arguments, weights, lateness. */

import { type Batch, rowCount } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { seenOf, weightsOf } from '../batch/meta.ts'
import { typeOf } from '../expr/type-of.ts'
import type { Fold, RowOrder } from '../fold.ts'
import { type FoldInput, type FoldSpec, openFold } from '../folds/index.ts'
import type { NodeOutput } from '../plan.ts'
import type { AggregationStep } from '../state/aggregation-table.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { lastWindowEnds, type TimeWindows } from '../time/windows/time-windows.ts'
import type { ColumnType } from '../types/column-type.ts'
import { fieldIndex, type Schema } from '../types/schema.ts'
import type { Functions } from '../user-functions/function-ref.ts'
import type { AggNode, AggregateSpec } from './agg-node.ts'
import { type AggregateInputs, aggregateInputs } from './aggregate-inputs.ts'
import type { Arrival, OperatorContext } from './contract.ts'
import { rowOrderOf } from './row-order.ts'

export const foldSpecOf = ({ fold, args, options }: AggregateSpec, schema: Schema): FoldSpec => ({
  fold,
  argTypes: args.map(arg => typeOf(arg, schema)),
  ...(options && { options }),
})

/** Over an input that takes rows out again, folds are opened so that they can. */
export const foldInputOf = (input: NodeOutput): FoldInput => ({
  changes: input.rows === 'changes',
})

/** The folds of the aggregates, opened over the input. */
export function foldsOf({ aggregates }: AggNode, input: NodeOutput, functions: Functions): Fold[] {
  const foldInput = { ...foldInputOf(input), functions }
  return aggregates.map(aggregate => openFold(foldSpecOf(aggregate, input.schema), foldInput))
}

/** Whether an aggregate goes by the order of rows. */
export function goesByOrder({ aggregates }: AggNode, { schema }: NodeOutput): boolean {
  return aggregates.some(aggregate => openFold(foldSpecOf(aggregate, schema)).ordered)
}

/** What an aggregation is made of, resolved against its input. */
export interface AggInput {
  /** The key columns, by index. */
  readonly keys: readonly number[]
  readonly keyTypes: readonly ColumnType[]
  /** The event time of rows, by index; -1 where the aggregation has no windows. */
  readonly time: number
  readonly folds: readonly Fold[]
  /** Whether rows may be taken out again. */
  readonly changes: boolean
  /** What the folds read. */
  inputsOf(batch: Batch): AggregateInputs
  /** Whether some fold goes by the order of the rows. */
  readonly ordered: boolean
  /** That order, where some fold goes by it. */
  orderOf(batch: Batch): RowOrder | undefined
  /** How often each row counts, by place in the selection. */
  weightsOf(batch: Batch): Int32Array | undefined
}

export function openAggInput(node: AggNode, context: OperatorContext): AggInput {
  const [input] = context.inputs
  const { schema, eventTime } = input!
  const keys = node.keys.map(key => fieldIndex(schema, key))
  const orderTime = eventTime === undefined ? -1 : fieldIndex(schema, eventTime)
  const folds = foldsOf(node, input!, context.functions)
  const ordered = folds.some(fold => fold.ordered)
  return {
    keys,
    keyTypes: keys.map(key => schema[key]!.type),
    time: node.window ? orderTime : -1,
    folds,
    changes: foldInputOf(input!).changes === true,
    inputsOf: aggregateInputs(node.aggregates, schema, context),
    ordered,
    orderOf: batch => (ordered ? rowOrderOf(batch, orderTime) : undefined),
    weightsOf: stepWeights,
  }
}

/** The rows of a batch, which has some, as a table of groups steps them. */
export const aggregationStep = (input: AggInput, batch: Batch): AggregationStep => ({
  count: rowCount(batch),
  rows: batch.selection,
  keyColumns: input.keys.map(key => batch.columns[key]!),
  timeColumn: input.time < 0 ? undefined : batch.columns[input.time]!,
  ...input.inputsOf(batch),
  order: input.orderOf(batch),
  weights: input.weightsOf(batch),
})

/** How often each row counts, by place in the selection; undefined where every row counts once. */
function stepWeights(batch: Batch): Int32Array | undefined {
  const weights = weightsOf(batch)
  return weights && batch.selection ? Int32Array.from(batch.selection, row => weights[row]!) : weights
}

/** The rows of a batch by how their windows stand. */
interface ByLateness {
  /** Those whose every window the watermark of their own split had passed. */
  readonly late: Uint32Array
  readonly timely: Uint32Array
  /** Those some of whose windows it had passed, by the end of the first that it had not. */
  readonly partly: ReadonlyMap<number, readonly number[]>
}

/** Separates rows that are late, for some of their windows or all; undefined when none are. */
export function byLateness(
  batch: Batch,
  timeColumn: Column,
  windows: TimeWindows,
  arrival: Arrival | undefined,
): ByLateness | undefined {
  const seen = seenOf(batch)
  const passedMs = arrival?.passedMs ?? Number.NEGATIVE_INFINITY
  if (!seen && (!arrival || arrival.minMs >= passedMs)) return undefined
  const count = rowCount(batch)
  const times = new Float64Array(count)
  const { endAfter } = windows.of ?? {}
  if (endAfter) eventTimesMs(timeColumn, count, batch.selection, times)
  const ends = new Float64Array(count)
  lastWindowEnds(windows, timeColumn, count, batch.selection, ends)
  const late: number[] = []
  const timely: number[] = []
  const partly = new Map<number, number[]>()
  for (let i = 0; i < count; i++) {
    const row = batch.selection ? batch.selection[i]! : i
    const watermarkMs = seen ? Math.max(passedMs, seen[row]!) : passedMs
    if (ends[i]! <= watermarkMs) late.push(row)
    else if (!endAfter || watermarkMs <= times[i]! || endAfter(times[i]!) > watermarkMs) timely.push(row)
    else {
      const fromMs = endAfter(watermarkMs)
      const rows = partly.get(fromMs)
      if (rows) rows.push(row)
      else partly.set(fromMs, [row])
    }
  }
  if (late.length === 0 && partly.size === 0) return undefined
  return { late: Uint32Array.from(late), timely: Uint32Array.from(timely), partly }
}
