/**
 * The scale of the next innovation, by the sizes of the last ones: volatility clusters.
 *
 * A running mean of sizes over about 24 values, and the regression of the next size on it. Its slope is between 0 and 1,
 * and 0 unless it is five standard errors off: where sizes do not cluster nothing is adapted. With a slope it is a
 * first-order volatility model, of sizes (Taylor 1986, *Modelling Financial Time Series*) rather than of squares
 * (Bollerslev 1986, *Journal of Econometrics* 31).
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE, SIZE_VARIANCE } from '../parts/robust-scale.ts'

const RECENT = 24
/** Values that means and products remember. */
const MEMORY = 1024
const CLIP = 4
/** Values until the running mean has settled, until there is a slope, and between two looks at the slope. */
const SETTLED = 50
const WARMUP = 96
const REFIT = 32
/** Standard errors that a slope must be off 0. */
const SURE = 5
const MIN = 0.3

const SIZES = record({
  seen: 'innovations of the key',
  running: 'running mean of sizes, less 1',
  slope: 'slope of the regression of the next size on it',
  runningMean: 'mean of the running mean',
  nextMean: 'mean of the next size, less 1',
  product: 'mean product of the deviations of both',
  square: 'mean square of the deviation of the running mean',
})

/** The slope of the regression, of a key whose numbers begin at `at`. */
function slopeOf(sizes: Float64Array, at: number): number {
  const square = sizes[at + SIZES.square]!
  if (!(square > 0)) return 0
  const found = sizes[at + SIZES.product]! / square
  const error = Math.sqrt(SIZE_VARIANCE / (Math.min(sizes[at + SIZES.seen]!, MEMORY) * square))
  return found > SURE * error ? Math.min(1, found) : 0
}

/** Its state is a field of its own. */
export class LocalVolatility {
  readonly layout: StateLayout = { localVolatility: SIZES.field }
  #sizes: Float64Array = new Float64Array(0)
  #at = 0

  bind(state: StateTable): void {
    this.#sizes = f64(state, 'localVolatility')
  }

  /** The scale of the next innovation of a key, relative to its usual one. */
  of(key: number): number {
    const sizes = this.#sizes
    const at = key * SIZES.width
    this.#at = at
    return Math.max(MIN, 1 + sizes[at + SIZES.slope]! * sizes[at + SIZES.running]!)
  }

  /** Learns an innovation of the key asked for last, in its usual scales. */
  learn(innovation: number): void {
    if (!Number.isFinite(innovation)) return
    const sizes = this.#sizes
    const at = this.#at
    const next = Math.min(Math.abs(innovation), CLIP) / MEAN_SIZE - 1
    const seen = sizes[at + SIZES.seen]! + 1
    sizes[at + SIZES.seen] = seen
    const weight = seen < MEMORY ? 1 / seen : 1 / MEMORY
    const running = sizes[at + SIZES.running]!
    sizes[at + SIZES.runningMean] =
      sizes[at + SIZES.runningMean]! + weight * (running - sizes[at + SIZES.runningMean]!)
    sizes[at + SIZES.nextMean] = sizes[at + SIZES.nextMean]! + weight * (next - sizes[at + SIZES.nextMean]!)
    if (seen > SETTLED) {
      const off = running - sizes[at + SIZES.runningMean]!
      const product = off * (next - sizes[at + SIZES.nextMean]!)
      sizes[at + SIZES.product] = sizes[at + SIZES.product]! + weight * (product - sizes[at + SIZES.product]!)
      sizes[at + SIZES.square] = sizes[at + SIZES.square]! + weight * (off * off - sizes[at + SIZES.square]!)
    }
    sizes[at + SIZES.running] = running + (next - running) / RECENT
    if (seen % REFIT === 0 && seen >= WARMUP) sizes[at + SIZES.slope] = slopeOf(sizes, at)
  }
}
