/** Tells when the watermark has come to the next multiple of a number of ms, or to the end. */
export class WatermarkTicks {
  readonly #everyMs: number | undefined
  /** How many times `every` the watermark has come to. */
  #tick = Number.NEGATIVE_INFINITY

  /** @param everyMs undefined: only the end is told of */
  constructor(everyMs: number | undefined) {
    this.#everyMs = everyMs
  }

  comesTo(watermarkMs: number): boolean {
    if (this.#everyMs === undefined) return watermarkMs === Number.POSITIVE_INFINITY
    const tick = Math.floor(watermarkMs / this.#everyMs)
    if (!(tick > this.#tick)) return false
    // A first watermark, of a job or of one restored, has come from nowhere.
    const first = this.#tick === Number.NEGATIVE_INFINITY && watermarkMs !== Number.POSITIVE_INFINITY
    this.#tick = tick
    return !first
  }
}
