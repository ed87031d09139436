/** A part while it is written: plain, or packed as it comes. */

import { createReadStream } from 'node:fs'
import { appendFile, type FileHandle, open, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib'
import type { Slab, SlabPool } from '../../core/batch/slab.ts'
import { explainFile } from './errors.ts'

/** How files are packed. */
export type Packing = 'none' | 'gzip' | 'zstd'

/** Bytes gathered before they are written, or packed as one member of the file. */
const BUFFER_BYTES = 1 << 20
const FIRST_BYTES = 1 << 12
const NOTHING = new Uint8Array(0)

const PACK = {
  none: async (bytes: Uint8Array) => bytes,
  gzip: promisify<Uint8Array, Uint8Array>(gzip),
  zstd: promisify<Uint8Array, Uint8Array>(zstdCompress),
} as const

/** Few bytes, packed; no bytes are none. Equal bytes give equal bytes. */
export const packed = (bytes: Uint8Array, packing: Packing): Uint8Array =>
  bytes.length === 0 ? bytes : member(bytes, packing)

/** Few bytes as a member of a file: a packed file has one at least. */
export function member(bytes: Uint8Array, packing: Packing): Uint8Array {
  if (packing === 'none') return bytes
  return packing === 'gzip' ? gzipSync(bytes) : zstdCompressSync(bytes)
}

export class PartFile {
  readonly #path: string
  readonly #packing: Packing
  #handle: FileHandle | undefined
  #begun = false
  readonly #header: Uint8Array
  /** Plain memory would be counted by the garbage collector, which then marks the heap for each few files. */
  readonly #memory: SlabPool
  #slab: Slab | undefined
  #buffer: Uint8Array = NOTHING
  #size = 0

  /**
   * @param header what the file begins with, a member of its own where it is packed
   * @param memory of what is gathered
   */
  constructor(path: string, packing: Packing, header: Uint8Array, memory: SlabPool) {
    this.#path = path
    this.#packing = packing
    this.#header = header.slice()
    this.#memory = memory
  }

  /** The bytes are copied, or written when it returns. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#size + bytes.length > BUFFER_BYTES) await this.#flush()
    if (bytes.length > BUFFER_BYTES) return this.#append(await PACK[this.#packing](bytes))
    if (this.#size + bytes.length > this.#buffer.length) this.#grow(this.#size + bytes.length)
    // Out of shared memory `set` copies byte by byte where source and target are aligned differently.
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).copy(this.#buffer, this.#size)
    this.#size += bytes.length
  }

  /** Writes what is gathered and lets go of handle and memory; it can be written on. */
  async rest(): Promise<void> {
    await this.#flush()
    this.#freeBuffer()
    await this.#close()
  }

  /** Nothing more comes; what was written is on the disk. */
  async end(): Promise<void> {
    await this.#flush()
    this.#freeBuffer()
    const handle = await this.#open()
    try {
      await handle.sync()
    } catch (error) {
      throw explainFile(error, this.#path)
    } finally {
      await this.#close()
    }
  }

  /** Nobody wants it: lets go of handle and memory. */
  async drop(): Promise<void> {
    this.#size = 0
    this.#freeBuffer()
    await this.#close()
  }

  #grow(size: number): void {
    const gathered = this.#buffer.subarray(0, this.#size)
    const slab = this.#memory.acquire(Math.min(BUFFER_BYTES, Math.max(size, FIRST_BYTES)))
    const buffer = new Uint8Array(slab.buffer)
    buffer.set(gathered)
    this.#freeBuffer()
    this.#slab = slab
    this.#buffer = buffer
  }

  #freeBuffer(): void {
    if (this.#slab) this.#memory.release(this.#slab.id)
    this.#slab = undefined
    this.#buffer = NOTHING
  }

  async #flush(): Promise<void> {
    if (this.#size === 0) return
    const bytes = this.#buffer.subarray(0, this.#size)
    this.#size = 0
    await this.#append(await PACK[this.#packing](bytes))
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const handle = await this.#open()
    try {
      await handle.appendFile(bytes)
    } catch (error) {
      throw explainFile(error, this.#path)
    }
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle
    try {
      this.#handle = await open(this.#path, this.#begun ? 'a' : 'w')
      if (!this.#begun) await this.#handle.appendFile(packed(this.#header, this.#packing))
    } catch (error) {
      throw explainFile(error, this.#path)
    }
    this.#begun = true
    return this.#handle
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }
}

/** Adds bytes to a file, which is made where it is not there. */
export async function appendBytes(target: string, bytes: Uint8Array): Promise<void> {
  await appendFile(target, bytes).catch(error => {
    throw explainFile(error, target)
  })
}

/** Adds a part to a file, but for its first bytes. */
export async function appendPart(target: string, part: string, skip: number): Promise<void> {
  await writeFile(target, createReadStream(part, { start: skip }), { flag: 'a' }).catch(error => {
    throw explainFile(error, target)
  })
}
