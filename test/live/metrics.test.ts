import { metrics as otel } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { Registry } from 'prom-client'
import { afterEach, expect, it } from 'vitest'
import type { Job } from '../../src/index.ts'
import { metricsText, observeMetrics, registerMetrics, serveMetrics } from '../../src/live/index.ts'
import { FAMILIES } from '../../src/live/metric-families.ts'
import { replayedJob } from './jobs.ts'

let job: Job
afterEach(() => job.abort())

/** Samples by name and labels. */
function parsed(text: string): Map<string, number> {
  const samples = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    samples.map(line => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1).replace('Inf', 'Infinity'))]
    }),
  )
}

async function paused(): Promise<Job> {
  job = await replayedJob()
  await job.pause()
  await job.seek(new Date(100 * 60_000))
  await job.snapshot()
  return job
}

it('writes what a job measured as Prometheus reads it', async () => {
  const text = metricsText({ 'a "job"': await paused() })
  const { operators, sinks } = job.metrics()
  const samples = parsed(text)
  const of = (name: string, label: string, id: string) =>
    samples.get(`${name}{job="a \\"job\\"",${label}="${id}"}`)
  expect(of('millrace_source_records_total', 'source', 'n0:source')).toBe(200)
  for (const { id, rowsIn, rowsOut } of operators) {
    expect(of('millrace_records_in_total', 'operator', id)).toBe(rowsIn)
    expect(of('millrace_records_out_total', 'operator', id)).toBe(rowsOut)
    expect(of('millrace_operator_busy_seconds_total', 'operator', id)).toBeGreaterThan(0)
  }
  expect(of('millrace_sink_records_total', 'sink', sinks[0]!.id)).toBe(sinks[0]!.rows)
  expect(of('millrace_watermark_timestamp_seconds', 'source', 'n0:source')).toBe(99 * 60)
  expect(of('millrace_event_time_lag_seconds', 'source', 'n0:source')).toBe(60)
  expect(of('millrace_source_lag_records', 'source', 'n0:source')).toBe(200)
  expect(samples.get('millrace_checkpoints_total{job="a \\"job\\""}')).toBe(1)
  expect(samples.get('millrace_replay_speed_ratio{job="a \\"job\\""}')).toBe(60)

  // Each family has its two lines once, before its samples.
  const names = text
    .split('\n')
    .filter(line => line.startsWith('# TYPE'))
    .map(line => line.split(' ')[2])
  expect(new Set(names).size).toBe(names.length)
  for (const line of samples.keys()) expect(names).toContain(line.slice(0, line.indexOf('{')))
  for (const name of names) expect(FAMILIES.map(family => family.name)).toContain(name)
})

it('has labels that do not grow with the job', async () => {
  await paused()
  const before = [...parsed(metricsText(job)).keys()]
  await job.seek(new Date(180 * 60_000))
  await job.snapshot()
  expect([...parsed(metricsText(job)).keys()]).toEqual(before)
})

it('serves /metrics and /healthz', async () => {
  await paused()
  const server = await serveMetrics({ flights: job }, { port: 0 })
  const answer = await fetch(`${server.url}/metrics`)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(parsed(await answer.text()).get('millrace_job_running{job="flights"}')).toBe(1)
  const health = await fetch(`${server.url}/healthz`)
  expect([health.status, await health.json()]).toEqual([200, { status: 'ok', jobs: { flights: 'paused' } }])
  await job.abort()
  const after = await fetch(`${server.url}/healthz`)
  expect([after.status, await after.json()]).toEqual([503, { status: 'failed', jobs: { flights: 'failed' } }])
  await server.close()
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
})

it('refuses ports there are not, ports that are taken, and other hosts without a token', async () => {
  await paused()
  await expect(serveMetrics(job, { port: 70_000 })).rejects.toThrow(/PORT|from 0 to 65535/)
  await expect(serveMetrics(job, { port: 0, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'TOKEN' })
  await expect(serveMetrics(job, { port: 0, host: '0.0.0.0', token: 'short' })).rejects.toMatchObject({
    code: 'TOKEN',
  })
  const first = await serveMetrics(job, { port: 0 })
  const port = Number(new URL(first.url).port)
  await expect(serveMetrics(job, { port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  await first.close()
})

it("is read with prom-client's registry", async () => {
  await paused()
  const registry = new Registry()
  const remove = registerMetrics(registry, { flights: job })
  const theirs = parsed(await registry.metrics())
  const ours = parsed(metricsText({ flights: job }))
  for (const [sample, value] of ours)
    if (!sample.includes('_seconds')) expect([sample, theirs.get(sample)]).toEqual([sample, value])
  expect([...theirs.keys()].sort()).toEqual([...ours.keys()].sort())
  remove()
  expect(await registry.metrics()).not.toContain('millrace')
})

it('is observed by a meter of OpenTelemetry', async () => {
  await paused()
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const provider = new MeterProvider({ readers: [reader] })
  otel.setGlobalMeterProvider(provider)
  const stop = observeMetrics(otel.getMeter('test'), { flights: job })
  await provider.forceFlush()
  const exported = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
  const busy = exported.find(({ descriptor }) => descriptor.name === 'millrace.operator_busy')!
  expect(busy.descriptor.unit).toBe('s')
  expect(busy.dataPoints.map(({ attributes }) => attributes)).toEqual(
    job.metrics().operators.map(({ id }) => ({ job: 'flights', operator: id })),
  )
  const read = exported.find(({ descriptor }) => descriptor.name === 'millrace.source_records')!
  expect(read.dataPoints.map(({ value }) => value)).toEqual([200])
  stop()
  await provider.shutdown()
  otel.disable()
})
