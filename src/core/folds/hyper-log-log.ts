/**
 * About how many different 64-bit hashes were seen. The few of a small set are kept as they are and counted exactly; from then
 * on each of 2^precision registers keeps the longest run of zeros that the hashes it was given begin with.
 *
 * Which of the two it is depends on the set of hashes alone, so that sketches merged in any order are the same.
 *
 * Sources: P. Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm" (2007); the
 * estimate is that of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6, which is
 * not biased anywhere and needs no tables.
 */

/** A set of no more hashes is kept as it is. */
const FEW = 128

export class HyperLogLog {
  readonly precision: number
  /** While there are few: the hashes, as two words in one number of 53 bits. */
  #few: Set<number> | undefined = new Set()
  #registers: Uint8Array | undefined

  /** @param precision 4 to 16 */
  constructor(precision: number) {
    this.precision = precision
  }

  /** Adds a hash of two 32-bit words, of any sign; the lower 21 bits of the second count. */
  add(high: number, low: number): void {
    if (this.#few === undefined) this.#register(high >>> 0, low)
    else {
      this.#few.add((high >>> 0) * 2 ** 21 + (low & 0x1fffff))
      if (this.#few.size > FEW) this.#spread()
    }
  }

  #spread(): void {
    const few = this.#few!
    this.#few = undefined
    this.#registers = new Uint8Array(1 << this.precision)
    for (const hash of few) {
      const high = Math.floor(hash / 2 ** 21)
      this.#register(high, hash - high * 2 ** 21)
    }
  }

  /** The upper bits of the first word say which register; what follows, where the first one stands. */
  #register(high: number, low: number): void {
    const { precision } = this
    const registers = this.#registers!
    const at = high >>> (32 - precision)
    const rest = (high << precision) >>> 0
    const rank =
      rest !== 0 ? Math.clz32(rest) + 1 : 33 - precision + Math.min(21, Math.clz32((low & 0x1fffff) << 11))
    if (rank > registers[at]!) registers[at] = rank
  }

  merge(other: HyperLogLog): void {
    if (other.#few !== undefined) {
      for (const hash of other.#few) {
        const high = Math.floor(hash / 2 ** 21)
        this.add(high, hash - high * 2 ** 21)
      }
      return
    }
    if (this.#few !== undefined) this.#spread()
    const registers = this.#registers!
    const others = other.#registers!
    for (let i = 0; i < registers.length; i++) if (others[i]! > registers[i]!) registers[i] = others[i]!
  }

  /** How many, rounded to a whole number. */
  estimate(): number {
    return this.#few ? this.#few.size : Math.round(estimateOf(this.#registers!, this.precision))
  }

  /** The few hashes in order, eight bytes each; or a byte that is not 0 modulo 8, and the registers. */
  encode(): Uint8Array {
    if (this.#few === undefined) {
      const bytes = new Uint8Array(1 + this.#registers!.length)
      bytes[0] = this.precision
      bytes.set(this.#registers!, 1)
      return bytes
    }
    const hashes = Float64Array.from(this.#few).sort()
    const bytes = new Uint8Array(8 * hashes.length)
    const view = new DataView(bytes.buffer)
    hashes.forEach((hash, i) => {
      view.setFloat64(8 * i, hash, true)
    })
    return bytes
  }

  static decode(bytes: Uint8Array, precision: number): HyperLogLog {
    const sketch = new HyperLogLog(precision)
    if (bytes.length % 8 === 1) {
      sketch.#few = undefined
      sketch.#registers = bytes.slice(1)
      return sketch
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.length; at += 8) sketch.#few!.add(view.getFloat64(at, true))
    return sketch
  }
}

function estimateOf(registers: Uint8Array, precision: number): number {
  const m = registers.length
  const longest = 32 - precision + 22
  const counts = new Float64Array(longest + 1)
  for (const rank of registers) counts[rank]!++
  let z = m * tau(1 - counts[longest]! / m)
  for (let rank = longest - 1; rank >= 1; rank--) z = (z + counts[rank]!) / 2
  z += m * sigma(counts[0]! / m)
  return (m * m) / (2 * Math.LN2 * z)
}

/** x + Σ x^(2^k) · 2^(k − 1). */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY
  let power = x
  let factor = 1
  let total = x
  for (let before = Number.NaN; total !== before; ) {
    before = total
    power *= power
    total += power * factor
    factor *= 2
  }
  return total
}

/** (1 − x − Σ (1 − x^(2^−k))² · 2^−k) / 3. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let root = x
  let factor = 1
  let total = 1 - x
  for (let before = Number.NaN; total !== before; ) {
    before = total
    root = Math.sqrt(root)
    factor /= 2
    total -= (1 - root) ** 2 * factor
  }
  return total / 3
}
