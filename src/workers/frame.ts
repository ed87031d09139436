/**
 * A frame is one message between the coordinator and a shard: numbers, in a place in shared memory that either end knows,
 * and what numbers cannot say (new memory, names, whole objects) as attachments that go through a message port.
 *
 * A frame longer than its place becomes an attachment itself.
 */

/** Numbers before those of the message: what it is, how many attachments it has, whether the first one is the frame. */
const HEADER = 3
const [KIND, ATTACHMENTS, OUTGROWN] = [0, 1, 2]

/** Before the first frame. */
const NOWHERE = new Float64Array(HEADER)

/** What a frame is, by its place alone. */
export const kindOf = (place: Float64Array): number => place[KIND]!

export const hasAttachments = (place: Float64Array): boolean => place[ATTACHMENTS]! > 0

/** Writes one frame after the other. */
export class FrameWriter {
  #place: Float64Array = NOWHERE
  #numbers: Float64Array = NOWHERE
  #at = 0
  #attachments: unknown[] = []

  begin(place: Float64Array, kind: number): this {
    this.#place = place
    this.#numbers = place
    this.#attachments = []
    this.#at = HEADER
    place[KIND] = kind
    return this
  }

  put(value: number): void {
    if (this.#at === this.#numbers.length) this.#grow()
    this.#numbers[this.#at++] = value
  }

  putAll(values: ArrayLike<number>): void {
    this.put(values.length)
    for (let i = 0; i < values.length; i++) this.put(values[i]!)
  }

  /** A structured-cloneable value; the other end takes them in the order in which they were attached. */
  attach(value: unknown): void {
    this.#attachments.push(value)
  }

  /** Gives the attachments, empty where there are none: to be posted beside the frame. */
  end(): readonly unknown[] {
    const outgrown = this.#numbers !== this.#place
    if (outgrown) this.#attachments.unshift(this.#numbers.slice(0, this.#at))
    this.#place[OUTGROWN] = outgrown ? 1 : 0
    this.#place[ATTACHMENTS] = this.#attachments.length
    this.#numbers = this.#place
    return this.#attachments
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#at)
    grown.set(this.#numbers)
    this.#numbers = grown
  }
}

/** Reads one frame after the other. */
export class FrameReader {
  #numbers: Float64Array = NOWHERE
  #at = 0
  #attachments: readonly unknown[] = []
  #taken = 0

  /** @param attachments as they were posted */
  begin(place: Float64Array, attachments: readonly unknown[]): this {
    this.#attachments = attachments
    this.#taken = 0
    this.#numbers = place[OUTGROWN] === 1 ? (this.attachment() as Float64Array) : place
    this.#at = HEADER
    return this
  }

  take(): number {
    return this.#numbers[this.#at++]!
  }

  takeAll(): number[] {
    const values: number[] = []
    for (let left = this.take(); left > 0; left--) values.push(this.take())
    return values
  }

  /** The next value that was attached. */
  attachment(): unknown {
    return this.#attachments[this.#taken++]
  }
}
