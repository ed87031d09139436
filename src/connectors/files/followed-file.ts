/**
 * A file that grows, as `tail -F` sees it: what its path leads to now. It may not be there yet, be renamed and begun anew
 * (rotation), or be cut off (truncation). A place in it is told by the file's number, an offset, and the first bytes.
 */

import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { explainFile } from './errors.ts'

/** A place in a file, as snapshots keep it. */
export interface FilePlace {
  /** The number of the file on its disk. */
  readonly inode: string
  /** Bytes before it. */
  readonly offset: number
  /** The first bytes of the file, in hexadecimal: another file may get the same number. */
  readonly head: string
}

/** First bytes that tell a file from another. */
const HEAD_BYTES = 64

export class FollowedFile {
  readonly path: string
  #handle: FileHandle | undefined
  #inode = ''
  /** Where the next bytes are. */
  offset = 0
  #head: Uint8Array = new Uint8Array(0)
  /** Files that were rotated away while nobody looked, the oldest first: read before what the path leads to now. */
  #before: string[] = []

  constructor(path: string) {
    this.path = path
  }

  get isOpen(): boolean {
    return this.#handle !== undefined
  }

  get place(): FilePlace {
    return { inode: this.#inode, offset: this.offset, head: Buffer.from(this.#head).toString('hex') }
  }

  /** Opens the file there is, if there is one. @returns whether there is */
  async open(): Promise<boolean> {
    const path = this.#before.shift() ?? this.path
    return this.#openAt(path, 0)
  }

  /**
   * Opens it where it was left: the same file, wherever it was renamed to, and then those that came after it. A file that is
   * gone, or was cut off, is left behind.
   */
  async openAt(place: FilePlace): Promise<boolean> {
    if (await this.#isAt(this.path, place)) return this.#openAt(this.path, place.offset)
    const renamed = await this.#renamed(place)
    if (renamed === undefined) return this.open()
    this.#before = await newerThan(renamed, this.path)
    return this.#openAt(renamed, place.offset)
  }

  /** Bytes from the offset on, as many as there are; the offset stays. */
  async read(into: Uint8Array): Promise<number> {
    let filled = 0
    try {
      while (filled < into.length) {
        const { bytesRead } = await this.#handle!.read(
          into,
          filled,
          into.length - filled,
          this.offset + filled,
        )
        if (bytesRead === 0) break
        filled += bytesRead
      }
    } catch (error) {
      throw explainFile(error, this.path)
    }
    const needed = HEAD_BYTES - this.#head.length
    if (needed > 0 && this.offset + filled > this.#head.length) this.#head = await this.#readHead()
    return filled
  }

  /** Its first bytes, as many as there are up to so many. */
  async sample(bytes: number): Promise<Uint8Array> {
    const sample = Buffer.alloc(bytes)
    const { bytesRead } = await this.#handle!.read(sample, 0, bytes, 0)
    return sample.subarray(0, bytesRead)
  }

  /**
   * What has become of a file whose end was reached: `same`, `cut` off or written anew, or `replaced` by another, which is
   * opened next.
   */
  async state(): Promise<'same' | 'cut' | 'replaced'> {
    const own = await this.#handle!.stat({ bigint: true })
    if (Number(own.size) < this.offset || !(await this.#hasHead())) return 'cut'
    if (this.#before.length > 0) return 'replaced'
    const there = await statOf(this.path)
    // Until another is there, whoever renamed it may still write to it.
    return there === undefined || String(there.ino) === this.#inode ? 'same' : 'replaced'
  }

  /** Begins it again. */
  restart(): void {
    this.offset = 0
    this.#head = new Uint8Array(0)
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  async #openAt(path: string, offset: number): Promise<boolean> {
    await this.close()
    try {
      this.#handle = await open(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw explainFile(error, path)
    }
    const { ino } = await this.#handle.stat({ bigint: true })
    this.#inode = String(ino)
    this.offset = offset
    this.#head = offset > 0 ? await this.#readHead(offset) : new Uint8Array(0)
    return true
  }

  async #readHead(upTo = HEAD_BYTES): Promise<Uint8Array> {
    const head = new Uint8Array(Math.min(HEAD_BYTES, upTo))
    const { bytesRead } = await this.#handle!.read(head, 0, head.length, 0)
    return head.subarray(0, bytesRead)
  }

  async #hasHead(): Promise<boolean> {
    const { length } = this.#head
    if (length === 0) return true
    const now = await this.#readHead(length)
    return Buffer.compare(now, this.#head) === 0
  }

  async #isAt(path: string, { inode, offset, head }: FilePlace): Promise<boolean> {
    const there = await statOf(path)
    if (!there || String(there.ino) !== inode || Number(there.size) < offset) return false
    const bytes = Buffer.from(head, 'hex')
    const now = Buffer.alloc(bytes.length)
    const handle = await open(path)
    try {
      await handle.read(now, 0, now.length, 0)
    } finally {
      await handle.close()
    }
    return now.equals(bytes)
  }

  /** Where a file lies that was renamed within its directory. */
  async #renamed(place: FilePlace): Promise<string | undefined> {
    const directory = dirname(this.path)
    const names = await readdir(directory).catch(() => [])
    for (const name of names.sort()) {
      const path = join(directory, name)
      if (path !== this.path && (await this.#isAt(path, place).catch(() => false))) return path
    }
    return undefined
  }
}

/** The files that were rotated after one whose name ends in a number: `app.log.2` and `app.log.1` after `app.log.3`. */
async function newerThan(renamed: string, path: string): Promise<string[]> {
  const number = /^\.(\d+)$/.exec(basename(renamed).slice(basename(path).length))?.[1]
  if (!basename(renamed).startsWith(basename(path)) || number === undefined) return []
  const files: string[] = []
  for (let n = Number(number) - 1; n > 0; n--) {
    const newer = `${path}.${n}`
    if (await statOf(newer)) files.push(newer)
  }
  return files
}

const statOf = async (path: string): Promise<BigIntStats | undefined> => {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw explainFile(error, path)
  }
}
