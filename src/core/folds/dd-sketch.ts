/**
 * How often numbers occur, in buckets of which each is wider than the one before it by the same factor, so that a number is known
 * to within a relative error. No bucket is ever joined to another: the bound holds for all data, sketches are added in any order to
 * the same buckets, and what was added can be taken out again.
 *
 * With an error of 1 % there are at most 73,000 buckets of each sign over all doubles; 115 for each tenfold.
 *
 * Source: C. Masson, J. E. Rim, H. K. Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees",
 * PVLDB 12 (2019).
 */

/** Where a number goes that is no positive number. */
const ZERO = 'zero'

export class DdSketch {
  /** By bucket of positive numbers: bucket i has those above γ^(i − 1) and up to γ^i. */
  readonly #positive = new Map<number, number>()
  /** The same of negative numbers, without their sign. */
  readonly #negative = new Map<number, number>()
  /** Zeros, infinities and NaNs. */
  readonly #special = { zero: 0, plus: 0, minus: 0, nan: 0 }
  #total = 0

  /** How many numbers there are. */
  get total(): number {
    return this.#total
  }

  /** Whether nothing is kept, not even what is to come. */
  get isEmpty(): boolean {
    const { zero, plus, minus, nan } = this.#special
    return (
      this.#positive.size + this.#negative.size === 0 && zero === 0 && plus === 0 && minus === 0 && nan === 0
    )
  }

  /**
   * Adds a number so many times; a negative number of times takes it out.
   *
   * @param logGamma the logarithm of γ
   */
  add(x: number, times: number, logGamma: number): void {
    this.#total += times
    if (x > 0) {
      if (x === Number.POSITIVE_INFINITY) this.#special.plus += times
      else count(this.#positive, Math.ceil(Math.log(x) / logGamma), times)
    } else if (x < 0) {
      if (x === Number.NEGATIVE_INFINITY) this.#special.minus += times
      else count(this.#negative, Math.ceil(Math.log(-x) / logGamma), times)
    } else this.#special[x === 0 ? ZERO : 'nan'] += times
  }

  merge(other: DdSketch): void {
    this.#total += other.#total
    for (const [bucket, times] of other.#positive) count(this.#positive, bucket, times)
    for (const [bucket, times] of other.#negative) count(this.#negative, bucket, times)
    for (const kind of SPECIALS) this.#special[kind] += other.#special[kind]
  }

  /** About the number at a place of all in order, from 0 on; NaN is the greatest. */
  at(place: number, logGamma: number): number {
    let left = place - this.#special.minus
    if (left < 0) return Number.NEGATIVE_INFINITY
    for (const bucket of ascending(this.#negative).reverse()) {
      left -= this.#negative.get(bucket)!
      if (left < 0) return 0 - middleOf(bucket, logGamma)
    }
    left -= this.#special.zero
    if (left < 0) return 0
    for (const bucket of ascending(this.#positive)) {
      left -= this.#positive.get(bucket)!
      if (left < 0) return middleOf(bucket, logGamma)
    }
    return left - this.#special.plus < 0 ? Number.POSITIVE_INFINITY : Number.NaN
  }

  /** The specials, then how many negative buckets there are, then each bucket and its count, in order: doubles, low bytes first. */
  encode(): Uint8Array {
    const numbers = [...SPECIALS.map(kind => this.#special[kind]), this.#negative.size]
    for (const buckets of [this.#negative, this.#positive])
      for (const bucket of ascending(buckets)) numbers.push(bucket, buckets.get(bucket)!)
    const bytes = new Uint8Array(8 * numbers.length)
    const view = new DataView(bytes.buffer)
    numbers.forEach((number, i) => {
      view.setFloat64(8 * i, number, true)
    })
    return bytes
  }

  static decode(bytes: Uint8Array): DdSketch {
    const sketch = new DdSketch()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const numbers = Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true))
    SPECIALS.forEach((kind, i) => {
      sketch.#special[kind] = numbers[i]!
      sketch.#total += numbers[i]!
    })
    const first = SPECIALS.length + 1
    const negative = numbers[first - 1]!
    for (let i = first; i < numbers.length; i += 2) {
      const buckets = i < first + 2 * negative ? sketch.#negative : sketch.#positive
      buckets.set(numbers[i]!, numbers[i + 1]!)
      sketch.#total += numbers[i + 1]!
    }
    return sketch
  }
}

const SPECIALS = ['zero', 'plus', 'minus', 'nan'] as const

/** The logarithm of γ, for a relative error. */
export const logGammaOf = (error: number): number => Math.log1p(error) - Math.log1p(-error)

const ascending = (buckets: ReadonlyMap<number, number>): Float64Array =>
  Float64Array.from(buckets.keys()).sort()

function count(buckets: Map<number, number>, bucket: number, times: number): void {
  const total = (buckets.get(bucket) ?? 0) + times
  if (total === 0) buckets.delete(bucket)
  else buckets.set(bucket, total)
}

/** The number that is no further from any of its bucket than the error: 2 γ^i / (γ + 1). */
function middleOf(bucket: number, logGamma: number): number {
  const middle = Math.exp(bucket * logGamma) * (2 / (1 + Math.exp(logGamma)))
  if (Number.isFinite(middle)) return middle
  return Math.min(Number.MAX_VALUE, Math.exp(bucket * logGamma - Math.log((1 + Math.exp(logGamma)) / 2)))
}
