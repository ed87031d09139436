/** The ends of a dataset that give its rows to the program. They run the plan with a {@link RowChannel} as its sink. */

import type { RecordBatch, Table } from 'apache-arrow'
import type { Batch } from '../batch/batch.ts'
import { formatTable, MAX_DIGITS } from '../batch/format-table.ts'
import { eachRow, type Row, type RowOptions, rowsOf } from '../batch/rows.ts'
import type { ExplainOptions, JobOptions } from '../engine.ts'
import { checkNames, oneOf, whole } from '../options.ts'
import { type CallSite, thrownAt } from '../planner/build.ts'
import { outputKey } from '../planner/node-outputs.ts'
import type { Schema } from '../types/schema.ts'
import type { Dataset } from './dataset.ts'
import { JOB_OPTIONS } from './job-options.ts'
import { explainAll, PendingWrite, planOf, startAll } from './pending-write.ts'
import { RowChannel } from './row-channel.ts'

type AnyDataset = Dataset<any, any>

const rowsWritten = (dataset: AnyDataset, channel: RowChannel): PendingWrite =>
  new PendingWrite(dataset, channel, rowsWritten)

/**
 * The dataset's batches, in memory of their own, no faster than they are taken. The job starts with the first; it is
 * aborted, and nothing is left running, when the consumer leaves early.
 */
export async function* heapBatches(
  dataset: AnyDataset,
  options: JobOptions,
  site: CallSite | undefined,
  channel = new RowChannel('rows'),
): AsyncGenerator<Batch, void, undefined> {
  const job = await startAll([rowsWritten(dataset, channel)], options, site)
  let over = false
  job.done.then(
    () => {
      over = true
      channel.settle({})
    },
    error => {
      over = true
      channel.settle({ error })
    },
  )
  try {
    for (let batch = await channel.take(); batch; batch = await channel.take()) yield batch
  } finally {
    channel.drain()
    if (!over) await job.abort()
  }
}

/** The dataset's rows one by one; see {@link heapBatches}. */
export async function* rowsIn(
  dataset: AnyDataset,
  options: JobOptions & RowOptions,
  site: CallSite,
): AsyncGenerator<any, void, undefined> {
  const { rowOptions, jobOptions } = optionsOfRows(options, site)
  for await (const batch of heapBatches(dataset, jobOptions, site)) yield* eachRow(batch, rowOptions)
}

/** All rows. @throws `PlanError` and whatever the job fails with */
export async function collectRows(
  dataset: AnyDataset,
  options: JobOptions & RowOptions,
  site: CallSite,
): Promise<any[]> {
  const { rowOptions, jobOptions } = optionsOfRows(options, site)
  const rows: unknown[] = []
  for await (const batch of heapBatches(dataset, jobOptions, site)) {
    for (const row of rowsOf(batch, rowOptions)) rows.push(row)
  }
  return rows
}

/** The dataset's rows as apache-arrow record batches; see {@link heapBatches}. */
export async function* recordBatches(
  dataset: AnyDataset,
  options: JobOptions,
  site: CallSite,
): AsyncGenerator<RecordBatch, void, undefined> {
  const { toArrowTable } = await import('../batch/to-arrow.ts')
  for await (const batch of heapBatches(dataset, options, site))
    yield* toArrowTable(batch.schema, [batch]).batches
}

/** All rows as an apache-arrow table. */
export async function tableOf(dataset: AnyDataset, options: JobOptions, site: CallSite): Promise<Table> {
  const channel = new RowChannel('rows')
  const batches: Batch[] = []
  for await (const batch of heapBatches(dataset, options, site, channel)) batches.push(batch)
  const { toArrowTable } = await import('../batch/to-arrow.ts')
  return toArrowTable(channel.schema!, batches)
}

/** The plan that gives the dataset's rows, as text. */
export const explainRows = (dataset: AnyDataset, options: ExplainOptions, site: CallSite): Promise<string> =>
  explainAll([rowsWritten(dataset, new RowChannel('rows', 'changes'))], options, site)

/** The columns of a dataset whose source must be asked. */
export async function schemaOfRows(dataset: AnyDataset, site: CallSite): Promise<Schema> {
  const { plan, nodeOutputs } = await planOf([rowsWritten(dataset, new RowChannel('rows', 'changes'))], site)
  return nodeOutputs.get(outputKey(plan.nodes[plan.sinks[0]!]!.inputs[0]!))!.schema
}

/** Prints the first rows of a dataset. */
export async function showRows(
  dataset: Dataset<any, 'bounded'>,
  options: JobOptions & { readonly limit?: number; readonly digits?: number },
  site: CallSite,
): Promise<void> {
  at(site, () => checkNames('show', options, ['limit', 'digits', ...JOB_OPTIONS]))
  const { limit = 20, digits, ...jobOptions } = options
  at(site, () => {
    whole(limit, 'limit of show()', 0, Number.POSITIVE_INFINITY)
    if (digits !== undefined) whole(digits, 'digits of show()', 1, MAX_DIGITS)
  })
  const channel = new RowChannel('rows')
  const rows: Row[] = []
  // One row more than asked for tells whether there are more.
  const shown = Number.isSafeInteger(limit + 1) ? dataset.limit(limit + 1) : dataset
  for await (const batch of heapBatches(shown, jobOptions, site, channel)) {
    for (const row of eachRow(batch, { timestamps: 'bigint' })) rows.push(row)
  }
  const more = rows.length > limit ? '\n… and more rows' : ''
  console.log(formatTable(channel.schema!, rows.slice(0, limit), digits ? { digits } : {}) + more)
}

/** What is said of rows, and what of the job. */
function optionsOfRows(options: JobOptions & RowOptions, site: CallSite) {
  at(site, () => checkNames('a job', options, ['timestamps', ...JOB_OPTIONS]))
  const { timestamps = 'date', ...jobOptions } = options
  at(site, () => oneOf(timestamps, 'timestamps', ['date', 'bigint']))
  const rowOptions: RowOptions = { timestamps }
  return { rowOptions, jobOptions }
}

/** What a check gives; its error is thrown at the user's call. */
function at<T>(site: CallSite, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw thrownAt(error, site)
  }
}
