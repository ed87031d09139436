/** What is known of rows, after a verb has renamed, computed or left out some of their columns. */

import type { KernelStep } from '../expr/compile.ts'
import type { NamedExpr } from '../expr/kernel.ts'
import type { NodeOutput } from '../plan.ts'
import type { Schema } from '../types/schema.ts'

/** The name that an input column has in the output, with the values it had; undefined: it is gone, or computed anew. */
export type Follow = (column: string) => string | undefined

/**
 * The output of a verb that gives the rows of its input with other columns. Event time and keys go with their
 * columns;
 * what was known of time goes with event time.
 */
export function followColumns(input: NodeOutput, schema: Schema, follow: Follow): NodeOutput {
  const { eventTime, keys, uniqueKeys, windowMs, windowEnd, timeOrdered, ...rest } = input
  const time = eventTime === undefined ? undefined : follow(eventTime)
  const end = windowEnd === undefined ? undefined : follow(windowEnd)
  const kept = keys?.map(follow)
  const unique = uniqueKeys?.map(follow)
  return {
    ...rest,
    schema,
    timeOrdered: timeOrdered && time !== undefined,
    ...(time === undefined ? {} : { eventTime: time }),
    ...(time === undefined || windowMs === undefined ? {} : { windowMs }),
    ...(time === undefined || end === undefined ? {} : { windowEnd: end }),
    ...(kept?.every(name => name !== undefined) ? { keys: kept as string[] } : {}),
    ...(unique?.every(name => name !== undefined) ? { uniqueKeys: unique as string[] } : {}),
  }
}

/** Follows columns through kernel steps; where a column has copies, to the one that keeps its name, or the first. */
export function followSteps(steps: readonly KernelStep[]): Follow {
  let maps: readonly ReadonlyMap<string, string>[] | undefined
  return column => {
    maps ??= steps.flatMap(step => (step.kind === 'filter' ? [] : [copiesIn(step.columns)]))
    return maps.reduce<string | undefined>(
      (name, copies) => (name === undefined ? undefined : copies.get(name)),
      column,
    )
  }
}

/** By input column, the name of the copy that it is followed to. */
function copiesIn(columns: readonly NamedExpr[]): ReadonlyMap<string, string> {
  const copies = new Map<string, string>()
  for (const { name, expr, copy } of columns)
    if (expr.kind === 'column' && !copy && (name === expr.name || !copies.has(expr.name)))
      copies.set(expr.name, name)
  return copies
}
