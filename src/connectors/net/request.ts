/** Requests, repeated while what is wrong with them may pass. */

import { ConnectorError } from '../../core/errors.ts'
import { backOff, retryAfterMs } from './back-off.ts'
import { messageOf } from './socket.ts'

export interface Patience {
  /** How often in a row a request may fail in a way that may pass: network, 408, 425, 429, 5xx. Default: 5. */
  readonly retries?: number
  /** How long an answer may take to begin, ms. Default: a minute. */
  readonly timeoutMs?: number
  /** Statuses that are answers besides those of success and 304. */
  readonly alsoAnswers?: readonly number[]
}

const DEFAULT_RETRIES = 5
const DEFAULT_TIMEOUT_MS = 60_000
const MAX_EXCERPT = 200
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * The answer to a request, with a status of success or 304. It is undefined once the signal is aborted.
 *
 * @throws {ConnectorError} `HTTP_STATUS`, `CONNECTION_FAILED`
 */
export async function answerTo(
  label: string,
  url: string | URL,
  init: RequestInit,
  { retries = DEFAULT_RETRIES, timeoutMs = DEFAULT_TIMEOUT_MS, alsoAnswers = [] }: Patience,
  signal: AbortSignal,
): Promise<Response | undefined> {
  for (let attempt = 0; ; attempt++) {
    let wrong: ConnectorError
    let leastMs = 0
    try {
      const response = await fetched(url, init, timeoutMs, signal)
      if (response.ok || response.status === 304 || alsoAnswers.includes(response.status)) return response
      wrong = await statusError(label, response)
      if (!PASSING.has(response.status)) throw wrong
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

/** Names and passwords are no part of messages. */
export function shownUrl(url: URL): string {
  const shown = new URL(url)
  if (shown.username || shown.password) shown.username = shown.password = '***'
  shown.search = ''
  return shown.href
}

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

/** The error of an answer that is none, with the beginning of what it says. */
export async function statusError(label: string, response: Response): Promise<ConnectorError> {
  const said = await beginningOf(response).catch(() => '')
  const what = `${label} answered ${response.status} ${response.statusText}`.trim()
  return new ConnectorError('HTTP_STATUS', said ? `${what}: ${said}` : what, {
    hint: hintFor(response.status),
  })
}

/** The first characters of an answer, of which no more is read: it may be long. */
async function beginningOf({ body }: Response): Promise<string> {
  for await (const part of body ?? []) return new TextDecoder().decode(part).slice(0, MAX_EXCERPT)
  return ''
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
