/**
 * The exact sum of any doubles: a fixed-point number wide enough for all of them (Kulisch's long accumulator), in limbs
 * of 32 bits whose carries are settled late. Used where two doubles cannot hold a float sum exactly.
 *
 * Limb i counts multiples of 2^(32 i - 1074). What no double is, such as the square of 1e200, is kept beside them.
 * Source: U. Kulisch, Computer Arithmetic and Validity (2008), ch. 8.
 */

import {
  type Dyadic,
  dyadicFrom,
  dyadicToBytes,
  plus,
  times as product,
  ratio,
  wholeNumber,
} from './dyadic.ts'

const LIMBS = 68
const WORD = 2 ** 32
/** Additions a limb takes before its carry must be settled: 2^20 * 2^32 < 2^53. */
const MAX_PENDING = 1 << 20

/** What a sum has counted of values that are not finite, by place. */
const NAN = 0
const PLUS_INFINITY = 1
const MINUS_INFINITY = 2
/** The bit of what is kept beside the limbs, after those of the three above. */
const FAR = 8

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

export class ExactSum {
  readonly #limbs = new Float64Array(LIMBS)
  /** Additions since the carries were settled. */
  #pending = 0
  /** How many NaNs, infinities and negative infinities: counted, so that they can be taken out again. */
  #specials: [number, number, number] = [0, 0, 0]
  /** The sum of what is no double, or whose last bit is below all of them. */
  #far: Dyadic | undefined

  /** Adds `x` so many times; a negative number of times takes it out again. */
  add(x: number, times = 1): void {
    if (!Number.isFinite(x)) {
      this.#specials[Number.isNaN(x) ? NAN : x > 0 ? PLUS_INFINITY : MINUS_INFINITY] += times
      return
    }
    if (x === 0) return
    if (times > MAX_PENDING || times < -MAX_PENDING) {
      this.#addInParts(x, times)
      return
    }
    this.#pending += times < 0 ? -times : times
    if (this.#pending > MAX_PENDING) {
      this.#settle()
      this.#pending = Math.abs(times)
    }
    float[0] = x
    const low = words[0]!
    const top = words[1]!
    const exponent = (top >>> 20) & 0x7ff
    const high = exponent === 0 ? top & 0xfffff : (top & 0xfffff) | 0x100000
    const bit = exponent === 0 ? 0 : exponent - 1
    const limb = bit >> 5
    const shift = bit & 31
    const factor = x < 0 ? -times : times
    const limbs = this.#limbs
    limbs[limb]! += factor * ((low << shift) >>> 0)
    if (shift === 0) limbs[limb + 1]! += factor * high
    else {
      limbs[limb + 1]! += factor * (((high << shift) | (low >>> (32 - shift))) >>> 0)
      limbs[limb + 2]! += factor * (high >>> (32 - shift))
    }
  }

  /** Adds any number, such as a product of doubles, so many times. Slower by far than {@link add}. */
  addDyadic(x: Dyadic, times: number): void {
    const more = product(x, wholeNumber(BigInt(times)))
    const far = this.#far === undefined ? more : plus(this.#far, more)
    this.#far = far.units === 0n ? undefined : far
  }

  /** As often as a limb can take without losing a bit, again and again. */
  #addInParts(x: number, times: number): void {
    for (let left = times; left !== 0; ) {
      const part = Math.max(-MAX_PENDING, Math.min(MAX_PENDING, left))
      this.add(x, part)
      left -= part
    }
  }

  merge(other: ExactSum): void {
    for (const kind of [NAN, PLUS_INFINITY, MINUS_INFINITY] as const)
      this.#specials[kind] += other.#specials[kind]
    if (other.#far !== undefined) this.addDyadic(other.#far, 1)
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
    const special = this.special()
    if (special !== undefined) return special
    if (this.#far !== undefined) return ratio(this.dyadic()!, wholeNumber(1n))
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

  /** The sum where it is not finite: an infinity or NaN. */
  special(): number | undefined {
    const [nan, plus, minus] = this.#specials
    if (nan > 0 || (plus > 0 && minus > 0)) return Number.NaN
    if (plus > 0) return Number.POSITIVE_INFINITY
    return minus > 0 ? Number.NEGATIVE_INFINITY : undefined
  }

  /** The exact sum, units times 2^exponent; undefined where it is not finite. */
  dyadic(): Dyadic | undefined {
    if (this.special() !== undefined) return undefined
    this.#settle()
    const limbs = this.#limbs
    let low = 0
    while (low < LIMBS - 1 && limbs[low] === 0) low++
    let units = 0n
    for (let i = LIMBS - 1; i >= low; i--) {
      if (units !== 0n || limbs[i] !== 0) units = (units << 32n) + BigInt(limbs[i]!)
    }
    const sum = { units, exponent: 32 * low - 1074 }
    return this.#far === undefined ? sum : plus(sum, this.#far)
  }

  #negated(): Float64Array {
    const copy = new ExactSum()
    for (let i = 0; i < LIMBS; i++) copy.#limbs[i] = -this.#limbs[i]!
    copy.#settle()
    return copy.#limbs
  }

  /**
   * Which specials there are (a bit each), the first limb written, the number of limbs; then each limb in four bytes,
   * then the count of each special that there is as a double; low bytes first; then what is beside the limbs. Equal sums,
   * equal bytes.
   */
  encode(): Uint8Array {
    this.#settle()
    let first = 0
    while (first < LIMBS - 1 && this.#limbs[first] === 0) first++
    let end = LIMBS
    while (end > first && this.#limbs[end - 1] === 0) end--
    const counts = this.#specials.filter(count => count !== 0)
    const far = this.#far === undefined ? new Uint8Array(0) : dyadicToBytes(this.#far)
    const bytes = new Uint8Array(3 + 4 * (end - first) + 8 * counts.length + far.length)
    this.#specials.forEach((count, kind) => {
      if (count !== 0) bytes[0]! |= 1 << kind
    })
    if (far.length > 0) bytes[0]! |= FAR
    bytes[1] = first
    bytes[2] = end - first
    const view = new DataView(bytes.buffer)
    for (let i = first; i < end; i++) view.setInt32(3 + 4 * (i - first), this.#limbs[i]!, true)
    counts.forEach((count, i) => {
      view.setFloat64(3 + 4 * (end - first) + 8 * i, count, true)
    })
    bytes.set(far, bytes.length - far.length)
    return bytes
  }

  static decode(bytes: Uint8Array): ExactSum {
    const sum = new ExactSum()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const first = bytes[1]!
    const count = bytes[2]!
    for (let i = 0; i < count; i++) {
      const word = view.getInt32(3 + 4 * i, true)
      sum.#limbs[first + i] = first + i === LIMBS - 1 ? word : word >>> 0
    }
    let at = 3 + 4 * count
    for (const kind of [NAN, PLUS_INFINITY, MINUS_INFINITY] as const) {
      if ((bytes[0]! & (1 << kind)) === 0) continue
      sum.#specials[kind] = view.getFloat64(at, true)
      at += 8
    }
    if ((bytes[0]! & FAR) !== 0) sum.#far = dyadicFrom(bytes.subarray(at))
    return sum
  }
}
