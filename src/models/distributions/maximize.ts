/**
 * Maximum of a smooth log-likelihood in a few unconstrained parameters, with standard errors from the observed
 * information (the inverse of minus its Hessian, by central differences).
 *
 * Source: Newton's method with a ridge that keeps the step uphill (Levenberg–Marquardt), Nocedal & Wright ch. 3.
 */

/** Where the maximum is, and how sharp. */
export interface Maximum {
  /** The parameters. */
  at: number[]
  /** Standard errors of the parameters; NaN where the information matrix is singular. */
  standardErrors: number[]
}

function derivatives(f: (p: readonly number[]) => number, at: readonly number[]): [number[], number[][]] {
  const k = at.length
  const h = at.map(v => 1e-4 * Math.max(1, Math.abs(v)))
  const shifted = (i: number, a: number, j = i, b = 0): number => {
    const p = [...at]
    p[i]! += a * h[i]!
    p[j]! += b * h[j]!
    return f(p)
  }
  const center = f(at)
  const gradient: number[] = []
  const hessian: number[][] = at.map(() => new Array<number>(k).fill(0))
  for (let i = 0; i < k; i++) {
    const up = shifted(i, 1)
    const down = shifted(i, -1)
    const up2 = shifted(i, 2)
    const down2 = shifted(i, -2)
    gradient.push((8 * (up - down) - (up2 - down2)) / (12 * h[i]!))
    hessian[i]![i] = (16 * (up + down) - (up2 + down2) - 30 * center) / (12 * h[i]! ** 2)
    for (let j = 0; j < i; j++) {
      const mixed =
        (shifted(i, 1, j, 1) - shifted(i, 1, j, -1) - shifted(i, -1, j, 1) + shifted(i, -1, j, -1)) /
        (4 * h[i]! * h[j]!)
      hessian[i]![j] = hessian[j]![i] = mixed
    }
  }
  return [gradient, hessian]
}

/** Inverse of a symmetric positive definite matrix by Gauss–Jordan; null when it is not definite. */
function inverse(matrix: readonly (readonly number[])[]): number[][] | null {
  const k = matrix.length
  const m = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let i = 0; i < k; i++) {
    const pivot = m[i]![i]!
    if (!(pivot > 0)) return null
    for (let j = 0; j < 2 * k; j++) m[i]![j]! /= pivot
    for (let r = 0; r < k; r++) {
      if (r === i) continue
      const times = m[r]![i]!
      for (let j = 0; j < 2 * k; j++) m[r]![j]! -= times * m[i]![j]!
    }
  }
  return m.map(row => row.slice(k))
}

/**
 * Climbs from `start` to a maximum of `f`.
 *
 * @param f Log-likelihood of unconstrained parameters.
 * @param start First guess; parameters should be of the order of one.
 * @example maximize(([x = 0]) => -((x - 1) ** 2), [0]).at // [1]
 */
export function maximize(f: (p: readonly number[]) => number, start: readonly number[]): Maximum {
  let at = [...start]
  let value = f(at)
  let ridge = 1e-3
  for (let i = 0; i < 200; i++) {
    const [gradient, hessian] = derivatives(f, at)
    let moved = false
    let step: number[] = []
    while (ridge < 1e12) {
      const damped = hessian.map((row, r) =>
        row.map((v, c) => -v + (r === c ? ridge * Math.max(1e-8, Math.abs(v)) : 0)),
      )
      const inverted = inverse(damped)
      if (inverted) {
        step = inverted.map(row => row.reduce((sum, v, c) => sum + v * gradient[c]!, 0))
        const next = at.map((v, c) => v + step[c]!)
        const nextValue = f(next)
        if (nextValue >= value) {
          at = next
          value = nextValue
          ridge = Math.max(1e-12, ridge / 10)
          moved = true
          break
        }
        if (step.every((s, c) => Math.abs(s) <= 1e-9 * Math.max(1, Math.abs(at[c]!)))) break
      }
      ridge = Math.max(1e-6, ridge * 10)
    }
    if (!moved || step.every((s, c) => Math.abs(s) <= 1e-10 * Math.max(1, Math.abs(at[c]!)))) break
  }
  const information = derivatives(f, at)[1].map(row => row.map(v => -v))
  const covariance = inverse(information)
  return { at, standardErrors: at.map((_, i) => (covariance ? Math.sqrt(covariance[i]![i]!) : NaN)) }
}
