/** What `changes` and `fromChanges` take. */

import type { ChangesNode } from '../operators/changes.ts'
import type { FromChangesNode } from '../operators/from-changes.ts'
import { checkNames, text } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import { namesOf } from './arguments.ts'

/** What `dataset.changes` takes. */
export interface ChangesOptions<As extends string> {
  /** The name of the column of weights. Default: `weight`. */
  readonly as?: As
}

/** What `dataset.fromChanges` takes. */
export interface FromChangesOptions<Weight extends string, Key extends string> {
  /** The column of weights: 1 for a row that came, -1 for one that is taken back. */
  readonly weight: Weight
  /** Columns that no two rows share at one time: what an upsert sink goes by. */
  readonly keys?: Key | readonly Key[]
}

export function changesNode(options: ChangesOptions<string>, above: Function): NodeBody<ChangesNode> {
  checkNames('changes', options, ['as'], above)
  return { kind: 'changes', as: text(options.as ?? 'weight', 'as of changes()', above) }
}

export function fromChangesNode(
  options: FromChangesOptions<string, string>,
  above: Function,
): NodeBody<FromChangesNode> {
  checkNames('fromChanges', options, ['weight', 'keys'], above)
  const { weight, keys } = options
  return {
    kind: 'fromChanges',
    weight: text(weight, 'weight of fromChanges()', above),
    ...(keys === undefined ? {} : { keys: namesOf([keys].flat(), above) }),
  }
}
