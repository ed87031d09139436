import { expect, it } from 'vitest'
import { count, max, memory, read, session, start, tumbling } from '../../../src/index.ts'
import { script, scriptedSource } from '../../../src/testing.ts'

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

it.each([0, 2])('no late row is passed before every split has had one, on %i shards', async shards => {
  const seconds = (...all: readonly number[]) => [{ rows: all.map(s => ({ at: new Date(1000 * s) })) }]
  const splits = [seconds(9000, 7800), seconds(-7200, -7800, -4200)]
  for (const batchRows of [1, 3, 100]) {
    const source = scriptedSource({ at: 'timestamp[ms]' }, splits, { bounded: false })
    const sessions = read
      .source(source, { at: 'timestamp[ms]' })
      .watermark('at', { outOfOrder: '1m' })
      .window(session('1s'))
      .agg({ d: max('at') })
    // Late are 7800 in one split and -7800 in the other, which is the earlier one and finds nothing.
    const late = sessions.late()
    const rows = memory()
    const found = late.distinct({ ttl: '1h' }).asofJoin(sessions, { direction: 'backward' }).write(rows)
    await (await start(found, { shards, batchRows })).done
    const ends = (rows.rows() as { at: Date; d: Date | null }[]).map(({ at, d }) => [
      +at / 1000,
      d && +d / 1000,
    ])
    expect(
      ends.sort((a, b) => a[0]! - b[0]!),
      `${batchRows}`,
    ).toEqual([
      [-7800, null],
      [7800, -4200],
    ])
  }
})

it('which rows are late behind a limit does not depend on how they were cut into batches', async () => {
  const minutes = [120, 0, 121]
  for (const together of [true, false]) {
    const steps = together ? [minutes] : minutes.map(minute => [minute])
    const rows = steps.map(of => ({ rows: of.map(minute => ({ at: at(minute) })) }))
    const first = script({ at: 'timestamp[ms]' }, rows, { bounded: false }).watermark('at').limit(50)
    const found = await first.asofJoin(first, { direction: 'backward' }).collect({ shards: 0 })
    expect(
      found.map(row => row.at),
      `${together}`,
    ).toEqual([at(120), at(121)])
  }
})
