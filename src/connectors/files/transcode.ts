/** Text in other encodings, made UTF-8. */

import type { ByteInput } from './input.ts'

/** Names as users give them; `utf-16` goes by the byte order mark, little-endian without one. */
export type Encoding = 'utf-8' | 'utf-16' | 'utf-16le' | 'utf-16be' | 'latin1'

export const ENCODINGS: readonly Encoding[] = ['utf-8', 'utf-16', 'utf-16le', 'utf-16be', 'latin1']

/** The encoding that a byte order mark at the beginning of a file tells. */
export function markedEncoding(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  return undefined
}

const CHUNK_BYTES = 1 << 16

/** The bytes of `input`, which is in an encoding, as UTF-8. Its byte order mark stays one. */
export class TranscodedInput implements ByteInput {
  readonly #input: ByteInput
  readonly #decoder: InstanceType<typeof TextDecoder>
  readonly #chunk = new Uint8Array(CHUNK_BYTES)
  #text: Uint8Array = new Uint8Array(0)
  #ended = false

  constructor(input: ByteInput, encoding: Exclude<Encoding, 'utf-8' | 'utf-16'>) {
    this.#input = input
    // What browsers call latin1 is windows-1252, which has characters where Latin-1 has controls.
    this.#decoder = new TextDecoder(encoding === 'latin1' ? 'windows-1252' : encoding, { ignoreBOM: true })
  }

  async read(into: Uint8Array): Promise<number> {
    let filled = 0
    while (filled < into.length) {
      if (this.#text.length === 0 && !(await this.#next())) break
      const part = this.#text.subarray(0, into.length - filled)
      into.set(part, filled)
      filled += part.length
      this.#text = this.#text.subarray(part.length)
    }
    return filled
  }

  async #next(): Promise<boolean> {
    while (!this.#ended && this.#text.length === 0) {
      const read = await this.#input.read(this.#chunk)
      this.#ended = read < this.#chunk.length
      const text = this.#decoder.decode(this.#chunk.subarray(0, read), { stream: !this.#ended })
      this.#text = Buffer.from(text)
    }
    return this.#text.length > 0
  }

  close(): Promise<void> {
    return this.#input.close()
  }
}

/** Reads `bytes` bytes and drops them. */
export async function leaveOut(input: ByteInput, bytes: number): Promise<ByteInput> {
  const chunk = new Uint8Array(Math.min(bytes, CHUNK_BYTES))
  for (let left = bytes; left > 0; ) {
    const read = await input.read(chunk.subarray(0, Math.min(left, chunk.length)))
    if (read === 0) break
    left -= read
  }
  return input
}
