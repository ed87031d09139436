/**
 * What a Parquet file says of itself, beside what DuckDB makes of it: the names of its columns, which of them are INT96, and
 * the statistics of its row groups.
 */

import { PlanError } from '../../core/errors.ts'
import type { Expr, Literal } from '../../core/expr/expr.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { isInteger, isTimestamp, isWide, timestampUnit, timestampZone } from '../../core/types/column-type.ts'
import { type Field, fieldIndex, type Schema } from '../../core/types/schema.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import { sqlType } from '../../sql/types.ts'
import { type CastColumn, castColumn, columnSql, NO_FIT, type SqlColumn } from './casts.ts'
import type { FileColumn, ScanFile } from './file-format.ts'
import type { Database } from './instances.ts'
import { isCheckable } from './order-check.ts'
import { textParam } from './params.ts'
import { shortQuery } from './short-query.ts'
import { columnTypeOf } from './types.ts'

/**
 * The columns as the file names them. DuckDB tells no upper from lower case, and gives names that it takes for equal a
 * number: `COLUMN_1`.
 */
export async function ownColumns(
  database: Database,
  { pattern }: Pick<ScanFile, 'pattern'>,
  columns: readonly SqlColumn[],
): Promise<readonly FileColumn[]> {
  const { rows } = await shortQuery(database, 'SELECT name, num_children, type FROM parquet_schema($1)', [
    textParam(pattern),
  ])
  const own = topLevel(
    rows.map(([name, children, type]) => ({ name, children: Number(children ?? 0), type })),
  )
  // DuckDB made something else of the schema: its names are all there is.
  if (own.length !== columns.length) return columns
  return columns.map((column, i): FileColumn => {
    const { name, type } = own[i]!
    const named: SqlColumn =
      name === column.name
        ? column
        : { name: String(name), sql: quoteIdentifier(column.name), type: column.type }
    return type === 'INT96' ? { ...named, cast: (field, where) => castInt96(field, named, where) } : named
  })
}

interface Element {
  readonly name: unknown
  readonly children: number
  readonly type: unknown
}

/** The elements right below the root of a schema that is listed depth first. */
function topLevel(elements: readonly Element[]): Element[] {
  const found: Element[] = []
  let at = 1
  const skip = () => {
    const { children } = elements[at++] ?? { children: 0 }
    for (let i = 0; i < children; i++) skip()
  }
  while (at < elements.length) {
    found.push(elements[at]!)
    skip()
  }
  return found
}

/**
 * INT96 timestamps. DuckDB reads them to the microsecond, and where they lie so far away that 64 bits do not hold them it
 * gives another time: what is no year of four digits is refused.
 */
function castInt96(field: Field, own: SqlColumn, where: string): CastColumn {
  if (isTimestamp(field.type) && timestampUnit(field.type) === 'ns') {
    throw new PlanError(
      'CAST',
      `column ${JSON.stringify(field.name)} of ${where} is INT96, and DuckDB reads it to the microsecond only`,
      { hint: "read it as 'timestamp[us]', which cuts nanoseconds" },
    )
  }
  const { sql, orNull = sql, misfit } = castColumn(field, own, where)
  const column = columnSql(own)
  const outside = `(${column} NOT BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999')`
  return {
    sql: `CASE WHEN ${outside} THEN ${NO_FIT} ELSE ${sql} END`,
    orNull,
    misfit: misfit === undefined ? outside : `(${outside} OR ${misfit})`,
    misfits: 'an INT96 timestamp outside the years 1 to 9999, where DuckDB does not read them exactly',
  }
}

/** Rows of each row group, in file order. */
export async function groupRows(database: Database, { pattern }: ScanFile): Promise<readonly number[]> {
  const { rows } = await shortQuery(
    database,
    'SELECT row_group_id, max(row_group_num_rows) FROM parquet_metadata($1) GROUP BY 1 ORDER BY 1',
    [textParam(pattern)],
  )
  return rows.map(row => Number(row[1]))
}

/** Statistics of more files than this are not looked at: sorting is cheaper than asking. */
const MAX_FILES_FOR_STATISTICS = 500

/** Rows of each row group by file, where the statistics say that they follow one another in the order of a column. */
export async function groupsInOrder(
  database: Database,
  files: readonly ScanFile[],
  column: string,
  type: ColumnType,
): Promise<readonly (readonly number[])[] | undefined> {
  if (!isCheckable(type) || files.length > MAX_FILES_FOR_STATISTICS) return undefined
  const name = `$${files.length + 1}`
  const target = sqlType(type)
  const groups = files.map(
    (_, f) => `SELECT ${f} AS f, row_group_id AS g, max(row_group_num_rows) AS n,
  count(*) FILTER (WHERE path_in_schema = ${name}) AS found,
  max(TRY_CAST(stats_min_value AS ${target})) FILTER (WHERE path_in_schema = ${name}) AS low,
  max(TRY_CAST(stats_max_value AS ${target})) FILTER (WHERE path_in_schema = ${name}) AS high,
  max(stats_null_count) FILTER (WHERE path_in_schema = ${name}) AS nulls
FROM parquet_metadata($${f + 1}) GROUP BY row_group_id`,
  )
  const { rows } = await shortQuery(
    database,
    `SELECT f, n, found = 1 AND nulls = 0 AND low IS NOT NULL AND high IS NOT NULL
  AND coalesce(lag(high) OVER (ORDER BY f, g) <= low, true) AS inOrder
FROM (${groups.join(' UNION ALL ')}) WHERE n > 0 ORDER BY f, g`,
    [...files.map(file => textParam(file.pattern)), textParam(column)],
  )
  if (rows.some(row => row[2] !== true)) return undefined
  return files.map((_, f) => rows.filter(row => row[0] === f).map(row => Number(row[1])))
}

/** A condition of a filter that statistics can refute. */
interface Bound {
  readonly column: string
  readonly type: ColumnType
  readonly op: 'lt' | 'lte' | 'gt' | 'gte' | 'eq'
  readonly value: Literal
}

/**
 * By row group, whether statistics leave it possible that a row passes the filter. Looked at are comparisons of whole
 * numbers, dates and timestamps with constants, of which all must hold.
 */
export async function mayPass(
  database: Database,
  file: ScanFile,
  filter: Expr,
  schema: Schema,
): Promise<readonly boolean[] | undefined> {
  const bounds = conjuncts(filter).flatMap(test => boundOf(test, file, schema))
  if (bounds.length === 0) return undefined
  const params: Literal[] = [textParam(file.pattern)]
  const bind = (param: Literal) => `$${params.push(param)}`
  const tests = bounds.map(bound => `${refuted(bound, bind)} IS NOT TRUE`)
  const { rows } = await shortQuery(
    database,
    `SELECT row_group_id, ${tests.join(' AND ')} FROM parquet_metadata($1) GROUP BY 1 ORDER BY 1`,
    params,
  )
  return rows.map(row => row[1] === true)
}

/** SQL, over the columns of one row group, that is true when no row of it meets the bound. */
function refuted({ column, type, op, value }: Bound, bind: (param: Literal) => string): string {
  const target = isTimestamp(type) ? 'TIMESTAMP' : sqlType(type)
  const name = bind(textParam(column))
  const given = `CAST(${bind(value)} AS ${sqlType(value.type!)})`
  const constant = isTimestamp(type) ? `TRY_CAST(${given} AS TIMESTAMP)` : given
  const stat = (which: string) =>
    `max(TRY_CAST(${which} AS ${target})) FILTER (WHERE path_in_schema = ${name})`
  const low = stat('stats_min_value')
  const high = stat('stats_max_value')
  const outside: Record<Bound['op'], string> = {
    lt: `${low} >= ${constant}`,
    lte: `${low} > ${constant}`,
    gt: `${high} <= ${constant}`,
    gte: `${high} < ${constant}`,
    eq: `(${low} > ${constant} OR ${high} < ${constant})`,
  }
  return `(count(*) FILTER (WHERE path_in_schema = ${name}) = 1 AND ${outside[op]})`
}

const conjuncts = (test: Expr): readonly Expr[] =>
  test.kind === 'call' && test.fn === 'and' ? test.args.flatMap(conjuncts) : [test]

const TURNED = { lt: 'gt', lte: 'gte', gt: 'lt', gte: 'lte', eq: 'eq' } as const

function boundOf(test: Expr, file: ScanFile, schema: Schema): Bound[] {
  if (test.kind !== 'call' || !Object.hasOwn(TURNED, test.fn)) return []
  const op = test.fn as Bound['op']
  const [a, b] = test.args
  if (a?.kind === 'literal' && b?.kind === 'column') return comparable(b.name, TURNED[op], a, file, schema)
  return a?.kind === 'column' && b?.kind === 'literal' ? comparable(a.name, op, b, file, schema) : []
}

/** Nothing where the file's values and the constant are not of one kind: they might be rounded to be compared. */
function comparable(name: string, op: Bound['op'], value: Literal, file: ScanFile, schema: Schema): Bound[] {
  const own = file.columns.filter(column => column.name === name)
  const at = fieldIndex(schema, name)
  if (own.length !== 1 || own[0]!.cast || at < 0 || value.value === null || !value.type) return []
  const type = columnTypeOf(own[0]!.type)
  if (!type || !isCheckable(type)) return []
  const constant = wholeNumber(value)
  const kinds = [type, schema[at]!.type, constant.type!].map(kindOf)
  const same = kinds.every(kind => kind !== undefined && kind === kinds[0])
  return same ? [{ column: name, type, op, value: constant }] : []
}

/** A number of JavaScript's that is whole, as such. */
const wholeNumber = (value: Literal): Literal =>
  value.type === 'float64' && Number.isSafeInteger(value.value)
    ? { kind: 'literal', type: 'int64', value: String(value.value) }
    : value

function kindOf(type: ColumnType): string | undefined {
  if (isInteger(type) || isWide(type)) return 'whole'
  if (type === 'date') return 'date'
  // Nanoseconds reach less far than microseconds, and others would be cut.
  const plain = isTimestamp(type) && timestampZone(type) === undefined && timestampUnit(type) !== 'ns'
  return plain ? 'timestamp' : undefined
}
