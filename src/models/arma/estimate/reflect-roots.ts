/**
 * The invertible moving average with the same autocorrelations: roots inside the unit circle are replaced by their
 * reciprocals. Brockwell & Davis, Proposition 4.4.2. The exact likelihood cannot tell the two apart, which is why the
 * search over moving averages needs no constraint and can rest on the boundary itself.
 */
import { isInvertible } from '../../numerics/partial-autocorrelations.ts'
import type { ParameterLayout } from '../coefficients.ts'

/** Coefficients of the invertible representation; the input (copied) when it already is. */
export function reflectMa(ma: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(ma)
  let q = out.length
  while (q > 0 && out[q - 1] === 0) q--
  if (q === 0 || isInvertible(out)) return out
  // 1 + θ₁z + … = Π (1 − z g_i): work with the reciprocal roots g of g^q + θ₁ g^{q−1} + … + θ_q.
  const { re, im } = polynomialRoots(out.subarray(0, q))
  for (let i = 0; i < q; i++) {
    const size = re[i]! * re[i]! + im[i]! * im[i]!
    if (size > 1) {
      re[i] = re[i]! / size
      im[i] = im[i]! / size
    }
  }
  const a = new Float64Array(q + 1)
  const b = new Float64Array(q + 1)
  a[0] = 1
  for (let i = 0; i < q; i++) {
    for (let j = i + 1; j >= 1; j--) {
      const x = a[j - 1]!
      const y = b[j - 1]!
      a[j]! -= re[i]! * x - im[i]! * y
      b[j]! -= re[i]! * y + im[i]! * x
    }
  }
  for (let j = 0; j < q; j++) out[j] = a[j + 1]!
  return out
}

/** Puts both moving-average blocks into the invertible region; a block with a held coefficient stays as it is. */
export function reflectMovingAverages(layout: ParameterLayout, arma: Float64Array): void {
  for (const [block, length] of [
    [layout.p, layout.q],
    [layout.p + layout.q + layout.P, layout.Q],
  ] as const) {
    const held = layout.fixed.subarray(block, block + length).some(value => !Number.isNaN(value))
    if (!held) arma.set(reflectMa(arma.subarray(block, block + length)), block)
  }
}

/** Roots of the monic polynomial zⁿ + c₁zⁿ⁻¹ + … + c_n by Aberth's simultaneous iteration. */
export function polynomialRoots(c: ArrayLike<number>): { re: Float64Array; im: Float64Array } {
  const n = c.length
  const re = new Float64Array(n)
  const im = new Float64Array(n)
  let bound = 0
  for (let j = 0; j < n; j++) bound = Math.max(bound, Math.abs(c[j]!) ** (1 / (j + 1)))
  const radius = Math.max(bound, 1e-8)
  for (let i = 0; i < n; i++) {
    const angle = (2 * Math.PI * i) / n + 0.4
    re[i] = radius * Math.cos(angle)
    im[i] = radius * Math.sin(angle)
  }
  for (let iteration = 0; iteration < 500; iteration++) {
    let moved = 0
    for (let i = 0; i < n; i++) {
      const x = re[i]!
      const y = im[i]!
      let pr = 1
      let pi = 0
      let dr = 0
      let di = 0
      for (let j = 0; j < n; j++) {
        const ndr = dr * x - di * y + pr
        di = dr * y + di * x + pi
        dr = ndr
        const npr = pr * x - pi * y + c[j]!
        pi = pr * y + pi * x
        pr = npr
      }
      const d2 = dr * dr + di * di
      if (d2 === 0) continue
      const nr = (pr * dr + pi * di) / d2
      const ni = (pi * dr - pr * di) / d2
      let sr = 0
      let si = 0
      for (let k = 0; k < n; k++) {
        if (k === i) continue
        const ar = x - re[k]!
        const ai = y - im[k]!
        const a2 = ar * ar + ai * ai
        if (a2 === 0) continue
        sr += ar / a2
        si -= ai / a2
      }
      const qr = 1 - (nr * sr - ni * si)
      const qi = -(nr * si + ni * sr)
      const q2 = qr * qr + qi * qi
      if (q2 === 0) continue
      const wr = (nr * qr + ni * qi) / q2
      const wi = (ni * qr - nr * qi) / q2
      re[i] = x - wr
      im[i] = y - wi
      moved = Math.max(moved, Math.hypot(wr, wi))
    }
    if (moved < 1e-15 * radius) break
  }
  return { re, im }
}
