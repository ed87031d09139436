/** The options of `watermark`, checked. */

import { PlanError } from '../errors.ts'
import type { Columns, Expression } from '../expr/builder.ts'
import type { WatermarkNode } from '../operators/watermark.ts'
import { callback, checkNames } from '../options.ts'
import { callSite, type NodeBody, thrownAt } from '../planner/build.ts'
import { type Duration, durationMs, positiveMs } from '../time/duration.ts'
import { evaluate } from './arguments.ts'
import type { Dataset } from './dataset.ts'

/** How watermarks are made; see `watermark`. */
export interface WatermarkOptions<Row> {
  /** How far rows may come out of order. Default: not at all. */
  readonly outOfOrder?: Duration
  /** The watermark that a row brings, in place of `outOfOrder`. */
  readonly mark?: (row: Columns<Row>) => Expression<Date | null>
  /** A split that brings nothing for so long no longer holds the watermark back. */
  readonly idle?: Duration
  /** How far ahead of the others a split is read. */
  readonly align?: Duration
}

/** The node of a `watermark`, from what the user gave. */
export function watermarkNode(
  dataset: Dataset<any, any>,
  column: string,
  options: WatermarkOptions<any>,
  above: Function,
): NodeBody<WatermarkNode> {
  checkNames('watermark', options, ['outOfOrder', 'mark', 'idle', 'align'], above)
  const { outOfOrder = 0, mark, idle, align } = options
  if (mark !== undefined) callback(mark, 'mark of watermark()', above)
  if (mark !== undefined && options.outOfOrder !== undefined)
    throw refused('mark stands in place of outOfOrder', 'subtract the allowance in the mark', above)
  if (align !== undefined && idle === undefined)
    throw refused('align needs idle, or a quiet split would stop all others', "add idle: '1m'", above)
  return {
    kind: 'watermark',
    column,
    outOfOrderMs: durationMs(outOfOrder, 'outOfOrder', above),
    ...(mark === undefined ? {} : { mark: evaluate(dataset, mark, above) }),
    ...(idle === undefined ? {} : { idleMs: positiveMs(idle, 'idle', above) }),
    ...(align === undefined ? {} : { alignMs: positiveMs(align, 'align', above) }),
  }
}

const refused = (what: string, hint: string, above: Function) =>
  thrownAt(new PlanError('OPTION', `watermark: ${what}`, { hint }), callSite(above))
