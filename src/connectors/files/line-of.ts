/** Which line a byte is in. */

import type { ByteInput } from './input.ts'

const LF = 0x0a
const CHUNK_BYTES = 1 << 18

/** How many lines end in some bytes. */
export function lineEnds(bytes: Uint8Array): number {
  let ends = 0
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === LF) ends++
  return ends
}

/** The number of the line, from 1, in which the byte at `offset` is. Closes the input. */
export async function lineOf(input: ByteInput, offset: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let lines = 1
  try {
    for (let left = offset; left > 0; ) {
      const read = await input.read(chunk.subarray(0, Math.min(left, chunk.length)))
      if (read === 0) break
      lines += lineEnds(chunk.subarray(0, read))
      left -= read
    }
    return lines
  } finally {
    await input.close()
  }
}
