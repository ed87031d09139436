import { expect, it } from 'vitest'
import { count, memory, start, tumbling } from '../../../src/index.ts'
import { script } from '../../../src/testing.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 8, minute))
const stream = (minutes: readonly number[], until?: Promise<never>) =>
  script(
    { at: 'timestamp[ms]' },
    [{ rows: minutes.map(minute => ({ at: at(minute) })) }, ...(until ? [{ until }] : [])],
    { bounded: false },
  )
const shown = (rows: readonly any[]) =>
  rows.map(({ windowStart, n }) => `${windowStart.getUTCMinutes()}:${n}`)
const fives = tumbling('5m')

it('windows of late rows close while the stream runs, by what late rows tell of time', async () => {
  const late = stream([20, 3, 4, 40, 12, 13, 6, 59, 31], new Promise(() => {}))
    .watermark('at')
    .window(fives)
    .agg({ n: count() })
    .late()
  // 12 closes the window of 3 and 4; 31 those of 12, 13, and of 6, which is late again.
  const rows: unknown[] = []
  for await (const row of late.window(fives).agg({ n: count() })) if (rows.push(row) === 2) break
  expect(shown(rows)).toEqual(['0:2', '10:2'])
})

it.each([0, 2])('late rows are united with a stream, each with its own time, on %i shards', async shards => {
  for (const batchRows of [1, 3, 100]) {
    const first = stream([20, 3, 4, 40, 12, 59]).watermark('at')
    const others = stream([1, 13, 33, 2]).watermark('at')
    const all = first.window(fives).agg({ n: count() }).late().union(others).window(fives).agg({ n: count() })
    const [windows, late] = [memory(), memory()]
    const job = await start([all.write(windows), all.late().write(late)], { shards, batchRows })
    await job.done
    // Late are 3, 4 and 12; of the others 2 after 33.
    expect(shown(windows.rows()), `${batchRows}`).toEqual(['0:3', '10:2', '30:1'])
    expect(late.rows()).toEqual([{ at: at(2) }])
  }
})
