/**
 * Quasi-Newton minimisation, with central-difference gradients where none are given, for smooth functions of a few parameters that return
 * `Infinity` outside their domain. Nocedal & Wright, *Numerical Optimization* (2nd ed.), ch. 6 (BFGS), §8.1 (steps).
 */

/** Where {@link minimize} ended. */
export interface Minimum {
  x: Float64Array
  value: number
  /** Approximate inverse Hessian, row-major. */
  inverseHessian: Float64Array
  iterations: number
  converged: boolean
}

/** Options of {@link minimize}. */
export interface MinimizeOptions {
  start: Float64Array
  /** Row-major; a curvature-based start makes the first steps Newton steps. */
  inverseHessian: Float64Array
  /** Weight of the function in likelihood units: a predicted gain below `tolerance / weight` is no gain. */
  weight: number
  tolerance?: number
  /** Writes the gradient at the point where f was called last; central differences of f without it. */
  gradient?: (x: Float64Array, out: Float64Array) => void
  maxIterations?: number
  /** Called once per iteration; throwing stops the search. */
  onIteration?: (iteration: number, value: number) => void
}

type Objective = (x: Float64Array) => number

/**
 * Finds a local minimum of `f` from `start`. Without `gradient` the last call of `f` is at the point that is returned, so
 * that what `f` leaves in its buffers belongs to it.
 */
export function minimize(f: Objective, options: MinimizeOptions): Minimum {
  const { weight, onIteration, maxIterations = 200 } = options
  const k = options.start.length
  const tolerance = (options.tolerance ?? 1e-9) / weight
  const x = Float64Array.from(options.start)
  const B = Float64Array.from(options.inverseHessian)
  let value = f(x)
  const gradient = new Float64Array(k)
  const nextGradient = new Float64Array(k)
  const step = new Float64Array(k)
  const trial = new Float64Array(k)
  let iterations = 0
  let converged = k === 0
  const slopes =
    options.gradient ??
    ((at: Float64Array, out: Float64Array) => {
      differentiate(f, at, B, weight, out)
    })
  if (k > 0) slopes(x, gradient)
  let restarted = false
  let checkpoint = value
  while (k > 0 && iterations < maxIterations) {
    iterations++
    onIteration?.(iterations, value)
    if (iterations % 10 === 0) {
      // Creeping towards a maximum at infinity (a coefficient on its boundary): nothing left to gain.
      if ((checkpoint - value) * weight < 1e-6) {
        converged = true
        break
      }
      checkpoint = value
    }
    const slope = newtonStep(B, gradient, step)
    if (slope < 0 && -slope < tolerance) {
      converged = true
      break
    }
    const next = slope < 0 ? searchAlong(f, x, step, value, slope, trial) : null
    if (next === null) {
      // Nothing descends: begin again with the first inverse Hessian, once.
      if (restarted || (slope < 0 && -slope < 1e3 * tolerance)) {
        if (slope < 0) converged = -slope * weight < 1e-5
        break
      }
      restarted = true
      B.set(options.inverseHessian)
      continue
    }
    for (let i = 0; i < k; i++) step[i] = trial[i]! - x[i]!
    x.set(trial)
    value = next
    slopes(x, nextGradient)
    updateInverseHessian(B, step, gradient, nextGradient, slope)
    gradient.set(nextGradient)
  }
  if (!options.gradient) f(x)
  return { x, value, inverseHessian: B, iterations, converged }
}

/** Central differences, with steps that follow the curvature and shrink at the edge of the domain. */
function differentiate(
  f: Objective,
  x: Float64Array,
  inverseHessian: Float64Array,
  weight: number,
  out: Float64Array,
): void {
  const k = x.length
  for (let i = 0; i < k; i++) {
    const spread = Math.sqrt(Math.max(inverseHessian[i * k + i]!, 0) / weight)
    let h = Math.min(1e-4, Math.max(1e-7, 0.05 * spread))
    const at = x[i]!
    let up: number
    let down: number
    for (;;) {
      x[i] = at + h
      up = f(x)
      x[i] = at - h
      down = f(x)
      if ((Number.isFinite(up) && Number.isFinite(down)) || h < 1e-12) break
      h *= 0.1
    }
    x[i] = at
    out[i] = (up - down) / (2 * h)
  }
}

/** step = −B·gradient; returns the slope of f along it. */
function newtonStep(B: Float64Array, gradient: Float64Array, step: Float64Array): number {
  const k = gradient.length
  let slope = 0
  for (let i = 0; i < k; i++) {
    let s = 0
    for (let j = 0; j < k; j++) s -= B[i * k + j]! * gradient[j]!
    step[i] = s
    slope += s * gradient[i]!
  }
  return slope
}

/** Backtracks along a descending step until f falls enough: the value at `trial`, or null when it never does. */
function searchAlong(
  f: Objective,
  x: Float64Array,
  step: Float64Array,
  value: number,
  slope: number,
  trial: Float64Array,
): number | null {
  const k = x.length
  // No step moves a transformed coefficient by more than 1: the curvature there says nothing.
  let longest = 0
  for (let i = 0; i < k; i++) longest = Math.max(longest, Math.abs(step[i]!))
  let t = longest > 1 ? 1 / longest : 1
  for (let attempt = 0; attempt < 40; attempt++) {
    for (let i = 0; i < k; i++) trial[i] = x[i]! + t * step[i]!
    const next = f(trial)
    if (next <= value + 1e-4 * t * slope) return next
    // Minimum of the parabola through the two values and the slope, kept within [0.1, 0.5] of the step.
    const parabola = Number.isFinite(next) ? (-slope * t) / (2 * (next - value - slope * t)) : 0.1
    t *= Math.min(0.5, Math.max(0.1, parabola))
  }
  return null
}

/** The BFGS update, left out where the curvature along the step is not safely positive. */
function updateInverseHessian(
  B: Float64Array,
  step: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
  slope: number,
): void {
  const k = step.length
  const y = new Float64Array(k)
  const By = new Float64Array(k)
  let sy = 0
  let yBy = 0
  for (let i = 0; i < k; i++) y[i] = nextGradient[i]! - gradient[i]!
  for (let i = 0; i < k; i++) {
    let s = 0
    for (let j = 0; j < k; j++) s += B[i * k + j]! * y[j]!
    By[i] = s
    sy += step[i]! * y[i]!
    yBy += s * y[i]!
  }
  if (!(sy > 1e-12 * Math.sqrt(yBy * Math.abs(slope)))) return
  const rho = 1 / sy
  const scale = rho * (1 + yBy * rho)
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      B[i * k + j]! += scale * step[i]! * step[j]! - rho * (By[i]! * step[j]! + step[i]! * By[j]!)
    }
  }
}
