/**
 * What a server answers, once or again and again. What it says has not changed (`ETag`, `Last-Modified`) is not read again;
 * a cursor goes on where the last answer ended.
 */

import type { Json } from '../../core/formats/contract.ts'
import { pause } from './back-off.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'
import { answerTo, type Patience, requestFailed, shownUrl } from './request.ts'

/** An answer, for whoever says where the next is. */
export interface HttpPage {
  readonly url: URL
  readonly headers: Headers
  readonly body: string
}

export interface HttpPollOptions extends Patience {
  /** Asked for again so many ms after an answer; undefined: once. */
  readonly everyMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Where the next rows are. Without one the same address is asked again, and whatever it answers is taken anew. With
   * undefined for an answer there is no more now: streams ask for the same address later, and data that ends has ended.
   */
  readonly cursor?: (page: HttpPage) => URL | string | undefined
}

interface Place {
  readonly url: string
  readonly etag?: string
  readonly modified?: string
}

export function httpStream(url: URL, options: HttpPollOptions = {}): ByteStream {
  const label = `http ${shownUrl(url)}`
  return {
    label,
    bounded: options.everyMs === undefined,
    replayable: options.cursor !== undefined,
    open: (from, signal) => answers(label, (from as Place | undefined) ?? { url: url.href }, options, signal),
  }
}

async function* answers(
  label: string,
  from: Place,
  options: HttpPollOptions,
  signal: AbortSignal,
): AsyncGenerator<ByteChunk> {
  const { everyMs, cursor } = options
  for (let place = from; !signal.aborted; ) {
    const init = { headers: { ...changedSince(place), ...options.headers } }
    const response = await answerTo(label, place.url, init, options, signal)
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

/** The headers that ask for what has changed since. */
const changedSince = ({ etag, modified }: Place): Record<string, string> => ({
  ...(etag === undefined ? {} : { 'if-none-match': etag }),
  ...(modified === undefined ? {} : { 'if-modified-since': modified }),
})

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
