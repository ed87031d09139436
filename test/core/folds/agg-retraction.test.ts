import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Batch, NO_POSITION, rowAt } from '../../../src/core/batch/batch.ts'
import { columnFrom } from '../../../src/core/batch/build.ts'
import { weightsOf } from '../../../src/core/batch/meta.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import type { AggNode } from '../../../src/core/operators/agg-node.ts'
import { open as openAgg } from '../../../src/core/operators/agg-runtime.ts'
import type { Operator, OperatorContext } from '../../../src/core/operators/contract.ts'
import { outputOf } from '../../../src/core/operators/index.ts'
import type { NodeOutput } from '../../../src/core/plan.ts'
import { ownedState } from '../../../src/core/state/state-reader.ts'
import { StateCollector } from '../../../src/core/state/state-writer.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const TYPES = { key: 'utf8', place: 'int32', i: 'int64', f: 'float64', t: 'utf8', b: 'bool' } as const
const schema = schemaFrom(TYPES)
const changelog: NodeOutput = { schema, bounded: false, lateness: false, timeOrdered: false, rows: 'changes' }
const of = (fold: string, ...names: string[]) => ({
  name: `${fold} ${names.join(' ')}`,
  fold,
  args: names.map(name => ({ kind: 'column' as const, name })),
})
const aggregates: AggNode['aggregates'] = [
  of('count'),
  ...['i', 'f', 't', 'b'].flatMap(x =>
    ['count', 'min', 'max', 'first', 'last', 'countDistinct'].map(fold => of(fold, x)),
  ),
  ...['i', 'f'].flatMap(x => ['sum', 'mean', 'variance', 'stddev'].map(fold => of(fold, x))),
  { ...of('quantile', 'f'), options: { p: 0.3 } },
  of('corr', 'i', 'f'),
  of('argMax', 't', 'i'),
  of('mode', 't'),
  of('any', 'b'),
  of('bitAnd', 'i'),
  of('collectList', 'i'),
  of('histogram', 't'),
  { ...of('join', 't'), options: { separator: ',' } },
  { ...of('approxQuantile', 'f'), options: { p: 0.3, error: 0.05 } },
]
const nodeOf = (keys: readonly string[]): AggNode => ({ kind: 'agg', inputs: [], keys, aggregates })

const open = (node: AggNode): Operator =>
  openAgg(node, {
    id: 'agg',
    inputs: [changelog],
    output: outputOf(node, [changelog], 'out'),
    arena: heapArena,
    placement: 'keys',
    shard: 0,
    shards: 1,
    report: { times() {}, late() {}, scored() {} },
  } as unknown as OperatorContext)

interface Entry {
  readonly key: string | null
  readonly i: bigint | null
  readonly f: number | null
  readonly t: string | null
  readonly b: boolean | null
}
interface Change {
  readonly entry: Entry
  /** By which rows are told apart and ordered. */
  readonly place: number
  readonly weight: number
}

const batchOf = (changes: readonly Change[]): Batch => {
  const rows = changes.map(({ entry, place }): Record<string, unknown> => ({ ...entry, place }))
  const columns = schema.map(({ name, type }) =>
    columnFrom(type, rows.map(row => row[name]) as any, heapArena),
  )
  return {
    schema,
    length: changes.length,
    columns,
    position: NO_POSITION,
    meta: {
      weight: { type: 'int32', values: Int32Array.from(changes, ({ weight }) => weight) },
      order0: columns[1]!,
    },
  }
}

/** What changes come to, by key; no row is taken back that is not there. */
class Outcome {
  readonly rows = new Map<string, number>()
  take = (batch: Batch) => {
    const weights = weightsOf(batch)
    rowsOf(batch).forEach((row, i) => {
      const text = JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
      const count = (this.rows.get(text) ?? 0) + (weights ? weights[rowAt(batch, i)]! : 1)
      expect([0, 1], text).toContain(count)
      if (count === 0) this.rows.delete(text)
      else this.rows.set(text, count)
    })
  }
}

const entry: fc.Arbitrary<Entry> = fc.record({
  key: fc.constantFrom('a', 'b', null),
  i: fc.option(fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }), { nil: null }),
  f: fc.option(fc.double(), { nil: null }),
  t: fc.option(fc.constantFrom('', 'x', 'y', 'ü'), { nil: null }),
  b: fc.option(fc.boolean(), { nil: null }),
})

/** Rows that stay and rows that come and go again, wherever, in batches. */
const history = fc
  .array(
    fc.record({
      entry,
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      goes: fc.boolean(),
      times: fc.integer({ min: 1, max: 3 }),
    }),
    {
      maxLength: 25,
    },
  )
  .chain(lives =>
    fc.record({
      lives: fc.constant(lives),
      until: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: lives.length,
        maxLength: lives.length,
      }),
      cuts: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 60 }),
    }),
  )

it.each([[['key']], [['key', 'b']], [[]]])(
  'rows that come and are taken out again change nothing, by keys %j, also after a restart',
  keys => {
    const node = nodeOf(keys)
    fc.assert(
      fc.property(history, fc.boolean(), ({ lives, until, cuts }, restarts) => {
        const changes = lives.flatMap(({ entry, from, goes, times }, place): (Change & { at: number })[] => {
          const come = { entry, place, weight: times, at: from }
          return goes ? [come, { ...come, weight: -times, at: from + until[place]! }] : [come]
        })
        changes.sort((a, b) => a.at - b.at || b.weight - a.weight)
        const outcome = new Outcome()
        let agg = open(node)
        for (let i = 0, at = 0; at < changes.length; at += cuts[i++ % cuts.length]!) {
          agg.onBatch(batchOf(changes.slice(at, at + cuts[i % cuts.length]!)), 0, outcome.take)
          if (!restarts || i % 3 !== 1) continue
          const collector = new StateCollector()
          agg.save!(collector)
          agg = open(node)
          agg.load!(ownedState([collector.saved], 0, 1))
        }
        const rest = new Outcome()
        const fresh = open(node)
        const left = lives.flatMap(({ entry, goes, times }, place): Change[] =>
          goes ? [] : [{ entry, place, weight: times }],
        )
        if (left.length > 0) fresh.onBatch(batchOf(left), 0, rest.take)
        const end = {
          watermarkMs: Number.POSITIVE_INFINITY,
          maxTimeMs: 0,
          inputs: [Number.POSITIVE_INFINITY],
        }
        agg.onTime!(end, outcome.take)
        fresh.onTime!(end, rest.take)
        expect([...outcome.rows.keys()].sort()).toEqual([...rest.rows.keys()].sort())
      }),
      { numRuns: 30 },
    )
  },
)
