/** `head`, `tail` and `slice`. */

import { PlanError } from '../errors.ts'
import type { LimitNode } from '../operators/limit.ts'
import type { SkipNode, TailNode } from '../operators/tail.ts'
import { shown } from '../options.ts'
import { extend, type NodeBody } from '../planner/build.ts'
import { mustEnd } from './arguments.ts'
import type { Dataset } from './dataset.ts'

type AnyDataset = Dataset<any, any>

const next = (
  dataset: AnyDataset,
  body: NodeBody<LimitNode> | NodeBody<SkipNode> | NodeBody<TailNode>,
  above: Function,
): AnyDataset => dataset.made(extend(body, [{ draft: dataset.draft, port: dataset.port }], above))

/** A number of rows. @throws {PlanError} `LIMIT` */
function rowsOf(verb: string, rows: unknown, above: Function): number {
  if (typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0) return rows
  throw new PlanError('LIMIT', `${verb} takes a whole number of rows, got ${shown(rows)}`, {
    hint: `${verb}(10)`,
    above,
  })
}

export const headOf = (dataset: AnyDataset, rows: number, above: Function): AnyDataset =>
  next(dataset, { kind: 'limit', rows: rowsOf('head', rows, above) }, above)

/** @throws {PlanError} `UNBOUNDED`, `LIMIT` */
export function tailOf(dataset: AnyDataset, rows: number, above: Function): AnyDataset {
  mustEnd(dataset, 'tail', above)
  return next(dataset, { kind: 'tail', rows: rowsOf('tail', rows, above) }, above)
}

/** @throws {PlanError} `UNBOUNDED`, `LIMIT` */
export function sliceOf(
  dataset: AnyDataset,
  from: number,
  to: number | undefined,
  above: Function,
): AnyDataset {
  if (Number.isSafeInteger(from) && from < 0 && to === undefined) {
    mustEnd(dataset, 'slice', above)
    return next(dataset, { kind: 'tail', rows: -from }, above)
  }
  if (
    !Number.isSafeInteger(from) ||
    from < 0 ||
    (to !== undefined && (!Number.isSafeInteger(to) || to < 0))
  ) {
    throw new PlanError('LIMIT', `slice takes places from 0 on, got ${shown(from)} and ${shown(to)}`, {
      hint: 'slice(10, 20) is the eleventh to the twentieth row, slice(-5) the last five',
      above,
    })
  }
  const skipped = from === 0 ? dataset : next(dataset, { kind: 'skip', rows: from }, above)
  return to === undefined ? skipped : next(skipped, { kind: 'limit', rows: Math.max(0, to - from) }, above)
}
