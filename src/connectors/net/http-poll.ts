/**
 * What a server answers, once or again and again. What it says has not changed (`ETag`, `Last-Modified`) is not read again;
 * a cursor goes on where the last answer ended.
 */

import { ConnectorError } from '../../core/errors.ts'
import type { Json } from '../../core/formats/contract.ts'
import { backOff, pause, retryAfterMs } from './back-off.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'
import { messageOf } from './socket.ts'

/** An answer, for whoever says where the next is. */
export interface HttpPage {
  readonly url: URL
  readonly headers: Headers
  readonly body: string
}

export interface HttpPollOptions {
  /** Asked for again so many ms after an answer; undefined: once. */
  readonly everyMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Where the next rows are. Without one the same address is asked again, and whatever it answers is taken anew. With
   * undefined for an answer there is no more now: streams ask for the same address later, and data that ends has ended.
   */
  readonly cursor?: (page: HttpPage) => URL | string | undefined
  /** How often in a row a request may fail in a way that may pass: network, 408, 425, 429, 5xx. Default: 5. */
  readonly retries?: number
  /** How long an answer may take to begin, ms. Default: a minute. */
  readonly timeoutMs?: number
}

interface Place {
  readonly url: string
  readonly etag?: string
  readonly modified?: string
}

const DEFAULT_RETRIES = 5
const DEFAULT_TIMEOUT_MS = 60_000
const MAX_EXCERPT = 200
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

export function httpStream(url: URL, options: HttpPollOptions = {}): ByteStream {
  const label = `http ${shownUrl(url)}`
  return {
    label,
    bounded: options.everyMs === undefined,
    replayable: options.cursor !== undefined,
    open: (from, signal) => answers(label, (from as Place | undefined) ?? { url: url.href }, options, signal),
  }
}

/** Names and passwords are no part of messages. */
export function shownUrl(url: URL): string {
  const shown = new URL(url)
  if (shown.username || shown.password) shown.username = shown.password = '***'
  shown.search = ''
  return shown.href
}

async function* answers(
  label: string,
  from: Place,
  options: HttpPollOptions,
  signal: AbortSignal,
): AsyncGenerator<ByteChunk> {
  const { everyMs, cursor } = options
  for (let place = from; !signal.aborted; ) {
    const response = await asked(label, place, options, signal)
    if (!response) return
    let next: Place | undefined
    if (response.status === 304) await response.body?.cancel()
    else if (cursor) {
      const body = await whole(label, response, signal)
      if (body === undefined) return
      next = nextPlace(cursor({ url: new URL(place.url), headers: response.headers, body }), place)
      const resume = { ...(next ?? seen(place, response)) } as Json
      yield { bytes: new TextEncoder().encode(body), ends: 'document', resume }
    } else {
      yield* streamed(label, response, signal)
      yield { bytes: NOTHING, ends: 'document', resume: { ...seen(place, response) } as Json }
    }
    if (next) {
      place = next
      continue
    }
    if (everyMs === undefined) return
    if (response.status !== 304) place = seen(place, response)
    await pause(everyMs, signal)
  }
}

const NOTHING = new Uint8Array(0)

const nextPlace = (next: URL | string | undefined, { url }: Place): Place | undefined =>
  next === undefined ? undefined : { url: new URL(next, url).href }

/** The same address, asked for what has changed since. */
function seen({ url }: Place, { headers }: Response): Place {
  const etag = headers.get('etag')
  const modified = headers.get('last-modified')
  return { url, ...(etag === null ? {} : { etag }), ...(modified === null ? {} : { modified }) }
}

/** The answer to a request, which is repeated while what is wrong may pass. Undefined once the signal is aborted. */
async function asked(
  label: string,
  { url, etag, modified }: Place,
  { headers, retries = DEFAULT_RETRIES, timeoutMs = DEFAULT_TIMEOUT_MS }: HttpPollOptions,
  signal: AbortSignal,
): Promise<Response | undefined> {
  const conditions = {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(modified === undefined ? {} : { 'if-modified-since': modified }),
  }
  for (let attempt = 0; ; attempt++) {
    let wrong: ConnectorError
    let leastMs = 0
    try {
      const response = await fetched(url, { headers: { ...conditions, ...headers } }, timeoutMs, signal)
      if (response.ok || response.status === 304) return response
      wrong = await statusError(label, response)
      if (!mayPass(response.status)) throw wrong
      leastMs = retryAfterMs(response.headers)
    } catch (error) {
      if (signal.aborted) return undefined
      if (error instanceof ConnectorError) throw error
      wrong = requestFailed(label, error)
    }
    if (attempt >= retries) throw wrong
    await backOff(attempt, signal, leastMs)
    if (signal.aborted) return undefined
  }
}

/** Whether it is worth to ask again. */
export const mayPass = (status: number): boolean => PASSING.has(status)

/** As `fetch`, whose answer has to begin within a time. */
export async function fetched(
  url: string | URL,
  init: RequestInit,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Response> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs)
  const { address, headers } = withoutUser(new URL(url), init.headers)
  try {
    return await fetch(address, { ...init, headers, signal: AbortSignal.any([signal, late.signal]) })
  } finally {
    clearTimeout(timer)
  }
}

/** A name and a password in an address are sent as such: fetch refuses them there. */
function withoutUser(address: URL, init: RequestInit['headers']): { address: URL; headers: Headers } {
  const headers = new Headers(init)
  if (!address.username && !address.password) return { address, headers }
  const user = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`
  if (!headers.has('authorization'))
    headers.set('authorization', `Basic ${Buffer.from(user).toString('base64')}`)
  address.username = address.password = ''
  return { address, headers }
}

async function* streamed(label: string, response: Response, signal: AbortSignal): AsyncGenerator<ByteChunk> {
  try {
    for await (const bytes of response.body ?? []) yield { bytes }
  } catch (error) {
    // What has been delivered cannot be taken back: a broken answer is not asked for again.
    if (!signal.aborted) throw requestFailed(label, error)
  }
}

async function whole(label: string, response: Response, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await response.text()
  } catch (error) {
    if (signal.aborted) return undefined
    throw requestFailed(label, error)
  }
}

/** The error of an answer that is none, with the beginning of what it says. */
export async function statusError(label: string, response: Response): Promise<ConnectorError> {
  const said = (await response.text().catch(() => '')).slice(0, MAX_EXCERPT)
  const what = `${label} answered ${response.status} ${response.statusText}`.trim()
  return new ConnectorError('HTTP_STATUS', said ? `${what}: ${said}` : what, {
    hint: hintFor(response.status),
  })
}

function hintFor(status: number): string {
  if (status === 401 || status === 403)
    return "give what it asks for: { headers: { authorization: 'Bearer …' } }"
  if (status === 404) return 'is the address right?'
  if (status === 429) return 'ask less often: { every: … }'
  return 'what the server says of it stands behind the status'
}

export const requestFailed = (label: string, cause: unknown): ConnectorError =>
  new ConnectorError('CONNECTION_FAILED', `${label} failed: ${causeOf(cause)}`, {
    cause,
    hint: 'is the address right, and does a server answer there?',
  })

/** `fetch failed` says nothing; what it was caused by does. */
const causeOf = (error: unknown): string =>
  error instanceof TypeError && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
