/** Datasets as they are printed: what their rows are, not how they are made. */

import { escapeControls } from '../batch/format-table.ts'
import { outputAt } from '../planner/build.ts'
import type { Schema } from '../types/schema.ts'
import type { Dataset } from './dataset.ts'

/** The method that `console.log` and `util.inspect` call. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

const MAX_COLUMNS = 60

/** `Dataset (bounded) { origin: utf8, delay: int32 }`. */
export function describeDataset({ draft, port, bounds }: Dataset<any, any>): string {
  const schema = outputAt(draft, port)?.schema
  return `Dataset (${bounds}) ${schema ? describeSchema(schema) : 'whose columns its source knows: await dataset.schema()'}`
}

function describeSchema(schema: Schema): string {
  const columns = schema.slice(0, MAX_COLUMNS).map(({ name, type }) => `${columnName(name)}: ${type}`)
  if (schema.length > MAX_COLUMNS) columns.push(`… ${schema.length - MAX_COLUMNS} more`)
  return `{ ${columns.join(', ')} }`
}

const columnName = (name: string): string =>
  /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : escapeControls(JSON.stringify(name))
