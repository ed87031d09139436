/** What the generator knows of a verb. One object per verb; `verbs.ts` lists them. */

import { type Column, columnOf, type Edge, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { epochUs, floorDivided, quoted } from './sql-names.ts'

export interface SqlInput {
  /** The relation: its columns, and those of {@link PLACE}. */
  readonly from: string
  readonly shape: Shape
  /** Whether its rows end, in the run that the SQL is for. */
  readonly bounded: boolean
}

/** Rows that a verb may take beside its first input. */
export interface Candidate {
  readonly edge: Edge
  readonly shape: Shape
}

export interface Verb<P = any> {
  /** Something to do with the rows, or undefined when there is nothing. */
  propose(random: Random, input: Shape, others: readonly Shape[]): P | undefined
  /** The other inputs of verbs that have several: some of the candidates; undefined when there is none. */
  partners?(random: Random, input: Shape, candidates: readonly Candidate[]): Candidate[] | undefined
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
  const { eventTime, keys, windowMs, windowEnd, ...rest } = shape
  const timed = eventTime !== undefined && kept(eventTime)
  return {
    ...rest,
    ...(timed ? { eventTime } : {}),
    ...(timed && windowMs !== undefined ? { windowMs } : {}),
    ...(timed && windowEnd !== undefined && kept(windowEnd) ? { windowEnd } : {}),
    ...(keys?.every(kept) ? { keys } : {}),
  }
}

/** Rows that are not late: those whose event time, in ms, the watermark of their split had not passed. */
export function timelyRows({ from, shape }: SqlInput): string {
  if (!shape.lateness || shape.eventTime === undefined) return from
  const timeMs = timeMsOf(shape)
  return `(SELECT * FROM ${from} WHERE ${PLACE.seen} IS NULL OR ${timeMs} >= ${floorDivided(PLACE.seen, 1000)})`
}

/** Event time in whole ms. */
export function timeMsOf(shape: Shape, of = ''): string {
  const { name, type } = columnOf(shape, shape.eventTime!)
  return floorDivided(epochUs(of + quoted(name), type), 1000)
}

/** A key as it is compared: both zeros are one. */
export const keySql = (shape: Shape, name: string, of = ''): string =>
  columnOf(shape, name).type.startsWith('float')
    ? `CASE WHEN ${of}${quoted(name)} = 0 THEN 0 ELSE ${of}${quoted(name)} END`
    : of + quoted(name)

/** The rows with the watermark of their split before each. */
export function watermarkSql(shape: Shape, from: string, time: string, outOfOrderMs: number): string {
  const us = epochUs(quoted(time), columnOf(shape, time).type)
  const seen = `max(${us}) OVER (PARTITION BY ${PLACE.split} ORDER BY ${PLACE.order}) - ${outOfOrderMs * 1000}`
  return `SELECT ${columnList(shape.columns)}, ${PLACE.order}, ${PLACE.split}, ${seen} AS ${PLACE.seen} FROM ${from}`
}
