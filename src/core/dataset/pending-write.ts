/** Datasets on their way into sinks, and the jobs that take them there. */

import { escapeControls } from '../batch/format-table.ts'
import type { Sink } from '../connector.ts'
import { INSPECT } from '../display.ts'
import { type ExplainOptions, engine, type Job, type JobOptions } from '../engine.ts'
import { JobError, PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import type { SinkNode } from '../plan.ts'
import {
  type Built,
  build,
  type CallSite,
  callSite,
  type Draft,
  extend,
  type Lazy,
  lazySink,
  thrownAt,
} from '../planner/build.ts'
import type { Dataset } from './dataset.ts'
import { checkJobOptions } from './job-options.ts'
import { RowChannel } from './row-channel.ts'
import { noteStart, noteWrite } from './unstarted.ts'

/**
 * A dataset and the sink it is to be written to: what {@link start} takes. Nothing runs before.
 *
 * @example
 * const landing = flights.write(memory())
 * await landing.explain()
 */
export class PendingWrite {
  /** @internal */
  readonly draft: Draft
  /** @internal What the user gave: a sink can take one dataset. */
  readonly sink: Sink | Lazy<Sink>

  /** @internal */
  constructor(dataset: Dataset<any, any>, sink: Sink | Lazy<Sink>, above: Function) {
    const lazy = lazySink('write', sink, above)
    this.sink = sink
    const body: Omit<SinkNode, 'inputs' | 'connector'> = { kind: 'sink', label: lazy.label }
    this.draft = extend(body, [{ draft: dataset.draft, port: dataset.port }], above, { sink: lazy })
    // What the ends of datasets write to themselves has no user who could forget it.
    if (!(sink instanceof RowChannel)) noteWrite(this, lazy.label, this.draft.site)
  }

  /** @internal */
  [INSPECT](): string {
    return `PendingWrite to ${escapeControls(this.draft.sink!.label)}, which start() runs`
  }

  /** Runs this alone. See {@link start}. */
  async start(options: JobOptions = {}): Promise<Job> {
    return startAll([this], options, callSite(this.start))
  }

  /** The plan as it would run, as text; with `analyze` also what each part of it does. Nothing is written. */
  async explain(options: ExplainOptions = {}): Promise<string> {
    return explainAll([this], options, callSite(this.explain))
  }
}

/**
 * Runs datasets into their sinks as one job: what they have in common is read and computed once. Resolves when the job
 * is running; `job.done` when all is written and committed.
 *
 * @throws {PlanError} when the plan makes no sense; `NO_SINK` without anything to write; `SINK_TWICE` when two datasets
 * are written to one sink object
 * @throws {ConnectorError} when a source or sink cannot be opened
 * @example
 * const job = await start([hourly.write(duckdb('f.duckdb', 'hourly')), alerts.write(duckdb('f.duckdb', 'alerts'))])
 * await job.done
 */
export async function start(
  written: PendingWrite | readonly PendingWrite[],
  options: JobOptions = {},
): Promise<Job> {
  return startAll([written].flat() as PendingWrite[], options, callSite(start))
}

/** Notes writes as started or explained, also where that fails. */
function noteAll(written: readonly PendingWrite[]): void {
  for (const write of written) if (write instanceof PendingWrite) noteStart(write)
}

/** @internal Traces of the plan's errors begin at `site`. */
export async function startAll(
  written: readonly PendingWrite[],
  options: JobOptions,
  site: CallSite | undefined,
): Promise<Job> {
  noteAll(written)
  checkJobOptions(options, site)
  return unlessAborted(begin(written, options, site), options.signal)
}

async function begin(
  written: readonly PendingWrite[],
  options: JobOptions,
  site: CallSite | undefined,
): Promise<Job> {
  const { plan, attachments } = await planOf(written, site)
  try {
    return await engine().start(plan, attachments, options)
  } catch (error) {
    throw attachments.explain!(error)
  }
}

/** A source that never says what columns or splits it has does not keep a signal from being heard. */
async function unlessAborted(starting: Promise<Job>, signal: AbortSignal | undefined): Promise<Job> {
  if (!signal || signal.aborted) return starting
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () =>
    reject(new JobError('ABORTED', 'the job was aborted before it began', { cause: signal.reason }))
  signal.addEventListener('abort', onAbort)
  // A job that begins all the same hears the signal itself.
  starting.catch(() => {})
  try {
    return await Promise.race([starting, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** @internal The optimized plan as text. */
export async function explainAll(
  written: readonly PendingWrite[],
  options: ExplainOptions,
  site: CallSite | undefined,
): Promise<string> {
  noteAll(written)
  // What is no object of options is told by the check of a job's.
  const { analyze = false, ...rest } = options ?? {}
  const jobOptions = isObject(options) ? rest : options
  checkAnalyze(analyze, site)
  checkJobOptions(jobOptions, site)
  const { plan, attachments } = await planOf(written, site)
  try {
    return await engine().explain(plan, attachments, { ...jobOptions, analyze })
  } catch (error) {
    throw analyze ? attachments.explain!(error) : error
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function checkAnalyze(analyze: unknown, site: CallSite | undefined): void {
  if (typeof analyze === 'boolean') return
  const error = new PlanError('OPTION', `analyze is true or false, got ${shown(analyze)}`)
  throw thrownAt(error, site)
}

/** @internal The plan that writes all these. */
export async function planOf(written: readonly PendingWrite[], site?: CallSite): Promise<Built> {
  try {
    const stranger = written.findIndex(each => !(each instanceof PendingWrite))
    if (stranger >= 0) {
      throw new PlanError('NO_SINK', `start takes what write() gives, got ${shown(written[stranger])}`, {
        hint: "start([dataset.write(duckdb('file.duckdb', 'table'))])",
      })
    }
    if (written.length === 0) {
      throw new PlanError('NO_SINK', 'there is nothing to start: no dataset is written anywhere', {
        hint: "start([dataset.write(duckdb('file.duckdb', 'table'))])",
      })
    }
    const sinks = new Set(written.map(({ sink }) => sink))
    if (sinks.size < written.length) {
      throw new PlanError('SINK_TWICE', 'two datasets are written to one sink', {
        hint: 'make a sink for each, or write their union()',
      })
    }
    return await build(
      written.map(({ draft }) => draft),
      site,
    )
  } catch (error) {
    throw thrownAt(error, site)
  }
}
