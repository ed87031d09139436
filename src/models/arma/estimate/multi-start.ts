/** The tournament between the maximum that was found and its rivals. */
import type { Minimum } from '../../numerics/minimize.ts'

/** What a tournament needs of the likelihood. */
export interface MultiStart {
  /** Points behind the objective: differences times this are in units of log-likelihood. */
  weight: number
  /** Starts of a round (from 0), in the search's coordinates. */
  starts(round: number, best: Minimum): Float64Array[]
  search(x: Float64Array, inverseHessian: Float64Array | null, maxIterations: number): Minimum
  /** False once the evaluations that the tournament may cost are used up. */
  affordable(): boolean
}

/** Iterations before the field is cut to those that are followed: more where the field is small. */
const SCREENING_ITERATIONS = 6
const SMALL_FIELD = 6
const LONG_SCREENING_ITERATIONS = 20

/** Distinct maxima followed to their end, each within 3 units of log-likelihood of the best, and how many may repeat. */
const REFINED_STARTS = 3
const REPEATS = 3

/**
 * A few iterations from every start, then the best of them to their end; once more around what was found if that is
 * new.
 */
export function multiStart(found: Minimum, options: MultiStart): Minimum {
  const { weight } = options
  let best = found
  for (let round = 0; round < 3; round++) {
    const before = best.value
    const heats: Minimum[] = []
    const starts = options.starts(round, best)
    const iterations = starts.length > SMALL_FIELD ? SCREENING_ITERATIONS : LONG_SCREENING_ITERATIONS
    for (const start of starts) {
      if (!options.affordable()) break
      heats.push(options.search(start, null, iterations))
    }
    heats.sort((a, b) => a.value - b.value)
    let finalists = 0
    let repeats = 0
    for (const heat of heats) {
      if (finalists >= REFINED_STARTS || heat.value > best.value + 3 / weight) break
      if (best.converged && isSame(heat, best, weight)) continue
      const next =
        heat.converged || !options.affordable() ? heat : options.search(heat.x, heat.inverseHessian, 60)
      if (!isSame(next, best, weight)) finalists++
      else if (++repeats > REPEATS) break
      const better = next.value < best.value - 1e-9 / weight
      if (better || (next.converged && !best.converged && next.value <= best.value)) best = next
    }
    if (!((before - best.value) * weight > 1e-3)) break
  }
  return best
}

/** The same maximum once more. */
function isSame(a: Minimum, b: Minimum, weight: number): boolean {
  return Math.abs(a.value - b.value) * weight < 1e-5
}
