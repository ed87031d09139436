/** `sql`: queries over datasets, as datasets. */

import type { Values } from './core/batch/column.ts'
import { Dataset } from './core/dataset/dataset.ts'
import { fromSource } from './core/dataset/from-source.ts'
import { start } from './core/dataset/pending-write.ts'
import { PlanError } from './core/errors.ts'
import { lit } from './core/expr/builder.ts'
import { type LiteralValue, literal } from './core/expr/literal.ts'
import { shown } from './core/options.ts'
import { callSite, thrownAt } from './core/planner/build.ts'
import type { OpenRow, RowOf } from './core/types/row.ts'
import { type Schema, schemaFrom } from './core/types/schema.ts'
import type { ColumnTypes } from './read.ts'
import { duckdb } from './sinks.ts'

/** What stands in a query between its text: a dataset that ends, for a table, or a value or a list of them, which are bound. */
export type SqlPart = Dataset<any, 'bounded'> | LiteralValue | SqlList

/** Values that are bound one by one: an array, a set, or an array of numbers. */
type SqlList = readonly LiteralValue[] | ReadonlySet<LiteralValue> | Values

type Query<Row> = (text: TemplateStringsArray, ...parts: SqlPart[]) => Dataset<Row, 'bounded'>

/**
 * An SQL query of DuckDB's over datasets, as a dataset. Datasets stand for tables, values are bound and never part of the text; an
 * array is a list of DuckDB's, of which `IN (${codes})` makes its elements, and so is a set or an array of numbers.
 * When its rows are read, those of the datasets are put into tables of a database of its own in the temporary folder; it reaches no
 * other file and no network, and installs nothing.
 *
 * Its rows are typed by `sql<Row>`, or checked and typed by a schema: `sql({ n: 'int64' })` and the text.
 *
 * @throws {PlanError} `UNBOUNDED` for a dataset that does not end; `SQL_PART` for another part, or one within quotes; `COLUMN_TYPE`
 * @throws {ConnectorError} when a plan is built, `SQL` with DuckDB's message, `UNSUPPORTED_TYPE`
 * @example
 * const late = sql`SELECT origin, count(*) AS n FROM ${flights} WHERE delay > ${15} GROUP BY ALL ORDER BY n DESC`
 * const typed = sql({ origin: 'utf8', n: 'int64' })`SELECT origin, count(*) AS n FROM ${flights} GROUP BY ALL`
 */
export function sql<Row = OpenRow>(text: TemplateStringsArray, ...parts: SqlPart[]): Dataset<Row, 'bounded'>
export function sql<S extends ColumnTypes>(schema: S): Query<RowOf<S>>
export function sql(text: TemplateStringsArray | ColumnTypes, ...parts: SqlPart[]): unknown {
  if (Array.isArray(text) && 'raw' in text) return queried(text as never, parts, undefined, sql)
  const site = callSite(sql)
  if (typeof text !== 'object' || text === null || Array.isArray(text)) {
    throw new PlanError('SQL_PART', `sql takes a template or a schema, got ${shown(text)}`, {
      hint: 'sql`SELECT * FROM ${flights}`, with no brackets around it',
      above: sql,
    })
  }
  let schema: Schema
  try {
    schema = schemaFrom(text as ColumnTypes)
  } catch (error) {
    throw thrownAt(error, site)
  }
  const query = (of: TemplateStringsArray, ...given: SqlPart[]) => queried(of, given, schema, query)
  return query
}

function queried(
  text: TemplateStringsArray,
  parts: readonly unknown[],
  schema: Schema | undefined,
  above: Function,
): Dataset<any, 'bounded'> {
  const names = new Map<Dataset<any, any>, string>()
  const values: LiteralValue[] = []
  const quoting = new Quoting()
  const codes = text.map((piece, i) => {
    const code = quoting.read(piece)
    if (quoting.inside === undefined || i === parts.length) return code
    throw new PlanError('SQL_PART', `a part of the query stands within ${quoting.inside}`, {
      hint: 'values are bound, not put into the text: write them without quotes',
      above,
    })
  })
  const pieces = parts.map((part, i) => {
    const bound = (value: unknown) => `$${values.push(checkedValue(value, above))}`
    const list = listOf(part)
    if (list) {
      const items = list.map(bound).join(', ')
      // Of all that stands in the brackets of an `IN` it means its elements, not the list.
      const isWhole = opensIn(codes[i]!) && /^\s*\)/.test(codes[i + 1]!)
      if (!isWhole) return `[${items}]`
      return items || 'SELECT unnest([])'
    }
    if (!(part instanceof Dataset)) return bound(part)
    if (opensIn(codes[i]!)) {
      throw new PlanError(
        'SQL_PART',
        'a dataset within the brackets of IN is a table, not a list of values',
        {
          hint: 'select the column from it: IN (SELECT code FROM ${airports})',
          above,
        },
      )
    }
    if (!part.draft.bounded) {
      throw new PlanError('UNBOUNDED', 'sql is over data that ends, and this does not', {
        hint: 'limit(n) it first, or write it to a table: write(duckdb(file, table))',
        above,
      })
    }
    const name = names.get(part) ?? `dataset_${names.size + 1}`
    names.set(part, name)
    return `"${name}"`
  })
  const query = codes.map((code, i) => code + (pieces[i] ?? '')).join('')
  const inputs = [...names].map(([dataset, name]) => ({ dataset, name }))
  const load = async () =>
    (await import('./connectors/duckdb/sql-source.ts')).sqlSource({
      sql: query,
      params: values.map(value => literal(value)),
      tables: inputs.map(({ dataset, name }) => ({ name, schema: () => dataset.schema() })),
      fill: async (path, read) => {
        const datasets = await Promise.all(
          inputs.map(({ dataset, name }) => onlyRead(dataset, read.get(name))),
        )
        const job = await start(datasets.map((dataset, i) => dataset.write(duckdb(path, inputs[i]!.name))))
        await job.done
      },
      ...(schema ? { schema } : {}),
    })
  return fromSource({ label: 'sql', load }, true, schema, above)
}

/** The dataset with nulls in place of the columns that nothing reads: columns stay where they are, and nothing computes them. */
async function onlyRead(
  dataset: Dataset<any, any>,
  read: ReadonlySet<string> | undefined,
): Promise<Dataset<any, any>> {
  const unread = read ? (await dataset.schema()).filter(({ name }) => !read.has(name)) : []
  if (unread.length === 0) return dataset
  return dataset.with(
    Object.fromEntries(unread.map(({ name, type }) => [name, () => lit(null, type as never)])),
  )
}

function checkedValue(value: unknown, above: Function): LiteralValue {
  const kind = typeof value
  if (value === null || kind === 'number' || kind === 'bigint' || kind === 'string' || kind === 'boolean')
    return value as LiteralValue
  if (value instanceof Date && Number.isFinite(value.getTime())) return value
  throw new PlanError('SQL_PART', `sql takes datasets and values, got ${shown(value)}`, {
    hint: 'numbers, bigints, texts, booleans, Dates, null, and arrays and sets of them can be bound',
    above,
  })
}

/** The values of a part that is a list of them. Bytes are none. */
function listOf(part: unknown): readonly unknown[] | undefined {
  if (Array.isArray(part)) return part
  if (part instanceof Set) return [...part]
  const isNumbers = ArrayBuffer.isView(part) && !(part instanceof DataView) && !Buffer.isBuffer(part)
  return isNumbers ? Array.from(part as unknown as ArrayLike<unknown>) : undefined
}

/** Whether code ends with the bracket of an `IN`, which a part comes first in. */
const opensIn = (code: string): boolean => /(?<![\w.])in\s*\(\s*$/i.test(code)

/** What may hold text that is no code. */
interface Quote {
  readonly name: string
  /** What begins it. */
  readonly open: RegExp
  /** What ends it; default: what began it. */
  readonly close?: string
  readonly isComment?: boolean
  /** Whether it may stand within itself. */
  readonly nests?: boolean
  /** Whether a backslash takes its meaning from what comes next. */
  readonly escapes?: boolean
}

const QUOTES: readonly Quote[] = [
  { name: 'single quotes', open: /(?<![\w$])e'/iy, close: "'", escapes: true },
  { name: 'single quotes', open: /'/y },
  { name: 'double quotes', open: /"/y },
  { name: 'dollar quotes', open: /(?<![\w$])\$(?:[a-z_]\w*)?\$/iy },
  { name: 'a comment', open: /--/y, close: '\n', isComment: true },
  { name: 'a comment of several lines', open: /\/\*/y, close: '*/', isComment: true, nests: true },
]

/** What stands at a place of a text. */
function foundAt({ open }: Quote, text: string, at: number): string | undefined {
  open.lastIndex = at
  return open.exec(text)?.[0]
}

/** Follows the text of a query: whether what comes next is within quotes or a comment. */
class Quoting {
  #inside: Quote | undefined
  #close = ''
  #depth = 0

  /** What holds what comes next; undefined: it is code. */
  get inside(): string | undefined {
    return this.#inside?.name
  }

  /** Goes on to the end of a text; returns it with spaces for comments, of as many lines. */
  read(text: string): string {
    let code = ''
    for (let i = 0; i < text.length; ) {
      const before = this.#inside
      const taken = text.slice(i, i + this.#step(text, i))
      code += before?.isComment || this.#inside?.isComment ? taken.replace(/[^\n]/g, ' ') : taken
      i += taken.length
    }
    return code
  }

  /** Takes what stands at a place; returns how long it is. */
  #step(text: string, at: number): number {
    const inside = this.#inside
    if (!inside) return this.#enter(text, at)
    if (inside.escapes && text[at] === '\\') return 2
    if (text.startsWith(this.#close, at)) {
      if (--this.#depth === 0) this.#inside = undefined
      return this.#close.length
    }
    const again = inside.nests ? foundAt(inside, text, at) : undefined
    if (again) this.#depth++
    return again?.length ?? 1
  }

  #enter(text: string, at: number): number {
    for (const quote of QUOTES) {
      const open = foundAt(quote, text, at)
      if (open === undefined) continue
      this.#inside = quote
      this.#close = quote.close ?? open
      this.#depth = 1
      return open.length
    }
    return 1
  }
}
