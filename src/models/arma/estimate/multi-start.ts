/** Multi-start search: a few screening iterations from every start point, then the best of them to their end. */
import type { Minimum } from '../../numerics/minimize.ts'

/** What a multi-start search needs of the likelihood. */
export interface MultiStart {
  /** Points behind the objective: differences times this are in units of log-likelihood. */
  weight: number
  /** Start points of a round (from 0), in the search's coordinates. */
  starts(round: number, best: Minimum): Float64Array[]
  search(x: Float64Array, inverseHessian: Float64Array | null, maxIterations: number): Minimum
  /** False once the evaluations that the search may cost are used up. */
  affordable(): boolean
}

/** Iterations from every start point before the best are refined; the second number where start points are few. */
const SCREENING_ITERATIONS = 6
const LONG_SCREENING_ITERATIONS = 20
const FEW_STARTS = 6

const REFINING_ITERATIONS = 60

/** New maxima refined per round, each within 3 units of log-likelihood of the best, and how many may repeat it. */
const REFINED_STARTS = 3
const MAX_REPEATS = 3
const MAX_ROUNDS = 3

/** The best maximum found, `found` included. Rounds go on, around the new best, while they gain. */
export function multiStart(found: Minimum, options: MultiStart): Minimum {
  const { weight } = options
  let best = found
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = best.value
    const screened: Minimum[] = []
    const starts = options.starts(round, best)
    const iterations = starts.length > FEW_STARTS ? SCREENING_ITERATIONS : LONG_SCREENING_ITERATIONS
    for (const start of starts) {
      if (!options.affordable()) break
      screened.push(options.search(start, null, iterations))
    }
    screened.sort((a, b) => a.value - b.value)
    let refined = 0
    let repeats = 0
    for (const point of screened) {
      if (refined >= REFINED_STARTS || point.value > best.value + 3 / weight) break
      if (best.converged && isSame(point, best, weight)) continue
      const next =
        point.converged || !options.affordable()
          ? point
          : options.search(point.x, point.inverseHessian, REFINING_ITERATIONS)
      if (!isSame(next, best, weight)) refined++
      else if (++repeats > MAX_REPEATS) break
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
