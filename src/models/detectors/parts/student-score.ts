/**
 * Normal scores of Student variables: z with P(N > z) = P(T > t), and back.
 *
 * Hill 1970, *Communications of the ACM* 13 (Algorithm 395). The p-value of the score is within 1 % of the variable's down
 * to 1e-3, and within 4 % down to 1e-5, from 3 degrees of freedom on; within 0.2 % down to 1e-5 from 5 on. Not for fewer
 * than 3.
 */

/** The score of t. */
export function studentScore(t: number, dof: number): number {
  if (Math.abs(t) === Infinity) return t
  const squared = (t * t) / dof
  // Squares of what is beyond a double's root overflow.
  const y = (dof - 0.5) * (squared < 1e300 ? Math.log1p(squared) : 2 * Math.log(Math.abs(t)) - Math.log(dof))
  return Math.sign(t) * scoreOf(y, dof)
}

/** The t of a score: {@link studentScore} undone by Newton's method. */
export function studentAt(z: number, dof: number): number {
  const size = Math.abs(z)
  if (size === Infinity || size === 0) return z
  let root = size
  for (let i = 0; i < 30; i++) {
    const off = scoreOf(root * root, dof) - size
    const by = 1e-6 * root
    const slope = (scoreOf((root + by) ** 2, dof) - (off + size)) / by
    const next = root - off / slope
    if (Math.abs(next - root) < 1e-15 * root) break
    root = next
  }
  return Math.sign(z) * Math.sqrt(dof * Math.expm1((root * root) / (dof - 0.5)))
}

function scoreOf(y: number, dof: number): number {
  const b = 48 * (dof - 0.5) * (dof - 0.5)
  const far = ((0.4 * y + 3.3) * y + 24) * y + 85.5
  return ((y + 3 - far / (0.8 * y * y + 100 + b)) / b + 1) * Math.sqrt(y)
}
