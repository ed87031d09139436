/**
 * The mixture of Student distributions of the lengths that a segment may have: scores of values, and values of scores.
 *
 * One mixture serves all keys of a detector: it is filled for each value.
 */
import { upperPoint } from '../../special/normal-quantile.ts'
import { logSum } from '../parts/predictive.ts'
import { studentLogP, studentPoint } from '../parts/student.ts'

/** Power of the weights by which values are scored (`run-lengths.ts` says why). */
const SHARPNESS = 1.5
/** Lengths of a smaller weight say nothing of a value's tails. */
const MIN_LOG_WEIGHT = -30
/** A bound is where its score is so near. */
const ENOUGH = 1e-9

export interface Mixture {
  /** How many lengths there are, and the most probable of them. */
  active: number
  best: number
  /** log p of the value scored last. */
  logTwoSided: number
  /** Of each length: log weight, mean, scale, degrees of freedom. */
  readonly weights: Float64Array
  readonly means: Float64Array
  readonly scales: Float64Array
  readonly dofs: Float64Array
  /** Sharpens the weights and makes their sum 1. */
  sharpen(): void
  /** The score of x. Sets its p-value. */
  score(x: number): number
  /** The score of x under the most probable length alone. Sets its p-value. */
  scoreOfBest(x: number): number
  /** The value of a score. */
  solve(u: number): number
}

/** Long as a closure, for its functions share the arrays of the lengths; each is short. */
export function openMixture(lengths: number): Mixture {
  const weights = new Float64Array(lengths)
  const means = new Float64Array(lengths)
  const scales = new Float64Array(lengths)
  const dofs = new Float64Array(lengths)

  function score(x: number): number {
    const { active } = mixture
    let lower = -Infinity
    let upper = -Infinity
    for (let i = 0; i < active; i++) {
      const weight = weights[i]!
      if (weight < MIN_LOG_WEIGHT) continue
      const t = (x - means[i]!) / scales[i]!
      const tail = studentLogP(t, dofs[i]!) - Math.LN2
      const rest = Math.log1p(-Math.exp(tail))
      lower = logSum(lower, weight + (t < 0 ? tail : rest))
      upper = logSum(upper, weight + (t < 0 ? rest : tail))
    }
    const less = Math.min(lower, upper, -Math.LN2)
    mixture.logTwoSided = less + Math.LN2
    return upper < lower ? upperPoint(less) : -upperPoint(less)
  }

  /**
   * Mostly the most probable length is nearly all of the mixture, and a few secants from its point reach the score;
   * NaN where they do not.
   */
  function bySecants(u: number): number {
    const scale = scales[mixture.best]!
    const side = u < 0 ? -1 : 1
    let x = means[mixture.best]! + side * scale * studentPoint(Math.abs(u), dofs[mixture.best]!)
    let f = score(x) - u
    let move = -f * scale
    for (let i = 0; i < 8 && Math.abs(f) > ENOUGH && Math.abs(move) < 4 * scale; i++) {
      x += move
      const next = score(x) - u
      move *= next / (f - next)
      f = next
    }
    return Math.abs(f) <= ENOUGH ? x : Number.NaN
  }

  /**
   * False position on the score, which is nearly straight near the mean; bisection every third step, of the logarithm of
   * the distance far out. Distances are from the mean towards the side of u.
   */
  function byBrackets(u: number): number {
    const side = u < 0 ? -1 : 1
    const middle = means[mixture.best]!
    const scale = scales[mixture.best]!
    const missAt = (distance: number): number => score(middle + side * distance) - u
    let near = 0
    let fNear = score(middle) - u
    let step = scale * (1 + Math.abs(u))
    while (side * fNear > 0) {
      near -= step
      step *= 4
      fNear = missAt(near)
    }
    let far = near + scale * (1 + Math.abs(u))
    let fFar = missAt(far)
    for (let grow = 2; side * fFar < 0; grow *= grow) {
      near = far
      fNear = fFar
      far = near > 0 ? near * grow : near + step * grow
      if (!Number.isFinite(middle + side * far)) return side * Infinity
      fFar = missAt(far)
    }
    for (let i = 0; i < 100 && far - near > 1e-9 * (scale + Math.abs(near)); i++) {
      let distance = near + (fNear / (fNear - fFar)) * (far - near)
      if (near > 0 && far > 4 * near) distance = Math.sqrt(near) * Math.sqrt(far)
      else if (i % 3 === 2) distance = 0.5 * (near + far)
      const f = missAt(distance)
      if (Math.abs(f) <= ENOUGH) return middle + side * distance
      if (side * f > 0) {
        far = distance
        fFar = f
        fNear *= 0.5
      } else {
        near = distance
        fNear = f
        fFar *= 0.5
      }
    }
    return middle + side * 0.5 * (near + far)
  }

  const mixture: Mixture = {
    active: 0,
    best: 0,
    logTwoSided: Number.NaN,
    weights,
    means,
    scales,
    dofs,
    sharpen() {
      const { active } = mixture
      let total = -Infinity
      for (let i = 0; i < active; i++) {
        weights[i] = SHARPNESS * weights[i]!
        total = logSum(total, weights[i]!)
      }
      for (let i = 0; i < active; i++) weights[i] = weights[i]! - total
    },
    score,
    scoreOfBest(x) {
      const t = (x - means[mixture.best]!) / scales[mixture.best]!
      mixture.logTwoSided = studentLogP(t, dofs[mixture.best]!)
      const u = upperPoint(mixture.logTwoSided - Math.LN2)
      return t < 0 ? -u : u
    },
    solve(u) {
      if (!Number.isFinite(u)) return u
      const x = bySecants(u)
      return Number.isNaN(x) ? byBrackets(u) : x
    },
  }
  return mixture
}
