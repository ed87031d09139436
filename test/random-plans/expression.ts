/** What expressions of plans are made of. */

import type { ColumnType } from '../../src/core/types/column-type.ts'
import { isMap } from '../../src/core/types/nested-type.ts'
import { type Column, Senseless, type Shape } from './plan.ts'
import { duckdbType, quoted } from './sql-names.ts'

/** An expression over the columns of a row. */
export interface Expression {
  /** JavaScript over `r`. */
  readonly code: string
  readonly sql: string
  readonly type: ColumnType
  readonly nullable: boolean
  /** The columns it reads, with the types they must have. */
  readonly uses: readonly (readonly [name: string, type: ColumnType])[]
}

/** @throws Senseless when the columns are not what the expression was written for */
export function checkUses({ uses }: Pick<Expression, 'uses'>, shape: Shape): void {
  for (const [name, type] of uses) {
    const column = shape.columns.find(c => c.name === name)
    if (column?.type !== type || column.approximate) throw new Senseless(`no column ${name} ${type}`)
  }
}

/** Whether SQL knows all that is read. */
export const knows = ({ uses }: Pick<Expression, 'uses'>, shape: Shape): boolean =>
  uses.every(([name]) => !shape.columns.find(c => c.name === name)!.unknown)

/** Columns that may be compared: keys, orders, arguments of conditions. */
export const usable = (shape: Shape): readonly Column[] => valued(shape).filter(c => !isMap(c.type))

/** Columns that values are made of. */
export const valued = (shape: Shape): readonly Column[] => shape.columns.filter(c => !c.approximate)

export function column({ name, type, nullable }: Column): Expression {
  return { code: `r[${JSON.stringify(name)}]`, sql: quoted(name), type, nullable, uses: [[name, type]] }
}

/** A call of a method of a value; its SQL gives the type that the expression has. */
export type Make = (code: string, sql: string, of?: Partial<Expression>) => Expression

/** Calls of methods of a value. */
export const callsOf =
  (x: Expression): Make =>
  (code, sql, of = {}) => ({
    ...x,
    code: `${x.code}${code}`,
    sql: `CAST(${sql} AS ${duckdbType(of.type ?? x.type)})`,
    ...of,
  })
