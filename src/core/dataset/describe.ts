/** Datasets as they are printed: what their rows are, not how they are made. */

import { escapeControls } from '../batch/format-table.ts'
import { definitionOf } from '../operators/index.ts'
import type { PlanNode } from '../plan.ts'
import { type Draft, outputAt } from '../planner/build.ts'
import type { Schema } from '../types/schema.ts'
import type { Dataset } from './dataset.ts'

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

const MAX_VERBS = 12

/** The same, and below it from where the rows come and through which verbs; `whole` where it stands alone. */
export function inspectDataset(dataset: Dataset<any, any>, whole: boolean): string {
  const text = describeDataset(dataset)
  if (!whole || dataset.draft.inputs.length === 0) return text
  const verbs: string[] = []
  for (let at: Draft | undefined = dataset.draft; at; at = at.inputs[0]?.draft) verbs.unshift(verbOf(at))
  const shown = verbs.length > MAX_VERBS ? [verbs[0]!, '…', ...verbs.slice(-MAX_VERBS)] : verbs
  return `${text}\n  ${shown.map(verb => escapeControls(verb)).join('\n  > ')}`
}

/** As `explain` shows it, when its columns are known. */
function verbOf({ body, source, inputs }: Draft): string {
  if (source) return source.label
  const node: PlanNode = { ...body, inputs: [] }
  const more =
    inputs.length > 1 ? `, with ${inputs.length - 1} other input${inputs.length > 2 ? 's' : ''}` : ''
  try {
    return definitionOf(node).explain(node).split('\n')[0]! + more
  } catch {
    return node.kind + more
  }
}
