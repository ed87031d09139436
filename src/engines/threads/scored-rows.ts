/** Which columns of the rows that a sink gets are those of a `detect`. */

import { detectColumn } from '../../core/operators/detect-columns.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { NodeOutput, Plan } from '../../core/plan.ts'
import { isNumeric, isTimestamp } from '../../core/types/column-type.ts'
import { fieldIndex } from '../../core/types/schema.ts'

/** Columns by their places; -1: not there. */
export interface ScoredColumns {
  readonly column: string | undefined
  readonly labels: readonly { readonly name: string; readonly at: number }[]
  readonly time: number
  readonly value: number
  readonly expected: number
  readonly lower: number
  readonly upper: number
  readonly score: number
  /** Without it every row is an anomaly: others have been filtered out. */
  readonly anomaly: number
  readonly reason: number
}

const MAX_LABELS = 4

/** What of a sink's rows was scored, by each `detect` whose columns they still have. */
export function scoredColumnsOf(plan: Plan, { schema, eventTime, keys = [] }: NodeOutput): ScoredColumns[] {
  const place = (name: string) => fieldIndex(schema, name)
  const time = eventTime === undefined ? schema.findIndex(({ type }) => isTimestamp(type)) : place(eventTime)
  const scored = Object.values(plan.nodes).flatMap(node => definitionOf(node).scores?.(node) ?? [])
  const reasons = new Set(scored.map(({ as }) => place(detectColumn(as, 'reason'))))
  return [...Map.groupBy(scored, ({ as }) => as)].flatMap(([as, ofPrefix]) => {
    const at = (name: Parameters<typeof detectColumn>[1]) => place(detectColumn(as, name))
    const floats = [at('score'), at('expected')]
    if (time < 0 || floats.some(i => schema[i]?.type !== 'float64')) return []
    const column = ofPrefix.map(({ column }) => column).find(name => place(name) >= 0)
    // Users who bring several scores under one name call it so.
    const value = place(column ?? 'observed')
    const reason = at('reason')
    const texts = schema.flatMap(({ name, type }, i) => (type === 'utf8' && !reasons.has(i) ? [name] : []))
    const names = [...new Set([...keys.filter(key => place(key) >= 0), ...texts])].filter(
      name => name !== eventTime && !isTimestamp(schema[place(name)]!.type),
    )
    return {
      column,
      labels: names.slice(0, MAX_LABELS).map(name => ({ name, at: place(name) })),
      ...{ time, value: value >= 0 && isNumeric(schema[value]!.type) ? value : -1 },
      ...{ expected: at('expected'), lower: at('lower'), upper: at('upper'), score: at('score') },
      ...{ anomaly: at('anomaly'), reason },
    }
  })
}
