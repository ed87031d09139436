/** Packed files, by the end of their names. */

import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { ConnectorError } from '../../core/errors.ts'
import { lz4Error, lz4Frames } from './lz4-frames.ts'
import { type LocatedFile, streamOf } from './readable.ts'
import { zstdFrames } from './zstd-frames.ts'

export type Compression = 'gzip' | 'zstd' | 'lz4'

const BY_NAME: readonly (readonly [RegExp, Compression])[] = [
  [/\.gz$/i, 'gzip'],
  [/\.zst$/i, 'zstd'],
  [/\.lz4$/i, 'lz4'],
]

/** Of an address, without what is asked of it: `https://host/a.csv.gz?sig=…`. */
const nameOf = (path: string): string => (/^https?:\/\//i.test(path) ? new URL(path).pathname : path)

/** Packed in ways that nothing here can undo, and what does. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\.bz2$/i, 'bunzip2'],
  [/\.xz$/i, 'unxz'],
  [/\.zip$/i, 'unzip'],
]

/**
 * How a file is packed; undefined where it is not.
 *
 * @throws {ConnectorError} `COMPRESSION` for a name that says that it is packed in a way that cannot be read
 */
export function compressionOf(given: string): Compression | undefined {
  const path = nameOf(given)
  for (const [pattern, tool] of REFUSED) {
    if (!pattern.test(path)) continue
    const packed = /\w+$/.exec(path)![0]
    throw new ConnectorError('COMPRESSION', `${path} cannot be read: nothing here unpacks .${packed}`, {
      hint: `unpack it first (${tool}), or pack it as .gz, .zst or .lz4`,
    })
  }
  return BY_NAME.find(([pattern]) => pattern.test(path))?.[1]
}

/** The name of a file without the ending that says how it is packed. */
export const unpackedName = (path: string): string => nameOf(path).replace(/\.(gz|zst|lz4)$/i, '')

/** What a packed file is read and unpacked in at a time. */
const CHUNK_BYTES = 1 << 18

/**
 * The bytes of a packed file. Several members, one after the other, are one.
 *
 * @throws {ConnectorError} `MISSING_PACKAGE` for lz4 without its package
 */
export async function unpacked(
  file: Pick<LocatedFile, 'path' | 'remote'>,
  compression: Compression,
): Promise<Readable> {
  const packed = streamOf(file, CHUNK_BYTES)
  if (compression === 'lz4') return unpackedLz4(packed)
  // Failures of any reach whoever reads the last.
  if (compression === 'gzip') return pipeline(packed, createGunzip({ chunkSize: CHUNK_BYTES }), () => {})
  return pipeline(packed, zstdFrames(), createZstdDecompress({ chunkSize: CHUNK_BYTES }), () => {})
}

/** Frame by frame, of a file that is read at once: the package has no stream. */
async function unpackedLz4(packed: Readable): Promise<Readable> {
  const { decompressFrame } = await lz4()
  const frames = lz4Frames(Buffer.concat(await packed.toArray()))
  return Readable.from(unpackedFrames(frames, decompressFrame))
}

async function* unpackedFrames(
  frames: readonly Buffer[],
  unpack: (frame: Buffer) => Promise<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  for (const frame of frames) {
    const bytes = await unpack(frame).catch(error => {
      throw lz4Error(error instanceof Error ? error.message : String(error))
    })
    // A stream may not give nothing.
    if (bytes.length > 0) yield bytes
  }
}

async function lz4(): Promise<typeof import('lz4-napi')> {
  try {
    return await import('lz4-napi')
  } catch (cause) {
    throw new ConnectorError(
      'MISSING_PACKAGE',
      '.lz4 files are unpacked by lz4-napi, which is not installed',
      {
        cause,
        hint: 'npm install lz4-napi',
      },
    )
  }
}
