/** Files that can be read at any place, wherever they are. */

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { FoundFile } from './find-files.ts'

/** An open file. Those of Node are. */
export interface ReadableFile {
  /** Fills `into` from `offset` on with what stands at `position`; fewer bytes than `length` may come, none at the end. */
  read<T extends Uint8Array>(
    into: T,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number; readonly buffer: T }>
  stat(): Promise<{ readonly size: number; isDirectory(): boolean }>
  /** Frees everything; safe to call while it is read. */
  close(): Promise<void>
}

/** A file of another machine that has been looked at: whoever opens it reads the same version, or hears that it was changed. */
export interface RemoteFile {
  /** The address without what nobody should read: names, passwords, signatures. */
  readonly label: string
  /** As the other machine has it; undefined where it does not say. */
  readonly bytes: number | undefined
  open(): Promise<ReadableFile>
}

/** A file, and where it is one of another machine, what is known of it. */
export interface LocatedFile extends FoundFile {
  readonly remote?: RemoteFile
}

/** What a file is called where people read it. */
export const shownPath = ({ path, remote }: Pick<LocatedFile, 'path' | 'remote'>): string =>
  remote?.label ?? path

/** @throws errors of Node's; ConnectorErrors of other machines' */
export const openFile = ({ path, remote }: Pick<LocatedFile, 'path' | 'remote'>): Promise<ReadableFile> =>
  remote ? remote.open() : open(path)

/** The bytes of a file from its beginning on. */
export function streamOf(
  { path, remote }: Pick<LocatedFile, 'path' | 'remote'>,
  chunkBytes: number,
): Readable {
  if (!remote) return createReadStream(path, { highWaterMark: chunkBytes })
  return Readable.from(chunks(remote, chunkBytes), { objectMode: false, highWaterMark: chunkBytes })
}

async function* chunks(remote: RemoteFile, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const file = await remote.open()
  try {
    for (let at = 0; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
