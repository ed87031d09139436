/** Bytes that grow: what encoders write into. */

export class Output {
  bytes: Uint8Array = new Uint8Array(1 << 16)
  size = 0

  /** Makes room for so many bytes more. */
  reserve(bytes: number): void {
    const need = this.size + bytes
    if (need <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.size))
    this.bytes = grown
  }

  /** Adds bytes. */
  put(bytes: Uint8Array): void {
    const { length } = bytes
    this.reserve(length)
    if (length > 32) this.bytes.set(bytes, this.size)
    else for (let i = 0; i < length; i++) this.bytes[this.size + i] = bytes[i]!
    this.size += length
  }

  /** Adds characters of ASCII. */
  putAscii(text: string): void {
    const { length } = text
    this.reserve(length)
    for (let i = 0; i < length; i++) this.bytes[this.size + i] = text.charCodeAt(i)
    this.size += length
  }

  putByte(byte: number): void {
    this.reserve(1)
    this.bytes[this.size++] = byte
  }

  /** Adds `value`, which has at most so many digits, with zeros in front. */
  putDigits(value: number, digits: number): void {
    this.reserve(digits)
    for (let i = this.size + digits - 1; i >= this.size; i--) {
      const rest = Math.floor(value / 10)
      this.bytes[i] = 48 + value - rest * 10
      value = rest
    }
    this.size += digits
  }
}
