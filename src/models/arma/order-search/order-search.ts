/**
 * The search over orders: a walk from neighbour to better neighbour, or all of them; then, where models were fitted quickly,
 * the choice among the best by whole fits. Hyndman & Khandakar, *J. Statistical Software* 27 (2008) for the walk.
 */
import type { ArimaEstimate } from '../estimate/estimate.ts'
import { quickFits } from './quick-fit.ts'
import { type FitModel, isWithin, type Orders, type Outcome, type SearchSpace } from './search-space.ts'
import { wholeFits } from './whole-fit.ts'

/** A model the search tried. */
export interface Tried extends Outcome {
  readonly orders: Orders
}

/** How a search goes about it. */
export interface SearchMethod {
  /** `'stepwise'`, or every model with orders that sum up to this at most. */
  readonly extent: 'stepwise' | number
  /** Whether to fit quickly first. */
  readonly approximate: boolean
  /** Called after each model that was tried. */
  readonly onTried?: ((tried: Tried) => void) | undefined
}

/** What a search found: the models in the order they were tried, and the best whole fit, or null. */
export interface Searched {
  readonly tried: readonly Tried[]
  readonly best: { readonly orders: Orders; readonly estimate: ArimaEstimate } | null
}

/** Searches the space. */
export function searchOrders(space: SearchSpace, method: SearchMethod): Searched {
  const whole = wholeFits(space)
  const search = new Search(space, method.approximate ? quickFits(space) : whole, method.onTried)
  if (method.extent === 'stepwise') walk(search)
  else tryAll(search, method.extent)
  const { best, more } = method.approximate
    ? refine(search, whole, method)
    : { best: search.best(true), more: [] }
  return {
    tried: [...search.tried, ...more],
    best: best && { orders: best.orders, estimate: best.estimate! },
  }
}

/** The models tried so far. */
class Search {
  readonly space: SearchSpace
  readonly tried: Tried[] = []
  readonly #fit: FitModel
  readonly #onTried: ((tried: Tried) => void) | undefined
  readonly #seen = new Set<string>()
  #best: Tried | null = null
  #bestRegular: Tried | null = null

  constructor(space: SearchSpace, fit: FitModel, onTried: ((tried: Tried) => void) | undefined) {
    this.space = space
    this.#fit = fit
    this.#onTried = onTried
  }

  /** The best model so far: of all of them, or of those without a root near the unit circle. */
  best(regular: boolean): Tried | null {
    return regular ? this.#bestRegular : this.#best
  }

  /** Fits a model that is within bounds and was not fitted before. */
  attempt(...orders: Orders): void {
    if (!isWithin(this.space, orders)) return
    const key = orders.join()
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    const tried = { orders, ...this.#fit(orders) }
    this.tried.push(tried)
    this.#onTried?.(tried)
    const improves = (best: Tried | null) => tried.value < (best?.value ?? Number.POSITIVE_INFINITY)
    if (improves(this.#best)) this.#best = tried
    if (!tried.nearUnitRoot && improves(this.#bestRegular)) this.#bestRegular = tried
  }
}

/** Every model whose orders sum up to `maxOrder` at most. */
function tryAll(search: Search, maxOrder: number): void {
  const { maxP, maxQ, maxSeasonalP, maxSeasonalQ, constantAllowed } = search.space
  for (const constant of constantAllowed ? [true, false] : [false]) {
    for (let P = 0; P <= maxSeasonalP; P++) {
      for (let Q = 0; Q <= maxSeasonalQ; Q++) {
        for (let p = 0; p <= maxP; p++) {
          for (let q = 0; q <= maxQ; q++) if (p + q + P + Q <= maxOrder) search.attempt(p, q, P, Q, constant)
        }
      }
    }
  }
}

/**
 * Four starting models, then from neighbour to better neighbour: of those that may be the answer; whatever their roots, since
 * a model with a root too many is the way to the same without it; and once more of those that may be the answer.
 */
function walk(search: Search): void {
  const { maxP, maxQ, maxSeasonalP, maxSeasonalQ, constantAllowed } = search.space
  const [p, q] = [Math.min(1, maxP), Math.min(1, maxQ)]
  const [P, Q] = [Math.min(1, maxSeasonalP), Math.min(1, maxSeasonalQ)]
  search.attempt(Math.min(2, maxP), Math.min(2, maxQ), P, Q, constantAllowed)
  search.attempt(0, 0, 0, 0, constantAllowed)
  search.attempt(p, 0, P, 0, constantAllowed)
  search.attempt(0, q, 0, Q, constantAllowed)
  if (constantAllowed) search.attempt(0, 0, 0, 0, false)
  climb(search, true)
  climb(search, false)
  climb(search, true)
}

/** From the best model to the first better neighbour, as long as there is one. */
function climb(
  search: Search,
  regular: boolean,
  { most, isHopeless }: Limits = { most: MAX_STEPWISE },
): void {
  for (;;) {
    const from = search.best(regular)
    const [p, q, P, Q, constant] = from?.orders ?? [0, 0, 0, 0, false]
    const improved = NEIGHBOURS.some(([dp, dq, dP, dQ, other]) => {
      if (search.tried.length >= most) return false
      const orders: Orders = [p + dp, q + dq, P + dP, Q + dQ, other ? !constant : constant]
      if (isHopeless?.(orders)) return false
      search.attempt(...orders)
      return search.best(regular) !== from
    })
    if (!improved) return
  }
}

/** What a walk leaves out. */
interface Limits {
  /** Models after which it stops. */
  readonly most: number
  /** Whether a model is not worth a fit. */
  readonly isHopeless?: (orders: Orders) => boolean
}

/** Models after which the walk stops. */
const MAX_STEPWISE = 150

/** Steps of the walk in (p, q, P, Q) and the constant: seasonal orders first, as in the paper. */
const NEIGHBOURS: readonly (readonly [number, number, number, number, boolean])[] = [
  [0, 0, -1, 0, false],
  [0, 0, 0, -1, false],
  [0, 0, 1, 0, false],
  [0, 0, 0, 1, false],
  [0, 0, -1, -1, false],
  [0, 0, -1, 1, false],
  [0, 0, 1, -1, false],
  [0, 0, 1, 1, false],
  [-1, 0, 0, 0, false],
  [0, -1, 0, 0, false],
  [1, 0, 0, 0, false],
  [0, 1, 0, 0, false],
  [-1, -1, 0, 0, false],
  [-1, 1, 0, 0, false],
  [1, -1, 0, 0, false],
  [1, 1, 0, 0, false],
  [0, 0, 0, 0, true],
]

/** Whole fits of the best models at most, and how far from the best a quick fit is still worth one. */
const MAX_REFINED = 5
const MARGIN = 2
/** Of models near the unit circle, which lead on. */
const MAX_LEADING = 2
/** And of the walk from them: where a quick fit found only a lower peak of the likelihood, the way went past the best. */
const MAX_POLISHED = 40
const POLISH_MARGIN = 6

/** The best whole fit, and the models that were tried beside those fitted quickly. */
interface Refined {
  readonly best: Tried | null
  readonly more: readonly Tried[]
}

/** Whole fits of the best models, and of those that a walk from them leads to; the best of them. */
function refine({ tried, space }: Search, whole: FitModel, { extent, onTried }: SearchMethod): Refined {
  const quick = new Map(tried.map(({ orders, value }) => [orders.join(), value]))
  const more: Tried[] = []
  const search = new Search(space, whole, model => {
    if (quick.has(model.orders.join())) return
    more.push(model)
    onTried?.(model)
  })
  const pool = tried.filter(({ value }) => value < Number.POSITIVE_INFINITY).sort((a, b) => a.value - b.value)
  for (const { orders, value } of pool.filter(model => !model.nearUnitRoot)) {
    const best = search.best(true)
    if (best !== null && (value > best.value + MARGIN || search.tried.length >= MAX_REFINED)) break
    search.attempt(...orders)
  }
  if (extent !== 'stepwise') return { best: search.best(true), more }
  for (const { orders } of pool.filter(model => model.nearUnitRoot).slice(0, MAX_LEADING))
    search.attempt(...orders)
  const isHopeless = (orders: Orders) => {
    const best = search.best(true)
    return best !== null && (quick.get(orders.join()) ?? best.value) > best.value + POLISH_MARGIN
  }
  const limits = { most: search.tried.length + MAX_POLISHED, isHopeless }
  climb(search, true, limits)
  climb(search, false, limits)
  climb(search, true, limits)
  return { best: search.best(true), more }
}
