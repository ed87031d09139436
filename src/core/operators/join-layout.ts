/** Where the runtime of a join finds things, and what its output knows of time. */

import type { NodeOutput } from '../plan.ts'
import type { ColumnType } from '../types/column-type.ts'
import { fieldIndex } from '../types/schema.ts'
import type { EdgeTime, OperatorContext, Signal } from './contract.ts'
import { type JoinKind, type JoinNode, joinedColumns, keyTypes, timeRangeOf } from './join-columns.ts'
import { PairCondition } from './join-condition.ts'

/** Inputs are 0 and 1; columns are given by their places. */
export interface JoinLayout {
  readonly how: JoinKind
  /** By input: the key columns. */
  readonly keyColumns: readonly [readonly number[], readonly number[]]
  /** By key: the type that both sides are cast to. */
  readonly keyTypes: readonly ColumnType[]
  readonly columns: readonly LayoutColumn[]
  readonly range?: LayoutRange
  readonly where?: PairCondition
}

export interface LayoutColumn {
  readonly input: 0 | 1
  readonly column: number
  readonly type: ColumnType
  /** The column of the second input that stands in where there is no row of the first. */
  readonly or?: number
}

/** Within which time rows meet: the second is from `fromMs` to `toMs` after the first, which may be infinite. */
export interface LayoutRange {
  readonly fromMs: number
  readonly toMs: number
  /** By input: the column of event time. */
  readonly times: readonly [number, number]
}

export function layoutOf(node: JoinNode, context: OperatorContext): JoinLayout {
  const { inputs, output } = context
  const [left, right] = [inputs[0]!.schema, inputs[1]!.schema]
  const range = timeRangeOf(node, inputs)
  const timeOf = ({ schema, eventTime }: NodeOutput) => fieldIndex(schema, eventTime!)
  return {
    how: node.how,
    keyColumns: [
      node.on.map(pair => fieldIndex(left, pair.left)),
      node.on.map(pair => fieldIndex(right, pair.right)),
    ],
    keyTypes: keyTypes(node, left, right),
    columns: joinedColumns(node, left, right).map(
      ({ input, column, or }, i): LayoutColumn => ({
        input,
        column: fieldIndex(input === 0 ? left : right, column),
        type: output.schema[i]!.type,
        ...(or === undefined ? {} : { or: fieldIndex(right, or) }),
      }),
    ),
    ...(range && {
      range: {
        fromMs: range.fromMs ?? Number.NEGATIVE_INFINITY,
        toMs: range.toMs ?? Number.POSITIVE_INFINITY,
        times: [timeOf(inputs[0]!), timeOf(inputs[1]!)] as const,
      },
    }),
    ...(node.where && { where: new PairCondition(node.where, [left, right], context) }),
  }
}

/**
 * What the output of a join within a range knows of time: a row that leaves is as early as the next first row, or as a first
 * row that the next second one may meet; and so for the second rows, where their time is that of the output.
 */
export function timeOfPairs({ how, range }: JoinLayout, signal: Signal): EdgeTime {
  if (!range) return signal
  const [left, right] = signal.inputs as readonly [number, number]
  const first = Math.min(left, moved(right, -range.toMs))
  const second = Math.min(right, moved(left, range.fromMs))
  const watermarkMs = how === 'full' ? Math.min(first, second) : how === 'right' ? second : first
  return { watermarkMs, maxTimeMs: signal.maxTimeMs }
}

/** A watermark, so much later; the end stays the end, whatever the range. */
const moved = (ms: number, byMs: number): number =>
  ms === Number.POSITIVE_INFINITY ? ms : ms === Number.NEGATIVE_INFINITY ? ms : ms + byMs
