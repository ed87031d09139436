import fc from 'fast-check'
import { expect, it } from 'vitest'
import { count, type Dataset, memory, read, start, sum } from '../../src/index.ts'
import { outcome, runWhole } from './verb-case.ts'

const schema = { k: 'utf8', x: 'int32', by: 'int32' } as const
const row = fc.record({ k: fc.constantFrom('a', 'b', null), x: fc.constantFrom(1, 2, 3, null) })

/** Verbs of changelogs with columns k and x. */
const verbs: readonly ((d: Dataset<any, any>) => Dataset<any, any>)[] = [
  d => d.filter((r: any) => r.x.gt(1)),
  d => d.with({ x: (r: any) => r.x.add(1) }),
  d => d.union(d.filter((r: any) => r.k.eq('a'))),
  d => d.distinct(),
  d => d.topN(2, 'x', 'desc', { by: 'k' }),
  d => d.topN(1, 'x', 'asc', { by: 'k', ties: true }),
  // By both columns: rows that are alike in one have the order in which they came, which a changelog does not keep.
  d => d.topN(3, [['x'], ['k']], { rank: 'rank' }).select('k', 'x'),
  d => d.dedup({ by: 'k', keep: 'last', orderBy: 'x' }),
  d => d.groupBy('k').agg({ x: count() }),
  d =>
    d
      .groupBy('x')
      .agg({ n: sum('x') })
      .select({ k: () => 'c', x: (r: any) => r.x }),
  d => d.join(d.distinct('k'), { on: 'k' }),
]

it('a row and its retraction, put in anywhere, change nothing; nothing is taken back that was not given', async () => {
  const chain = fc.array(fc.nat(verbs.length - 1), { minLength: 1, maxLength: 4 })
  const pairs = fc.array(fc.tuple(row, fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 })
  const cut = fc.record({ batchRows: fc.constantFrom(1, 2, 1000), shards: fc.constantFrom(0, 0, 2) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 8 }),
      pairs,
      chain,
      cut,
      async (rows, noise, steps, options) => {
        const plain = rows.map(each => ({ ...each, by: 1 }))
        const noisy = [...plain]
        for (const [each, at, later] of noise) {
          const from = at % (noisy.length + 1)
          noisy.splice(from, 0, { ...each, by: 1 })
          noisy.splice(from + 1 + (later % (noisy.length - from)), 0, { ...each, by: -1 })
        }
        const query = (d: any) => steps.reduce((made, i) => verbs[i]!(made), d.fromChanges({ weight: 'by' }))
        const left = async (given: typeof plain) => {
          // `outcome` also checks that nothing is taken back before it was given.
          const run = await runWhole({ schema, rows: given, query, expect: [] }, false, options)
          return outcome(run.rows)
            .map(each => JSON.stringify(each, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))
            .sort()
        }
        expect(await left(noisy)).toEqual(await left(plain))
      },
    ),
    { numRuns: 12 },
  )
})

it('changes, applied, are the final rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 12 }),
      fc.array(fc.nat(verbs.length - 1), { maxLength: 3 }),
      async (rows, steps) => {
        const of = (d: Dataset<any, any>) =>
          steps.reduce((made, i) => verbs[i]!(made), d.topN(5, 'x', 'asc', { by: 'k' }))
        async function* stream() {
          yield* rows
        }
        const sink = memory()
        const input = read.iterable(stream(), { k: 'utf8', x: 'int32' })
        const job = await start(of(input).changes().fromChanges({ weight: 'weight' }).write(sink), {
          batchRows: 3,
          shards: 0,
        })
        await job.done
        const final = await of(read.rows(rows, { k: 'utf8', x: 'int32' })).collect()
        const sorted = (all: readonly object[]) =>
          all.map(each => JSON.stringify(each, (_, v) => (typeof v === 'bigint' ? `${v}` : v))).sort()
        expect(sorted(sink.rows())).toEqual(sorted(final))
      },
    ),
    { numRuns: 25 },
  )
})
