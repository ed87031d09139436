import { expect, it } from 'vitest'
import { BackPressure } from '../../../src/engines/threads/back-pressure.ts'
import { SourceMeter } from '../../../src/engines/threads/source-meter.ts'
import { STEPS_AHEAD } from '../../../src/engines/threads/step.ts'
import { count, ewma, memory, read, replay, start, tumbling } from '../../../src/index.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'

const rows = Array.from({ length: 5000 }, (_, i) => ({
  at: new Date(i * 1000),
  key: `k${i % 7}`,
  x: i % 10 === 0 ? null : i,
}))
const dataset = () => read.rows(rows, { at: 'timestamp[ms]', key: 'utf8', x: 'int32' })

const kept = rows.filter(({ x }) => x !== null)
/** Windows of ten minutes with rows, by key. */
const groups = new Set(kept.map(({ at, key }) => `${key} ${Math.floor(at.getTime() / 600_000)}`)).size

for (const shards of [0, 2])
  it(`counts rows, batches and bytes of every operator on ${shards} shards`, async () => {
    const windows = dataset()
      .filter(r => r.x.isNotNull())
      .watermark('at')
      .groupBy('key')
      .window(tumbling('10m'))
      .agg({ n: count() })
    const job = await start([windows.write(memory()), windows.detect('n', ewma()).write(memory())], {
      shards,
      batchRows: 1000,
    })
    await job.done
    const metrics = job.metrics()

    const of = (kind: string) => metrics.operators.find(operator => operator.kind === kind)!
    expect(of('filter')).toMatchObject({
      inputs: ['n0:source'],
      rowsIn: 5000,
      batchesIn: 5,
      rowsOut: kept.length,
    })
    expect(of('watermark')).toMatchObject({ rowsIn: kept.length, rowsOut: kept.length })
    expect(of('agg')).toMatchObject({ rowsIn: kept.length, rowsOut: groups, inputs: [of('watermark').id] })
    expect(of('detect')).toMatchObject({
      rowsIn: groups,
      rowsOut: groups,
      stateKeys: 7,
      inputs: [of('agg').id],
    })
    for (const operator of metrics.operators) {
      expect(operator.busyMs).toBeGreaterThan(0)
      expect(operator.cpuMs).toBeGreaterThanOrEqual(0)
      const perShard = operator.shards.reduce((sum, shard) => sum + shard.rowsIn, 0)
      expect(perShard).toBe(operator.rowsIn)
    }
    // A timestamp, an integer, two letters and where they begin; by batch where they end, and which integers are null.
    expect(of('filter').bytesIn).toBe(5000 * (8 + 4 + 2 + 4) + 5 * (4 + 125))
    expect(of('detect').stateBytes).toBeGreaterThan(7 * 8)
    expect(metrics.sources).toMatchObject([
      { id: 'n0:source', rows: 5000, batches: 5, rowsTotal: 5000, splitsBegun: 1, splitsEnded: 1 },
    ])
    expect(metrics.sinks).toMatchObject([
      { inputs: [of('agg').id], rows: groups, epochsCommitted: 1 },
      { inputs: [of('detect').id], rows: groups, epochsCommitted: 1 },
    ])
    expect(metrics.shards).toHaveLength(Math.max(1, shards))
    expect(metrics).toMatchObject({
      state: 'done',
      rowsIn: 5000,
      rowsOut: 2 * groups,
      rowsLate: 0,
      memoryBytes: 0,
    })
    expect(metrics.watermarkMs).toBe(Number.POSITIVE_INFINITY)
    expect(metrics.log.map(({ text }) => text)).toEqual([
      `running on ${Math.max(1, shards)} shard(s)`,
      'epoch 0 committed',
      'done',
    ])
    // Plain data that stands still once the job is over.
    expect(structuredClone(metrics)).toEqual(metrics)
    expect({ ...job.metrics(), atMs: 0 }).toEqual({ ...metrics, atMs: 0 })
  })

it('tells where a replay is, how far splits are behind it, and what a snapshot took', async () => {
  const clock = manualClock()
  const sums = replay(dataset(), { time: 'at', speed: 10 })
    .watermark('at', { outOfOrder: '5s' })
    .groupBy('key')
    .agg({ n: count() })
  const job = await start(sums.write(memory()), { shards: 0, clock })
  await job.pause()
  await job.seek(new Date(100_000))
  await job.snapshot()
  const metrics = job.metrics()
  expect(metrics).toMatchObject({ state: 'paused', rowsIn: 100, eventTimeMs: 99_000, watermarkMs: 94_000 })
  expect(metrics.replay).toEqual({ speed: 10, playedMs: 99_000, dueMs: 100_000 })
  expect(metrics.sources[0]!.splits).toMatchObject([
    { rows: 100, watermarkMs: 94_000, lagMs: 6_000, ended: false },
  ])
  expect(metrics.operators.at(-1)).toMatchObject({ stateKeys: 7 })
  expect(metrics.epochs).toMatchObject({ committed: 1, snapshots: 1 })
  expect(metrics.epochs.lastSnapshotBytes).toBeGreaterThan(7 * 8)
  job.setSpeed('max')
  expect(job.metrics().replay?.speed).toBe('max')
  job.resume()
  await job.done
  expect(job.metrics()).toMatchObject({ state: 'done', rowsIn: 5000 })
})

it('says what a job failed with', async () => {
  const failing = dataset().with({ y: r => r.x.add(2_147_483_647) })
  const job = await start(failing.write(memory()), { shards: 0 })
  await expect(job.done).rejects.toThrow()
  const { state, failure, log } = job.metrics()
  expect(state).toBe('failed')
  expect(failure).toMatchObject({ code: 'OVERFLOW' })
  expect(log.at(-1)).toMatchObject({ level: 'error' })
})

it('back pressure is the time in which others keep a part from doing more', () => {
  const pressure = new BackPressure(2)
  for (let step = 0; step < STEPS_AHEAD; step++) pressure.begin()
  for (let step = 0; step < STEPS_AHEAD - 1; step++) pressure.done(0)
  // It has work of its own left.
  expect(pressure.of(0)).toBe(0)
  pressure.done(0)
  const beganMs = performance.now()
  while (performance.now() === beganMs);
  expect(pressure.of(0)).toBeGreaterThan(0)
  expect(pressure.of(1)).toBe(0)
  pressure.done(1)
  pressure.over()
  const whole = pressure.of(0)
  while (performance.now() < beganMs + 1);
  // Another step may begin: nobody waits.
  expect(pressure.of(0)).toBe(whole)
})

it('remembers splits that have ended by their sums', () => {
  const meter = new SourceMeter()
  for (let i = 0; i < 1000; i++) {
    const split = meter.begin({ id: i, label: `file-${i}` })
    split.rows += 2
    split.batches++
    meter.end(split)
  }
  const open = meter.begin({ id: 1000, label: 'file-1000' })
  open.rows = 5
  expect(meter.splits).toHaveLength(101)
  expect(meter).toMatchObject({ splitsBegun: 1001, splitsEnded: 1000 })
  expect(meter.total).toMatchObject({ rows: 2005, batches: 1000 })
})
