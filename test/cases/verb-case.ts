/**
 * One case table, many runs. A case says what rows go in, what a query makes of them, and what comes out; it is run
 * bounded and unbounded, with batches of 1, 3 and 1000 rows, on 1, 2 and 3 shards and on the calling thread, in every
 * exchange, and stopped at a barrier and restored at another shard count. With several inputs each is bounded or not.
 * `MATRIX=full` runs all combinations of these.
 *
 * A changelog is compared as what it comes to: rows taken back are gone. It may only take back what it gave.
 */

import { describe, expect, it } from 'vitest'
import { type CollectSink, collectSink } from '../../src/connectors/memory/collect.ts'
import { rowAt } from '../../src/core/batch/batch.ts'
import { weightsOf } from '../../src/core/batch/meta.ts'
import { rowsOf } from '../../src/core/batch/rows.ts'
import { fromSource } from '../../src/core/dataset/from-source.ts'
import { definitionOf } from '../../src/core/operators/index.ts'
import type { PlanNode } from '../../src/core/plan.ts'
import { type Draft, outputAt } from '../../src/core/planner/build.ts'
import type { ColumnTypeSpec } from '../../src/core/types/column-type.ts'
import type { RowOf } from '../../src/core/types/row.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { type Dataset, type Job, type JobOptions, type JobSnapshot, start } from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'
import { FULL } from '../effort.ts'

export type Row = Readonly<Record<string, unknown>>
type AnyDataset = Dataset<any, any>

type Columns = Readonly<Record<string, ColumnTypeSpec>>

/** One list, or one list per split. */
type Rows = readonly Row[] | readonly (readonly Row[])[]

interface Claims {
  /** What comes out, over bounded input; `'same'`: what the calling thread makes of it in one batch. */
  readonly expect: readonly Row[] | 'same'
  /** What comes out over unbounded input where rows are late; `false` where the query needs bounded input. */
  readonly unbounded?: readonly Row[] | false
  /** Whether the order of the output is part of the claim. Default: with one split per input, unless streams meet. */
  readonly ordered?: boolean
}

export interface VerbCase<S extends Columns = any> extends Claims {
  readonly schema: S
  readonly rows: Rows
  /** Typed over bounded input; the runs over unbounded input use the same query. */
  readonly query: (input: Dataset<RowOf<S>, 'bounded'>) => AnyDataset
}

export interface InputsCase<I extends readonly Columns[] = any> extends Claims {
  readonly inputs: { readonly [K in keyof I]: { readonly schema: I[K]; readonly rows: Rows } }
  readonly query: (...inputs: { [K in keyof I]: Dataset<RowOf<I[K]>, 'bounded'> }) => AnyDataset
}

type AnyCase = InputsCase<readonly Columns[]>

type Exchange = NonNullable<JobOptions['exchange']>

/**
 * Rows per batch, shards, and on several shards the exchanges, where there is a choice: each of them at least once, small
 * batches with every exchange. `npm run test:matrix` has every batch size with every number of shards and every exchange.
 */
const RUNS: readonly (readonly [batchRows: number, shards: number, exchanges?: readonly Exchange[]])[] = [
  [3, 0],
  [1000, 1],
  [1, 2, ['rows', 'partials']],
  [3, 3, ['windows', 'auto']],
]

/** Fewer shards and more, each exchange once. */
const RESTARTS: readonly (readonly [
  before: number,
  after: number,
  part: number,
  exchanges: readonly Exchange[],
])[] = [
  [1, 3, 0.25, ['rows']],
  [3, 1, 0.5, ['partials']],
  [2, 3, 0.8, ['windows']],
]

/** The ways to run a plan: those of all that it has the exchanges for, one at least. */
function runsFor(exchanges: readonly Exchange[]): JobOptions[] {
  if (FULL) {
    return [1, 3, 1000].flatMap(batchRows =>
      [0, 1, 2, 3].flatMap(shards =>
        (shards > 1 ? [...exchanges, 'auto' as const] : ['auto' as const]).map(exchange => ({
          ...{ batchRows, shards, exchange },
        })),
      ),
    )
  }
  return RUNS.flatMap(([batchRows, shards, wanted = ['auto']]) => {
    const able = exchanges.length === 1 ? (['auto'] as const) : wanted
    return able.map(exchange => ({ batchRows, shards, exchange }))
  })
}

/** Runs a case through the matrix. */
export function verbCase<const S extends Columns>(name: string, verb: VerbCase<S>): void
export function verbCase<const I extends readonly Columns[]>(name: string, verb: InputsCase<I>): void
export function verbCase(name: string, given: VerbCase | InputsCase): void {
  const verb = anyCase(given)
  /** What the calling thread makes of it in one batch, worked out once. */
  let same: Promise<Row[]> | undefined
  const sameRows = () => {
    same ??= runWhole(verb, allBounded(verb), { shards: 0 }).then(({ rows }) => outcome(rows))
    return same
  }
  describe(name, () => {
    /** How rows may reach their groups: a choice that only aggregations leave open. */
    const exchangesOf = (draft: Draft) =>
      aggregatesWhereRowsAre(draft) ? (['rows', 'partials', 'windows'] as const) : (['rows'] as const)
    for (const bounds of boundsOf(verb)) {
      const bounded = !bounds.includes(false)
      const claimed = bounded ? verb.expect : (verb.unbounded ?? verb.expect)
      if (claimed === false) continue
      const oneSplit = verb.inputs.every(({ rows }) => splitsOf(rows).length === 1)
      const { draft, port } = over(verb, bounds, scriptsOf(verb)).dataset
      const exchanges = exchangesOf(draft)
      const changelog = outputAt(draft, port)!.rows === 'changes'
      const ordered = verb.ordered ?? (oneSplit && (bounded || (bounds.length === 1 && !changelog)))
      const expectedRows = async () => (claimed === 'same' ? sameRows() : claimed)
      const kind = bounds.map(end => (end ? 'bounded' : 'unbounded')).join(' and ')
      it(`${kind}, whatever the batches, shards and exchange`, async () => {
        const expected = await expectedRows()
        for (const options of runsFor(exchanges)) {
          const { rows } = await runWhole(verb, bounds, options)
          expect(inOrder(outcome(rows), ordered), JSON.stringify(options)).toEqual(inOrder(expected, ordered))
        }
      })
      it(`${kind}, stopped at a barrier and restored at another shard count`, async () => {
        const expected = await expectedRows()
        for (const [before, after, part, wanted] of RESTARTS) {
          const some = exchanges.length === 1 || FULL ? exchanges : wanted
          for (const exchange of some) {
            const first = await runUntil(verb, bounds, part, { shards: before, batchRows: 2, exchange })
            const second = await runWhole(verb, bounds, {
              shards: after,
              batchRows: 3,
              exchange,
              restore: first.snapshot,
            })
            const rows = outcome([...first.rows, ...second.rows])
            expect(inOrder(rows, ordered), JSON.stringify({ before, after, part, exchange })).toEqual(
              inOrder(expected, ordered),
            )
          }
        }
      })
    }
  })
}

/** Whether rows may be aggregated in the shards that read them. */
const aggregatesWhereRowsAre = ({ body, inputs }: Draft): boolean =>
  definitionOf(body as PlanNode).twoPhase?.(
    body as PlanNode,
    inputs.map(({ draft, port }) => outputAt(draft, port)!),
  ) === true || inputs.some(({ draft }) => aggregatesWhereRowsAre(draft))

const anyCase = (given: VerbCase | InputsCase): AnyCase =>
  'inputs' in given
    ? given
    : { ...given, inputs: [{ schema: given.schema, rows: given.rows }], query: given.query as any }

const splitsOf = (rows: Rows): readonly (readonly Row[])[] =>
  Array.isArray(rows[0]) ? (rows as readonly (readonly Row[])[]) : [rows as readonly Row[]]

const allBounded = ({ inputs }: AnyCase): readonly boolean[] => inputs.map(() => true)

/** By run, which inputs end. */
function boundsOf({ inputs }: AnyCase): readonly (readonly boolean[])[] {
  return inputs.reduce<readonly (readonly boolean[])[]>(
    all => [...all.map(ends => [...ends, true]), ...all.map(ends => [...ends, false])],
    [[]],
  )
}

function inOrder(rows: readonly Row[], ordered: boolean): readonly Row[] {
  return ordered ? rows : [...rows].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}

const textOf = (row: Row): string =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))

/** A row as it left, and how often it counts; negative where it was taken back. */
interface WeighedRow {
  readonly row: Row
  readonly weight: number
}

const weighedRows = ({ batches }: CollectSink): WeighedRow[] =>
  batches.flatMap(batch => {
    const weights = weightsOf(batch)
    return rowsOf(batch).map((row, i) => ({ row, weight: weights ? weights[rowAt(batch, i)]! : 1 }))
  })

/** What is there in the end. Nothing is taken back that was not given. */
export function outcome(changes: readonly WeighedRow[]): Row[] {
  const changelog = changes.some(({ weight }) => weight !== 1)
  if (!changelog) return changes.map(({ row }) => row)
  const counts = new Map<string, { row: Row; count: number }>()
  for (const { row, weight } of changes) {
    const text = textOf(row)
    const counted = counts.get(text) ?? { row, count: 0 }
    counted.count += weight
    expect(counted.count, `${text} was taken back before it was given`).toBeGreaterThanOrEqual(0)
    counts.delete(text)
    if (counted.count > 0) counts.set(text, counted)
  }
  return [...counts.values()].flatMap(({ row, count }) => Array.from({ length: count }, () => row))
}

/** The query over sources that follow scripts, by input and split. */
function over(
  { inputs, query }: AnyCase,
  bounds: readonly boolean[],
  scripts: readonly (readonly (readonly ScriptStep[])[])[],
) {
  const sources = inputs.map(({ schema }, i) => scriptedSource(schema, scripts[i]!, { bounded: bounds[i]! }))
  const datasets = inputs.map(({ schema }, i) =>
    fromSource({ label: 'script', load: async () => sources[i]! }, bounds[i]!, schemaFrom(schema), over),
  )
  return { sources, dataset: query(...(datasets as any)) }
}

const scriptsOf = ({ inputs }: AnyCase): ScriptStep[][][] =>
  inputs.map(({ rows }) => splitsOf(rows).map(ofSplit => [{ rows: ofSplit }]))

export async function runWhole(
  given: VerbCase | InputsCase,
  bounds: boolean | readonly boolean[],
  options: JobOptions,
): Promise<{ rows: WeighedRow[]; job: Job }> {
  const verb = anyCase(given)
  const ends = typeof bounds === 'boolean' ? verb.inputs.map(() => bounds) : bounds
  const { sources, dataset } = over(verb, ends, scriptsOf(verb))
  const sink = collectSink()
  const job = await start([dataset.write(sink)], options)
  await job.done
  for (const source of sources) expect(source.openReaders).toBe(0)
  return { rows: weighedRows(sink), job }
}

/** Runs until every split has delivered a part of its rows, and stops there. */
async function runUntil(
  verb: AnyCase,
  bounds: readonly boolean[],
  part: number,
  options: JobOptions,
): Promise<{ rows: WeighedRow[]; snapshot: JobSnapshot }> {
  let reached!: () => void
  const here = new Promise<void>(resolve => {
    reached = resolve
  })
  // Bounded splits are read one after the other: the first that pauses stops them all.
  const streams = verb.inputs.filter((_, i) => !bounds[i]).flatMap(({ rows }) => splitsOf(rows))
  let waiting = streams.length + (bounds.includes(true) ? 1 : 0)
  const pause: PromiseLike<never> = {
    // Awaiting it is the signal.
    then() {
      if (--waiting === 0) reached()
      return pause
    },
  }
  const scripts = verb.inputs.map(({ rows }) =>
    splitsOf(rows).map(ofSplit => {
      const cut = Math.floor(ofSplit.length * part)
      return [
        { rows: ofSplit.slice(0, cut) },
        { until: pause as Promise<never> },
        { rows: ofSplit.slice(cut) },
      ]
    }),
  )
  const { sources, dataset } = over(verb, bounds, scripts)
  const sink = collectSink()
  const job = await start([dataset.write(sink)], options)
  await Promise.race([here, job.done])
  const snapshot = await job.stop()
  for (const source of sources) expect(source.openReaders).toBe(0)
  return { rows: weighedRows(sink), snapshot }
}
