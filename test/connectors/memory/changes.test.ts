import fc from 'fast-check'
import { expect, it } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { constantColumn, WEIGHT, withMeta } from '../../../src/core/batch/meta.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { memory, read, type Sink, start, toConsole } from '../../../src/index.ts'

const schema = schemaFrom({ key: 'utf8', x: 'float64' })

it('memory gives the rows that a changelog leaves', async () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', null),
    x: fc.constantFrom(0, -0, Number.NaN, 1.5, null),
    weight: fc.constantFrom(1, 1, 2, -1, -2),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 20 }), async changes => {
      const sink = collectSink()
      await sink.open(schema)
      await sink.begin(0)
      const counts = new Map<string, number>()
      const text = (key: unknown, x: unknown) => `${key} ${Object.is(x, -0) ? '-0' : x}`
      for (const { key, x, weight } of changes) {
        const batch = batchFromRows(schema, [{ key, x }])
        const weights = constantColumn('int32', weight, 1)
        await sink.write(weight === 1 ? batch : withMeta(batch, { [WEIGHT]: weights }))
        counts.set(text(key, x), (counts.get(text(key, x)) ?? 0) + weight)
      }
      await sink.commit(0)
      const left = new Map<string, number>()
      for (const { key, x } of sink.rows()) left.set(text(key, x), (left.get(text(key, x)) ?? 0) + 1)
      expect(left).toEqual(new Map([...counts].filter(([, count]) => count > 0)))
    }),
  )
})

it('a changelog is refused by a sink that only appends, naming the verb that takes rows back', async () => {
  async function* ticks() {
    yield { key: 'a', x: 1 }
    yield { key: 'a', x: 3 }
    yield { key: 'b', x: 2 }
  }
  const top = () =>
    read
      .iterable(ticks(), { key: 'utf8', x: 'float64' })
      .topN(1, 'x', 'desc', { by: 'key' })
      .filter(r => r.x.gt(0))
  const { accepts: _, ...appending } = memory()
  const sinkOfAppends: Sink = { ...appending, label: 'file' }
  await expect(start([top().write(sinkOfAppends)])).rejects.toMatchObject({
    name: 'PlanError',
    code: 'SINK_CHANGES',
    message: expect.stringMatching(/^topN .* file/),
  })
  const sink = memory()
  await (await start([top().write(sink)])).done
  expect(sink.rows()).toEqual([
    { key: 'a', x: 3 },
    { key: 'b', x: 2 },
  ])
})

it('a changelog can be explained, and says its columns, though it cannot be iterated', async () => {
  async function* ticks() {
    yield { x: 1 }
  }
  const top = read.iterable(ticks(), { x: 'float64' }).topN(1, 'x', 'desc')
  expect(await top.explain()).toContain('write to rows')
  expect(await top.schema()).toEqual([{ name: 'x', type: 'float64' }])
  await expect(top[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'SINK_CHANGES' })
})

it('the console shows what comes with a + and what is taken back with a -', async () => {
  async function* changes() {
    yield { '': 'a', x: 1, by: 1 }
    yield { '': 'b', x: 2, by: 2 }
    yield { '': 'a', x: 1, by: -1 }
  }
  let printed = ''
  const write = (text: string) => {
    printed += text
  }
  const rows = read.iterable(changes(), { '': 'utf8', x: 'int32', by: 'int32' })
  const job = await start(rows.fromChanges({ weight: 'by' }).write(toConsole({ write, limit: 3 })))
  await job.done
  expect(printed.split('\n').map(line => line.trim())).toEqual([
    '±     x',
    '─  ─  ─',
    '+  a  1',
    '+  b  2',
    '+  b  2',
    '… and 1 more row',
    '',
  ])
})
