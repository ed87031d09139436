/**
 * The gains of the first point, as `filter/gains.ts` starts them, and the way back from a gradient in those gains to one in
 * the coefficients. Both in O(m²) at most, and without allocating: they run once per evaluation of a likelihood.
 *
 * Autocovariances of the autoregression come from its partial autocorrelations (Durbin–Levinson down, then up), those of
 * the whole process from them. The way back is the transpose of the same steps in the opposite order (Giering & Kaminski,
 * *ACM Trans. Math. Software* 24 (1998) 437–474); a bar over a name, here `…Bar`, is a derivative of the objective.
 */

/** Buffers of {@link startOfGains} and what its way back reads. */
export interface StartWorkspace {
  p: number
  q: number
  /** Innovation variance of the first point over σ². */
  F: number
  readonly phi: Float64Array
  readonly theta: Float64Array
  /** Coefficients of the autoregression's orders 1 … p, one after the other: order k from k(k − 1)/2. */
  readonly rows: Float64Array
  /** Autocovariances of the autoregression. */
  readonly x: Float64Array
  /** Autocovariances of the moving average, and the lags where they are not zero. */
  readonly b: Float64Array
  readonly bLags: Int32Array
  bCount: number
  /** Autocovariances of the process. */
  readonly gamma: Float64Array
  readonly psi: Float64Array
  readonly rowsBar: Float64Array
  readonly xBar: Float64Array
  readonly bBar: Float64Array
  readonly gammaBar: Float64Array
  readonly psiBar: Float64Array
  /** Out: derivatives in the expanded coefficients. */
  readonly phiBar: Float64Array
  readonly thetaBar: Float64Array
}

/** Buffers for orders up to p and q. */
export function startWorkspace(p: number, q: number): StartWorkspace {
  const zeros = (length: number) => new Float64Array(length)
  return {
    ...{ p, q, F: 1, phi: zeros(p), theta: zeros(q) },
    ...{ rows: zeros((p * (p + 1)) / 2), x: zeros(p + q + 1) },
    ...{ b: zeros(q + 1), bLags: new Int32Array(q + 1), bCount: 0, gamma: zeros(p + 1), psi: zeros(q + 1) },
    ...{ rowsBar: zeros((p * (p + 1)) / 2), xBar: zeros(p + q + 1), bBar: zeros(q + 1) },
    ...{ gammaBar: zeros(p + 1), psiBar: zeros(q + 1), phiBar: zeros(p), thetaBar: zeros(q) },
  }
}

const rowAt = (k: number): number => (k * (k - 1)) / 2

/**
 * Innovation variance of the first point over σ², 0 when φ is not stationary; H and L of `filter/gains.ts`, m = max(p, q)
 * long, are written from the front of `H` and `L`.
 */
export function startOfGains(
  w: StartWorkspace,
  phi: Float64Array,
  theta: Float64Array,
  H: Float64Array,
  L: Float64Array,
): number {
  const p = phi.length
  const q = theta.length
  w.p = p
  w.q = q
  w.phi.set(phi)
  w.theta.set(theta)
  const m = Math.max(p, q)
  if (!autoregression(w)) return 0
  processCovariances(w)
  const { gamma, psi } = w
  const F = gamma[0]!
  L.fill(0, 0, m)
  for (let j = 1; j <= p; j++) {
    const c = phi[j - 1]!
    if (c !== 0) for (let i = 0; i < j; i++) L[i]! += c * gamma[j - i - 1]!
  }
  if (q > 0) {
    psi[0] = 1
    for (let j = 1; j < q; j++) {
      let sum = theta[j - 1]!
      const reach = Math.min(j, p)
      for (let i = 1; i <= reach; i++) sum += phi[i - 1]! * psi[j - i]!
      psi[j] = sum
    }
    for (let j = 1; j <= q; j++) {
      const c = theta[j - 1]!
      if (c !== 0) for (let i = 0; i < j; i++) L[i]! += c * psi[j - i - 1]!
    }
  }
  for (let i = 0; i < p; i++) H[i] = L[i]! - phi[i]! * F
  for (let i = p; i < m; i++) H[i] = L[i]!
  return F
}

/** Rows of every order down from φ, and x up to lag p − 1 + q; false when φ is not stationary. */
function autoregression({ p, q, phi, rows, x }: StartWorkspace): boolean {
  x[0] = 1
  if (p === 0) {
    x.fill(0, 1, q + 1)
    return true
  }
  const top = rowAt(p)
  for (let i = 0; i < p; i++) rows[top + i] = phi[i]!
  let variance = 1
  for (let k = p - 1; k >= 0; k--) {
    const upper = rowAt(k + 1)
    const lower = rowAt(k)
    const r = rows[upper + k]!
    if (!(Math.abs(r) < 1)) return false
    const scale = 1 / ((1 - r) * (1 + r))
    variance *= scale
    for (let i = 0; i < k; i++) rows[lower + i] = (rows[upper + i]! + r * rows[upper + k - 1 - i]!) * scale
  }
  if (!Number.isFinite(variance)) return false
  x[0] = variance
  const reach = p - 1 + q
  for (let k = 1; k <= Math.min(reach, p); k++) {
    const row = rowAt(k)
    let sum = 0
    for (let i = 0; i < k; i++) sum += rows[row + i]! * x[k - 1 - i]!
    x[k] = sum
  }
  for (let k = p + 1; k <= reach; k++) {
    let sum = 0
    for (let i = 0; i < p; i++) sum += phi[i]! * x[k - 1 - i]!
    x[k] = sum
  }
  return true
}

/** γ at lags 0 … max(p − 1, 0) from x and the autocovariances of the moving average. */
function processCovariances(w: StartWorkspace): void {
  const { p, q, theta, x, b, bLags, gamma } = w
  const weight = (i: number): number => (i === 0 ? 1 : theta[i - 1]!)
  b.fill(0, 0, q + 1)
  for (let i = 0; i <= q; i++) {
    const c = weight(i)
    if (c !== 0) for (let j = i; j <= q; j++) b[j - i]! += c * weight(j)
  }
  let count = 0
  for (let d = 0; d <= q; d++) if (b[d] !== 0) bLags[count++] = d
  w.bCount = count
  const last = Math.max(p - 1, 0)
  for (let k = 0; k <= last; k++) {
    let sum = 0
    for (let s = 0; s < count; s++) {
      const d = bLags[s]!
      sum += b[d]! * (d === 0 ? x[k]! : x[Math.abs(k - d)]! + x[k + d]!)
    }
    gamma[k] = sum
  }
}

/**
 * The way back: adds to `phiBar` and `thetaBar` of the workspace what the derivatives in F, H and L of the first point come
 * to. `HBar` and `LBar` are used up.
 */
export function startOfGainsBar(
  w: StartWorkspace,
  FBar: number,
  HBar: Float64Array,
  LBar: Float64Array,
): void {
  const { p, q, phi, theta, gamma, gammaBar, psi, psiBar, phiBar, thetaBar } = w
  const m = Math.max(p, q)
  const F = gamma[0]!
  gammaBar.fill(0, 0, p + 1)
  let first = FBar
  for (let i = 0; i < m; i++) {
    LBar[i]! += HBar[i]!
    if (i >= p) continue
    phiBar[i]! -= HBar[i]! * F
    first -= HBar[i]! * phi[i]!
  }
  for (let j = 1; j <= p; j++) {
    const c = phi[j - 1]!
    let sum = 0
    for (let i = 0; i < j; i++) {
      sum += LBar[i]! * gamma[j - i - 1]!
      gammaBar[j - i - 1]! += LBar[i]! * c
    }
    phiBar[j - 1]! += sum
  }
  gammaBar[0]! += first
  if (q > 0) {
    psiBar.fill(0, 0, q)
    for (let j = 1; j <= q; j++) {
      const c = theta[j - 1]!
      let sum = 0
      for (let i = 0; i < j; i++) {
        sum += LBar[i]! * psi[j - i - 1]!
        psiBar[j - i - 1]! += LBar[i]! * c
      }
      thetaBar[j - 1]! += sum
    }
    for (let j = q - 1; j >= 1; j--) {
      const bar = psiBar[j]!
      if (bar === 0) continue
      thetaBar[j - 1]! += bar
      const reach = Math.min(j, p)
      for (let i = 1; i <= reach; i++) {
        phiBar[i - 1]! += bar * psi[j - i]!
        psiBar[j - i]! += bar * phi[i - 1]!
      }
    }
  }
  processCovariancesBar(w)
  if (p > 0) autoregressionBar(w)
}

function processCovariancesBar(w: StartWorkspace): void {
  const { p, q, theta, thetaBar, x, xBar, b, bBar, gammaBar } = w
  const last = Math.max(p - 1, 0)
  xBar.fill(0, 0, p + q + 1)
  // Also where b is 0: it need not stay so.
  bBar.fill(0, 0, q + 1)
  for (let k = 0; k <= last; k++) {
    const bar = gammaBar[k]!
    if (bar === 0) continue
    xBar[k]! += b[0]! * bar
    bBar[0]! += bar * x[k]!
    for (let d = 1; d <= q; d++) {
      const before = Math.abs(k - d)
      bBar[d]! += bar * (x[before]! + x[k + d]!)
      const c = b[d]! * bar
      if (c === 0) continue
      xBar[before]! += c
      xBar[k + d]! += c
    }
  }
  const weight = (i: number): number => (i === 0 ? 1 : theta[i - 1]!)
  for (let d = 0; d <= q; d++) {
    const bar = bBar[d]!
    if (bar === 0) continue
    for (let i = 0; i + d <= q; i++) {
      if (i > 0) thetaBar[i - 1]! += bar * weight(i + d)
      if (i + d > 0) thetaBar[i + d - 1]! += bar * weight(i)
    }
  }
}

function autoregressionBar({ p, q, phi, rows, rowsBar, x, xBar, phiBar }: StartWorkspace): void {
  const reach = p - 1 + q
  for (let k = reach; k > p; k--) {
    const bar = xBar[k]!
    if (bar === 0) continue
    for (let i = 0; i < p; i++) {
      phiBar[i]! += bar * x[k - 1 - i]!
      xBar[k - 1 - i]! += bar * phi[i]!
    }
  }
  rowsBar.fill(0, 0, rowAt(p + 1))
  for (let k = Math.min(reach, p); k >= 1; k--) {
    const bar = xBar[k]!
    if (bar === 0) continue
    const row = rowAt(k)
    for (let i = 0; i < k; i++) {
      rowsBar[row + i]! += bar * x[k - 1 - i]!
      xBar[k - 1 - i]! += bar * rows[row + i]!
    }
  }
  const varianceBar = xBar[0]! * x[0]!
  for (let k = 0; k < p; k++) {
    const upper = rowAt(k + 1)
    const lower = rowAt(k)
    const r = rows[upper + k]!
    const scale = 1 / ((1 - r) * (1 + r))
    let rBar = 2 * r * scale * varianceBar
    for (let i = 0; i < k; i++) {
      const bar = rowsBar[lower + i]! * scale
      if (bar === 0) continue
      const mirror = upper + k - 1 - i
      rowsBar[upper + i]! += bar
      rowsBar[mirror]! += r * bar
      rBar += bar * (rows[mirror]! + 2 * r * rows[lower + i]!)
    }
    rowsBar[upper + k]! += rBar
  }
  const top = rowAt(p)
  for (let i = 0; i < p; i++) phiBar[i]! += rowsBar[top + i]!
}
