/**
 * A file of a web server, read at any place by requests of ranges. What is read one after the other comes by one answer, a
 * few MB at a time; a server that knows no ranges sends the file from its beginning again where it is read elsewhere.
 *
 * Invariant: all bytes are of one version. Each answer says its version (`ETag`, `Last-Modified`, size) and is refused where
 * it is another than that of the first look.
 */

import { ConnectorError } from '../../../core/errors.ts'
import { backOff } from '../../net/back-off.ts'
import { answerTo, type Patience, requestFailed, shownUrl } from '../../net/request.ts'
import type { ReadableFile, RemoteFile } from '../readable.ts'

/** What is asked for at a time. */
const WINDOW_BYTES = 1 << 23
/** What is rather read and dropped than asked for again from behind it. */
const MAX_DROPPED_BYTES = 1 << 20
/** Reads that are kept, since formats look at their metadata twice. */
const KEPT_READS = 8
const MAX_KEPT_BYTES = 1 << 18
/** How often in a row an answer may break off. */
const MAX_BROKEN = 5

/** Packed on the way, a file has no ranges of its own bytes. */
const HEADERS = { 'accept-encoding': 'identity' }
/** A range behind the end: of an empty file. */
const NOT_SATISFIABLE = 416

const PATIENCE: Patience = { alsoAnswers: [NOT_SATISFIABLE] }
/** Before a file is known: an address is more often wrong than its server out of order. */
const FIRST_RETRIES = 2

interface Looked {
  readonly url: URL
  readonly label: string
  readonly bytes: number | undefined
  readonly version: string
  readonly head: Uint8Array
}

/**
 * A file of a web server and its first bytes.
 *
 * @throws {ConnectorError} `HTTP_STATUS`, `CONNECTION_FAILED`
 */
export async function lookAtAddress(url: URL, headBytes: number): Promise<RemoteFile> {
  const shown = shownUrl(url)
  const label = JSON.stringify(shown)
  const { signal } = new AbortController()
  const init = { headers: { ...HEADERS, range: `bytes=0-${headBytes - 1}` } }
  for (let broken = 0; ; broken++) {
    const answer = (await asked(label, url, init, signal, { ...PATIENCE, retries: FIRST_RETRIES }))!
    const { bytes: said, version } = saidOf(answer)
    try {
      const head = answer.status === NOT_SATISFIABLE ? new Uint8Array(0) : await firstOf(answer, headBytes)
      // Of a file that ends there nobody needs to say how long it is.
      const bytes = said ?? (head.length < headBytes ? head.length : undefined)
      const looked = { url, label, version, head, bytes }
      return { label: shown, bytes, open: async () => new HttpFile(looked) }
    } catch (error) {
      if (broken >= FIRST_RETRIES) throw requestFailed(label, error)
      await backOff(broken, signal)
    }
  }
}

/** As `answerTo`, with a hint that says where headers go. */
async function asked(
  label: string,
  url: URL,
  init: RequestInit,
  signal: AbortSignal,
  patience: Patience = PATIENCE,
) {
  try {
    return await answerTo(label, url, init, patience, signal)
  } catch (error) {
    if (!(error instanceof ConnectorError) || !/answered 40[13]/.test(error.message)) throw error
    throw new ConnectorError(error.code, error.message, {
      hint: 'what asks for headers is fetched by your program: read.csv(await fetch(address, { headers })); and so json and lines',
      cause: error,
    })
  }
}

/** Size and version of the file, by the headers of an answer. */
function saidOf({ status, headers }: Response): { bytes: number | undefined; version: string } {
  const total =
    status === 200 ? headers.get('content-length') : /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  const bytes = status === NOT_SATISFIABLE ? 0 : total == null ? undefined : Number(total)
  const version = JSON.stringify([headers.get('etag'), headers.get('last-modified'), bytes])
  return { bytes, version }
}

/** So many bytes of an answer, or all there are; the rest is not read. */
async function firstOf({ body }: Response, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    parts.push(part)
    length += part.length
    if (length >= most) break
  }
  return Buffer.concat(parts).subarray(0, most)
}

/** An answer that is being read. */
interface Answer {
  readonly chunks: AsyncIterator<Uint8Array>
  /** Where in the file what comes next stands, and where the answer ends; undefined where nobody said. */
  at: number
  readonly end: number | undefined
  chunk: Uint8Array
}

class HttpFile implements ReadableFile {
  /** apache-arrow takes what has one for a file. */
  readonly fd = -1
  readonly #looked: Looked
  readonly #ending = new AbortController()
  readonly #kept: { position: number; bytes: Uint8Array }[] = []
  #answer: Answer | undefined

  constructor(looked: Looked) {
    this.#looked = looked
    this.#keep(0, looked.head)
  }

  async stat() {
    const { bytes, label } = this.#looked
    if (bytes !== undefined) return { size: bytes, isDirectory: () => false }
    throw new ConnectorError('UNSUPPORTED_FILE', `the server does not say how long ${label} is`, {
      hint: 'this format is read from its end: download the file first',
    })
  }

  async read<T extends Uint8Array>(buffer: T, offset: number, length: number, position: number) {
    let bytesRead = 0
    while (bytesRead < length) {
      const into = buffer.subarray(offset + bytesRead, offset + length)
      const read = await this.#read(into, position + bytesRead)
      if (read === 0) break
      bytesRead += read
    }
    return { bytesRead, buffer }
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#drop()
  }

  async #read(into: Uint8Array, position: number): Promise<number> {
    const length = Math.min(into.length, (this.#looked.bytes ?? Number.POSITIVE_INFINITY) - position)
    if (length <= 0) return 0
    const kept = this.#kept.find(
      part => part.position <= position && part.position + part.bytes.length > position,
    )
    if (kept) {
      const part = kept.bytes.subarray(position - kept.position).subarray(0, length)
      into.set(part)
      return part.length
    }
    const read = await this.#received(into.subarray(0, length), position)
    if (read <= MAX_KEPT_BYTES) this.#keep(position, into.slice(0, read))
    return read
  }

  #keep(position: number, bytes: Uint8Array): void {
    // The first is the head of the file.
    if (this.#kept.length >= KEPT_READS) this.#kept.splice(1, 1)
    this.#kept.push({ position, bytes })
  }

  /** As many bytes as there are, over answers that break off. */
  async #received(into: Uint8Array, position: number): Promise<number> {
    let filled = 0
    for (let broken = 0; filled < into.length; ) {
      try {
        const chunk = await this.#chunkAt(position + filled)
        if (!chunk) break
        const part = chunk.chunk.subarray(0, into.length - filled)
        into.set(part, filled)
        filled += part.length
        chunk.chunk = chunk.chunk.subarray(part.length)
        chunk.at += part.length
        broken = 0
      } catch (error) {
        await this.#drop()
        if (error instanceof ConnectorError || this.#ending.signal.aborted) throw error
        if (broken >= MAX_BROKEN) throw requestFailed(this.#looked.label, error)
        await backOff(broken++, this.#ending.signal)
      }
    }
    return filled
  }

  /** The answer, with a chunk that begins at a place; undefined at the end of the file. */
  async #chunkAt(position: number): Promise<Answer | undefined> {
    const near =
      this.#answer && position >= this.#answer.at && position - this.#answer.at <= MAX_DROPPED_BYTES
    if (!near || position >= (this.#answer!.end ?? Number.POSITIVE_INFINITY)) {
      await this.#drop()
      this.#answer = await this.#ask(position)
    }
    const answer = this.#answer!
    while (answer.at < position || answer.chunk.length === 0) {
      const dropped = Math.min(answer.chunk.length, position - answer.at)
      answer.at += dropped
      answer.chunk = answer.chunk.subarray(dropped)
      if (answer.chunk.length > 0) continue
      const { done, value } = await answer.chunks.next()
      if (!done) answer.chunk = value
      else if (answer.end === undefined) return undefined
      else if (answer.at < answer.end) throw new Error('the answer broke off')
      else return answer
    }
    return answer
  }

  async #ask(position: number): Promise<Answer> {
    const { url, label, bytes, version } = this.#looked
    const end = Math.min(position + WINDOW_BYTES, bytes ?? Number.POSITIVE_INFINITY)
    const init = { headers: { ...HEADERS, range: `bytes=${position}-${end - 1}` } }
    const response = await asked(label, url, init, this.#ending.signal)
    if (!response) throw new Error('closed')
    if (saidOf(response).version !== version) {
      await response.body?.cancel()
      throw changed(label)
    }
    const whole = response.status === 200
    return {
      chunks: ((response.body as AsyncIterable<Uint8Array> | null) ?? none())[Symbol.asyncIterator](),
      at: whole ? 0 : startOf(response, label),
      end: whole ? bytes : end,
      chunk: new Uint8Array(0),
    }
  }

  async #drop(): Promise<void> {
    const answer = this.#answer
    this.#answer = undefined
    await answer?.chunks.return?.().catch(() => {})
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}

/** @throws {ConnectorError} `HTTP_STATUS` for a part of what nobody knows where it stands */
function startOf({ headers }: Response, label: string): number {
  const range = headers.get('content-range')
  const start = /^bytes (\d+)-/.exec(range ?? '')?.[1]
  if (start !== undefined) return Number(start)
  throw new ConnectorError('HTTP_STATUS', `${label} answered with a part of the file, and does not say which`)
}

const changed = (label: string): ConnectorError =>
  new ConnectorError('FILE_CHANGED', `${label} was changed while its rows were read`, {
    hint: 'put new versions at another address, or read it again when it is whole',
  })
