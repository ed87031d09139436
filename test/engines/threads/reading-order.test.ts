/** Which sources are read, how often, and one after the other. */

import { describe, expect, it } from 'vitest'
import { explainAll } from '../../../src/core/dataset/pending-write.ts'
import {
  count,
  type Dataset,
  ewma,
  first,
  last,
  max,
  memory,
  type PendingWrite,
  read,
  replay,
  start,
} from '../../../src/index.ts'

const numbers = (...x: number[]) =>
  read.rows(
    x.map(i => ({ i })),
    { i: 'int32' },
  )
const list = async (d: Dataset<{ readonly i: number | null }, 'bounded'>) =>
  (await d.collect()).map(row => row.i)

/** The scans of a plan in the order in which they are read, each with what it is read again for. */
async function scans(...written: PendingWrite[]): Promise<string[]> {
  const lines = (await explainAll(written, {}, undefined)).split('\n')
  return lines.flatMap((line, at) => {
    if (!line.startsWith('scan')) return []
    const columns = lines.slice(at + 1).find(line => line.startsWith('  columns'))!
    const again = lines[at + 2]!.startsWith('  read again') ? lines[at + 2]!.trim() : 'read'
    return [`${columns.replace(/.*columns "(.*?)".*/, '$1')} ${again}`]
  })
}

/** Sources that are told by the name of their column. */
const named = (name: string) =>
  read.rows([{ [name]: 1 }, { [name]: 2 }], { [name]: 'int32' }) as Dataset<any, 'bounded'>
const asX = (d: Dataset<any, 'bounded'>, name: string) =>
  d.rename({ [name]: 'x' } as any) as Dataset<any, 'bounded'>
const again = 'read again: for a later input of union'

describe('bounded inputs of a union follow one another', () => {
  it('where the first has no row before its input has ended', async () => {
    expect(await list(numbers(2, 1).orderBy('i', 'desc').union(numbers(0, 5)))).toEqual([2, 1, 0, 5])
    expect(
      await list(
        numbers(2, 1)
          .agg({ i: max('i') })
          .union(numbers(9, 8)),
      ),
    ).toEqual([2, 9, 8])
    expect(await list(numbers(2, 1).orderBy('i').limit(1).union(numbers(9, 8)).limit(2))).toEqual([1, 9])
  })

  it.each([1, 2, 1000])('where both read the same source, %i rows at a time', async batchRows => {
    const d = numbers(1, 2, 3)
    const twice = d.union(d.filter(r => r.i.gt(1)))
    for (const shards of [0, 2]) {
      const rows = await twice.collect({ batchRows, shards })
      expect(rows.map(row => row.i)).toEqual([1, 2, 3, 2, 3])
      expect((await twice.limit(4).collect({ batchRows, shards })).map(row => row.i)).toEqual([1, 2, 3, 2])
      const ends = d.union(d.with({ i: r => r.i.mul(-1) })).agg({ first: first('i'), last: last('i') })
      expect(await ends.collect({ batchRows, shards })).toEqual([{ first: 1, last: -3 }])
    }
  })

  it('where sinks name their sources in another order', async () => {
    const [a, b] = [named('a'), named('b')]
    const sinks = [b.write(memory()), asX(a, 'a').union(asX(b, 'b')).write(memory())]
    expect(await scans(...sinks)).toEqual(['a read', 'b read'])
  })

  it('where two unions contradict each other: one of them reads a source again', async () => {
    const [a, b] = [named('a'), named('b')]
    const [one, other] = [asX(a, 'a').union(asX(b, 'b')), asX(b, 'b').union(asX(a, 'a'))]
    expect(await scans(one.write(memory()), other.write(memory()))).toEqual([
      'a read',
      'b read',
      `a ${again}`,
    ])
    const sinks = [memory(), memory()]
    await (await start([one.write(sinks[0]!), other.write(sinks[1]!)], { batchRows: 1 })).done
    for (const sink of sinks) expect(sink.rows().map(row => row.x)).toEqual([1, 2, 1, 2])
  })

  it.each([1, 2, 1000])('where both read what can be read only once, %i rows at a time', async batchRows => {
    const d = () => read.iterable([{ i: 1 }, { i: 2 }, { i: 3 }], { i: 'int32' }, { bounded: true })
    const twice = (d: Dataset<{ readonly i: number | null }, 'bounded'>) =>
      d.union(
        d.filter(r => r.i.gt(1)),
        d.limit(1),
      )
    for (const shards of [0, 2]) {
      const options = { batchRows, shards }
      expect((await twice(d()).collect(options)).map(row => row.i)).toEqual([1, 2, 3, 2, 3, 1])
      expect(
        await twice(d())
          .agg({ last: last('i') })
          .collect(options),
      ).toEqual([{ last: 1 }])
    }
    expect(await twice(d()).explain()).toContain('union, each input held until those before it have ended')
    expect(await twice(d()).agg({ n: count() }).explain()).not.toContain('held')
  })

  it('where a union is part of another', async () => {
    const [a, b] = [named('a'), named('b')]
    const inner = asX(a, 'a').union(asX(b, 'b'))
    const written = inner.union(inner, asX(a, 'a')).write(memory())
    expect(await scans(written)).toEqual(['a read', 'b read', `a ${again}`, `b ${again}`, `a ${again}`])
  })

  it('and are read once where no order of rows makes a difference', async () => {
    const a = named('a')
    const self = a.union(a.filter(r => r.a.gt(1)))
    expect(await scans(self.groupBy('a').agg({ n: count() }).write(memory()))).toEqual(['a read'])
    expect(
      await scans(
        self
          .with({ b: r => r.a })
          .groupBy('b')
          .agg({ n: count() })
          .write(memory()),
      ),
    ).toEqual(['a read'])
    expect(
      await scans(
        self
          .groupBy('a')
          .agg({ f: first('a') })
          .write(memory()),
      ),
    ).toEqual(['a read', `a ${again}`])
    expect(await scans(self.limit(3).agg({ n: count() }).write(memory()))).toEqual(['a read', `a ${again}`])
  })

  it('and what is computed twice counts as one verb', async () => {
    const rows = Array.from({ length: 100 }, (_, h) => ({ t: new Date(h * 3_600_000), n: h % 7 }))
    const scored = read
      .rows(rows, { t: 'timestamp', n: 'int32' })
      .watermark('t')
      .detect('n', ewma({ warmup: 20 }), { by: [], every: '1h' })
    const once = await (await start(scored.write(memory()))).done
    const twice = await (await start(scored.union(scored).write(memory()))).done
    const { values } = once.scored[0]!
    expect(values).toBeGreaterThan(0)
    expect(twice.scored).toEqual([{ column: 'n', as: '', values: 2 * values }])
  })
})

describe('a source that is replayed', () => {
  const rows = [5, 3, 9, 1, 7].map(s => ({ at: new Date(s * 1000), x: s }))
  const history = () => read.rows(rows, { at: 'timestamp', x: 'int32' })
  const xs = (sink: ReturnType<typeof memory>) => sink.rows().map(row => row.x)

  it('is read again for those who read it as it is', async () => {
    const d = history()
    const [plain, played] = [memory(), memory()]
    const written = [d.limit(2).write(plain), replay(d, { time: 'at' }).write(played)]
    expect(await scans(...written)).toEqual(['at read', 'at read again: replay by "at" at full speed'])
    await (await start([d.limit(2).write(plain), replay(d, { time: 'at' }).write(played)])).done
    expect(xs(plain)).toEqual([5, 3])
    expect(xs(played)).toEqual([1, 3, 5, 7, 9])
  })

  it('is read once for each speed, and once for equal replays', async () => {
    const d = history()
    const played = (speed: 'max' | number) => replay(d, { time: 'at', speed }).write(memory())
    expect(await scans(played('max'), played(1000), played('max'))).toEqual([
      'at read',
      'at read again: replay by "at" at 1000 times the speed of history',
    ])
  })

  it('may be filtered before the replay, by a filter that others read too', async () => {
    const some = history().filter(r => r.x.gt(2))
    const [plain, played] = [memory(), memory()]
    await (await start([some.write(plain), replay(some, { time: 'at' }).write(played)])).done
    expect(xs(plain)).toEqual([5, 3, 9, 7])
    expect(xs(played)).toEqual([3, 5, 7, 9])
  })

  it('is refused where it can be read only once', async () => {
    const d = read.iterable(rows, { at: 'timestamp', x: 'int32' }, { bounded: true })
    const job = start([d.limit(2).write(memory()), replay(d, { time: 'at' }).write(memory())])
    await expect(job).rejects.toMatchObject({
      code: 'READ_ONCE',
      operatorPath: ['iterable'],
      hint: 'write it to a file or table first and read that, or run one job for each',
    })
  })
})
