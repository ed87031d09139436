/** Servers on this machine for tests of what comes from others. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ByteStream } from '../../../src/connectors/net/chunks.ts'

/** A server that lasts as long as the test; its address. */
export async function served(answer: RequestListener): Promise<URL> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

export async function bodyOf(message: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of message) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** What a stream gives, as text; up to so many characters. */
export async function textOf(
  stream: ByteStream,
  length = Number.POSITIVE_INFINITY,
  from?: any,
): Promise<string> {
  const ending = new AbortController()
  let text = ''
  for await (const { bytes } of stream.open(from, ending.signal)) {
    text += Buffer.from(bytes).toString()
    if (text.length >= length) break
  }
  ending.abort()
  return text
}
