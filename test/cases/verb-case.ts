/**
 * One case table, many runs. A case says what rows go in, what a query makes of them, and what comes out; it is run
 * bounded and unbounded, with batches of 1, 3 and 1000 rows, on 1, 2 and 3 shards and on the calling thread, in every
 * exchange, and stopped at a barrier and restored at another shard count.
 */

import { describe, expect, it } from 'vitest'
import { collectSink } from '../../src/connectors/memory/collect.ts'
import { fromSource } from '../../src/core/dataset/from-source.ts'
import type { ColumnTypeName } from '../../src/core/types/column-type.ts'
import type { RowOf } from '../../src/core/types/row.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { type Dataset, type Job, type JobOptions, type JobSnapshot, start } from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'

type Row = Readonly<Record<string, unknown>>
type AnyDataset = Dataset<any, any>

type Columns = Readonly<Record<string, ColumnTypeName>>

export interface VerbCase<S extends Columns = any> {
  readonly schema: S
  /** One list, or one list per split. */
  readonly rows: readonly Row[] | readonly (readonly Row[])[]
  /** Typed over bounded input; the runs over unbounded input use the same query. */
  readonly query: (input: Dataset<RowOf<S>, 'bounded'>) => AnyDataset
  /** What comes out, over bounded input; `'same'`: what the calling thread makes of it in one batch. */
  readonly expect: readonly Row[] | 'same'
  /** What comes out over unbounded input where rows are late; `false` where the query needs bounded input. */
  readonly unbounded?: readonly Row[] | false
  /** Whether the order of the output is part of the claim. Default: with one split. */
  readonly ordered?: boolean
}

const BATCH_ROWS = [1, 3, 1000]
const SHARDS = [0, 1, 2, 3]

/** Runs a case through the matrix. */
export function verbCase<const S extends Columns>(name: string, verb: VerbCase<S>): void {
  describe(name, () => {
    const splits = splitsOf(verb)
    /** How rows may reach their groups: a choice that only aggregations leave open. */
    const exchanges = async () =>
      /\bagg\b/.test(await over(verb, true, [[]]).dataset.explain())
        ? (['rows', 'partials', 'windows'] as const)
        : (['rows'] as const)
    const ordered = verb.ordered ?? splits.length === 1
    for (const bounded of [true, false]) {
      const claimed = bounded ? verb.expect : (verb.unbounded ?? verb.expect)
      if (claimed === false) continue
      const expectedRows = async () =>
        claimed === 'same' ? (await runWhole(verb, true, { shards: 0 })).rows : claimed
      const kind = bounded ? 'bounded' : 'unbounded'
      it(`${kind}, whatever the batches, shards and exchange`, async () => {
        const expected = await expectedRows()
        for (const batchRows of BATCH_ROWS) {
          for (const shards of SHARDS) {
            for (const exchange of shards > 1
              ? [...(await exchanges()), 'auto' as const]
              : ['auto' as const]) {
              const options: JobOptions = { batchRows, shards, exchange }
              const { rows } = await runWhole(verb, bounded, options)
              expect(inOrder(rows, ordered), JSON.stringify(options)).toEqual(inOrder(expected, ordered))
            }
          }
        }
      })
      it(`${kind}, stopped at a barrier and restored at another shard count`, async () => {
        const expected = await expectedRows()
        for (const [before, after] of [
          [1, 3],
          [3, 1],
          [2, 3],
        ] as const) {
          for (const part of [0.25, 0.5, 0.8]) {
            for (const exchange of await exchanges()) {
              const first = await runUntil(verb, bounded, part, { shards: before, batchRows: 2, exchange })
              const second = await runWhole(verb, bounded, {
                shards: after,
                batchRows: 3,
                exchange,
                restore: first.snapshot,
              })
              const rows = [...first.rows, ...second.rows]
              expect(inOrder(rows, ordered), JSON.stringify({ before, after, part, exchange })).toEqual(
                inOrder(expected, ordered),
              )
            }
          }
        }
      })
    }
  })
}

const splitsOf = ({ rows }: VerbCase): readonly (readonly Row[])[] =>
  Array.isArray(rows[0]) ? (rows as readonly (readonly Row[])[]) : [rows as readonly Row[]]

function inOrder(rows: readonly Row[], ordered: boolean): readonly Row[] {
  const text = (row: Row) =>
    JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
  return ordered ? rows : [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

/** The query over a source that follows a script. */
function over(verb: VerbCase, bounded: boolean, scripts: readonly (readonly ScriptStep[])[]) {
  const source = scriptedSource(verb.schema, scripts, { bounded })
  const input = fromSource(
    { label: 'script', load: async () => source },
    bounded,
    schemaFrom(verb.schema),
    over,
  )
  return { source, dataset: verb.query(input as Dataset<any, 'bounded'>) }
}

export async function runWhole(
  verb: VerbCase,
  bounded: boolean,
  options: JobOptions,
): Promise<{ rows: Row[]; job: Job }> {
  const { source, dataset } = over(
    verb,
    bounded,
    splitsOf(verb).map(rows => [{ rows }]),
  )
  const sink = collectSink()
  const job = await start([dataset.write(sink)], options)
  await job.done
  expect(source.openReaders).toBe(0)
  return { rows: sink.rows(), job }
}

/** Runs until every split has delivered a part of its rows, and stops there. */
async function runUntil(
  verb: VerbCase,
  bounded: boolean,
  part: number,
  options: JobOptions,
): Promise<{ rows: Row[]; snapshot: JobSnapshot }> {
  const splits = splitsOf(verb)
  let reached!: () => void
  const here = new Promise<void>(resolve => {
    reached = resolve
  })
  // Bounded splits are read one after the other: the first that pauses stops the job.
  let waiting = bounded ? 1 : splits.length
  const pause: PromiseLike<never> = {
    // Awaiting it is the signal.
    then() {
      if (--waiting === 0) reached()
      return pause
    },
  }
  const scripts = splits.map(rows => {
    const cut = Math.floor(rows.length * part)
    return [{ rows: rows.slice(0, cut) }, { until: pause as Promise<never> }, { rows: rows.slice(cut) }]
  })
  const { source, dataset } = over(verb, bounded, scripts)
  const sink = collectSink()
  const job = await start([dataset.write(sink)], options)
  await Promise.race([here, job.done])
  const snapshot = await job.stop()
  expect(source.openReaders).toBe(0)
  return { rows: sink.rows(), snapshot }
}
