/** What jobs fail with: a code, the path to the operator, and the line of the user that made it. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Sink, SplitReader } from '../../../src/core/connector.ts'
import {
  ConnectorError,
  count,
  DataError,
  JobError,
  MillraceError,
  read,
  sum,
  tumbling,
} from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing.ts'
import { expectRows } from './expect-rows.ts'

/** The error, and the text of the line on top of its trace. */
async function failure(work: () => Promise<unknown>): Promise<MillraceError & { line: number }> {
  const error = await work().then(
    () => undefined,
    thrown => thrown,
  )
  expect(error).toBeInstanceOf(MillraceError)
  const [frame] = error.stack.split('\n').filter((line: string) => line.startsWith('    at '))
  expect(frame).toContain('failures.test.ts')
  return Object.assign(error, { line: Number(/:(\d+):\d+\)?$/.exec(frame)![1]) })
}

/** The line this is called on. */
const here = () => Number(/failures\.test\.ts:(\d+):/.exec(new Error().stack!.split('\n')[2]!)![1])

const big = read.rows([{ a: 2 ** 31 - 1, b: 1, t: null, k: 'x' }], {
  a: 'int32',
  b: 'int32',
  t: 'timestamp[ms]',
  k: 'utf8',
})

describe.each([0, 2])('with %i threads', shards => {
  it('an overflow is of the verb that has the expression, though verbs became one kernel', async () => {
    const first = big.with({ b: r => r.b.add(1) })
    const line = here() + 1
    const second = first.with({ c: r => r.a.add(1) })
    const error = await failure(() => second.filter(r => r.b.gt(0)).collect({ shards }))
    expect(error).toBeInstanceOf(DataError)
    expect(error.code).toBe('OVERFLOW')
    expect(error.operatorPath).toEqual(['rows', 'with', 'with'])
    expect(error.message).toContain('\n  at rows > with > with\n  HINT: ')
    expect(error.line).toBe(line)
  })

  it('an overflow in a filter, and in an aggregate', async () => {
    const filter = await failure(() => big.filter(r => r.a.add(1).gt(0)).collect({ shards }))
    expect([filter.code, ...filter.operatorPath]).toEqual(['OVERFLOW', 'rows', 'filter'])
    const wide = read.rows([{ x: 2n ** 63n - 1n }, { x: 1n }], { x: 'int64' })
    const agg = await failure(() => wide.agg({ x: sum('x') }).collect({ shards }))
    expect([agg.code, ...agg.operatorPath]).toEqual(['OVERFLOW', 'rows', 'agg'])
  })

  it('a null event time is of watermark', async () => {
    const hours = big.watermark('t').window(tumbling('1h')).agg({ n: count() })
    const error = await failure(() => hours.collect({ shards }))
    expect([error.code, ...error.operatorPath]).toEqual(['NULL_EVENT_TIME', 'rows', 'watermark'])
  })

  it('rows that do not fit, and a source that throws, are of the source', async () => {
    const rows = await failure(() => read.rows([{ a: 'x' }] as object[], { a: 'int32' }).collect({ shards }))
    expect([rows.code, ...rows.operatorPath]).toEqual(['VALUE_TYPE', 'rows'])
    const items = [
      {
        get a() {
          throw new Error('mine')
        },
      },
    ]
    const getter = await failure(() =>
      read.iterable(items as any, { a: 'int32' }, { bounded: true }).collect({ shards }),
    )
    expect(getter).toBeInstanceOf(ConnectorError)
    expect([getter.code, ...getter.operatorPath]).toEqual(['SOURCE_FAILED', 'iterable'])
    expect(getter.message).toContain('mine')
    expect(getter.cause).toBeInstanceOf(Error)
  })
})

it('a sink of your own that throws is a ConnectorError with its cause', async () => {
  const cause = new Error('the disk is gone')
  const broken: Sink = {
    label: 'mine',
    guarantee: 'at-least-once',
    open: async () => {},
    begin: async () => {},
    write: () => {
      throw cause
    },
    commit: async () => {},
    abort: async () => {},
    close: async () => {},
  }
  const error = await failure(async () => (await big.drop('t').write(broken).start()).done)
  expect(error).toBeInstanceOf(ConnectorError)
  expect([error.code, ...error.operatorPath]).toEqual(['SINK_FAILED', 'rows', 'drop', 'sink'])
  expect(error.cause).toBe(cause)
})

describe('what fails while a job goes on fails the job, and nobody waits for it', () => {
  const schema = { at: 'timestamp[ms]' } as const
  const never = new Promise<never>(() => {})
  const running = read
    .source(
      scriptedSource(schema, [[{ rows: [{ at: new Date(0) }] }, { until: never }]], { bounded: false }),
      schema,
    )
    .watermark('at', { outOfOrder: '0s', idle: '1s' })

  it.each(['commit', 'begin'] as const)('%s of a sink after a snapshot', async method => {
    const sink = expectRows(1)
    const cause = new Error('the disk is full')
    const failing = async (epoch: number) => {
      if (method === 'commit' || epoch > 0) throw cause
    }
    const job = await running.write({ ...sink, [method]: failing }).start({ shards: 1 })
    await sink.reached
    const failed = expect(job.done).rejects.toMatchObject({ code: 'SINK_FAILED', cause })
    await expect(job.snapshot()).rejects.toMatchObject({ code: 'SINK_FAILED', cause })
    await failed
    await expect(job.stop()).rejects.toMatchObject({ code: 'SINK_FAILED' })
  })

  it('a clock', async () => {
    const cause = new Error('the clock has stopped')
    const clock = {
      now: () => 0,
      sleep: async () => {
        throw cause
      },
    }
    const job = await running.write(expectRows(1)).start({ shards: 1, clock })
    await expect(job.done).rejects.toMatchObject({ code: 'INTERNAL', cause })
  })
})

describe('a source of your own that keeps no contract', () => {
  const script = scriptedSource({ a: 'int32' }, [[]])
  const opening = (open: () => unknown) =>
    read.source({ ...script, open: async () => open() as SplitReader }, { a: 'int32' })
  const giving = (next: () => unknown) => opening(() => ({ next, close: async () => {} }))
  const failing = (thrown: unknown) =>
    giving(() => {
      throw thrown
    })

  it('fails with its own error, also with one that is frozen', async () => {
    const mine = Object.freeze(new ConnectorError('MINE', 'the feed is closed'))
    await expect(failing(mine).collect()).rejects.toBe(mine)
  })

  it('fails as a source, whatever it throws', async () => {
    for (const thrown of [undefined, null, 'text', Symbol('mine'), Object.create(null)]) {
      const error = await failure(() => failing(thrown).collect())
      expect([error.code, ...error.operatorPath]).toEqual(['SOURCE_FAILED', 'script'])
      expect(error.cause).toBe(thrown)
    }
  })

  it('is told what it should have given', async () => {
    const noReader = await failure(() => opening(() => 3).collect())
    expect(noReader.code).toBe('SOURCE_FAILED')
    expect(noReader.message).toContain('open() gave no reader')
  })
})

it('an onProgress that throws fails the job, with its error as cause', async () => {
  const cause = new Error('no terminal')
  const onProgress = () => {
    throw cause
  }
  const error = await failure(() => big.collect({ onProgress }))
  expect(error).toBeInstanceOf(JobError)
  expect([error.code, error.cause]).toEqual(['ON_PROGRESS', cause])
})

describe('nothing fails in silence', () => {
  const script = (code: string) => {
    const index = fileURLToPath(new URL('../../../src/index.ts', import.meta.url))
    const source = `import { memory, read, start } from ${JSON.stringify(index)}
      async function* broken() { yield { n: 1 }; throw new Error('the feed broke') }
      const feed = () => read.iterable(broken(), { n: 'int32' }).write(memory())
      ${code}`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
      encoding: 'utf8',
    })
    return { status, stderr }
  }

  it('a job that nobody awaits ends the process with its error', () => {
    const { status, stderr } = script('await feed().start()')
    expect(status).toBe(1)
    expect(stderr).toContain('the feed broke')
    expect(stderr).toContain('SOURCE_FAILED')
  })

  it('a job that is awaited, iterated or stopped tells whoever does it, once', () => {
    expect(script('const job = await feed().start(); await job.done.catch(() => {})')).toEqual({
      status: 0,
      stderr: '',
    })
    expect(script('const job = await feed().start(); await job.stop().catch(() => {})')).toEqual({
      status: 0,
      stderr: '',
    })
  })

  it('a job that was aborted has not failed', () => {
    const never = `read.iterable((async function* () { yield { n: 1 }; await new Promise(r => setTimeout(r, 1e6).unref()) })(), { n: 'int32' }).write(memory())`
    expect(script(`const job = await ${never}.start(); await job.abort()`)).toEqual({ status: 0, stderr: '' })
    expect(script(`await ${never}.start({ signal: AbortSignal.abort() })`)).toEqual({ status: 0, stderr: '' })
  })

  it('a write that nobody started is named when the process ends, with its line', () => {
    const { stderr } = script('feed(); const rows = read.rows([{ n: 1 }]); await rows.collect()')
    expect(stderr).toContain('NOT_STARTED: nothing was written to memory: its write() was never started')
    expect(stderr).toContain('HINT: await dataset.write(sink).start()')
    expect(stderr.split('\n').find(line => line.includes('    at '))).toContain('feed')
    const started = 'const write = read.rows([{ n: 1 }]).write(memory())'
    expect(script(`${started}; await (await write.start()).done`).stderr).toBe('')
    expect(script(`${started}; await write.explain()`).stderr).toBe('')
    expect(script(`${started}; process.exitCode = 3`).stderr).toBe('')
    expect(script(`${started}; await write.start({ shards: -1 }).catch(() => {})`).stderr).toBe('')
  })
})
