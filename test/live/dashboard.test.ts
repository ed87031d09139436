import { execFileSync } from 'node:child_process'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import {
  type Dashboard,
  type DashboardOptions,
  type Job,
  type JobSnapshot,
  memory,
  read,
  start,
} from '../../src/index.ts'
import type { Frame } from '../../src/live/frame.ts'
import { history, replayedJob, scoredJob } from './jobs.ts'

let job: Job
let page: Dashboard

afterEach(async () => {
  await page?.close()
  await job?.abort()
})

async function open(options: DashboardOptions = {}, made = replayedJob()): Promise<void> {
  job = await made
  page = await job.dashboard({ port: 0, ...options })
}

/** A request with any headers, those that `fetch` keeps for itself among them. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
  const url = new URL(path, page.url)
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
    (resolve, reject) => {
      const sent = request(url, { method, headers }, answer => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', chunk => {
          text += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }))
      })
      sent.on('error', reject)
      sent.end(body)
    },
  )
}

/** The first line of the answer to bytes that are sent as they are. */
async function raw(host: string, port: number, bytes: string): Promise<string> {
  const socket = connect(port, host)
  socket.end(bytes)
  let text = ''
  for await (const chunk of socket.setEncoding('latin1')) text += chunk
  return text.split('\r\n')[0]!
}

const post = (
  name: string,
  body: object = {},
  headers: Record<string, string> = { 'x-millrace-action': '1' },
) => ask(`/actions/${name}`, headers, 'POST', JSON.stringify(body))

/** The frames of an open page, one by one. */
async function* frames(): AsyncGenerator<Frame> {
  const answer = await fetch(new URL('/events', page.url))
  let text = ''
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of events) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? []
      if (name === 'frame') yield JSON.parse(data!)
    }
  }
}

async function frameWhere(test: (frame: Frame) => boolean): Promise<Frame> {
  for await (const frame of frames()) if (test(frame)) return frame
  throw new Error('the page was told no such thing')
}

it('serves one page that loads nothing from elsewhere, and what it is made of', async () => {
  await open({ name: '<b>"flights" & more</b>' })
  const { status, headers, text } = await ask('/')
  expect(status).toBe(200)
  expect(headers['content-security-policy']).toContain(
    "default-src 'none'; script-src 'self'; style-src 'self'",
  )
  expect(headers['cache-control']).toBe('no-store')
  expect(text).toContain('<h1>&lt;b&gt;&quot;flights&quot; &amp; more&lt;/b&gt;</h1>')
  expect(text).not.toMatch(/https?:|<script>|style=|onclick/)
  const loaded = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!)
  const scripts = new Set(loaded)
  for (const path of scripts) {
    const part = await ask(path)
    expect([path, part.status]).toEqual([path, 200])
    for (const [, name] of part.text.matchAll(/^import .* from '\.(\/\w+\.js)'/gm)) scripts.add(name!)
  }
  expect(scripts.size).toBe(1 + 1 + 8)
  expect((await ask('/nothing')).status).toBe(404)
  expect((await ask('/../package.json')).status).toBe(404)
  expect(await ask('/metrics')).toMatchObject({ status: 200 })
  expect(await ask('/healthz')).toMatchObject({ status: 200 })
})

it('tells an open page how the job goes, and how it ended', async () => {
  await open()
  await job.pause()
  await job.seek(new Date(history.endMs / 2))
  const frame = await frameWhere(({ rowsIn }) => rowsIn === 200)
  expect(frame).toMatchObject({ state: 'paused', watermarkMs: history.endMs / 2 - 60_000, rowsTotal: 400 })
  expect(frame.sources[0]!.splits).toMatchObject([{ rows: 200, ended: false }])
  expect(frame.operators.map(({ kind }) => kind)).toEqual(job.metrics().operators.map(({ kind }) => kind))

  const last = (async () => {
    let last: Frame | undefined
    for await (const frame of frames()) {
      last = frame
      if (frame.state === 'done') break
    }
    return last!
  })()
  job.setSpeed('max')
  job.resume()
  await job.done
  expect(await last).toMatchObject({ state: 'done', rowsIn: 400, watermarkMs: 'end' })
  // A page that is opened later is told as well.
  expect(await frameWhere(() => true)).toMatchObject({ state: 'done', rowsIn: 400 })
})

it('shows alerts once, with the series they are in', async () => {
  await open({}, scoredJob('max'))
  await job.done
  const { alerts } = await frameWhere(({ state }) => state === 'done')
  const series = ['value sensor=a<b>', 'value sensor=b"\\']
  expect(
    alerts
      .filter(({ timeMs }) => timeMs === history.alertMs)
      .map(alert => alert.series)
      .sort(),
  ).toEqual(series)
  expect(alerts[0]).toMatchObject({ column: 'value', sink: 'memory' })
  const points = JSON.parse((await ask(`/series?name=${encodeURIComponent(series[0]!)}`)).text)
  expect(points).toHaveLength(168)
  expect(points.at(-1)).toMatchObject({ timeMs: history.endMs - 60_000, anomaly: false })
  const marked = points.filter(({ anomaly }: { anomaly: boolean }) => anomaly)
  expect(marked).toContainEqual(expect.objectContaining({ timeMs: history.alertMs, value: 90 }))
  expect(JSON.parse((await ask('/series?name=none')).text)).toEqual([])
})

it('has buttons that pause, pace, save and stop', async () => {
  const snapshots: [string, JobSnapshot][] = []
  await open({ onSnapshot: (snapshot, of) => void snapshots.push([of, snapshot]) })
  expect((await ask('/')).text).toContain('id="savepoint"')
  expect(await post('pause')).toMatchObject({ status: 200, text: '{"done":"pause"}' })
  expect(job.metrics().state).toBe('paused')
  expect((await post('speed', { speed: 3600 })).status).toBe(200)
  expect(job.metrics().replay).toMatchObject({ speed: 3600 })
  expect(await post('speed', { speed: -1 })).toMatchObject({
    status: 409,
    text: expect.stringContaining('SPEED'),
  })
  expect((await post('savepoint')).status).toBe(200)
  expect((await post('resume')).status).toBe(200)
  expect((await post('stop')).status).toBe(200)
  await job.done
  expect(snapshots.map(([of, { epoch }]) => [of, epoch])).toEqual([
    ['savepoint', 0],
    ['stop', 1],
  ])
  expect(await post('pause')).toMatchObject({ status: 409, text: expect.stringContaining('JOB_OVER') })
})

it('has no savepoint where nobody takes it', async () => {
  await open()
  expect((await ask('/')).text).not.toContain('savepoint')
  expect((await post('savepoint')).status).toBe(404)
})

it('answers no name but its own, and no page of another site', async () => {
  await open()
  const { host, port } = new URL(page.url)
  for (const other of [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `10.0.0.1:${port}`,
  ])
    expect([other, (await ask('/metrics', { host: other })).status]).toEqual([other, 403])
  // Also by a port that is forwarded to this one.
  for (const own of [host, `localhost:${port}`, `[::1]:${port}`, 'localhost:9000'])
    expect([own, (await ask('/healthz', { host: own })).status]).toEqual([own, 200])
  // A page of another site may link here, and not load anything, such as all the events there may be pages for.
  const from = (mode: string) => ask('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode })
  expect([(await from('navigate')).status, (await from('no-cors')).status]).toEqual([200, 403])
  expect((await ask('/events', {}, 'HEAD')).status).toBe(200)

  expect((await post('pause', {}, {})).status).toBe(403)
  expect((await post('pause', {}, { 'x-millrace-action': '1', origin: 'http://evil.example' })).status).toBe(
    403,
  )
  expect((await post('pause', {}, { 'x-millrace-action': '1', origin: 'null' })).status).toBe(403)
  expect(job.metrics().state).toBe('running')
  expect((await post('pause', {}, { 'x-millrace-action': '1', origin: `http://${host}` })).status).toBe(200)
  expect((await ask('/actions/pause')).status).toBe(405)
  // What other sites may send without asking has no such header; asking is not answered.
  const preflight = await ask('/actions/stop', { origin: 'http://evil.example' }, 'OPTIONS')
  expect(preflight.status).toBe(403)
  expect(preflight.headers['access-control-allow-origin']).toBeUndefined()
  expect((await ask('/actions/pause', { 'x-millrace-action': '1' }, 'POST', 'x'.repeat(5000))).status).toBe(
    400,
  )
})

it('asks for a token where it was given one, and needs one where others reach it', async () => {
  job = await replayedJob()
  await expect(job.dashboard({ port: 0, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'TOKEN' })
  const token = 'correct horse battery'
  page = await job.dashboard({ port: 0, host: '0.0.0.0', token })
  page = { ...page, url: page.url.replace('0.0.0.0', '127.0.0.1') }
  expect((await ask('/')).status).toBe(401)
  expect((await ask('/healthz')).status).toBe(200)
  expect((await ask('/metrics', { authorization: 'Bearer wrong' })).status).toBe(401)
  expect((await ask('/metrics', { authorization: `Bearer ${token}` })).status).toBe(200)
  const first = await ask(page.url)
  expect([first.status, first.headers.location]).toEqual([303, '/'])
  const cookie = String(first.headers['set-cookie'])
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
  expect(cookie).not.toContain('horse')
  expect((await ask('/', { cookie: cookie.split(';')[0]! })).status).toBe(200)
  const { port } = new URL(page.url)
  expect((await ask('/', { cookie: `millrace-token-${port}=00` })).status).toBe(401)
  // Browsers send the cookie of one port to all of a host: that of another job is none here.
  expect(cookie).toMatch(`millrace-token-${port}=`)
  // What needs no token gives none away, and what is no page is answered as it is.
  const free = await ask('/healthz?token=wrong')
  expect([free.status, free.headers['set-cookie']]).toEqual([200, undefined])
  expect((await ask('/?token=wrong')).status).toBe(401)
  expect((await ask(`/metrics?token=${encodeURIComponent(token)}`)).status).toBe(200)
  // The buttons of a page that a proxy serves by https.
  const pause = (origin: string) =>
    ask(
      '/actions/pause',
      {
        ...{ authorization: `Bearer ${token}`, host: 'jobs.example', 'x-millrace-action': '1', origin },
      },
      'POST',
    )
  expect((await pause('https://evil.example')).status).toBe(403)
  expect((await pause('https://jobs.example')).status).toBe(200)
})

it('is answered whatever it is asked', async () => {
  await open()
  const { hostname, port } = new URL(page.url)
  for (const [target, status] of [
    ['//', 400],
    ['http://[/', 400],
    ['//evil.example/', 200],
    ['/%00', 404],
    ['/actions/__proto__', 404],
  ] as const) {
    const answer = await raw(
      hostname,
      Number(port),
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expect([target, answer.split(' ')[1]]).toEqual([target, String(status)])
  }
  for (const body of ['[]', 'null', '{', '"x"', '7'])
    expect([body, (await ask('/actions/pause', { 'x-millrace-action': '1' }, 'POST', body)).status]).toEqual([
      body,
      400,
    ])
})

it('says of a job how it failed, with as much of the data as can be read', async () => {
  const failing = read.rows([{ x: 'y'.repeat(100_000) }]).map(
    row => {
      throw new Error(row.x)
    },
    { columns: { x: 'utf8' } },
  )
  await open({}, start(failing.write(memory()), { shards: 0 }))
  await expect(job.done).rejects.toThrow()
  const seen: Frame[] = []
  // The server closes the connection: nothing comes after it.
  for await (const frame of frames()) seen.push(frame)
  expect(seen).toMatchObject([{ state: 'failed', failure: { code: expect.any(String) } }])
  expect(JSON.stringify(seen).length).toBeLessThan(20_000)
  expect((await ask('/healthz')).status).toBe(503)
})

it('frees its port, and says which is taken', async () => {
  await open()
  const { port } = new URL(page.url)
  const other = await replayedJob()
  await expect(other.dashboard({ port: Number(port) })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  const reading = frames()
  await reading.next()
  await page.close()
  await page.close()
  page = await other.dashboard({ port: Number(port) })
  await job.abort()
  job = other
  expect((await ask('/healthz')).status).toBe(200)
})

it('keeps no program from ending', () => {
  const index = new URL('../../src/index.ts', import.meta.url).href
  const program = `
    const { memory, read } = await import(${JSON.stringify(index)})
    const job = await read.rows([{ x: 1 }]).write(memory()).start()
    const { url } = await job.dashboard({ port: 0 })
    await job.done
    console.log((await fetch(url + '/healthz')).status)`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 50_000,
  })
  expect(output).toBe('200\n')
})
