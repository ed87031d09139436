/** The queries of a file scan: one per range of rows, in order, or one that sorts everything. */

import type { ScanRequest } from '../../core/connector.ts'
import type { Literal } from '../../core/expr/expr.ts'
import { columnsUsed } from '../../core/expr/type-of.ts'
import { isMark } from '../../core/formats/bad-rows.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { type Field, fieldOf, type Schema } from '../../core/types/schema.ts'
import { columnSql, orderKey } from './casts.ts'
import { type Bind, ownColumn, readField } from './file-fields.ts'
import { type FileFormat, formatParams, type ScanFile } from './file-format.ts'
import { filterSchema, filterSql } from './filter-sql.ts'
import type { Database } from './instances.ts'
import { markSql, nullWhereMisfit } from './marks.ts'
import { textParam, wholeParam } from './params.ts'
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

/** The files of a scan. */
export interface PartsRequest {
  readonly format: FileFormat
  readonly files: readonly ScanFile[]
  /** All columns that the files have together. */
  readonly schema: Schema
  readonly request: ScanRequest
}

/** The parts of a scan without its first `offset` rows. */
export async function partsOf(
  database: Database,
  scan: PartsRequest,
  offset: number,
): Promise<{ readonly parts: readonly Part[]; readonly planned: number }> {
  const planned = await planParts(database, scan)
  return { parts: await skipRows(database, planned, offset), planned: planned.length }
}

async function planParts(database: Database, scan: PartsRequest): Promise<PlannedPart[]> {
  const { format, files, request } = scan
  const { orderBy } = request
  const passing = await Promise.all(files.map(file => mayPass(database, scan, file)))
  if (orderBy === undefined) {
    const parts: PlannedPart[] = []
    for (const [f, file] of files.entries()) {
      const sql = fileSql(scan, file, file.numbered)
      if (!file.numbered) parts.push(wholeFile(sql, file, request))
      else {
        const ranges = joinRanges(await format.rowGroups!.sizes(database, file), passing[f])
        for (const range of ranges) parts.push(rangePart(sql, range, request))
      }
    }
    return parts
  }
  const ranges = await orderedRanges(database, scan, orderBy, passing)
  if (!ranges) return [sortedPart(scan)]
  const { number } = format.rowGroups!
  const type = fieldOf(scan.schema, orderBy).type
  return files.flatMap((file, f) => {
    const sql = fileSql(scan, file, true)
    return ranges[f]!.map(range => orderedPart(rangePart(sql, range, request), sql, type, number))
  })
}

/** By row group, whether any row of it can pass the filter; undefined where nothing is known. */
export async function mayPass(
  database: Database,
  { format, schema, request }: Omit<PartsRequest, 'files'>,
  file: ScanFile,
): Promise<readonly boolean[] | undefined> {
  if (!request.filter || !file.numbered) return undefined
  return format.rowGroups!.mayPass?.(database, file, request.filter, filterSchema(schema, request.schema))
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
function fileSql({ format, schema, request }: PartsRequest, file: ScanFile, ranged: boolean): FileSql {
  const own = formatParams(format, file)
  // The two ends of the range come right after the format's own.
  const first = own.length + (ranged ? 3 : 1)
  const more: Literal[] = []
  const bind = (param: Literal) => `$${first - 1 + more.push(param)}`
  const columns = columnsSql(
    file,
    { schema, request },
    file.numbered ? format.rowGroups!.number : 'NULL',
    bind,
  )
  if (columns.length === 0) columns.push('CAST(0 AS TINYINT)')
  const order = request.orderBy === undefined ? '' : orderSql(file, fieldOf(schema, request.orderBy), bind)
  const orderColumn = columns.indexOf(order)
  const extra = order !== '' && orderColumn < 0
  const from = file.numbered ? format.rowGroups!.numberedFrom : format.from
  const conditions: string[] = []
  if (ranged) {
    const { number } = format.rowGroups!
    conditions.push(`${number} >= $${own.length + 1} AND ${number} < $${own.length + 2}`)
  }
  if (request.filter) {
    // What paths say is bound first: constants of the filter are numbered after it.
    const fields = filterSchema(schema, request.schema)
    const used = new Map(
      columnsUsed(request.filter).map(name => [
        name,
        filterColumn(format, file, fieldOf(fields, name), bind),
      ]),
    )
    const { sql, params } = filterSql(request.filter, {
      schema: fields,
      firstParameter: first + more.length,
      column: ({ name }) => used.get(name)!,
    })
    conditions.push(`(${sql})`)
    more.push(...params)
  }
  return {
    list: columns.map((sql, i) => `${sql} AS c${i}`).join(', '),
    orderList: extra ? `, ${order} AS o` : '',
    orderColumn: extra ? columns.length : orderColumn,
    order,
    source: ` FROM ${from}${conditions.length ? ` WHERE ${conditions.join(' AND ')}` : ''}`,
    params: range => [...own, ...(range ? [wholeParam(range.from), wholeParam(range.to)] : []), ...more],
  }
}

/** The columns wanted; where rows are marked, of all columns of the schema. */
function columnsSql(
  file: ScanFile,
  { schema, request }: Pick<PartsRequest, 'schema' | 'request'>,
  number: string,
  bind: Bind,
): string[] {
  if (!request.schema.some(({ name }) => isMark(name)))
    return request.schema.map(field => readField(file, field, bind).sql)
  const read = schema.map(field => ({
    field,
    own: ownColumn(file, field.name),
    cast: readField(file, field, bind),
  }))
  const marks = markSql(read, () => bind(textParam(file.path)), number)
  return request.schema.map(({ name }) => {
    const column = read.find(({ field }) => field.name === name)
    return column ? nullWhereMisfit(column.cast) : marks.get(name)!
  })
}

/** The ordering column as all files have it. */
function orderSql(file: ScanFile, field: Field, bind: Bind): string {
  const own = ownColumn(file, field.name)
  if (!own) return readField(file, field, bind).sql
  return own.cast
    ? own.cast({ ...field, type: columnTypeOf(own.type) ?? field.type }, file.label).sql
    : columnSql(own)
}

function filterColumn(format: FileFormat, file: ScanFile, field: Field, bind: Bind): string {
  const { sql } = readField(file, field, bind)
  const own = ownColumn(file, field.name)
  if (!own) return sql
  const key = orderKey(sql, own.type)
  return format.filterColumn ? format.filterColumn(key, field) : key
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
function sortedPart(scan: PartsRequest): PlannedPart {
  const { format, files, request } = scan
  const params: Literal[] = []
  const selects = files.map((file, f) => {
    const { list, order, source, params: own } = fileSql(scan, file, false)
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

/** Ranges of whole row groups, joined until they have {@link PART_ROWS} rows; without those of which no row passes. */
function joinRanges(groupRows: readonly number[], passing?: readonly boolean[]): Range[] {
  const ranges: Range[] = []
  let from = 0
  let to = 0
  for (const [g, rows] of groupRows.entries()) {
    if (passing?.[g] === false) {
      if (to > from) ranges.push({ from, to })
      to += rows
      from = to
      continue
    }
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
  { format, files, schema }: PartsRequest,
  orderBy: string,
  passing: readonly (readonly boolean[] | undefined)[],
): Promise<Range[][] | undefined> {
  const { type } = fieldOf(schema, orderBy)
  const sameType = files.every(file => {
    const own = file.numbered ? ownColumn(file, orderBy) : undefined
    return own !== undefined && !own.cast && columnTypeOf(own.type) === type
  })
  if (!sameType) return undefined
  const groups = await format.rowGroups!.inOrder?.(database, files, orderBy, type)
  return groups?.map((rows, f) => joinRanges(rows, passing[f]))
}
