/** A running job that is paused, resumed, stepped, sent on in history, and played at another speed. */

import { describe, expect, it } from 'vitest'
import { count, type Dataset, memory, read, replay, start, tumbling } from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { manualClock } from '../../../src/testing.ts'
import { expectRows } from './expect-rows.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 9, minute))
const rows = [0, 1, 1, 5, 20, 61, 62].map((minute, n) => ({ at: at(minute), n }))
const history = read.rows(rows, { at: 'timestamp', n: 'int32' })
const played = (sink: { readonly rows: readonly any[] }) => sink.rows.map(({ n }) => n)

describe.each([0, 2])('on %d shards', shards => {
  it('a replay stands while it is paused, and goes on', async () => {
    const sink = expectRows(7)
    const job = await start([replay(history, { time: 'at' }).write(sink)], { shards, batchRows: 2 })
    await job.pause()
    const before = played(sink)
    await new Promise(resolve => setImmediate(resolve))
    expect(played(sink)).toEqual(before)
    job.resume()
    await job.done
    expect(played(sink)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('steps through history: by instants, and by spans', async () => {
    const clock = manualClock()
    const sink = expectRows(7)
    const job = await start([replay(history, { time: 'at', speed: 60 }).write(sink)], { shards, clock })
    await job.pause()
    const seen = sink.rows.length // the first row may have left
    expect(seen).toBeLessThanOrEqual(1)
    if (seen === 0) await job.step()
    expect(played(sink)).toEqual([0])
    await job.step()
    expect(played(sink)).toEqual([0, 1, 2])
    const { rowsIn } = await job.step('30m') // from 09:01 on
    expect(rowsIn).toBe(5)
    expect(played(sink)).toEqual([0, 1, 2, 3, 4])
    await job.step('30m')
    expect(played(sink)).toEqual([0, 1, 2, 3, 4, 5])
    await job.step('30m')
    expect(played(sink)).toEqual([0, 1, 2, 3, 4, 5, 6])
    job.resume()
    await job.done
  })

  it('goes on to a time of history, then at its speed', async () => {
    const clock = manualClock()
    const sink = expectRows(7)
    const job = await start([replay(history, { time: 'at', speed: 60 }).write(sink)], { shards, clock })
    await job.seek(at(61))
    expect(played(sink)).toEqual([0, 1, 2, 3, 4])
    await expect(job.seek(at(3))).rejects.toMatchObject({ code: 'SEEK_BACK' })
    job.setSpeed('max')
    await job.done
    expect(played(sink)).toEqual([0, 1, 2, 3, 4, 5, 6])
    await expect(job.pause()).rejects.toMatchObject({ code: 'JOB_OVER' })
  })

  it('loses no time of the clock while it is paused', async () => {
    const clock = manualClock()
    const sink = expectRows(7)
    const job = await start([replay(history, { time: 'at', speed: 60 }).write(sink)], { shards, clock })
    await job.seek(at(5))
    await job.pause()
    await clock.advance('1h')
    job.resume()
    while (sink.rows.length < 4) await clock.advance(1)
    expect(played(sink)).toEqual([0, 1, 2, 3])
    await clock.advance('14s')
    expect(played(sink)).toEqual([0, 1, 2, 3])
    await clock.advance('2s')
    while (sink.rows.length < 5) await new Promise(resolve => setImmediate(resolve))
    expect(played(sink)).toEqual([0, 1, 2, 3, 4])
    job.setSpeed(6000)
    await clock.advance('1s')
    await job.done
    expect(played(sink)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('plays several datasets to one time', async () => {
    const sinks = [expectRows(7), expectRows(3)]
    const [a, b] = replay([history, history.filter(r => r.n.lt(3))], { time: 'at' })
    const job = await start([a.write(sinks[0]!), b.write(sinks[1]!)], { shards })
    await job.pause()
    const before = sinks.map(sink => played(sink).length)
    // What had left by then is a whole batch, or nothing.
    if (before.every(rows => rows === 0)) {
      await job.seek(at(1))
      expect(sinks.map(played)).toEqual([[0], [0]])
    }
    job.resume()
    await job.done
    expect(played(sinks[0]!)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(played(sinks[1]!)).toEqual([0, 1, 2])
  })

  it('lets one batch of a stream through at a time', async () => {
    const gate = Promise.withResolvers<void>()
    const script: ScriptStep[] = [
      { until: gate.promise },
      ...rows.map(row => ({ rows: [row] })),
      { until: new Promise(() => {}) },
    ]
    const schema = { at: 'timestamp', n: 'int32' } as const
    const stream: Dataset<any, 'unbounded'> = read.source(
      scriptedSource(schema, [script], { bounded: false }),
      schema,
    )
    const sink = expectRows(7)
    const job = await start([stream.write(sink)], { shards })
    await job.pause()
    gate.resolve()
    for (const n of [0, 1, 2]) {
      await job.step()
      expect(played(sink).at(-1)).toBe(n)
    }
    await expect(job.step('1h')).rejects.toMatchObject({ code: 'NO_REPLAY' })
    await expect(job.seek(at(1))).rejects.toMatchObject({ code: 'NO_REPLAY' })
    expect(() => job.setSpeed(2)).toThrow('replays nothing')
    const snapshot = await job.snapshot()
    expect(Object.values(snapshot.positions)[0]).toMatchObject({ 'script 0': { rows: 3 } })
    job.resume()
    await sink.reached
    await job.pause()
    const waiting = job.step()
    await new Promise(resolve => setImmediate(resolve))
    await job.stop()
    await waiting
    expect(played(sink)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('can be stopped while it is paused, and restored', async () => {
    const windows = (sink: ReturnType<typeof memory>) =>
      replay(history, { time: 'at', speed: 60 })
        .watermark('at')
        .window(tumbling('1h'))
        .agg({ n: count() })
        .write(sink)
    const sink = memory()
    const job = await start([windows(sink)], { shards, clock: manualClock() })
    await job.seek(at(21))
    await job.pause()
    const restore = await job.stop()
    const again = await start([windows(sink)], { shards: 1, restore })
    again.setSpeed('max')
    await again.done
    expect(sink.rows().map((row: any) => row.n)).toEqual([5, 2])
  })
})
