/** Runs plans in every way, and says in which one the rows are not what they are to be. */

import type { DuckDBConnection } from '@duckdb/node-api'
import { collectSink } from '../../src/connectors/memory/collect.ts'
import { type JobOptions, type JobSnapshot, read, start } from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'
import { difference, type Rows } from './compare.ts'
import { streams } from './generate.ts'
import type { RandomPlan, Shape, SourceData } from './plan.ts'
import { Random } from './random.ts'
import { datasetsOf, rowsOfSplit } from './script.ts'
import { type Ends, shapeAt, shapesOf } from './shapes.ts'
import { rowsInDuckdb, sqlOf } from './sql.ts'

import { TOLERATED } from './tolerated.ts'

/** A way to run a plan. */
export interface Way {
  readonly ends: Ends
  readonly options: JobOptions
  /** Stop when this share of each split has been read, and go on like that. */
  readonly stop?: { readonly share: number; readonly then: JobOptions }
}

export interface Failure {
  readonly way: Way
  /** `rows`: not those of the other run or of SQL; else the code of an error. */
  readonly kind: string
  readonly message: string
}

const PLAIN: JobOptions = { shards: 0, batchRows: 1000 }

/** What is wrong with a plan: undefined for most. */
export async function checkPlan(
  plan: RandomPlan,
  connection: DuckDBConnection,
  effort = 1,
): Promise<Failure | undefined> {
  const random = new Random(plan.seed ^ 0x5bd1e995)
  for (const ends of streams(plan) ? (['bounded', 'unbounded'] as const) : (['bounded'] as const)) {
    const failure = await checkEnds(plan, ends, random, connection, effort)
    if (failure) return failure
  }
  return undefined
}

async function checkEnds(
  plan: RandomPlan,
  ends: Ends,
  random: Random,
  connection: DuckDBConnection,
  effort: number,
): Promise<Failure | undefined> {
  const shapes = shapesOf(plan, ends)
  const outputs = plan.sinks.map(edge => shapeAt(shapes, plan, edge))
  const plain: Way = { ends, options: PLAIN }
  const first = await attempt(plan, plain)
  if ('kind' in first) return TOLERATED.prunedUnions && first.kind === 'UNION_SCHEMA' ? undefined : first
  for (const [i, sink] of plan.sinks.entries()) {
    if (!outputs[i]!.known) continue
    const expected = await rowsInDuckdb(connection, sqlOf(plan, ends, sink))
    const found = difference(normal(expected), first.rows[i]!, outputs[i]!.columns, {
      ordered: isOrdered(plan, ends, outputs[i]!),
      exactly: false,
    })
    if (found) return { way: plain, kind: 'sql', message: `sink ${i}, against DuckDB: ${found}` }
  }
  for (const way of randomWays(random, ends, effort)) {
    if (way.stop && TOLERATED.stoppedReplay && plan.nodes.some(({ verb }) => verb === 'replay')) continue
    const got = await attempt(plan, way)
    if ('kind' in got) return got
    for (const [i, output] of outputs.entries()) {
      const found = difference(first.rows[i]!, got.rows[i]!, output.columns, {
        ordered: isOrdered(plan, ends, output),
        exactly: true,
      })
      if (found)
        return { way, kind: way.stop ? 'restore' : 'rows', message: `sink ${i}, against one shard: ${found}` }
    }
  }
  return undefined
}

/** Data that ends is always in order; the order of streams depends on how they come, aside from a single one's. */
const isOrdered = (plan: RandomPlan, ends: Ends, output: Shape): boolean =>
  output.placed &&
  (output.sequenced || (ends === 'bounded' && !plan.nodes.some(({ verb }) => verb === 'replay')))

function randomWays(random: Random, ends: Ends, effort: number): Way[] {
  const options = (): JobOptions => ({
    shards: random.pick([0, 1, 2, 3]),
    batchRows: random.pick([1, 2, 3, 7, 1000]),
    exchange: random.pick(['rows', 'partials', 'windows', 'auto']),
  })
  const ways: Way[] = []
  for (let i = 0; i < effort; i++) ways.push({ ends, options: options() })
  for (let i = 0; i < effort; i++)
    ways.push({ ends, options: options(), stop: { share: random.pick([0.25, 0.5, 0.8]), then: options() } })
  return ways
}

interface Outcome {
  readonly rows: readonly Rows[]
}

async function attempt(plan: RandomPlan, way: Way): Promise<Outcome | Failure> {
  try {
    if (!way.stop) return { rows: (await runWhole(plan, way.ends, way.options)).rows }
    const before = await runUntil(plan, way.ends, way.stop.share, way.options)
    if (!before.snapshot) return before
    const after = await runWhole(plan, way.ends, { ...way.stop.then, restore: before.snapshot })
    return { rows: before.rows.map((rows, i) => [...rows, ...after.rows[i]!]) }
  } catch (error) {
    const { code, name, message } = error as { code?: string; name: string; message: string }
    return { way, kind: code ?? name, message: String(message) }
  }
}

async function runWhole(plan: RandomPlan, ends: Ends, options: JobOptions): Promise<Outcome> {
  const scripts = plan.sources.map(source =>
    source.splits.map((rows): ScriptStep[] => [{ rows: rowsOfSplit(source, rows) }]),
  )
  const { job, rows } = await started(plan, ends, scripts, options)
  await job.done
  return { rows: rows() }
}

/** Runs until a share of the rows has been read, and stops there; without a snapshot when it ended before. */
async function runUntil(
  plan: RandomPlan,
  ends: Ends,
  share: number,
  options: JobOptions,
): Promise<Outcome & { snapshot?: JobSnapshot }> {
  const pausing = (source: SourceData) => ends === 'bounded' || !source.alwaysBounded
  let reached!: () => void
  const here = new Promise<void>(resolve => {
    reached = resolve
  })
  // Bounded splits are read one after the other: the first that pauses stops the job.
  let waiting =
    ends === 'bounded' ? 1 : plan.sources.filter(pausing).reduce((n, { splits }) => n + splits.length, 0)
  const pause: PromiseLike<never> = {
    // Awaiting it is the signal.
    then() {
      if (--waiting === 0) reached()
      return pause
    },
  }
  const scripts = plan.sources.map(source =>
    source.splits.map((given): ScriptStep[] => {
      const rows = rowsOfSplit(source, given)
      if (!pausing(source)) return [{ rows }]
      const cut = Math.floor(rows.length * share)
      return [{ rows: rows.slice(0, cut) }, { until: pause as Promise<never> }, { rows: rows.slice(cut) }]
    }),
  )
  const { job, rows } = await started(plan, ends, scripts, options)
  await Promise.race([here, job.done])
  // A limit may have had its rows before anything paused: the job is over then.
  const snapshot = await job.stop().catch(error => {
    if (error.code !== 'JOB_OVER') throw error
    return undefined
  })
  return { rows: rows(), ...(snapshot ? { snapshot } : {}) }
}

async function started(
  plan: RandomPlan,
  ends: Ends,
  scripts: readonly (readonly ScriptStep[])[][],
  options: JobOptions,
) {
  const sources = plan.sources.map((source, i) => {
    const schema = Object.fromEntries(source.columns.map(({ name, type }) => [name, type]))
    const bounded = ends === 'bounded' || source.alwaysBounded
    return read.source(scriptedSource(schema, scripts[i]!, { bounded }), schema)
  })
  const datasets = datasetsOf(plan, sources)
  const sinks = datasets.map(() => collectSink())
  const job = await start(
    datasets.map((dataset, i) => dataset.write(sinks[i]!)),
    options,
  )
  const rows = () =>
    sinks.map(sink => normal(sink.rows({ timestamps: 'bigint' }).map(row => Object.values(row))))
  return { job, rows }
}

/** Dates as days: so does SQL give them. */
const normal = (rows: Rows): Rows =>
  rows.map(row =>
    row.map(cell => (cell instanceof Date ? BigInt(Math.floor(Number(cell) / 86_400_000)) : cell)),
  )
