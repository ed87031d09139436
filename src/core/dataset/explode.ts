/** `explode` and `unnest`: what they take, and the rows they make. */

import { PlanError } from '../errors.ts'
import type { ExplodeNode } from '../operators/explode.ts'
import type { UnnestNode } from '../operators/project.ts'
import { checkNames, shown, text } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import type { IsOpen } from '../types/row.ts'
import type { ColumnOf } from './types.ts'

/** What {@link Dataset.explode} takes besides the column. */
export interface ExplodeOptions<As extends string | readonly [string, string]> {
  /** What the parts of a text are separated by. Default: a space. */
  readonly separator?: string
  /** The name of the column of parts; of a map, those of keys and values. Default: the column's own; `key` and `value`. */
  readonly as?: As
}

/** Columns that {@link Dataset.explode} takes. */
export type Explodable<Row> = ColumnOf<Row, string | readonly any[] | ReadonlyMap<any, any>>

/** The names that a column's parts have where none are given. */
export type ExplodedAs<Row, C> =
  IsOpen<Row> extends true
    ? C & string
    : C extends keyof Row
      ? [NonNullable<Row[C]>] extends [ReadonlyMap<any, any>]
        ? readonly ['key', 'value']
        : C & string
      : never

/** A row in which column `C` became its parts, under the names `As`. */
export type Exploded<Row, C, As extends string | readonly [string, string]> = As extends readonly [
  infer Key extends string,
  infer Value extends string,
]
  ? Omit<Row, C & keyof Row> & { [K in Key]: EntryOf<Row, C>[0] } & { [K in Value]: EntryOf<Row, C>[1] }
  : {
      [K in keyof Row as K extends C ? As & string : K]: K extends C
        ? IsOpen<Row> extends true
          ? any
          : PartOf<NonNullable<Row[K]>>
        : Row[K]
    }

type PartOf<T> = T extends readonly (infer E)[] ? E : T
type EntryOf<Row, C> =
  NonNullable<Row[C & keyof Row]> extends ReadonlyMap<infer K, infer V> ? [K, V] : [any, any]

/** What {@link Dataset.unnest} takes besides the column. */
export interface UnnestOptions<Prefix extends string> {
  /** What stands before the names of the fields. Default: nothing. */
  readonly prefix?: Prefix
}

/** Columns that {@link Dataset.unnest} takes: structs. */
export type Unnestable<Row> = {
  [K in keyof Row]-?: [NonNullable<Row[K]>] extends [NoStruct] ? (0 extends 1 & Row[K] ? K : never) : K
}[keyof Row] &
  string

type NoStruct =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | readonly any[]
  | ReadonlyMap<any, any>

/** A row in which the fields of struct `C` are columns. */
export type Unnested<Row, C extends keyof Row, Prefix extends string> =
  IsOpen<Row> extends true
    ? Row
    : Omit<Row, C> & {
        [K in keyof NonNullable<Row[C]> & string as `${Prefix}${K}`]:
          | NonNullable<Row[C]>[K]
          | Extract<Row[C], null>
      }

/** @throws {PlanError} `OPTION` */
export function explodeNode(
  column: string,
  options: ExplodeOptions<any>,
  above: Function,
): NodeBody<ExplodeNode> {
  checkNames('explode', options, ['separator', 'as'], above)
  const separator = text(options.separator ?? ' ', 'separator of explode()', above)
  return { kind: 'explode', column, separator, as: partNames(options.as ?? column, above) }
}

function partNames(as: unknown, above: Function): ExplodeNode['as'] {
  if (!Array.isArray(as)) return text(as as string, 'as of explode()', above)
  if (as.length === 2 && as.every(name => typeof name === 'string')) return [...as] as [string, string]
  throw new PlanError('OPTION', `as of explode() is a name, or two for keys and values, got ${shown(as)}`, {
    hint: "{ as: ['word', 'times'] }",
    above,
  })
}

/** @throws {PlanError} `OPTION` */
export function unnestNode(
  column: string,
  options: UnnestOptions<string>,
  above: Function,
): NodeBody<UnnestNode> {
  checkNames('unnest', options, ['prefix'], above)
  const prefix = text(options.prefix ?? '', 'prefix of unnest()', above)
  return { kind: 'unnest', column, prefix }
}
