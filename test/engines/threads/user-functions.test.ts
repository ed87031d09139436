import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { deadLetter, type JobOptions, memory, read, start, udaf, udf } from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'

const shop = new URL('../../core/user-functions/shop.ts', import.meta.url)

const rows = Array.from({ length: 30 }, (_, id) => ({ id, code: id % 7 === 3 ? null : `c${id}` }))
const visits = read.rows(rows, { id: 'int32', code: 'utf8' })

it('a function of rows is given the columns it makes, alone or among options', async () => {
  const doubled = [{ twice: 0 }, { twice: 2 }]
  const double = ({ id }: { id: number | null }) => ({ twice: 2 * id! })
  expect(await visits.limit(2).map(double, { twice: 'int32' }).collect()).toEqual(doubled)
  expect(
    await visits
      .limit(2)
      .map(double, { out: { twice: 'int32' } })
      .collect(),
  ).toEqual(doubled)
  const both = visits.limit(1).flatMap(({ code }) => [{ code }, { code }], { code: 'utf8' })
  expect(await both.collect()).toEqual([{ code: 'c0' }, { code: 'c0' }])
  const mixed = () => visits.map(double, { twice: 'int32', keep: ['id'] } as any)
  expect(mixed).toThrow(expect.objectContaining({ code: 'OPTION' }))
})

it('functions of rows give lists, structs and maps, of which every part is looked at', async () => {
  const numbers = read.rows([{ x: 1 }, { x: null }], { x: 'int32' })
  const out = {
    list: ['int32'],
    struct: { a: 'int64', b: 'utf8' },
    map: 'map<utf8, int32>',
  } as const
  const made = numbers.map(
    ({ x }) => ({
      list: x === null ? null : [x, null],
      struct: { a: 2n, b: null },
      map: new Map([['a', 1]]),
    }),
    { out },
  )
  const map = new Map([['a', 1]])
  expect(await made.collect()).toEqual([
    { list: [1, null], struct: { a: 2n, b: null }, map },
    { list: null, struct: { a: 2n, b: null }, map },
  ])
  const found = numbers.lookupJoin(({ x }) => [{ y: [x] }, { y: [] }], { in: 'x', out: { y: ['int32'] } })
  expect(await found.collect()).toEqual([
    { x: 1, y: [1] },
    { x: 1, y: [] },
  ])
  for (const wrong of [
    "{ list: ['a'] }",
    '{ struct: { a: 0.5 } }',
    "{ map: new Map([['a', 'b']]) }",
    '{ list: 1 }',
  ]) {
    const rows = numbers.flatMap(new Function(`return [${wrong}]`) as () => [], { out })
    await expect(rows.collect()).rejects.toMatchObject({ code: 'FUNCTION_RESULT' })
  }
})

describe('rows for which a function fails', () => {
  it.each([0, 2])('are written to the sink of dead letters, each once, with %i shards', async shards => {
    const [cities, failed] = [memory(), memory()]
    const mapped = visits.map(
      { url: shop, export: 'lookUp' },
      { out: { city: 'utf8' }, keep: ['id'], onError: deadLetter(failed), ordered: false },
    )
    await (await mapped.write(cities).start({ shards, batchRows: 4 })).done
    expect(
      cities
        .rows()
        .map(row => row.id)
        .sort((a: any, b: any) => a - b),
    ).toEqual(rows.flatMap(({ id, code }) => (code === null ? [] : [id])))
    expect(failed.rows().map(({ error: _, ...row }) => row)).toEqual(rows.filter(({ code }) => code === null))
    expect(failed.rows()[0]!.error).toMatch(
      /^lookUp of shop\.ts threw RangeError: no such code at .*shop\.ts:\d+:\d+; it was called with \(id: 3, code: null\)$/,
    )
    expect(await mapped.explain({ shards })).toContain(
      'map lookUp to "id", "city"; rows that fail are dead letters',
    )
    expect(await mapped.explain({ shards })).toContain('not repeatable: rows leave in the order')
  })

  it('are there once when a job is stopped between them and another goes on', async () => {
    const here = Promise.withResolvers<void>()
    const never = new Promise<never>(() => {})
    const reached = () => {
      here.resolve()
      return never
    }
    const script = [{ rows: rows.slice(0, 14) }, { until: reached }, { rows: rows.slice(14) }]
    const run = async (steps: readonly ScriptStep[], options: JobOptions) => {
      const [cities, failed] = [memory(), memory()]
      const source = scriptedSource({ id: 'int32', code: 'utf8' }, [steps], { bounded: false })
      const mapped = read
        .source(source)
        .map(
          { url: shop, export: 'lookUp' },
          { out: { city: 'utf8' }, keep: ['id'], onError: deadLetter(failed) },
        )
      const job = await mapped.write(cities).start({ batchRows: 3, ...options })
      return { job, ids: () => [cities, failed].map(sink => sink.rows().map(row => row.id)) }
    }
    const first = await run(script, { shards: 2 })
    await here.promise
    const restore = await first.job.stop()
    const second = await run(
      script.filter(step => 'rows' in step),
      { shards: 1, restore },
    )
    await second.job.done
    const [cities, failed] = [0, 1].map(sink => [...first.ids()[sink]!, ...second.ids()[sink]!])
    expect(failed).toEqual([3, 10, 17, 24])
    expect(cities).toEqual(rows.flatMap(({ id, code }) => (code === null ? [] : [id])))
    expect(first.ids()[1]).toEqual([3, 10])
  })

  it('end the job, which says which row it was', async () => {
    const failing = visits.map(r => ({ length: r.code!.length }), { out: { length: 'int32' } })
    await expect(failing.collect({ shards: 1 })).rejects.toMatchObject({
      name: 'DataError',
      code: 'FUNCTION_FAILED',
      message: expect.stringMatching(
        /threw TypeError: .* at line 1 of it, .*; it was called with \(id: 3, code: null\)/,
      ),
    })
    const wrong = visits.flatMap(r => [{ n: r.id }, { n: 'x' as any }], { out: { n: 'int32' } })
    await expect(wrong.collect()).rejects.toMatchObject({
      code: 'FUNCTION_RESULT',
      message: expect.stringContaining('gave "x", and its results are int32 in column "n"'),
    })
  })

  it('are those that take too long, too', async () => {
    const slow = visits.map(async ({ id }) => (id === 2 ? new Promise<{}>(() => {}) : { n: id }), {
      out: { n: 'int32' },
      timeout: 5,
      onError: 'skip',
    })
    expect((await slow.collect({ shards: 1 })).map(({ n }) => n)).toEqual(
      rows.map(({ id }) => id).filter(id => id !== 2),
    )
  })
})

describe('an asynchronous function that never settles', () => {
  it.each([0, 1])('ends when the job is aborted, with %i shards', async shards => {
    const endless = visits.map(async (_row, { signal }) => new Promise<{ n: number }>(() => void signal), {
      out: { n: 'int32' },
    })
    const controller = new AbortController()
    const job = await endless.write(memory()).start({ shards, signal: controller.signal })
    while (job.progress.rowsIn === 0) await setImmediate()
    controller.abort()
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
    // The thread goes on with other jobs.
    expect(
      await visits
        .map(async r => ({ n: r.id }), { out: { n: 'int32' } })
        .limit(1)
        .collect({ shards }),
    ).toEqual([{ n: 0 }])
  })
})

describe('functions that are not there', () => {
  it.each([0, 1])('fail the job before it reads, with %i shards', async shards => {
    const gone = udf(new URL('./gone.ts', import.meta.url), 'f', { in: ['int32'], out: 'int32' })
    await expect(visits.with({ x: r => gone(r.id) }).collect({ shards })).rejects.toMatchObject({
      name: 'PlanError',
      code: 'FUNCTION_MODULE',
      operatorPath: [expect.stringContaining('rows'), 'with'],
    })
    await expect(
      visits.map({ url: shop, export: 'rate' }, { out: { x: 'int32' } }).collect({ shards }),
    ).rejects.toMatchObject({
      code: 'FUNCTION_EXPORT',
    })
  })

  it('are refused where they are given, when they use what will not be there', () => {
    expect(() => visits.map(r => ({ x: rows.length + r.id! }), { out: { x: 'int32' } })).toThrow(
      'the function that map was given uses rows, which is not there',
    )
    const sink = memory()
    const twice = visits.map(r => ({ x: r.id }), { out: { x: 'int32' }, onError: deadLetter(sink) })
    return expect(start([twice.write(sink)])).rejects.toMatchObject({ code: 'SINK_TWICE' })
  })
})

describe('aggregates of the user', () => {
  it('that depend on the order of rows are refused, with rows that show it', async () => {
    const latest = udaf(shop, 'latest', { in: ['int32'], out: 'int32' })
    await expect(visits.agg({ x: latest('id') }).collect({ shards: 1 })).rejects.toMatchObject({
      name: 'DataError',
      code: 'AGGREGATE_LAWS',
      message: expect.stringMatching(
        /latest of .*shop\.ts gives 5 for the rows \(0\) \(1\) \(2\) \(3\) \(4\) \(5\), and 2 for them merged the other way round/,
      ),
    })
  })

  it('take arguments of their types, and have all their parts', async () => {
    const mode = udaf(shop, 'mode', { in: ['utf8', 'int32'], out: 'utf8' })
    expect(() => visits.agg({ x: (mode as any)('id', 'code') })).toThrow('mode() takes utf8, got int32')
    expect(() => visits.agg({ x: (mode as any)('code') })).toThrow('mode() takes 2 columns, got 1')
    const score = udaf(shop, 'score', { in: ['int32'], out: 'int32' })
    await expect(visits.agg({ x: score('id') }).collect()).rejects.toThrow(
      'is not an aggregate with start, step, merge, result but a function',
    )
    expect(await visits.agg({ x: mode('code', 'id') }).explain()).toContain('"x" = mode(code, id)')
  })
})
