import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Source } from '../../../src/core/connector.ts'
import type { JobSnapshot } from '../../../src/core/engine.ts'
import { count, type Dataset, duckdb, memory, read, replay, start, tumbling } from '../../../src/index.ts'
import {
  type ScriptedOptions,
  type ScriptStep,
  scriptedSource,
} from '../../../src/testing/scripted-source.ts'

const schema = { at: 'timestamp[ms]', x: 'int32' } as const
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ at: new Date((from + i) * 1000), x: from + i }))

/** A place in a script that tells when it is reached, and is never passed. */
function pause(reached: () => void): ScriptStep {
  const until: PromiseLike<never> = {
    // Awaiting it is the signal.
    then() {
      reached()
      return until
    },
  }
  return { until: until as Promise<never> }
}

/** Splits by label, over scripts. */
function labelled(scripts: Record<string, readonly ScriptStep[]>, options: ScriptedOptions = {}): Source {
  const source = scriptedSource(schema, Object.values(scripts), { bounded: false, ...options })
  const labels = Object.keys(scripts)
  return { ...source, splits: async () => labels.map((label, id) => ({ id, label })) }
}

const of = (source: Source) => read.source(source as Source & { bounded: false }, schema)

/** Runs until `pauses` pauses are reached, and stops there. */
async function stoppedAt(
  pauses: number,
  make: (reached: () => void) => Dataset<any, any>,
  sink: ReturnType<typeof memory> | ReturnType<typeof duckdb> = memory(),
): Promise<JobSnapshot> {
  const here = Promise.withResolvers<void>()
  let left = pauses
  const dataset = make(() => {
    if (--left === 0) here.resolve()
  })
  const job = await start([dataset.write(sink)], { shards: 0, batchRows: 4 })
  await Promise.race([here.promise, job.done])
  return job.stop()
}

async function restored(dataset: Dataset<any, any>, restore: JobSnapshot, sink = memory()): Promise<any[]> {
  await (await start([dataset.write(sink)], { shards: 0, batchRows: 3, restore })).done
  return sink.rows()
}

const xs = (all: readonly any[]) => all.map(({ x }) => x).sort((a, b) => a - b)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe('a restored job', () => {
  it('opens a split where its last batch ended, for sources that count no rows', async () => {
    const sink = memory()
    const make = (reached: () => void) =>
      of(
        scriptedSource(schema, [[{ rows: rows(0, 9) }, pause(reached), { rows: rows(9, 20) }]], {
          bounded: false,
          resumable: true,
        }),
      )
    const snapshot = structuredClone(await stoppedAt(1, make, sink))
    const whole = scriptedSource(schema, [[{ rows: rows(0, 20) }]], { bounded: false, resumable: true })
    const rest = await restored(of(whole), snapshot)
    expect(whole.opened).toEqual([{ split: 0, offset: 9 }])
    expect(xs(sink.rows())).toEqual(range(0, 9))
    expect(xs(rest)).toEqual(range(9, 20))
  })

  it('knows splits by their labels, whatever their order, and begins new ones', async () => {
    const sink = memory()
    const snapshot = await stoppedAt(
      2,
      reached =>
        of(
          labelled({
            a: [{ rows: rows(0, 5) }, pause(reached)],
            b: [{ rows: rows(10, 12) }, pause(reached)],
          }),
        ),
      sink,
    )
    expect(xs(sink.rows())).toEqual([...range(0, 5), 10, 11])
    const rest = await restored(
      of(labelled({ new: [{ rows: rows(20, 22) }], b: [{ rows: rows(10, 14) }], a: [{ rows: rows(0, 7) }] })),
      snapshot,
    )
    expect(xs(rest)).toEqual([5, 6, 12, 13, 20, 21])
  })

  it('closes windows though a split is new, and counts its rows', async () => {
    const windows = (source: Source) => of(source).watermark('at').window(tumbling('5s')).agg({ n: count() })
    const sink = memory()
    const snapshot = await stoppedAt(
      1,
      reached => windows(labelled({ a: [{ rows: rows(0, 7) }, pause(reached)] })),
      sink,
    )
    expect(sink.rows().map(({ n }) => n)).toEqual([5])
    const rest = await restored(
      windows(labelled({ b: [{ rows: rows(8, 10) }], a: [{ rows: rows(0, 12) }] })),
      snapshot,
    )
    expect(rest.map(({ n }) => n)).toEqual([7, 2])
  })

  it('is refused when a split is gone, unless it had ended', async () => {
    const closed = Promise.withResolvers<void>()
    const snapshot = await stoppedAt(1, reached => {
      const source = labelled({
        ended: [{ rows: rows(0, 2) }],
        a: [{ rows: rows(2, 4) }, { until: closed.promise }, pause(reached)],
      })
      const open: Source['open'] = async (split, ...rest) => {
        const reader = await source.open(split, ...rest)
        const close = async () => {
          await reader.close()
          if (split.label === 'ended') closed.resolve()
        }
        return { next: () => reader.next(), close }
      }
      return of({ ...source, open })
    })
    const rest = await restored(of(labelled({ a: [{ rows: rows(2, 6) }] })), snapshot)
    expect(xs(rest)).toEqual([4, 5])
    await expect(restored(of(labelled({ ended: [{ rows: rows(0, 2) }] })), snapshot)).rejects.toMatchObject({
      name: 'ConnectorError',
      code: 'SPLIT_GONE',
      message: expect.stringContaining('"a"'),
    })
  })

  it('two splits of one label are refused', async () => {
    const source = {
      ...labelled({ a: [], b: [] }),
      splits: async () => [0, 1].map(id => ({ id, label: 'same' })),
    }
    await expect(start([of(source).write(memory())])).rejects.toMatchObject({ code: 'SPLIT_LABEL' })
  })

  it('goes on within a batch of a replay', async () => {
    const source = () => scriptedSource(schema, [[{ rows: rows(0, 20) }]], { resumable: true })
    const ordered = (): Source => ({ ...source(), canOrder: true })
    const both = () => {
      const [a, b] = (replay as any)([of(ordered()), read.rows(rows(5, 15), schema)], { time: 'at' })
      return a.union(b)
    }
    const sink = memory()
    const taken = Promise.withResolvers<void>()
    const slow = { ...sink, write: (batch: any) => sink.write(batch).then(() => taken.resolve()) }
    const job = await start([both().write(slow)], { shards: 0, batchRows: 4 })
    await taken.promise
    const snapshot = await job.stop()
    const rest = await restored(both(), snapshot)
    expect(xs([...sink.rows(), ...rest])).toEqual([...range(0, 20), ...range(5, 15)].sort((a, b) => a - b))
  })
})

describe('splits that appear while a job runs', () => {
  it('are read, hold the watermark from their first mark on, and are known to snapshots', async () => {
    const { promise: appears, resolve: appear } = Promise.withResolvers<void>()
    const sink = memory()
    const make = (reached?: () => void) => {
      const pauses = reached ? [pause(reached)] : []
      const later = [{ after: appears, script: [{ rows: rows(20, 22) }, ...pauses, { rows: rows(22, 30) }] }]
      const first = [
        { rows: rows(0, 5) },
        ...(reached ? [{ until: Promise.resolve().then(appear) }] : []),
        ...pauses,
        { rows: rows(5, 9) },
      ]
      return of(scriptedSource(schema, [first], { bounded: false, later }))
    }
    const snapshot = await stoppedAt(2, make, sink)
    expect(xs(sink.rows())).toEqual([0, 1, 2, 3, 4, 20, 21])
    expect(Object.keys(Object.values(snapshot.positions)[0]!)).toEqual(['script 0', 'script 1'])
    expect(xs(await restored(make(), snapshot))).toEqual([...range(5, 9), ...range(22, 30)])
  })

  it('come in time though all before them have ended', async () => {
    const closed = Promise.withResolvers<void>()
    const later = [{ after: closed.promise, script: [{ rows: rows(7, 12) }] }]
    const source = scriptedSource(schema, [[{ rows: rows(0, 7) }]], { bounded: false, later })
    const open: Source['open'] = async (...opening) => {
      const reader = await source.open(...opening)
      return {
        next: () => reader.next(),
        close: () => reader.close().then(() => void setImmediate(closed.resolve)),
      }
    }
    const sink = memory()
    const windows = of({ ...source, open })
      .watermark('at')
      .window(tumbling('5s'))
      .agg({ n: count() })
    await (await start([windows.write(sink)], { shards: 0 })).done
    expect(sink.rows().map(({ n }) => n)).toEqual([5, 5, 2])
  })

  it('a job can be aborted while none appears, and one whose splits have ended goes on', async () => {
    const later = [{ after: new Promise<never>(() => {}), script: [] }]
    const source = scriptedSource(schema, [[{ rows: rows(0, 3) }]], { bounded: false, later })
    const sink = memory()
    const job = await start([of(source).write(sink)], { shards: 0 })
    await job.snapshot()
    await job.abort()
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
    expect(source.openReaders).toBe(0)
  })
})

describe('sinks of a restored job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'restored-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const until = (reached?: () => void) =>
    of(
      scriptedSource(
        schema,
        [[{ rows: rows(0, 9) }, ...(reached ? [pause(reached)] : []), { rows: rows(9, 20) }]],
        { bounded: false },
      ),
    )
  const inTable = async (file: string) => xs(await read.duckdb(file, 't', schema).collect())

  it('go on in the table that the job wrote, whether it appends or replaced the table', async () => {
    for (const mode of ['replace', 'append'] as const) {
      const file = join(folder, `${mode}.duckdb`)
      const snapshot = await stoppedAt(1, until, duckdb(file, 't', { mode }))
      expect(await inTable(file)).toEqual(range(0, 9))
      await (await start([until().write(duckdb(file, 't', { mode }))], { shards: 0, restore: snapshot })).done
      expect(await inTable(file)).toEqual(range(0, 20))
      // A second time the table is ahead of the snapshot, and stays as it is.
      const twice = await start([until().write(duckdb(file, 't', { mode }))], { restore: snapshot })
      await expect(twice.done).rejects.toMatchObject({ name: 'ConnectorError', code: 'SINK_AHEAD' })
      expect(await inTable(file)).toEqual(range(0, 20))
    }
  })

  it('of a job of a name that begins anew are refused where the clock cut its data', async () => {
    const file = join(folder, 'named.duckdb')
    const sink = () => duckdb(file, 't', { job: 'nightly', mode: 'append' })
    await stoppedAt(1, until, sink())
    const anew = await start([until().write(sink())], { shards: 0 })
    await expect(anew.done).rejects.toMatchObject({ name: 'ConnectorError', code: 'SINK_AHEAD' })
    expect(await inTable(file)).toEqual(range(0, 9))
  })

  it('that hold all of a job of a name refuse it; those that do not get their rows, and the others none', async () => {
    const file = join(folder, 'finished.duckdb')
    const run = async (tables: readonly string[], from: number) => {
      const dataset = read.rows(rows(from, from + 4), schema)
      const sinks = tables.map(table =>
        dataset.write(duckdb(file, table, { job: 'nightly', mode: 'append' })),
      )
      await (await start(sinks, { shards: 0 })).done
    }
    const inTables = async () => [await inTable(file), xs(await read.duckdb(file, 'u', schema).collect())]
    await run(['t'], 0)
    await expect(run(['t'], 4)).rejects.toMatchObject({ name: 'ConnectorError', code: 'SINK_FINISHED' })
    // As after a crash between two commits.
    await run(['t', 'u'], 0)
    expect(await inTables()).toEqual([range(0, 4), range(0, 4)])
    await expect(run(['u', 't'], 0)).rejects.toMatchObject({ code: 'SINK_FINISHED' })
    expect(await inTables()).toEqual([range(0, 4), range(0, 4)])
  })

  it('that hold nothing of the job are refused, and left as they are', async () => {
    const file = join(folder, 'other.duckdb')
    const snapshot = await stoppedAt(1, until, duckdb(file, 't'))
    // Another job replaces the table.
    await (await start([until().write(duckdb(file, 't'))], { shards: 0 })).done
    const job = await start([until().write(duckdb(file, 't'))], { shards: 0, restore: snapshot })
    await expect(job.done).rejects.toMatchObject({ name: 'ConnectorError', code: 'SINK_BEHIND' })
    expect(await inTable(file)).toEqual(range(0, 20))
  })
})
