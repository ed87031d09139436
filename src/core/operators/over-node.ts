/** The plan node of `over`, and what follows from it and its input: the order of rows, and how they flow. */

import type { NodeOutput, PlanNode } from '../plan.ts'
import type { AggregateSpec } from './agg-node.ts'
import type { SortKey } from './order-by.ts'
import type { OverFrame } from './over-frames.ts'

/** Appends columns that are computed from the rows around each row. */
export interface OverNode extends PlanNode {
  readonly kind: 'over'
  /** What makes a partition; none: all rows are one. */
  readonly by: readonly string[]
  /** Absent: event time where there is one, else place. Ties go by place. */
  readonly orderBy?: readonly SortKey[]
  /** Of folds. */
  readonly frame: OverFrame
  /** Folds and window functions, which `over-columns.ts` names. */
  readonly columns: readonly AggregateSpec[]
  /** Partitions that are silent for longer, in event time, begin anew, ms. */
  readonly ttlMs?: number
}

/** Those that need an order of rows and no frame. */
const WINDOW_FUNCTIONS: ReadonlySet<string> = new Set([
  'rowNumber',
  'rank',
  'denseRank',
  'ntile',
  'lag',
  'lead',
  'interpolate',
])

export const isFold = ({ fold }: AggregateSpec): boolean => !WINDOW_FUNCTIONS.has(fold)

/** Whether frames are found by time, and not by place alone. */
export const goesByTime = (frame: OverFrame): boolean =>
  frame.kind === 'range' && (frame.fromMs !== undefined || (frame.toMs !== undefined && frame.toMs !== 0))

/** Whether rows are looked at by their times. */
export const needsTimes = ({ frame, columns }: Pick<OverNode, 'frame' | 'columns'>): boolean =>
  goesByTime(frame) || columns.some(({ fold }) => fold === 'interpolate')

/** Whether frames begin with their partition. */
export const isGrowing = (frame: OverFrame): boolean =>
  (frame.kind === 'rows' ? frame.from : frame.fromMs) === undefined

/** How rows flow: all at their end, as event time passes, or as a changelog. */
export type OverMode = 'bounded' | 'events' | 'changes'

export function modeOf({ orderBy }: Pick<OverNode, 'orderBy'>, input: NodeOutput): OverMode {
  if (input.bounded) return 'bounded'
  if (input.rows === 'changes' || input.eventTime === undefined) return 'changes'
  const [first] = orderBy ?? []
  return !first || (first.column === input.eventTime && !first.descending) ? 'events' : 'changes'
}

/** The order of the rows of a partition, before their places; empty: by place alone. */
export const orderOf = (
  { orderBy }: Pick<OverNode, 'orderBy'>,
  { eventTime }: NodeOutput,
): readonly SortKey[] =>
  orderBy ?? (eventTime === undefined ? [] : [{ column: eventTime, descending: false }])

/** Whether the values of a row depend on rows after it that do not tie with it. */
export const looksAhead = ({ frame, columns }: Pick<OverNode, 'frame' | 'columns'>): boolean =>
  columns.some(({ fold }) => fold === 'lead' || fold === 'interpolate') ||
  (columns.some(isFold) && ((frame.kind === 'rows' ? frame.to : frame.toMs) ?? Number.POSITIVE_INFINITY) > 0)
