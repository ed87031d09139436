/** The Student distribution by a normal one, for many degrees of freedom: what an estimated scale asks for. */
import { millsRatio } from '../../special/mills-ratio.ts'

const LOG_SQRT_TWO_PI = 0.9189385332046728

/**
 * log of the two-sided p-value of a Student variable, without underflow.
 *
 * By the normal score (8ν + 1)/(8ν + 3)·√(ν log(1 + t²/ν)), off by less than 0.02/√ν·z (Wallace 1959, *Annals of
 * Mathematical Statistics* 30): from 30 degrees of freedom on the p-value is right to some per cent down to 1e-10.
 */
export function studentLogP(t: number, dof: number): number {
  const z = ((8 * dof + 1) / (8 * dof + 3)) * Math.sqrt(dof * Math.log1p((t * t) / dof))
  if (z === Infinity) return -Infinity
  const log = Math.LN2 + Math.log(millsRatio(z)) - 0.5 * z * z - LOG_SQRT_TWO_PI
  return Math.min(log, 0)
}

/** The t > 0 whose normal score is z: the inverse of {@link studentLogP}'s approximation. */
export function studentPoint(z: number, dof: number): number {
  const w = ((8 * dof + 3) / (8 * dof + 1)) * z
  return Math.sqrt(dof * Math.expm1((w * w) / dof))
}
