/** Runs plans in every way, and says in which one the rows are not what they are to be. */

import type { DuckDBConnection } from '@duckdb/node-api'
import { collectSink } from '../../src/connectors/memory/collect.ts'
import type { Source } from '../../src/core/connector.ts'
import { type JobOptions, type JobSnapshot, read, start } from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'
import { type Changes, changesIn, outcome } from './changes.ts'
import { difference, normal, type Rows } from './compare.ts'
import { makesSense, streams } from './generate.ts'
import type { RandomPlan, Shape, SourceData } from './plan.ts'
import { startsAnew } from './query-verbs.ts'
import { Random } from './random.ts'
import { datasetsOf, rowsOfSplit } from './script.ts'
import { type Ends, shapeAt, shapesOf } from './shapes.ts'
import { rowsInDuckdb, sqlOf } from './sql.ts'

/** A way to run a plan. */
export interface Way {
  readonly ends: Ends
  readonly options: JobOptions
  /** Stop when this share of each split has been read, and go on like that. */
  readonly stop?: {
    readonly share: number
    readonly then: JobOptions
    /** The job is not stopped but runs on to its end; another goes on from its snapshot. */
    readonly runsOn?: boolean
  }
}

export interface Failure {
  readonly way: Way
  /** `rows`: not those of the other run or of SQL; else the code of an error. */
  readonly kind: string
  readonly message: string
}

const PLAIN: JobOptions = { shards: 0, batchRows: 1000 }

export interface Trying {
  /** How many ways besides the plain one; every other stops on the way. */
  readonly effort?: number
  /** Called before each way. */
  readonly trying?: (way: Way) => void
}

/** What is wrong with a plan: undefined for most. */
export async function checkPlan(
  plan: RandomPlan,
  connection: DuckDBConnection,
  { effort = 1, trying = () => {} }: Trying = {},
): Promise<Failure | undefined> {
  const random = new Random(plan.seed ^ 0x5bd1e995)
  for (const ends of ['bounded', 'unbounded'] as const) {
    if (!(ends === 'bounded' ? makesSense(plan, ends) : streams(plan))) continue
    const failure = await checkEnds(plan, ends, random, connection, { effort, trying })
    if (failure) return failure
  }
  return undefined
}

async function checkEnds(
  plan: RandomPlan,
  ends: Ends,
  random: Random,
  connection: DuckDBConnection,
  { effort, trying }: Required<Trying>,
): Promise<Failure | undefined> {
  const shapes = shapesOf(plan, ends)
  const outputs = plan.sinks.map(edge => shapeAt(shapes, plan, edge))
  const plain: Way = { ends, options: PLAIN }
  trying(plain)
  const first = await attempt(plan, plain)
  if ('kind' in first) return first
  for (const [i, sink] of plan.sinks.entries()) {
    if (!outputs[i]!.known) continue
    const expected = await rowsInDuckdb(connection, sqlOf(plan, ends, sink))
    const found = difference(normal(expected), first.rows[i]!, outputs[i]!.columns, {
      ordered: !outputs[i]!.anyOrder && isOrdered(plan, ends, outputs[i]!),
      exactly: false,
    })
    if (found) return { way: plain, kind: 'sql', message: `sink ${i}, against DuckDB: ${found}` }
  }
  for (const way of randomWays(random, plan, ends, effort)) {
    trying(way)
    const got = await attempt(plan, way)
    if ('kind' in got) return got
    for (const [i, output] of outputs.entries()) {
      const found = (rows: Rows) =>
        difference(first.rows[i]!, rows, output.columns, {
          ordered: isOrdered(plan, ends, output),
          exactly: true,
        })
      const restored = found(got.rows[i]!)
      if (restored)
        return {
          way,
          kind: way.stop ? 'restore' : 'rows',
          message: `sink ${i}, against one shard: ${restored}`,
        }
      const ranOn = got.ranOn && found(got.ranOn[i]!)
      if (ranOn) return { way, kind: 'snapshot', message: `sink ${i}, of the job that ran on: ${ranOn}` }
    }
  }
  return undefined
}

/** Data that ends is always in order; the order of streams depends on how they come, aside from a single one's. */
const isOrdered = (plan: RandomPlan, ends: Ends, output: Shape): boolean =>
  output.sequenced || (ends === 'bounded' && !plan.nodes.some(({ verb }) => verb === 'replay'))

function randomWays(random: Random, plan: RandomPlan, ends: Ends, effort: number): Way[] {
  const options = (): JobOptions => ({
    // Threads are most of what a run costs: half of the runs have none.
    shards: random.pick([0, 0, 0, 1, 2, 3]),
    batchRows: random.pick([1, 2, 3, 7, 1000]),
    exchange: random.pick(['rows', 'partials', 'windows', 'auto']),
  })
  const stops = random.chance(0.5)
  const goesOn = !plan.nodes.some(({ verb }) => startsAnew(verb))
  return Array.from({ length: effort }, (_, i) => {
    if (!goesOn || (i % 2 === 0) !== stops) return { ends, options: options() }
    const stop = { share: random.pick([0.25, 0.5, 0.8]), then: options(), runsOn: random.chance(0.5) }
    return { ends, options: options(), stop }
  })
}

interface Outcome {
  readonly rows: readonly Rows[]
  /** What the job came to that a snapshot was taken of. */
  readonly ranOn?: readonly Rows[]
}

async function attempt(plan: RandomPlan, way: Way): Promise<Outcome | Failure> {
  try {
    if (!way.stop) return { rows: (await changesOf(plan, way.ends, way.options)).map(outcome) }
    const before = await runUntil(plan, way)
    if (!before.snapshot) return { rows: before.rows.map(outcome) }
    const after = await changesOf(plan, way.ends, { ...way.stop.then, restore: before.snapshot })
    return { rows: before.rows.map((rows, i) => outcome([...rows, ...after[i]!])), ...before.wholly }
  } catch (error) {
    const { code, name, message } = error as { code?: string; name: string; message: string }
    return { way, kind: code ?? name, message: String(message) }
  }
}

async function changesOf(plan: RandomPlan, ends: Ends, options: JobOptions): Promise<Changes[]> {
  const scripts = plan.sources.map(source =>
    source.splits.map((rows): ScriptStep[] => [{ rows: rowsOfSplit(source, rows) }]),
  )
  const { job, changes } = await started(plan, ends, scripts, options)
  await job.done
  return changes()
}

/** What came before a snapshot, which there is none of when the job ended before. */
interface Until {
  readonly rows: readonly Changes[]
  readonly snapshot?: JobSnapshot
  /** What the job came to that ran on. */
  readonly wholly?: { readonly ranOn: readonly Rows[] }
}

/** Runs until a share of the rows has been read, and stops there, or takes a snapshot and runs on. */
async function runUntil(plan: RandomPlan, { ends, options, stop }: Way): Promise<Until> {
  const pausing = (source: SourceData) => ends === 'bounded' || !source.alwaysBounded
  // Bounded splits are read one after the other: the first that pauses stops the job.
  const splits =
    ends === 'bounded' ? 1 : plan.sources.filter(pausing).reduce((n, { splits }) => n + splits.length, 0)
  const pause = new Pause(splits)
  const scripts = plan.sources.map((source, s) =>
    source.splits.map((given, split): ScriptStep[] => {
      const rows = rowsOfSplit(source, given)
      if (!pausing(source)) return [{ rows }]
      const cut = Math.floor(rows.length * stop!.share)
      return [
        { rows: rows.slice(0, cut) },
        { until: pause.at(`${s}.${split}`) as unknown as Promise<never> },
        { rows: rows.slice(cut) },
      ]
    }),
  )
  // A split that a limit needs no more of is closed before its pause.
  const closed = (source: number, split: number) =>
    ends === 'unbounded' && pausing(plan.sources[source]!) && pause.pass(`${source}.${split}`)
  const { job, changes } = await started(plan, ends, scripts, options, closed)
  await Promise.race([pause.reached, job.done])
  // A limit may have had its rows before anything paused: the job is over then.
  const snapshot = await (stop!.runsOn ? job.snapshot() : job.stop()).catch(error => {
    if (error.code !== 'JOB_OVER') throw error
    return undefined
  })
  const rows = changes()
  if (!stop!.runsOn) return { rows, ...(snapshot ? { snapshot } : {}) }
  pause.end()
  await job.done
  const ranOn = changes()
  return snapshot ? { rows, snapshot, wholly: { ranOn: ranOn.map(outcome) } } : { rows: ranOn }
}

/** Where splits wait, and when so many do or are done with. */
class Pause {
  readonly reached: Promise<void>
  readonly #ended = Promise.withResolvers<undefined>()
  readonly #reach: () => void
  readonly #there = new Set<string>()
  readonly #splits: number

  constructor(splits: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.reached = promise
    this.#reach = resolve
    this.#splits = splits
  }

  /** What a split waits for. Awaiting it is the signal. */
  at(split: string): PromiseLike<undefined> {
    return {
      then: (done, failed) => {
        this.pass(split)
        return this.#ended.promise.then(done, failed)
      },
    }
  }

  pass(split: string): void {
    if (this.#there.add(split).size === this.#splits) this.#reach()
  }

  end(): void {
    this.#ended.resolve(undefined)
  }
}

async function started(
  plan: RandomPlan,
  ends: Ends,
  scripts: readonly (readonly ScriptStep[])[][],
  options: JobOptions,
  closed: (source: number, split: number) => void = () => {},
) {
  const sources = plan.sources.map((source, i) => {
    const schema = Object.fromEntries(source.columns.map(({ name, type }) => [name, type]))
    const bounded = ends === 'bounded' || source.alwaysBounded
    const scripted = scriptedSource(schema, scripts[i]!, { bounded })
    return read.source(
      telling(scripted, split => closed(i, split)),
      schema,
    )
  })
  const datasets = datasetsOf(plan, sources)
  const sinks = datasets.map(() => collectSink())
  const job = await start(
    datasets.map((dataset, i) => dataset.write(sinks[i]!)),
    options,
  )
  return { job, changes: () => sinks.map(changesIn) }
}

/** The source, which tells of each split that is closed. */
const telling = <S extends Source>(source: S, closed: (split: number) => void): S => ({
  ...source,
  async open(split, from, request, memory) {
    const reader = await source.open(split, from, request, memory)
    return {
      next: () => reader.next(),
      async close() {
        closed(split.id)
        await reader.close()
      },
    }
  },
})
