/** Datasets in notebooks: the first rows of one that ends; of one that does not, its columns and how rows are taken. */

import { formatTable } from '../batch/format-table.ts'
import { htmlTable } from '../batch/html-table.ts'
import { eachRow, type Row } from '../batch/rows.ts'
import { type Bundle, escapeHtml } from '../display.ts'
import { MillraceError } from '../errors.ts'
import type { Dataset } from './dataset.ts'
import { describeDataset } from './describe.ts'
import { heapBatches } from './ends.ts'
import { RowChannel } from './row-channel.ts'

const ROWS = 20

/** Verbs that give a row for each. */
const KEEP_ROWS = new Set(['source', 'select', 'with', 'drop', 'rename', 'watermark'])

/** What a notebook shows. A dataset that fails shows why. */
export async function datasetBundle(dataset: Dataset<any, any>): Promise<Bundle> {
  try {
    if (dataset.draft.bounded) return await headBundle(dataset)
    const schema = await dataset.schema()
    const how =
      'Its rows do not end: await dataset.limit(20).collect(), for await (const row of dataset), or write it.'
    const columns: Row[] = schema.map(({ name, type }) => ({ column: name, type }))
    const of = (['column', 'type'] as const).map(name => ({ name, type: 'utf8' as const }))
    return {
      'text/html': htmlTable(of, columns, `Dataset (unbounded). ${how}`),
      'text/plain': `${describeDataset(dataset)}\n${how}`,
    }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    const text = `${error.name} ${error.code}: ${error.message}`
    const lines = text.split('\n').map(escapeHtml).join('\n')
    return { 'text/html': `<pre>${lines}</pre>`, 'text/plain': text }
  }
}

async function headBundle(dataset: Dataset<any, 'bounded'>): Promise<Bundle> {
  const channel = new RowChannel('rows')
  const rows: Row[] = []
  let total: number | undefined
  const onProgress = ({ rowsTotal }: { readonly rowsTotal?: number }) => {
    total = rowsTotal
  }
  for await (const batch of heapBatches(dataset.limit(ROWS + 1), { onProgress }, undefined, channel)) {
    for (const row of eachRow(batch, { timestamps: 'bigint' })) rows.push(row)
  }
  const schema = channel.schema!
  const shown = rows.slice(0, ROWS)
  const caption = captionOf(rows.length, keepsRows(dataset) ? total : undefined)
  return {
    'text/html': htmlTable(schema, shown, caption),
    'text/plain': `${formatTable(schema, shown)}\n${caption}`,
  }
}

function captionOf(found: number, total: number | undefined): string {
  if (found <= ROWS) return found === 0 ? 'no rows' : found === 1 ? '1 row' : `${found} rows`
  return total === undefined
    ? `the first ${ROWS} rows, of more`
    : `first ${ROWS} of ${total.toLocaleString('en-US')} rows`
}

/** Whether as many rows leave as are read: then the source's number is theirs. */
function keepsRows({ draft }: Dataset<any, any>): boolean {
  let at: Dataset<any, any>['draft'] | undefined = draft
  while (at) {
    if (!KEEP_ROWS.has(at.body.kind) || at.later || at.inputs.length > 1) return false
    at = at.inputs[0]?.draft
  }
  return true
}
