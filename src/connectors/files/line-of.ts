/** Which line a byte is in. */

import type { ByteInput } from './input.ts'

const LF = 0x0a
const CHUNK_BYTES = 1 << 18

/** The number of the line, from 1, in which the byte at `offset` is. Closes the input. */
export async function lineOf(input: ByteInput, offset: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let lines = 1
  try {
    for (let left = offset; left > 0; ) {
      const read = await input.read(chunk.subarray(0, Math.min(left, chunk.length)))
      if (read === 0) break
      for (let at = chunk.indexOf(LF); at >= 0 && at < read; at = chunk.indexOf(LF, at + 1)) lines++
      left -= read
    }
    return lines
  } finally {
    await input.close()
  }
}
