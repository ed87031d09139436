import { count, ewma, type Job, memory, read, replay, start, tumbling } from '../../src/index.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'

const MINUTE = 60_000

/** A value a minute for two sensors; one of each is out of line. */
const rows = Array.from({ length: 400 }, (_, i) => ({
  at: new Date(Math.floor(i / 2) * MINUTE),
  sensor: i % 2 ? 'b"\\' : 'a<b>',
  value: i >> 1 === 150 ? 90 : 10 + Math.sin(i) + (i % 7) / 10,
}))

const sensors = () => read.rows(rows, { at: 'timestamp[ms]', sensor: 'utf8', value: 'float64' })

/** A replay by a clock that stands still, so that the job goes on only when it is told to. */
export async function replayedJob(): Promise<Job> {
  const scored = replay(sensors(), { time: 'at', speed: 60 })
    .watermark('at')
    .groupBy('sensor')
    .window(tumbling('1m'))
    .agg({ n: count() })
    .detect('n', ewma(), { alpha: 0.01 })
  return start(scored.write(memory()), { shards: 0, clock: manualClock() })
}

/** A replay whose values are scored, with the anomalies on their own, too. */
export async function scoredJob(speed: 'max' | number = 60): Promise<Job> {
  const scored = replay(sensors(), { time: 'at', speed })
    .watermark('at')
    .detect('value', ewma(), {
      by: ['sensor'],
      alpha: 1e-4,
    })
  return start([scored.write(memory()), scored.filter(r => r.anomaly).write(memory())], {
    shards: 0,
    clock: manualClock(),
  })
}

export const history = { startMs: 0, endMs: 200 * MINUTE, alertMs: 150 * MINUTE }
