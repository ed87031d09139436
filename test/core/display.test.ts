import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { svgFault } from '../../src/cli/notebook/compare.ts'
import { type Bundle, factsBundle, liveDisplay } from '../../src/core/display.ts'
import { count, ewma, memory, read, replay } from '../../src/index.ts'
import { arima, holtWinters, normal, stl } from '../../src/models/index.ts'
import { jobPicture, line, livePicture } from '../../src/plot/index.ts'

const DISPLAY = Symbol.for('Jupyter.display')
const shownBy = async (what: unknown): Promise<Bundle> => (what as any)[DISPLAY]()

const HOSTILE = '<script>alert(1)</script>"&\u202e'

/** A value a minute, one of them unusual. */
const scoredRows = () => {
  const rows = Array.from({ length: 300 }, (_, i) => ({
    at: new Date(i * 60_000),
    key: HOSTILE,
    v: i === 250 ? 99 : i % 7,
  }))
  return read
    .rows(rows, { at: 'timestamp[ms]', key: 'utf8', v: 'float64' })
    .watermark('at')
    .detect('v', ewma(), { by: ['key'], alpha: 1e-4 })
}

/** What is shown to whoever runs a notebook, while `act` runs in it. */
async function broadcastWhile(act: () => Promise<void>): Promise<[string, any][]> {
  const BROADCAST = Symbol.for('Jupyter.broadcast')
  const sent: [string, any][] = []
  ;(globalThis as any)[BROADCAST] = async (...message: [string, any]) => void sent.push(message)
  try {
    await act()
  } finally {
    delete (globalThis as any)[BROADCAST]
  }
  return sent
}

it('a dataset that ends shows its first rows: types, nulls that are not the text null, numbers at the right', async () => {
  const rows = [
    { key: HOSTILE, n: 1, at: new Date(0) },
    { key: 'null', n: null, at: null },
    { key: null, n: 22, at: new Date(1) },
  ]
  const shown = await shownBy(read.rows(rows, { key: 'utf8', n: 'int32', at: 'timestamp[ms]' }))
  const html = shown['text/html']!
  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;script&gt;')
  expect(html).not.toContain('\u202e')
  expect(html.match(/font-style:italic">null<\/span>/g)).toHaveLength(3)
  expect(html).toContain('>&quot;null&quot;</td>')
  expect(html).toMatch(/text-align:right">n<br><span[^>]*>int32</)
  expect(html).toMatch(/text-align:right">22<\/td>/)
  expect(html).toContain('3 rows')
  expect(shown['text/plain']).toMatch(/^key .*\n[\s\S]*\n3 rows$/)
})

it('says how many rows there are where the source knows, and that there are more where it does not', async () => {
  const many = read.rows(Array.from({ length: 12_345 }, (_, x) => ({ x })))
  expect((await shownBy(many))['text/plain']).toMatch(/\nfirst 20 of 12,345 rows$/)
  expect((await shownBy(many.with({ y: r => r.x.add(1) })))['text/html']).toContain('first 20 of 12,345 rows')
  expect((await shownBy(many.filter(r => r.x.gt(5))))['text/plain']).toMatch(/\nthe first 20 rows, of more$/)
  expect((await shownBy(many.limit(0)))['text/plain']).toMatch(/no rows$/)
})

it('a dataset that does not end shows its columns and how rows are taken, and reads none', async () => {
  const rows = read.rows([{ at: new Date(0), x: 1 }], { at: 'timestamp[ms]', x: 'int32' })
  const shown = await shownBy(replay(rows, { time: 'at', speed: 1 }))
  expect(shown['text/plain']).toBe(
    'Dataset (unbounded) { at: timestamp[ms], x: int32 }\nIts rows do not end: await dataset.limit(20).collect(), for await (const row of dataset), or write it.',
  )
  expect(shown['text/html']).toContain('timestamp[ms]')
})

it('a dataset that fails shows why', async () => {
  const shown = await shownBy(read.parquet('nowhere.parquet'))
  expect(shown['text/plain']).toMatch(/^ConnectorError FILE_NOT_FOUND: /)
})

it('console.log of a dataset says how its rows are made; within others it is a line', () => {
  const flights = read.rows([{ origin: 'IAH', delay: 5 }], { origin: 'utf8', delay: 'int32' })
  const made = flights
    .filter(r => r.delay.gt(3))
    .groupBy('origin')
    .agg({ n: count() })
  expect(inspect(made)).toBe(
    'Dataset (bounded) { origin: utf8, n: int53 }\n  rows\n  > filter delay > 3\n  > agg "n" = count() by "origin"',
  )
  expect(inspect(flights)).toBe('Dataset (bounded) { origin: utf8, delay: int32 }')
  expect(inspect({ made })).toBe('{ made: Dataset (bounded) { origin: utf8, n: int53 } }')
  expect(inspect(made.join(flights, { on: 'origin' }))).toMatch(
    /\n {2}> inner join on "origin", with 1 other input$/,
  )
})

it('a job says how far it has come', async () => {
  const job = await read
    .rows([{ x: 1 }, { x: 2 }])
    .write(memory())
    .start()
  await job.done
  const shown = await shownBy(job)
  expect(shown['text/plain']).toMatch(/^Job, done\n {2}rows read +2( of 2, 100 %)?\n {2}rows written +2\n/)
  expect(shown['text/html']).toContain('<b>Job, done</b>')
})

it('a job that failed says so, and one that scores says what was unusual last', async () => {
  const failing = await read
    .rows([{ x: 1 }])
    .map(
      () => {
        throw new Error('no')
      },
      { columns: { x: 'int32' } },
    )
    .write(memory())
    .start({ shards: 0 })
  await expect(failing.done).rejects.toThrow()
  expect((await shownBy(failing))['text/plain']).toMatch(/^Job, failed\n/)

  const job = await scoredRows().write(memory()).start({ shards: 0 })
  job.alerts()
  await job.done
  const shown = await shownBy(job)
  expect(shown['text/plain']).toMatch(
    /\n {2}alert v key=<script>.* +1970-01-01T04:10:00.000Z: 99, expected \d/,
  )
  expect(shown['text/html']).not.toContain('<script')
})

it('a job that runs is followed: its last rows and the series with the newest alert, until it is over', async () => {
  const sent = await broadcastWhile(async () => {
    const job = await scoredRows().write(memory()).start({ shards: 0 })
    expect(await shownBy(job)).toEqual({})
    await job.done
    await setImmediate()
  })
  const last = Object.values(Object.groupBy(sent, ([, { transient }]) => transient.display_id)).map(
    of => of!.at(-1)![1].data,
  )
  const words = last.find(data => data['text/html'])!
  expect(words['text/plain']).toMatch(/^Job, done\n {2}rows read +300/)
  expect(words['text/plain']).toMatch(/1970-01-01 04:59:00 .*\n\S*memory: the last of its rows$/)
  expect(words['text/html']).not.toContain('<script')
  const picture = last.find(data => data['image/svg+xml'])!['image/svg+xml']
  expect(svgFault(picture)).toBeUndefined()
  expect(picture).toContain('v key=&lt;script&gt;')
  expect(picture).not.toContain('<script')
})

it('the picture of a job is drawn of the last rows of a sink; one that cannot be drawn says so', async () => {
  const titles: string[] = []
  const draw = (rows: any[]) => {
    titles.push(`${rows.length} rows up to ${rows.at(-1).v}`)
    return line(rows, { x: 'at', y: 'v' })
  }
  const sent = await broadcastWhile(async () => {
    const job = await scoredRows().write(memory()).start({ shards: 0 })
    await jobPicture(job, draw, { rows: 40, everyMs: 3_000_000 })
    const failing = await scoredRows().write(memory()).start({ shards: 0 })
    const unknown = jobPicture(failing, rows => line(rows, { x: 'at', y: 'w' }))
    await expect(unknown).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' })
    await expect(jobPicture(failing, draw, { sink: 1 })).rejects.toMatchObject({ code: 'OPTION' })
  })
  expect(titles).toEqual([`40 rows up to ${299 % 7}`])
  expect(sent.map(([type]) => type)).toEqual(['display_data'])
})

it('smoothed and decomposed series show what they are made of, and keep the fields they had', async () => {
  const values = Array.from({ length: 48 }, (_, t) => 100 + t + 10 * Math.sin((t * Math.PI) / 6))
  const smoothed = holtWinters(values, { period: 12 })
  expect((await shownBy(smoothed))['text/plain']).toMatch(
    /^Holt–Winters, additive season of 12\n {2}alpha[\s\S]*\n {2}values +48$/,
  )
  const parts = stl(values, { period: 12 })
  const { 'text/plain': text } = await shownBy(parts)
  expect(Number(/strength of the season +(\S+)/.exec(text)![1])).toBeGreaterThan(0.9)
  expect(Object.keys(parts)).toEqual(['seasonal', 'trend', 'remainder', 'weights'])
  const straight = await shownBy(stl(new Array(30).fill(5e300), { period: 7 }))
  expect(straight['text/plain']).not.toMatch(/NaN|Infinity/)
})

afterEach(() => {
  delete (globalThis as any).Deno
})

it('live displays go through the kernel, paced: the first at once, the last in any case', async () => {
  const sent: [string, any][] = []
  ;(globalThis as any).Deno = {
    jupyter: { broadcast: async (...message: [string, any]) => void sent.push(message) },
  }
  const display = liveDisplay(3_600_000)
  for (const n of [1, 2, 3, 4]) display.update(factsBundle('Job', [['rows', String(n)]]))
  await display.close()
  expect(sent.map(([type]) => type)).toEqual(['display_data', 'update_display_data'])
  expect(sent.map(([, { data }]) => data['text/plain'])).toEqual(['Job\n  rows  1', 'Job\n  rows  4'])
  expect(new Set(sent.map(([, { transient }]) => transient.display_id)).size).toBe(1)
})

it('without a kernel the last is printed, as text', async () => {
  const printed: string[] = []
  const display = liveDisplay(0, text => printed.push(text))
  display.update(factsBundle('Job', [['rows', '1']]))
  display.update(factsBundle('Job', [['rows', '2']]))
  await display.close()
  expect(printed).toEqual(['Job\n  rows  2'])
})

it('models show a summary', async () => {
  const fit = arima([2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9], { order: [1, 0, 0] })
  const shown = await shownBy(fit)
  expect(shown['text/plain']).toMatch(/^ARIMA\(1, 0, 0\)\n {2}ar1 +-?0\.\d+ ± 0\.\d+\n {2}mean +2\.\d+ ± /)
  expect(shown['text/html']).toContain('<b>ARIMA(1, 0, 0)</b>')
  expect(inspect(fit)).toBe(shown['text/plain'])
  expect(inspect([[[fit]]])).toBe('[ [ [ [ArimaFit] ] ] ]')
  expect((await shownBy(normal({ mean: 3, sd: 2 })))['text/plain']).toBe(
    'Distribution: normal\n  mean      3\n  sd        2\n  variance  4',
  )
})

it('a live picture goes to whoever runs the notebook; only figures that are shown are made', async () => {
  const made: number[] = []
  const sent = await broadcastWhile(async () => {
    const picture = livePicture({ everyMs: 3_600_000 })
    for (const n of [1, 2, 3])
      picture.show(() => {
        made.push(n)
        return line(
          [
            { x: 1, y: n },
            { x: 2, y: n },
          ],
          { x: 'x', y: 'y', title: `Figure ${n}` },
        )
      })
    await picture.close()
  })
  expect(made).toEqual([1, 3])
  expect(sent.map(([type, { data }]) => [type, data['image/svg+xml'].slice(0, 4)])).toEqual([
    ['display_data', '<svg'],
    ['update_display_data', '<svg'],
  ])
})
