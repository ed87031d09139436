/** Bytes that grow: what encoders write into. The memory is used again. */

import { viewOf } from '../batch/copy-bytes.ts'

export class Output {
  bytes: Uint8Array = new Uint8Array(1 << 16)
  /** Of the same memory. */
  view: DataView = viewOf(this.bytes)
  size = 0

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    const need = this.size + count
    if (need <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.size))
    this.bytes = grown
    this.view = viewOf(grown)
  }

  /** Adds bytes. */
  put(added: Uint8Array): void {
    const { length } = added
    this.reserve(length)
    const { bytes, size } = this
    if (length > 64) bytes.set(added, size)
    else for (let i = 0; i < length; i++) bytes[size + i] = added[i]!
    this.size = size + length
  }

  /** Adds characters of ASCII. */
  putAscii(text: string): void {
    const { length } = text
    this.reserve(length)
    const { bytes, size } = this
    for (let i = 0; i < length; i++) bytes[size + i] = text.charCodeAt(i)
    this.size = size + length
  }

  putByte(byte: number): void {
    this.reserve(1)
    this.bytes[this.size++] = byte
  }

  /** What was added, until something is again. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.size)
    this.size = 0
    return taken
  }
}
