/** The codecs of compressed Arrow files: Zstandard by Node itself, LZ4 by a package. */

import { createRequire } from 'node:module'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { CompressionType, compressionRegistry } from 'apache-arrow'
import { ConnectorError } from '../../core/errors.ts'

/** Tells apache-arrow of the codecs there are; those that the user has set stay. */
export function registerCodecs(): void {
  if (!compressionRegistry.get(CompressionType.ZSTD)) {
    compressionRegistry.set(CompressionType.ZSTD, {
      encode: data => new Uint8Array(zstdCompressSync(data)),
      decode: data => aligned(zstdDecompressSync(data)),
    })
  }
  if (compressionRegistry.get(CompressionType.LZ4_FRAME)) return
  const lz4 = loadLz4()
  if (!lz4) return
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    encode: data => new Uint8Array(lz4.compressFrameSync(Buffer.from(data))),
    decode: data => aligned(lz4.decompressFrameSync(Buffer.from(data))),
  })
}

/** The error for a file that is compressed by what is not installed. */
export const missingCodec = (where: string): ConnectorError =>
  new ConnectorError('MISSING_PACKAGE', `${where} is compressed with LZ4, for which a package is needed`, {
    hint: 'npm install lz4-napi; or write the file with compression zstd',
  })

interface Lz4 {
  compressFrameSync(data: Buffer): Buffer
  decompressFrameSync(data: Buffer): Buffer
}

function loadLz4(): Lz4 | undefined {
  try {
    return createRequire(import.meta.url)('lz4-napi') as Lz4
  } catch {
    return undefined
  }
}

/** Bytes that typed arrays of any width can be made over. */
const aligned = (bytes: Uint8Array): Uint8Array =>
  bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
