/**
 * How large the next innovation is likely to be, by the sizes of the last: noise comes in clusters, and in regimes.
 *
 * A running mean of sizes over about 24 values, and the regression of the next size on it. Its slope is between 0 and 1,
 * and 0 unless it is five standard errors off: where sizes do not cluster nothing is adapted. With a slope it is a
 * volatility of first order, of sizes rather than of squares (Taylor 1986, *Modelling Financial Time Series*; Bollerslev
 * 1986, *Journal of Econometrics* 31, for squares).
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE, SIZE_VARIANCE } from '../parts/robust-scale.ts'

export interface RecentSize {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** The size of an ordinary innovation of a key now, relative to its usual one. */
  of(key: number): number
  /** Learns an innovation of the key asked for last, in scales of what is usual. */
  learn(innovation: number): void
}

const RECENT = 24
/** Values that means and products remember. */
const MEMORY = 1024
const CLIP = 4
/** Values until the running mean has settled; then until there is a slope; and between two looks at it. */
const SETTLED = 50
const WARMUP = 96
const REFIT = 32
/** Standard errors that a slope must be off 0. */
const SURE = 5
const MIN = 0.3

const SEEN = 0
/** The running mean of sizes less 1, and the slope of the next on it. */
const RUNNING = 1
const SLOPE = 2
/** Means of the running mean and of the next size less 1; mean product of their deviations, and square of the first. */
const RUNNING_MEAN = 3
const NEXT_MEAN = 4
const PRODUCT = 5
const SQUARE = 6
const WIDTH = 7

/** Opens it; its state is a field of its own. */
export function localVolatility(): RecentSize {
  let sizes: Float64Array = new Float64Array(0)
  let at = 0

  function slope(): number {
    const square = sizes[at + SQUARE]!
    if (!(square > 0)) return 0
    const found = sizes[at + PRODUCT]! / square
    const error = Math.sqrt(SIZE_VARIANCE / (Math.min(sizes[at + SEEN]!, MEMORY) * square))
    return found > SURE * error ? Math.min(1, found) : 0
  }

  return {
    layout: { localVolatility: { kind: 'f64', width: WIDTH } },
    bind(state) {
      sizes = f64(state, 'localVolatility')
    },
    of(key) {
      at = key * WIDTH
      return Math.max(MIN, 1 + sizes[at + SLOPE]! * sizes[at + RUNNING]!)
    },
    learn(innovation) {
      if (!Number.isFinite(innovation)) return
      const next = Math.min(Math.abs(innovation), CLIP) / MEAN_SIZE - 1
      const seen = sizes[at + SEEN]! + 1
      sizes[at + SEEN] = seen
      const weight = Math.max(1 / MEMORY, 1 / seen)
      const running = sizes[at + RUNNING]!
      sizes[at + RUNNING_MEAN] = sizes[at + RUNNING_MEAN]! + weight * (running - sizes[at + RUNNING_MEAN]!)
      sizes[at + NEXT_MEAN] = sizes[at + NEXT_MEAN]! + weight * (next - sizes[at + NEXT_MEAN]!)
      if (seen > SETTLED) {
        const off = running - sizes[at + RUNNING_MEAN]!
        const product = off * (next - sizes[at + NEXT_MEAN]!)
        sizes[at + PRODUCT] = sizes[at + PRODUCT]! + weight * (product - sizes[at + PRODUCT]!)
        sizes[at + SQUARE] = sizes[at + SQUARE]! + weight * (off * off - sizes[at + SQUARE]!)
      }
      sizes[at + RUNNING] = running + (next - running) / RECENT
      if (seen % REFIT === 0 && seen >= WARMUP) sizes[at + SLOPE] = slope()
    },
  }
}
