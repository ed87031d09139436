/** What the generator knows of a verb. One object per verb; `verbs.ts` lists them. */

import type { Column, Shape } from './plan.ts'
import type { Random } from './random.ts'
import { quoted } from './sql-names.ts'

export interface SqlInput {
  /** The relation: its columns, and those of {@link PLACE}. */
  readonly from: string
  readonly shape: Shape
  /** Whether its rows end, in the run that the SQL is for. */
  readonly bounded: boolean
}

export interface Verb<P = any> {
  /** Something to do with the rows, or undefined when there is nothing. */
  propose(random: Random, input: Shape): P | undefined
  /** @throws Senseless when it cannot be done with these rows */
  shape(parameters: P, inputs: readonly Shape[]): Shape
  /** The call, after the name of the first input: `.filter(…)`. */
  code(parameters: P, others: readonly string[]): string
  /** The rows of the port `out`, or of `late`. */
  sql(parameters: P, inputs: readonly SqlInput[], port: 'out' | 'late'): string
}

/**
 * What every relation has besides its columns: the place of the row among all, the watermark of its split before it (µs;
 * null: none), and its split.
 */
export const PLACE = { order: '"~o"', seen: '"~seen"', split: '"~split"' } as const
export const PLACES = `${PLACE.order}, ${PLACE.seen}, ${PLACE.split}`

export const columnList = (columns: readonly Pick<Column, 'name'>[], of = ''): string =>
  columns.map(({ name }) => of + quoted(name)).join(', ')

/** `SELECT` items from pairs of SQL and name. */
export const items = (of: readonly (readonly [sql: string, name: string])[]): string =>
  of.map(([sql, name]) => `${sql} AS ${quoted(name)}`).join(', ')

/** The shape that rows have behind a verb that leaves what is not said as it was. */
export function following(input: Shape, changes: Partial<Shape> = {}): Shape {
  const { hasLate: _, ...rest } = input
  return { ...rest, ...changes }
}

/** What is left of event time, keys and windows when columns are replaced or go. */
export function without(shape: Shape, kept: (name: string) => boolean): Shape {
  const { eventTime, keys, ...rest } = shape
  return {
    ...rest,
    ...(eventTime !== undefined && kept(eventTime) ? { eventTime } : {}),
    ...(keys?.every(kept) ? { keys } : {}),
  }
}
