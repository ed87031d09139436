/** What a plan gives, as SQL that the verbs write themselves: nothing of the project's own lowering is used. */

import type { DuckDBConnection } from '@duckdb/node-api'
import { isDecimal } from '../../src/core/types/column-type.ts'
import { isNested } from '../../src/core/types/nested-type.ts'
import type { Edge, RandomPlan, SourceData } from './plan.ts'
import { type Ends, shapeAt, shapesOf } from './shapes.ts'
import { duckdbType, epochUs, literalOf, quoted } from './sql-names.ts'
import { columnList, items, PLACE, type SqlInput } from './verb.ts'
import { verbOf } from './verbs.ts'

/** A query of the rows of a sink, in order, where it is known: each cell as in {@link readable}. */
export function sqlOf(plan: RandomPlan, ends: Ends, sink: Edge): string {
  const shapes = shapesOf(plan, ends)
  const ctes = plan.sources.map(
    (source, i) => `${cteName({ node: i, port: 'out' })} AS MATERIALIZED (${sourceSql(source, i)})`,
  )
  plan.nodes.forEach(({ verb, inputs, parameters }, i) => {
    const node = plan.sources.length + i
    const of = inputs.map((edge): SqlInput => {
      const shape = shapeAt(shapes, plan, edge)
      return { from: cteName(edge), shape, bounded: shape.bounded }
    })
    const sql = (port: 'out' | 'late') =>
      `${cteName({ node, port })} AS MATERIALIZED (${verbOf(verb).sql(parameters, of, port)})`
    ctes.push(sql('out'))
    if (shapes[node]!.hasLate) ctes.push(sql('late'))
  })
  const { columns } = shapeAt(shapes, plan, sink)
  const cells = columns.map(({ name, type }): [string, string] => [readable(quoted(name), type), name])
  return `WITH ${ctes.join(',\n')}\nSELECT ${items(cells)} FROM ${cteName(sink)} ORDER BY ${PLACE.order}`
}

const cteName = ({ node, port }: Edge): string => `${port}${node}`

function sourceSql({ columns, splits }: SourceData, source: number): string {
  const values = splits.flatMap((rows, split) =>
    rows.map(row => [`'${source}.${split}'`, ...row.map((cell, c) => literalOf(cell, columns[c]!.type))]),
  )
  if (values.length === 0) {
    const nulls = columns.map(({ name, type }): [string, string] => [`NULL::${duckdbType(type)}`, name])
    return `SELECT ${items(nulls)}, 0::BIGINT AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} WHERE false`
  }
  const rows = values.map((row, i) => `(${i}::BIGINT, NULL::BIGINT, ${row.join(', ')})`)
  return `SELECT * FROM (VALUES ${rows.join(', ')}) AS v(${PLACE.order}, ${PLACE.seen}, ${PLACE.split}, ${columnList(columns)})`
}

/** Times as bigint of their unit, dates as days, decimals as text and what is nested as JSON; others as they are. */
function readable(sql: string, type: SourceData['columns'][number]['type']): string {
  if (isDecimal(type)) return `CAST(${sql} AS VARCHAR)`
  if (isNested(type)) return `CASE WHEN ${sql} IS NOT NULL THEN to_json(${sql})::VARCHAR END`
  switch (type) {
    case 'date':
      return `date_diff('day', DATE '1970-01-01', ${sql})`
    case 'timestamp[s]':
      return `(epoch_us(${sql}::TIMESTAMP) // 1000000)`
    case 'timestamp[ms]':
      return `(epoch_us(${sql}::TIMESTAMP) // 1000)`
    case 'timestamp[ns]':
      return `epoch_ns(${sql})`
    default:
      return type === 'timestamp[us]' ? epochUs(sql, type) : sql
  }
}

export async function rowsInDuckdb(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRowsJS() as unknown[][]
}
