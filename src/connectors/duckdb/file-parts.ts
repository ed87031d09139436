/** The queries of a file scan: one per range of rows, in order, or one that sorts everything. */

import type { ScanRequest } from '../../core/connector.ts'
import type { Literal } from '../../core/expr/expr.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import type { Field } from '../../core/types/schema.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import { castColumn, findColumn } from './casts.ts'
import { type FileFormat, formatParams, type ScanFile } from './file-format.ts'
import { filterSql } from './filter-sql.ts'
import type { Database } from './instances.ts'
import { wholeParam } from './params.ts'
import type { Part } from './parts-reader.ts'
import { shortQuery } from './short-query.ts'
import { columnTypeOf } from './types.ts'

/** Row groups are read together until they have this many rows: a query costs as much as reading some thousand. */
const PART_ROWS = 100_000

/** Rows of a file, from and up to. */
interface Range {
  readonly from: number
  readonly to: number
}

/** A part, and what it takes to skip over it. */
interface PlannedPart {
  readonly part: Part
  /** How many rows it has, when the files' metadata tells. */
  readonly rows: number | undefined
  /** SQL that counts them, same parameters; absent for the only part. */
  readonly countSql?: string
}

export const columnOf = (file: ScanFile, name: string) => findColumn(file.columns, name, file.label)

/** How a file's column is read as a field. @throws {PlanError} `UNKNOWN_COLUMN`, `UNSUPPORTED_TYPE`, `CAST` */
export const castOf = (file: ScanFile, field: Field) =>
  castColumn(field, columnOf(file, field.name).type, file.label)

/** The parts of a scan without its first `offset` rows. */
export async function partsOf(
  database: Database,
  format: FileFormat,
  files: readonly ScanFile[],
  request: ScanRequest,
  offset: number,
): Promise<{ readonly parts: readonly Part[]; readonly planned: number }> {
  const planned = await planParts(database, format, files, request)
  return { parts: await skipRows(database, planned, offset), planned: planned.length }
}

async function planParts(
  database: Database,
  format: FileFormat,
  files: readonly ScanFile[],
  request: ScanRequest,
): Promise<PlannedPart[]> {
  const { orderBy } = request
  if (orderBy === undefined) {
    const parts: PlannedPart[] = []
    for (const file of files) {
      const sql = fileSql(format, file, request, file.numbered)
      if (!file.numbered) parts.push(wholeFile(sql, file, request))
      else {
        const ranges = joinRanges(await format.rowGroups!.sizes(database, file))
        for (const range of ranges) parts.push(rangePart(sql, range, request))
      }
    }
    return parts
  }
  const type = columnTypeOf(columnOf(files[0]!, orderBy).type)
  const ranges = await orderedRanges(database, format, files, orderBy, type)
  if (!ranges) return [sortedPart(format, files, request, orderBy)]
  const { number } = format.rowGroups!
  return files.flatMap((file, f) => {
    const sql = fileSql(format, file, request, true)
    return ranges[f]!.map(range => orderedPart(rangePart(sql, range, request), sql, type!, number))
  })
}

/** What the queries over one file have in common. */
interface FileSql {
  /** The columns wanted, as `c0`, `c1`, … */
  readonly list: string
  /** The ordering column besides, with a comma before it, where it is not among those wanted as it is. */
  readonly orderList: string
  /** Where in both lists together the ordering column stands. */
  readonly orderColumn: number
  readonly order: string
  /** ` FROM … WHERE …` */
  readonly source: string
  params(range?: Range): readonly Literal[]
}

/** @param ranged whether its queries are each over a range of rows */
function fileSql(format: FileFormat, file: ScanFile, request: ScanRequest, ranged: boolean): FileSql {
  const columns = request.schema.map(field => castOf(file, field).sql)
  if (columns.length === 0) columns.push('CAST(0 AS TINYINT)')
  const order = request.orderBy === undefined ? '' : quoteIdentifier(columnOf(file, request.orderBy).name)
  const orderColumn = columns.indexOf(order)
  const extra = order !== '' && orderColumn < 0
  const from = file.numbered ? format.rowGroups!.numberedFrom : format.from
  const own = formatParams(format, file)
  const conditions: string[] = []
  if (ranged) {
    const { number } = format.rowGroups!
    conditions.push(`${number} >= $${own.length + 1} AND ${number} < $${own.length + 2}`)
  }
  const filter = filterSql(file.columns, request, {
    label: file.label,
    firstParameter: own.length + (ranged ? 3 : 1),
    ...(format.filterColumn ? { column: format.filterColumn } : {}),
  })
  if (filter) conditions.push(`(${filter.sql})`)
  return {
    list: columns.map((sql, i) => `${sql} AS c${i}`).join(', '),
    orderList: extra ? `, ${order} AS o` : '',
    orderColumn: extra ? columns.length : orderColumn,
    order,
    source: ` FROM ${from}${conditions.length ? ` WHERE ${conditions.join(' AND ')}` : ''}`,
    params: range => [
      ...own,
      ...(range ? [wholeParam(range.from), wholeParam(range.to)] : []),
      ...(filter?.params ?? []),
    ],
  }
}

function rangePart(sql: FileSql, range: Range, { filter }: ScanRequest): PlannedPart {
  const { list, orderList, source } = sql
  return {
    part: { sql: `SELECT ${list}${orderList}${source}`, params: sql.params(range), skip: 0 },
    rows: filter ? undefined : range.to - range.from,
    countSql: `SELECT count(*)${source}`,
  }
}

function wholeFile({ list, source, params }: FileSql, file: ScanFile, { filter }: ScanRequest): PlannedPart {
  return {
    part: { sql: `SELECT ${list}${source}`, params: params(), skip: 0 },
    rows: filter ? undefined : file.rows,
    countSql: `SELECT count(*)${source}`,
  }
}

/** The part, with what the reader needs to check its order and to sort it after all. */
function orderedPart(
  { part, ...rest }: PlannedPart,
  { order, orderColumn }: FileSql,
  type: ColumnType,
  number: string,
): PlannedPart {
  const sortedSql = `${part.sql} ORDER BY ${order} ASC NULLS FIRST, ${number}`
  return { ...rest, part: { ...part, ordered: { column: orderColumn, type, sortedSql } } }
}

/** One query that sorts everything. */
function sortedPart(
  format: FileFormat,
  files: readonly ScanFile[],
  request: ScanRequest,
  orderBy: string,
): PlannedPart {
  const params: Literal[] = []
  const order = quoteIdentifier(orderBy)
  const selects = files.map((file, f) => {
    const { list, source, params: own } = fileSql(format, file, request, false)
    const number = file.numbered ? format.rowGroups!.number : 'row_number() OVER ()'
    // Renumber this file's parameters to stand after those of the others.
    const shift = params.length
    params.push(...own())
    const text = `SELECT ${list}, ${order} AS o, ${f} AS f, ${number} AS r${source}`
    return text.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'|\$(\d+)/g, (all, number) =>
      number === undefined ? all : `$${Number(number) + shift}`,
    )
  })
  const list = Array.from({ length: Math.max(1, request.schema.length) }, (_, i) => `c${i}`).join(', ')
  const sql = `SELECT ${list} FROM (${selects.join(' UNION ALL ')}) ORDER BY o ASC NULLS FIRST, f, r`
  return { part: { sql, params, skip: 0 }, rows: undefined }
}

/** Leaves out the first `offset` rows: whole parts first. */
async function skipRows(
  database: Database,
  planned: readonly PlannedPart[],
  offset: number,
): Promise<readonly Part[]> {
  if (offset === 0) return planned.map(({ part }) => part)
  let left = offset
  for (let i = 0; i < planned.length; i++) {
    const { part, rows, countSql } = planned[i]!
    const counted = rows ?? (await countRows(database, countSql, part.params))
    if (left < counted) return [{ ...part, skip: left }, ...planned.slice(i + 1).map(({ part }) => part)]
    left -= counted
  }
  return []
}

async function countRows(
  database: Database,
  sql: string | undefined,
  params: readonly Literal[],
): Promise<number> {
  if (sql === undefined) return Number.POSITIVE_INFINITY
  const { rows } = await shortQuery(database, sql, params)
  return Number(rows[0]![0])
}

/** Ranges of whole row groups, joined until they have {@link PART_ROWS} rows. */
function joinRanges(groupRows: readonly number[]): Range[] {
  const ranges: Range[] = []
  let from = 0
  let to = 0
  for (const rows of groupRows) {
    to += rows
    if (to - from >= PART_ROWS) {
      ranges.push({ from, to })
      from = to
    }
  }
  if (to > from) ranges.push({ from, to })
  return ranges
}

/** By file, ranges that follow one another in the ordering column, when the format knows that they do. */
async function orderedRanges(
  database: Database,
  format: FileFormat,
  files: readonly ScanFile[],
  orderBy: string,
  type: ColumnType | undefined,
): Promise<Range[][] | undefined> {
  if (type === undefined) return undefined
  const sameType = files.every(file => file.numbered && columnTypeOf(columnOf(file, orderBy).type) === type)
  if (!sameType) return undefined
  const groups = await format.rowGroups!.inOrder?.(database, files, orderBy, type)
  return groups?.map(joinRanges)
}
