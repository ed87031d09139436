/**
 * Cuts packed bytes where zstd frames end. Node's decompressor ends with a frame that is followed by more in the same
 * chunk; given in chunks of their own, frames follow one another (RFC 8878, section 3.1).
 */

import { Transform, type TransformCallback } from 'node:stream'

const FRAME = 0xfd2fb528
/** Frames of these magic numbers, up to their last four bits, hold nothing. */
const SKIPPABLE = 0x184d2a50
const RLE_BLOCK = 1

/** Passes chunks on, cut; an end inside of a frame is an error with the code of zlib's. */
export const zstdFrames = (): Transform => {
  const cutter = new FrameCutter()
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      for (const piece of cutter.cut(chunk)) this.push(piece)
      done()
    },
    flush: done => done(cutter.isBetween ? null : cutShort()),
  })
}

/** As zlib says it of its own formats. */
const CUT_SHORT = 'Z_BUF_ERROR'
const cutShort = () => Object.assign(new Error('unexpected end of file'), { code: CUT_SHORT })

/** What the next bytes that are looked at mean. */
type Part = 'magic' | 'skippable' | 'descriptor' | 'block'

const PART_BYTES: Readonly<Record<Part, number>> = { magic: 4, skippable: 4, descriptor: 1, block: 3 }

class FrameCutter {
  #part: Part = 'magic'
  readonly #head = new Uint8Array(4)
  #headBytes = 0
  /** Bytes that nobody looks at, before the next part. */
  #skip = 0
  #frameEnds = false
  #checksumBytes = 0
  /** What comes is no frame: whoever unpacks it says so. */
  #broken = false

  /** Whether a frame has ended, or none begun. */
  get isBetween(): boolean {
    return this.#broken || (this.#part === 'magic' && this.#headBytes === 0 && this.#skip === 0)
  }

  cut(chunk: Buffer): Buffer[] {
    const pieces: Buffer[] = []
    let start = 0
    let at = 0
    while (at < chunk.length && !this.#broken) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at)
        this.#skip -= skipped
        at += skipped
      } else {
        this.#head[this.#headBytes++] = chunk[at++]!
        if (this.#headBytes === PART_BYTES[this.#part]) this.#read()
      }
      if (this.#skip > 0 || !this.#frameEnds) continue
      this.#frameEnds = false
      pieces.push(chunk.subarray(start, at))
      start = at
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start))
    return pieces
  }

  /** A part is complete. */
  #read(): void {
    const head = this.#head
    const number = (head[0]! | (head[1]! << 8) | (head[2]! << 16) | (head[3]! << 24)) >>> 0
    this.#headBytes = 0
    if (this.#part === 'magic') {
      if (number === FRAME) this.#part = 'descriptor'
      else if ((number & 0xfffffff0) >>> 0 === SKIPPABLE) this.#part = 'skippable'
      else this.#broken = true
    } else if (this.#part === 'skippable') this.#end(number)
    else if (this.#part === 'descriptor') this.#readDescriptor(head[0]!)
    else this.#readBlock(head[0]! | (head[1]! << 8) | (head[2]! << 16))
  }

  #readDescriptor(descriptor: number): void {
    const isSingle = (descriptor >> 5) & 1
    const contentSize = [isSingle, 2, 4, 8][descriptor >> 6]!
    const dictionaryId = [0, 1, 2, 4][descriptor & 3]!
    this.#checksumBytes = descriptor & 4
    this.#skip = (isSingle ? 0 : 1) + dictionaryId + contentSize
    this.#part = 'block'
  }

  #readBlock(header: number): void {
    const bytes = ((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3
    if (header & 1) this.#end(bytes + this.#checksumBytes)
    else this.#skip = bytes
  }

  /** The frame ends after so many bytes. */
  #end(bytes: number): void {
    this.#skip = bytes
    this.#frameEnds = true
    this.#part = 'magic'
  }
}
