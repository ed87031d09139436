/** The frames of an lz4 file, which its package unpacks one at a time: of several it would read the first. */

const FRAME = 0x184d2204
/** Frames of these magic numbers, up to their last four bits, hold nothing. */
const SKIPPABLE = 0x184d2a50

/** As zlib says it of its own formats. */
const CUT_SHORT = 'Z_BUF_ERROR'
const DAMAGED = 'Z_DATA_ERROR'

/** An error like zlib's. */
export const lz4Error = (message: string, code = DAMAGED): Error =>
  Object.assign(new Error(message), { code })

/**
 * The frames that hold something, in order.
 *
 * @throws an error with a code of zlib's for bytes that are no frames, or end within one
 */
export function lz4Frames(packed: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let start = 0; start < packed.length; ) {
    const magic = word(packed, start)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      start += 8 + word(packed, start + 4)
      continue
    }
    if (magic !== FRAME) throw lz4Error('this is no lz4 frame')
    const end = endOfFrame(packed, start)
    frames.push(packed.subarray(start, end))
    start = end
  }
  return frames
}

/** LZ4 Frame Format, version 1.6.1: descriptor, blocks, an end mark, checksums where flags say so. */
function endOfFrame(packed: Buffer, start: number): number {
  const flags = packed[start + 4] ?? 0
  const [blockChecksum, contentChecksum] = [flags & 0x10 ? 4 : 0, flags & 0x04 ? 4 : 0]
  let at = start + 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
  for (;;) {
    // The highest bit says that a block is not compressed.
    const bytes = word(packed, at) & 0x7fffffff
    at += 4
    if (bytes === 0) break
    at += bytes + blockChecksum
  }
  if (at + contentChecksum > packed.length) throw lz4Error('unexpected end of file', CUT_SHORT)
  return at + contentChecksum
}

function word(packed: Buffer, at: number): number {
  if (at + 4 > packed.length) throw lz4Error('unexpected end of file', CUT_SHORT)
  return packed.readUInt32LE(at)
}
