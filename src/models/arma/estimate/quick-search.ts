/**
 * The search for a maximum of the exact likelihood where many models are compared and each may cost little: one search to
 * its end, and a look at a few other places for the models that matter.
 */
import type { Minimum } from '../../numerics/minimize.ts'
import type { CssStart } from './css-start.ts'
import { explainStart, type Surface, startInformation } from './likelihood-search.ts'
import { admissible } from './parameter-transform.ts'
import { startPoints } from './start-points.ts'

/** Gain in log-likelihood below which a search is not worth another step. */
const TOLERANCE = 1e-4

const MAX_ITERATIONS = 40

/** Other places that are searched from, the likeliest of them. */
const SCREENED = 5

/** Steps from each of them, and how far below the maximum known the best of them may end to be followed. */
const SCREENING_ITERATIONS = 5
const FOLLOWED_WITHIN = 3

/**
 * A maximum, if not always the highest: from the likeliest of the conditional estimate, zero and the given starts, which are
 * admissible.
 *
 * @throws ModelError `XREG_COLLINEAR`.
 */
export function searchQuickly(surface: Surface, start: CssStart, others: readonly Float64Array[]): Minimum {
  const { layout, data, arma, transform } = surface
  const zero = arma.slice()
  let from: Float64Array = zero
  let least = surface.at(zero)
  for (const point of [admissible(layout, start.arma), ...others]) {
    const value = surface.at(point)
    if (!(value < least)) continue
    least = value
    from = point
  }
  if (!Number.isFinite(least)) explainStart(layout, data, zero)
  const x0 = transform.invert(from)
  surface.at(from)
  return surface.search(x0, startInformation(surface, start, x0), MAX_ITERATIONS, TOLERANCE)
}

/**
 * The better of `found` and what lies where its most nearly cancelling factors are put elsewhere: mixed models have most of
 * their other maxima there.
 */
export function lookElsewhere(surface: Surface, found: Minimum): Minimum {
  const { layout, data, arma, transform } = surface
  transform.apply(found.x, arma)
  const points = startPoints(layout, arma).map(point => admissible(layout, point))
  const likeliest = points
    .map(point => ({ point, value: surface.at(point) }))
    .sort((a, b) => a.value - b.value)
    .slice(0, SCREENED)
  let best: Minimum | null = null
  for (const { point } of likeliest) {
    const screened = surface.search(transform.invert(point), null, SCREENING_ITERATIONS, TOLERANCE)
    if (best === null || screened.value < best.value) best = screened
  }
  if (best === null || best.value > found.value + FOLLOWED_WITHIN / data.problem.used) return found
  if (!best.converged) best = surface.search(best.x, best.inverseHessian, MAX_ITERATIONS, TOLERANCE)
  return best.value < found.value ? best : found
}
