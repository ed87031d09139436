import { PlanError } from '../errors.ts'
import type { Literal } from '../expr/expr.ts'
import type { PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { keysOf } from './keys.ts'

/**
 * After a window: a row for every window in which a key had none, from the key's first row on.
 *
 * A key is filled until `untilMs`, or until it has been silent for `ttlMs`: it is then forgotten, and begins again when
 * it is seen again. Without either it is filled to the end of the data, which only bounded data has.
 */
export interface FillGapsNode extends PlanNode {
  readonly kind: 'fillGaps'
  readonly by?: readonly string[]
  /** What the filled rows hold; columns not named are null. */
  readonly values: readonly { readonly name: string; readonly value: Literal }[]
  readonly ttlMs?: number
  readonly untilMs?: number
}

export const fillGaps = defineOperator<FillGapsNode>({
  kind: 'fillGaps',
  output(node, [input]) {
    const { schema, eventTime, windowMs, windowEnd, bounded } = input!
    if (windowMs === undefined || eventTime === undefined) {
      throw new PlanError('NO_WINDOW', 'fillGaps fills windows, and there is none', {
        hint: "put it right after .window(tumbling('1h')).agg(…)",
      })
    }
    const keys = keysOf('fillGaps', node.by, input!)
    for (const { name } of node.values) {
      fieldOf(schema, name)
      if (keys.includes(name) || name === eventTime || name === windowEnd) {
        throw new PlanError('FILL_COLUMN', `fillGaps sets ${JSON.stringify(name)} itself`)
      }
    }
    if (!bounded && node.ttlMs === undefined && node.untilMs === undefined) {
      throw new PlanError(
        'UNBOUNDED_FILL',
        'fillGaps over data that does not end would fill every key for ever',
        {
          hint: "give { ttl: '30d' } (a key silent for so long is forgotten) or { until: date }",
        },
      )
    }
    const { uniqueKeys, ...rest } = input!
    const identified = [...keys, eventTime, ...(windowEnd === undefined ? [] : [windowEnd])]
    return uniqueKeys?.every(key => identified.includes(key)) ? input! : rest
  },
  explain(node) {
    const values = node.values.map(
      ({ name, value }) => `${JSON.stringify(name)} = ${JSON.stringify(value.value)}`,
    )
    const end = [
      node.ttlMs === undefined ? '' : `, ttl ${showDuration(node.ttlMs)}`,
      node.untilMs === undefined ? '' : `, until ${new Date(node.untilMs).toISOString()}`,
    ]
    return `fillGaps ${values.join(', ') || 'with nulls'}${end.join('')}`
  },
  needs: (node, wanted, input) => [
    ...wanted,
    ...keysOf('fillGaps', node.by, input),
    ...node.values.map(({ name }) => name),
    input.eventTime!,
    ...(input.windowEnd === undefined ? [] : [input.windowEnd]),
  ],
  passesThrough: (node, column, input) => keysOf('fillGaps', node.by, input).includes(column),
  routes: (node, [input]) => [{ keys: keysOf('fillGaps', node.by, input!) }],
  runtime: () => import('./fill-gaps-runtime.ts'),
})
