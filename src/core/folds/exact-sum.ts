/**
 * The exact sum of any doubles: a fixed-point number wide enough for all of them (Kulisch's long accumulator), in limbs
 * of 32 bits whose carries are settled late. Used where two doubles cannot hold a float sum exactly.
 *
 * Limb i counts multiples of 2^(32 i - 1074). Source: U. Kulisch, Computer Arithmetic and Validity (2008), ch. 8.
 */

const LIMBS = 68
const WORD = 2 ** 32
/** Additions a limb takes before its carry must be settled: 2^20 * 2^32 < 2^53. */
const MAX_PENDING = 1 << 20

const HAS_NAN = 1
const HAS_INFINITY = 2
const HAS_MINUS_INFINITY = 4

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

export class ExactSum {
  readonly #limbs = new Float64Array(LIMBS)
  #pending = 0
  #specials = 0

  add(x: number): void {
    if (!Number.isFinite(x)) {
      this.#specials |= Number.isNaN(x) ? HAS_NAN : x > 0 ? HAS_INFINITY : HAS_MINUS_INFINITY
      return
    }
    if (x === 0) return
    if (++this.#pending > MAX_PENDING) this.#settle()
    float[0] = x
    const low = words[0]!
    const top = words[1]!
    const exponent = (top >>> 20) & 0x7ff
    const high = exponent === 0 ? top & 0xfffff : (top & 0xfffff) | 0x100000
    const bit = exponent === 0 ? 0 : exponent - 1
    const limb = bit >> 5
    const shift = bit & 31
    const sign = x < 0 ? -1 : 1
    const limbs = this.#limbs
    limbs[limb]! += sign * ((low << shift) >>> 0)
    if (shift === 0) limbs[limb + 1]! += sign * high
    else {
      limbs[limb + 1]! += sign * (((high << shift) | (low >>> (32 - shift))) >>> 0)
      limbs[limb + 2]! += sign * (high >>> (32 - shift))
    }
  }

  merge(other: ExactSum): void {
    this.#specials |= other.#specials
    this.#settle()
    other.#settle()
    for (let i = 0; i < LIMBS; i++) this.#limbs[i]! += other.#limbs[i]!
    this.#pending = 1
  }

  /** Brings every limb but the last into [0, 2^32); the last has the sign. */
  #settle(): void {
    const limbs = this.#limbs
    let carry = 0
    for (let i = 0; i < LIMBS - 1; i++) {
      const total = limbs[i]! + carry
      carry = Math.floor(total / WORD)
      limbs[i] = total - carry * WORD
    }
    limbs[LIMBS - 1]! += carry
    this.#pending = 0
  }

  /** The sum, rounded once, to nearest, ties to even. Infinities and NaN as IEEE 754 adds them; zero is +0. */
  value(): number {
    const specials = this.#specials
    if (specials === HAS_INFINITY) return Number.POSITIVE_INFINITY
    if (specials === HAS_MINUS_INFINITY) return Number.NEGATIVE_INFINITY
    if (specials !== 0) return Number.NaN
    this.#settle()
    const negative = this.#limbs[LIMBS - 1]! < 0
    const limbs = negative ? this.#negated() : this.#limbs
    let top = LIMBS - 1
    while (top > 2 && limbs[top] === 0) top--
    // Three limbs hold at least 65 bits from the first one set (or, at the bottom, all there are): what is below only
    // tells a tie from more than a tie. So Number() rounds right, and once: scaling by a power of two is exact, as a
    // result below 2^-1022 has less than 53 bits.
    let bits = (BigInt(limbs[top]!) << 64n) | (BigInt(limbs[top - 1]!) << 32n) | BigInt(limbs[top - 2]!)
    for (let i = top - 3; i >= 0; i--) {
      if (limbs[i] === 0) continue
      bits |= 1n
      break
    }
    const value = Number(bits) * 2 ** (32 * (top - 2) - 1074)
    return negative ? -value : value
  }

  /** The exact sum, units times 2^exponent; undefined where it is not finite. */
  dyadic(): { readonly units: bigint; readonly exponent: number } | undefined {
    if (this.#specials !== 0) return undefined
    this.#settle()
    const limbs = this.#limbs
    let low = 0
    while (low < LIMBS - 1 && limbs[low] === 0) low++
    let units = 0n
    for (let i = LIMBS - 1; i >= low; i--) {
      if (units !== 0n || limbs[i] !== 0) units = (units << 32n) + BigInt(limbs[i]!)
    }
    return { units, exponent: 32 * low - 1074 }
  }

  #negated(): Float64Array {
    const copy = new ExactSum()
    for (let i = 0; i < LIMBS; i++) copy.#limbs[i] = -this.#limbs[i]!
    copy.#settle()
    return copy.#limbs
  }

  /**
   * Specials, the first limb written, their number, then each limb in four bytes, low first. Equal sums, equal bytes.
   */
  encode(): Uint8Array {
    this.#settle()
    let first = 0
    while (first < LIMBS - 1 && this.#limbs[first] === 0) first++
    let end = LIMBS
    while (end > first && this.#limbs[end - 1] === 0) end--
    const bytes = new Uint8Array(3 + 4 * (end - first))
    bytes[0] = this.#specials
    bytes[1] = first
    bytes[2] = end - first
    const view = new DataView(bytes.buffer)
    for (let i = first; i < end; i++) view.setInt32(3 + 4 * (i - first), this.#limbs[i]!, true)
    return bytes
  }

  static decode(bytes: Uint8Array): ExactSum {
    const sum = new ExactSum()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    sum.#specials = bytes[0]!
    const first = bytes[1]!
    for (let i = 0; i < bytes[2]!; i++) {
      const word = view.getInt32(3 + 4 * i, true)
      sum.#limbs[first + i] = first + i === LIMBS - 1 ? word : word >>> 0
    }
    return sum
  }
}
