import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, expect, it, vi } from 'vitest'
import type { JobMetrics } from '../../src/index.ts'
import { LiveFeed, type WatchedJob } from '../../src/live/live-feed.ts'
import { replayedJob } from './jobs.ts'

afterEach(() => vi.useRealTimers())

/** The other end of a connection: takes what it is sent, or as little as a network that is stuck. */
class Connection extends EventEmitter {
  frames = 0
  bytes = 0
  stuck = false
  destroyed = false
  ended = false
  writeHead = () => this
  write(text: string): boolean {
    if (text.startsWith('event: frame')) this.frames++
    this.bytes += text.length
    return !this.stuck
  }
  end(): void {
    this.ended = true
  }
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
  get response(): ServerResponse {
    return this as unknown as ServerResponse
  }
}

/** A job that goes on for ever, with the metrics of one that is real. */
async function endless(): Promise<{ job: WatchedJob; end(): void; read(): number }> {
  const real = await replayedJob()
  await real.pause()
  const metrics = real.metrics()
  await real.abort()
  const { promise, resolve } = Promise.withResolvers<never>()
  let reads = 0
  const job = {
    metrics: (): JobMetrics => ({ ...metrics, state: 'running', rowsIn: ++reads, atMs: Date.now() }),
    alerts: () => [],
    done: promise,
  }
  return { job, end: () => resolve(undefined as never), read: () => reads }
}

it('keeps no more after an hour than after five minutes', async () => {
  const { job } = await endless()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] })
  const feed = new LiveFeed(job)
  vi.advanceTimersByTime(3_600_000)
  expect(feed.trend).toHaveLength(300)
  const page = new Connection()
  feed.add(page.response)
  const { bytes } = page
  vi.advanceTimersByTime(1_200_000)
  expect(feed.trend).toHaveLength(300)
  // Thousands of frames, and a page that comes now is sent as much as one that came before.
  expect(page.frames).toBeGreaterThan(5000)
  const later = new Connection()
  feed.add(later.response)
  expect(Math.abs(later.bytes - bytes)).toBeLessThan(bytes / 10)
  feed.close()
  expect([page.ended, later.ended, feed.clients]).toEqual([true, true, 0])
})

it('sends at most ten frames a second, and none that a page cannot take', async () => {
  const { job, read } = await endless()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] })
  const feed = new LiveFeed(job)
  const quick = new Connection()
  const slow = new Connection()
  slow.stuck = true
  feed.add(quick.response)
  feed.add(slow.response)
  const readBefore = read()
  vi.advanceTimersByTime(10_000)
  expect(quick.frames).toBeGreaterThan(10)
  expect(quick.frames).toBeLessThanOrEqual(100)
  expect(slow.frames).toBeLessThanOrEqual(1)
  // However many pages are open, the job is read once a frame.
  expect(read() - readBefore).toBeLessThanOrEqual(100)
  // It gets the newest frame when it can, and not those it missed.
  slow.emit('drain')
  const after = slow.frames
  vi.advanceTimersByTime(10_000)
  expect(slow.frames).toBe(after)
  vi.advanceTimersByTime(40_000)
  expect([slow.destroyed, quick.destroyed, feed.clients]).toEqual([true, false, 1])
  feed.close()
})

it('reads the job once a second while nobody looks, and no more once it has ended', async () => {
  const { job, end, read } = await endless()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] })
  const feed = new LiveFeed(job)
  vi.advanceTimersByTime(60_000)
  expect(read()).toBeLessThanOrEqual(62)
  end()
  await job.done
  await Promise.resolve()
  const atEnd = read()
  vi.advanceTimersByTime(60_000)
  expect(read()).toBe(atEnd)
  feed.close()
})

it('has room for so many pages', async () => {
  const { job } = await endless()
  const feed = new LiveFeed(job)
  const pages = Array.from({ length: 17 }, () => new Connection())
  expect(pages.map(page => feed.add(page.response)).filter(Boolean)).toHaveLength(16)
  pages[0]!.destroy()
  expect(feed.add(new Connection().response)).toBe(true)
  feed.close()
})
