import { PlanError } from '../errors.ts'
import type { Literal } from '../expr/expr.ts'
import type { PlanNode, Shape } from '../plan/plan.ts'
import { showDuration } from '../time/duration.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { openFillGaps } from './fill-gaps-runtime.ts'

/**
 * After a window: a row for every window in which a key had none, from the key's first row on.
 *
 * A key is filled until `untilMs`, or until it has been silent for `ttlMs`: it is then forgotten, and starts afresh when
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

/** The columns a keyed verb works by: those given, or the keys of the last `agg`. */
export function keysOf(verb: string, by: readonly string[] | undefined, input: Shape): readonly string[] {
  const keys = by ?? input.keys ?? []
  for (const key of keys) fieldOf(input.schema, key)
  if (by || input.keys) return keys
  throw new PlanError('NO_KEYS', `${verb} does not know what a series is here`, {
    hint: `say by which columns: { by: 'origin' }, or { by: [] } for a single series`,
  })
}

export const fillGaps = defineOperator<FillGapsNode>({
  kind: 'fillGaps',
  shape(node, [input]) {
    const { schema, eventTime, windowMs, bounded } = input!
    if (windowMs === undefined || eventTime === undefined) {
      throw new PlanError('NO_WINDOW', 'fillGaps fills windows, and there is none', {
        hint: "put it right after .window(tumbling('1h')).agg(…)",
      })
    }
    const keys = keysOf('fillGaps', node.by, input!)
    for (const { name } of node.values) {
      fieldOf(schema, name)
      if (keys.includes(name) || name === 'windowStart' || name === 'windowEnd') {
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
    return input!
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
  distribution: (node, [input]) => ({ keys: keysOf('fillGaps', node.by, input!) }),
  open: openFillGaps,
})
