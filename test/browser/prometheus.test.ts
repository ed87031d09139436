import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { metricsText, serveMetrics } from '../../src/live/index.ts'
import { replayedJob, scoredJob } from '../live/jobs.ts'
import { have, program } from './programs.ts'

const dashboard = JSON.parse(
  readFileSync(new URL('../../docs/grafana/millrace.json', import.meta.url), 'utf8'),
)

/** Every query of the dashboard, with its variables filled in. */
const queries: readonly string[] = dashboard.panels.flatMap((panel: any) =>
  (panel.targets ?? []).map((target: any) =>
    target.expr.replaceAll('$__rate_interval', '5s').replaceAll('$job', '.*'),
  ),
)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(listening => server.once('listening', listening))
  const { port } = server.address() as { port: number }
  await new Promise(closed => server.close(closed))
  return port
}

/** A Prometheus that scrapes one address, and how to end it. */
async function prometheus(target: string) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'))
  const port = await freePort()
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 500ms, scrape_timeout: 400ms }
scrape_configs:
  - job_name: millrace
    honor_labels: true
    static_configs: [{ targets: ['${target}'] }]
`,
  )
  const child = spawn(
    program('prometheus')!,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const ended = new Promise(resolve => child.once('exit', resolve))
  const api = async (path: string): Promise<any> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => undefined)
    return answer?.ok ? ((await answer.json()) as any).data : undefined
  }
  return {
    targets: async () => (await api('targets'))?.activeTargets ?? [],
    query: async (expr: string): Promise<{ metric: any; value: [number, string] }[]> =>
      (await api(`query?query=${encodeURIComponent(expr)}`))?.result ?? [],
    async end() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Asks again until the answer is as wanted, for half a minute at most; gives the last. */
async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const untilMs = performance.now() + 30_000
  let answer = await ask()
  while (!wanted(answer) && performance.now() < untilMs) {
    await sleep(200)
    answer = await ask()
  }
  return answer
}

describe.skipIf(!have('promtool'))('promtool', () => {
  it('finds nothing wrong with the metrics of a job', async () => {
    const job = await replayedJob()
    await job.pause()
    await job.snapshot()
    const text = metricsText({ flights: job })
    await job.abort()
    // It prints what it finds, and exits with 3.
    expect(execFileSync(program('promtool')!, ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe(
      '',
    )
  })
})

describe.skipIf(!have('prometheus'))('a Prometheus that scrapes a job', () => {
  it('has data for every query of the Grafana dashboard', async () => {
    const job = await scoredJob()
    const server = await serveMetrics({ flights: job }, { port: 0 })
    const scraper = await prometheus(new URL(server.url).host)
    try {
      await job.pause()
      const up = await eventually(scraper.targets, ([target]) => target?.health === 'up')
      expect(up[0]).toMatchObject({ health: 'up', lastError: '' })
      await job.seek(new Date(100 * 60_000))
      await job.snapshot()
      const read = 'millrace_source_records_total{job="flights"}'
      const [sample] = await eventually(
        () => scraper.query(read),
        ([found]) => Number(found?.value[1]) === 200,
      )
      expect(Number(sample?.value[1])).toBe(200)
      expect(queries.length).toBeGreaterThan(15)
      for (const query of queries) {
        const found = await eventually(
          () => scraper.query(query),
          result => result.length > 0,
        )
        expect([query, found.length > 0]).toEqual([query, true])
        for (const { value } of found) expect([query, value[1]]).not.toEqual([query, 'NaN'])
      }
    } finally {
      await scraper.end()
      await server.close()
      await job.abort()
    }
  })
})

describe('the Grafana dashboard', () => {
  it('asks only for metrics there are, and says what its numbers are', async () => {
    const { FAMILIES } = await import('../../src/live/metric-families.ts')
    const known = new Set(FAMILIES.map(({ name }) => name))
    const asked = queries.flatMap(query => query.match(/millrace_\w+/g) ?? [])
    expect(asked.filter(name => !known.has(name))).toEqual([])
    for (const panel of dashboard.panels.filter((panel: any) => panel.type !== 'row')) {
      expect(panel.title).toBeTruthy()
      expect(panel.fieldConfig.defaults.unit).toBeTruthy()
    }
    const ids = dashboard.panels.map((panel: any) => panel.id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
