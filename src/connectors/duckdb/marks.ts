/** Rows whose values do not fit their columns, told from the others in SQL: what stands in `MARKS`, and nulls in place of the values. */

import { MARKS } from '../../core/formats/bad-rows.ts'
import type { Field } from '../../core/types/schema.ts'
import { quoteIdentifier, quoteText } from '../../sql/quote.ts'
import { type CastColumn, columnSql, type SqlColumn } from './casts.ts'

/** A column that is read, and how. */
export interface ReadColumn {
  readonly field: Field
  /** Absent where the file has no such column. */
  readonly own?: SqlColumn | undefined
  readonly cast: CastColumn
}

/** What an error and a dead letter show of a value. */
const MAX_SHOWN = 60

/**
 * SQL for each of {@link MARKS}.
 *
 * @param columns all that a row is good or bad by
 * @param file SQL of its name; called once where it is needed
 * @param place SQL of a row's number, from 0
 */
export function markSql(
  columns: readonly ReadColumn[],
  file: () => string,
  place: string,
): ReadonlyMap<string, string> {
  const misfits = columns.flatMap(({ field, own, cast: { misfit, misfits } }) => {
    if (misfit === undefined || !own) return []
    const value =
      misfits === undefined ? `left(CAST(${columnSql(own)} AS VARCHAR), ${MAX_SHOWN})` : quoteText(misfits)
    return [
      { misfit, name: quoteText(field.name), problem: `${value} || ${quoteText(` is no ${field.type}`)}` },
    ]
  })
  const nothing = (type: string) => `CAST(NULL AS ${type})`
  const cases = (then: (one: (typeof misfits)[number]) => string, type = 'VARCHAR') =>
    misfits.length === 0
      ? nothing(type)
      : `CASE ${misfits.map(one => `WHEN ${one.misfit} THEN ${then(one)}`).join(' ')} ELSE ${nothing(type)} END`
  const values = columns.flatMap(({ field, own }) =>
    own ? [`${quoteIdentifier(field.name)} := ${columnSql(own)}`] : [],
  )
  let fileSql: string | undefined
  const record = `CAST(to_json(struct_pack(${values.join(', ')})) AS VARCHAR)`
  const [ofFile, ofOffset, ofLine, ofColumn, ofCode, ofProblem, ofRecord] = MARKS.map(({ name }) => name)
  return new Map([
    [ofFile!, cases(() => (fileSql ??= file()))],
    [ofOffset!, cases(() => `CAST(${place} AS BIGINT)`, 'BIGINT')],
    [ofLine!, nothing('BIGINT')],
    [ofColumn!, cases(one => one.name)],
    [ofCode!, cases(() => quoteText('VALUE_TYPE'))],
    [ofProblem!, cases(one => one.problem)],
    [ofRecord!, cases(() => record)],
  ])
}

/** A value, null where it does not fit. What DuckDB computes once for both, it may compute for all rows. */
export const nullWhereMisfit = ({ sql, orNull = sql, misfit }: CastColumn): string =>
  misfit === undefined ? sql : `CASE WHEN ${misfit} THEN NULL ELSE ${orNull} END`
