/**
 * What the live page is told: the state of a job, at most ten times a second, to however many pages are open.
 *
 * Everything is bounded. The feed keeps one frame and a ring of a few numbers a second; a page that takes frames more slowly than
 * they come misses some, and one that takes none for half a minute is let go. The job is never waited for, and never waits.
 */

import type { ServerResponse } from 'node:http'
import type { Job } from '../core/engine.ts'
import { type Frame, frameOf, type Trend } from './frame.ts'

/** The parts of a job that the page shows. */
export type WatchedJob = Pick<Job, 'metrics' | 'alerts' | 'done'>

/** How often pages are told, and how often a point of the trend is taken. */
const FRAME_MS = 200
const TREND_MS = 1000
const TREND_POINTS = 300
/** Pages that may be open at a time. */
const MAX_CLIENTS = 16
/** How long a page may take nothing. */
const PATIENCE_MS = 30_000
/** How often something is sent even where nothing has changed. */
const HEARTBEAT_MS = 5_000

export const EVENTS_TYPE = 'text/event-stream; charset=utf-8'

interface Client {
  readonly response: ServerResponse
  /** It has not taken what was sent last: when that was. */
  blockedSinceMs: number | undefined
  /** What it was sent last. */
  sent: string
  sentMs: number
}

export class LiveFeed {
  readonly #job: WatchedJob
  readonly #clients = new Set<Client>()
  readonly #trend: Trend[] = []
  readonly #timer: NodeJS.Timeout
  #trendMs = Number.NEGATIVE_INFINITY
  /** The frames of the last two points of the trend: rates are those since the older. */
  #before: Frame | undefined
  #older: Frame | undefined
  #frame = ''
  #over = false

  constructor(job: WatchedJob) {
    this.#job = job
    this.#sample()
    this.#timer = setInterval(() => this.#tick(), FRAME_MS)
    this.#timer.unref()
    // The last frame says how the job ended; nothing changes after it.
    const ended = () => this.#end()
    job.done.then(ended, ended)
  }

  get clients(): number {
    return this.#clients.size
  }

  /** Numbers that are kept for pages to come: bounded, whatever the length of the job. */
  get trend(): readonly Trend[] {
    return this.#trend
  }

  /** Sends frames to a page from now on. False: there are too many. */
  add(response: ServerResponse): boolean {
    if (this.#clients.size >= MAX_CLIENTS) return false
    const client: Client = { response, blockedSinceMs: undefined, sent: '', sentMs: 0 }
    response.writeHead(200, { 'content-type': EVENTS_TYPE })
    response.on('close', () => this.#clients.delete(client))
    response.on('drain', () => {
      client.blockedSinceMs = undefined
      if (!this.#over) this.#send(client)
    })
    this.#clients.add(client)
    this.#sample()
    this.#write(client, event('trend', JSON.stringify(this.#trend)))
    if (this.#over) this.#finish(client)
    else this.#send(client)
    return true
  }

  close(): void {
    clearInterval(this.#timer)
    for (const { response } of this.#clients) response.end()
    this.#clients.clear()
  }

  #tick(): void {
    const nowMs = performance.now()
    const isTrend = nowMs - this.#trendMs >= TREND_MS
    // Nobody looks: once a second is enough.
    if (!isTrend && this.#clients.size === 0) return
    this.#sample()
    for (const client of this.#clients) this.#send(client)
  }

  #end(): void {
    this.#over = true
    clearInterval(this.#timer)
    this.#sample()
    for (const client of this.#clients) this.#finish(client)
  }

  /** The last frame, also to a page that has not taken what came before; then the connection may go. */
  #finish({ response }: Client): void {
    response.end(event('frame', this.#frame))
  }

  #sample(): void {
    const frame = frameOf(this.#job.metrics(), this.#job.alerts(), this.#older ?? this.#before)
    this.#frame = JSON.stringify(frame)
    const nowMs = performance.now()
    if (nowMs - this.#trendMs < TREND_MS && this.#before) return
    this.#trendMs = nowMs
    this.#older = this.#before
    this.#before = frame
    if (this.#over) return
    this.#trend.push({ atMs: frame.atMs, inPerS: frame.inPerS, outPerS: frame.outPerS })
    if (this.#trend.length > TREND_POINTS) this.#trend.shift()
  }

  #send(client: Client): void {
    const nowMs = performance.now()
    if (client.blockedSinceMs !== undefined) {
      if (nowMs - client.blockedSinceMs > PATIENCE_MS) client.response.destroy()
      return
    }
    if (client.sent !== this.#frame) {
      client.sent = this.#frame
      this.#write(client, event('frame', this.#frame))
    } else if (nowMs - client.sentMs > HEARTBEAT_MS) this.#write(client, ': still here\n\n')
  }

  #write(client: Client, text: string): void {
    client.sentMs = performance.now()
    if (!client.response.write(text)) client.blockedSinceMs ??= client.sentMs
  }
}

const event = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`
