/**
 * Files of bytes: paths, reading and writing. This folder does the input and output of formats, which are in
 * `core/formats` and know nothing of files. It may import `core` only.
 *
 * This file: the bytes of one file in order, whatever they are packed in.
 */

import type { Readable } from 'node:stream'
import { compressionOf, unpacked } from './compression.ts'
import { explainFile } from './errors.ts'
import { type LocatedFile, openFile, type ReadableFile, shownPath } from './readable.ts'
import { type Encoding, leaveOut, markedEncoding, TranscodedInput } from './transcode.ts'

/** The bytes of a file, from some place on. */
export interface ByteInput {
  /** Fills `into` from its beginning on; how many bytes it got: fewer only at the end of the file. */
  read(into: Uint8Array): Promise<number>
  /** Frees everything; safe to call twice and while `read` is under way. */
  close(): Promise<void>
}

/** Where a file is. */
export type InputFile = Pick<LocatedFile, 'path' | 'remote'>

/**
 * Opens a file, unpacked as its name says, in UTF-8.
 *
 * @param from how many bytes of that to leave out
 * @param encoding of the file; by default its byte order mark says it, and without one it is UTF-8
 * @throws {ConnectorError} `FILE_NOT_FOUND`, `IS_DIRECTORY`, `PERMISSION`, `COMPRESSION`, `MISSING_PACKAGE`
 */
export async function openInput(file: InputFile, from = 0, encoding?: Encoding): Promise<ByteInput> {
  const known = encoding === undefined || encoding === 'utf-16' ? await encodingOf(file, encoding) : encoding
  if (known === 'utf-8') return openBytes(file, from)
  return leaveOut(new TranscodedInput(await openBytes(file), known), from)
}

/** By the byte order mark. */
async function encodingOf(file: InputFile, given: 'utf-16' | undefined) {
  const input = await openBytes(file)
  const head = new Uint8Array(2)
  try {
    await input.read(head)
    return markedEncoding(head) ?? (given === undefined ? 'utf-8' : 'utf-16le')
  } finally {
    await input.close()
  }
}

async function openBytes(file: InputFile, from = 0): Promise<ByteInput> {
  const { path } = file
  const compression = compressionOf(path)
  try {
    if (compression === undefined) return new PlainInput(shownPath(file), await openFile(file), from)
    return new StreamInput(shownPath(file), await unpacked(file, compression), from)
  } catch (error) {
    throw explainFile(error, shownPath(file))
  }
}

class PlainInput implements ByteInput {
  readonly #path: string
  readonly #handle: ReadableFile
  #at: number

  constructor(path: string, handle: ReadableFile, from: number) {
    this.#path = path
    this.#handle = handle
    this.#at = from
  }

  async read(into: Uint8Array): Promise<number> {
    let filled = 0
    try {
      while (filled < into.length) {
        const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, this.#at)
        if (bytesRead === 0) break
        this.#at += bytesRead
        filled += bytesRead
      }
    } catch (error) {
      throw explainFile(error, this.#path)
    }
    return filled
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

class StreamInput implements ByteInput {
  readonly #path: string
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #leaveOut: number

  constructor(path: string, stream: Readable, from: number) {
    this.#path = path
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]()
    this.#leaveOut = from
  }

  async read(into: Uint8Array): Promise<number> {
    let filled = 0
    while (filled < into.length) {
      if (this.#chunk.length === 0 && !(await this.#next())) break
      const part = this.#chunk.subarray(0, into.length - filled)
      into.set(part, filled)
      filled += part.length
      this.#chunk = this.#chunk.subarray(part.length)
    }
    return filled
  }

  async #next(): Promise<boolean> {
    try {
      const { done, value } = await this.#chunks.next()
      if (done) return false
      const cut = Math.min(this.#leaveOut, value.length)
      this.#leaveOut -= cut
      this.#chunk = value.subarray(cut)
      return true
    } catch (error) {
      throw explainFile(error, this.#path)
    }
  }

  async close(): Promise<void> {
    this.#stream.destroy()
  }
}
