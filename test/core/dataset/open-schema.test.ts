import fc from 'fast-check'
import { expect, it } from 'vitest'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { count, type Dataset, max, mean, memory, read, replay, tumbling } from '../../../src/index.ts'

type AnyDataset = Dataset<any, any>

const schema = { at: 'timestamp', x: 'int32', y: 'float64', word: 'utf8' } as const
const declared = (): AnyDataset => read.rows([], schema)
const open = (): AnyDataset =>
  read.source({
    label: 'a source that knows its columns only when asked',
    bounded: true,
    replayable: true,
    canOrder: false,
    schema: async () => schemaFrom(schema),
    canFilter: () => false,
    splits: async () => [],
    open: () => Promise.reject(new Error('not read')),
  })

const planned = async (dataset: AnyDataset): Promise<Plan> => {
  const { plan } = await planOf([dataset.write(memory())])
  const nodes = Object.entries(plan.nodes).map(([id, node]) => [id, { ...node, label: 'any' }])
  return { ...plan, nodes: Object.fromEntries(nodes) }
}

/** Verbs that leave the columns `x` and `word` there. */
const verbs: ((dataset: AnyDataset) => AnyDataset)[] = [
  d => d.filter((r: any) => r.x.gt(1).and(r.word.startsWith('a'))),
  d => d.with({ x: (r: any) => r.x.add(1), z: (r: any) => r.word.length() }),
  d => d.select('x', 'word'),
  d => d.select({ word: (r: any) => r.word.upper(), x: (r: any) => r.x }),
  d => d.rename({ x: 'word', word: 'x' }).rename({ x: 'word', word: 'x' }),
  d => d.with({ copy: (r: any) => r.x }).drop('copy'),
  d => d.explode('word', { separator: ',' }),
  d => d.groupBy('word').agg({ x: max('x'), m: mean((r: any) => r.x), n: count() }),
  d => d.orderBy(['x', 'desc'], ['word']),
  d => d.limit(7),
  d => d.union(d),
]

it('columns known at the call and columns found later make the same plan', async () => {
  const chain = fc.array(fc.constantFrom(...verbs), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(chain, async steps => {
      const over = (from: AnyDataset) => planned(steps.reduce((dataset, verb) => verb(dataset), from))
      expect(await over(open())).toEqual(await over(declared()))
    }),
  )
})

it('so do filled gaps, whose values take the types of the columns', async () => {
  const filled = (from: AnyDataset) =>
    replay(from, { time: 'at' })
      .watermark('at')
      .groupBy('word')
      .window(tumbling('1h'))
      .agg({ n: count(), latest: max('at'), y: mean('y') })
      .fillGaps({ values: { n: 0, latest: new Date(5), y: -0 }, ttl: '1d' })
  const plan = await planned(filled(open()))
  expect(plan).toEqual(await planned(filled(declared())))
  expect(JSON.stringify(plan)).toContain('{"kind":"literal","type":"timestamp[us]","value":"5000"}')
})
