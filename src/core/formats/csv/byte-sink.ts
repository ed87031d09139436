/** Bytes that are appended to; the memory is used again. */

export class ByteSink {
  bytes = new Uint8Array(1 << 16)
  size = 0

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    if (this.size + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.size + count, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.size))
    this.bytes = grown
  }

  /** Appends ASCII. */
  ascii(text: string): void {
    this.reserve(text.length)
    for (let i = 0; i < text.length; i++) this.bytes[this.size++] = text.charCodeAt(i)
  }

  /** What was appended, until something is again. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.size)
    this.size = 0
    return taken
  }
}
