/** Bytes of a connection: `tcp://host:port`, `tls://host:port`, `unix:/path`. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ConnectorError } from '../../core/errors.ts'
import { backOff } from './back-off.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'

export interface SocketOptions {
  /** Whether the end of the connection is the end of the data. Default: true; otherwise it is made again. */
  readonly bounded?: boolean
  /** How often in a row connecting may fail. Default: 5. */
  readonly retries?: number
}

const DEFAULT_RETRIES = 5

export function socketStream(
  url: URL,
  { bounded = false, retries = DEFAULT_RETRIES }: SocketOptions,
): ByteStream {
  const label = `socket ${url.href}`
  return {
    label,
    bounded,
    replayable: false,
    open: (_, signal) => received(label, url, bounded, retries, signal),
  }
}

async function* received(
  label: string,
  url: URL,
  bounded: boolean,
  retries: number,
  signal: AbortSignal,
): AsyncGenerator<ByteChunk> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const socket = await connected(url, signal)
      try {
        for await (const bytes of socket) {
          failures = 0
          yield { bytes }
        }
      } finally {
        socket.destroy()
      }
      if (bounded) return
      // Half a record of the connection before does not go on in the next.
      yield { bytes: NOTHING, ends: 'document' }
    } catch (error) {
      if (signal.aborted) return
      if (failures++ >= retries) throw connectionFailed(label, error)
    }
    await backOff(failures, signal)
  }
}

const NOTHING = new Uint8Array(0)

/** A connection to where the URL says. */
export async function connected(url: URL, signal: AbortSignal): Promise<Socket> {
  const socket = socketTo(url)
  const abort = () => socket.destroy(new Error('aborted'))
  signal.addEventListener('abort', abort)
  socket.once('close', () => signal.removeEventListener('abort', abort))
  if (signal.aborted) abort()
  await once(socket, url.protocol === 'tls:' ? 'secureConnect' : 'connect')
  return socket
}

function socketTo(url: URL): Socket {
  if (url.protocol === 'unix:') return connect({ path: decodeURIComponent(url.pathname) })
  // In URLs the address of IPv6 stands in brackets.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const address = { host, port: Number(url.port) }
  return url.protocol === 'tls:' ? connectTls({ ...address, servername: host }) : connect(address)
}

export const connectionFailed = (label: string, cause: unknown): ConnectorError =>
  new ConnectorError('CONNECTION_FAILED', `${label} failed: ${messageOf(cause)}`, {
    cause,
    hint: 'is the address right, and does something listen there?',
  })

export const messageOf = (error: unknown): string =>
  error instanceof AggregateError && error.errors.length > 0
    ? error.errors.map(messageOf).join('; ')
    : error instanceof Error
      ? error.message || (error as NodeJS.ErrnoException).code || error.name
      : String(error)
