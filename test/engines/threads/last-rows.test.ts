import { expect, it } from 'vitest'
import { count, memory, read, start } from '../../../src/index.ts'

const hundred = () =>
  read.rows(
    Array.from({ length: 100 }, (_, i) => ({ i, text: i % 10 === 0 ? null : `row ${i}`, even: i % 2 === 0 })),
  )

it.each([1, 7, 1000])('the last rows of each sink, in order, in batches of %i', async batchRows => {
  const rows = hundred()
  const job = await start([rows.write(memory()), rows.filter(r => r.i.lt(3)).write(memory())], {
    shards: 0,
    batchRows,
  })
  expect(job.lastRows(12).map(of => of.rows)).toEqual([[], []])
  await job.done
  const [all, few] = job.lastRows(12)
  expect(all!.rows).toEqual((await rows.collect()).slice(88))
  expect(few!.rows.map(row => row.i)).toEqual([0, 1, 2])
  expect(job.lastRows(2)[0]!.rows.map(row => row.i)).toEqual([98, 99])
  expect(all!.schema.map(({ name }) => name)).toEqual(['i', 'text', 'even'])
})

it('of a changelog, what was not taken away', async () => {
  const kept = memory()
  const counts = read
    .iterable([{ key: 'a' }, { key: 'a' }, { key: 'b' }], { key: 'utf8' })
    .groupBy('key')
    .agg({ n: count() })
  const job = await counts.write(kept).start({ shards: 0, batchRows: 1 })
  job.lastRows()
  await job.done
  expect(job.lastRows()[0]!.rows).toEqual([
    { key: 'a', n: 1 },
    { key: 'a', n: 2 },
    { key: 'b', n: 1 },
  ])
})

it('a number of rows that is none is refused', async () => {
  const job = await hundred().write(memory()).start({ shards: 0 })
  expect(() => job.lastRows(0)).toThrow(
    /the rows of lastRows\(\) needs a whole number from 1 to 10000, got 0/,
  )
  await job.done
})
