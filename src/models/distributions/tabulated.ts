/**
 * Base of the families with a {@link discreteTable}: where the distribution is narrow enough, `pmf`, `cdf` and `sf` are looked
 * up in a table built at the first call; elsewhere, and for logarithms of what underflows, they are computed. Which of
 * the two depends on the parameters alone, never on the calls made.
 */

import { type DiscreteTable, discreteTable, type Recurrence } from './discrete-table.ts'
import { DiscreteBase } from './distribution.ts'

const SMALL = 1e-290

/** A discrete family with optional table. */
export abstract class Tabulated<P extends object> extends DiscreteBase<P> {
  private table: DiscreteTable | null = null
  private readonly tabulated: boolean

  constructor(name: string, parameters: P, tabulated: boolean) {
    super(name, parameters)
    this.tabulated = tabulated
  }
  override get stepSlack(): number {
    return this.tabulated ? 0 : 1.4e-14
  }

  abstract recurrence(): Recurrence
  /** log P(X = k), k a point of the support. */
  abstract computeLogPmf(k: number): number
  /** P(X = k), k a point of the support. */
  abstract computePmf(k: number): number
  /** P(X ≤ k), k a point of the support below its maximum. */
  abstract computeCdf(k: number): number
  /** P(X > k), k a point of the support below its maximum. */
  abstract computeSf(k: number): number
  /** log P(X ≤ k), k a point of the support below its maximum. */
  abstract computeLogCdf(k: number): number
  /** log P(X > k), k a point of the support below its maximum. */
  abstract computeLogSf(k: number): number

  pmf(x: number): number {
    if (!(x >= 0 && x <= this.max && x === Math.floor(x) && x < Infinity)) return Number.isNaN(x) ? NaN : 0
    if (!this.tabulated) return this.computePmf(x)
    const t = this.table ?? (this.table = discreteTable(this.recurrence()))
    return t.pmf[x - t.start] ?? 0
  }
  logPmf(x: number): number {
    if (!(x >= 0 && x <= this.max && x === Math.floor(x) && x < Infinity))
      return Number.isNaN(x) ? NaN : -Infinity
    return this.computeLogPmf(x)
  }
  cdf(x: number): number {
    if (x < 0) return 0
    if (x >= this.max) return 1
    const k = Math.floor(x)
    if (this.tabulated) {
      const t = this.table ?? (this.table = discreteTable(this.recurrence()))
      const i = k - t.start
      return i < 0 ? 0 : (t.cdf[i] ?? (Number.isNaN(k) ? NaN : 1))
    }
    return Number.isNaN(k) ? NaN : this.computeCdf(k)
  }
  sf(x: number): number {
    if (x < 0) return 1
    if (x >= this.max) return 0
    const k = Math.floor(x)
    if (this.tabulated) {
      const t = this.table ?? (this.table = discreteTable(this.recurrence()))
      const i = k - t.start
      return i < 0 ? 1 : (t.sf[i] ?? (Number.isNaN(k) ? NaN : 0))
    }
    return Number.isNaN(k) ? NaN : this.computeSf(k)
  }
  logCdf(x: number): number {
    if (x < 0) return -Infinity
    if (x >= this.max) return 0
    const k = Math.floor(x)
    if (Number.isNaN(k)) return NaN
    if (!this.tabulated) return this.computeLogCdf(k)
    const p = this.cdf(k)
    const q = this.sf(k)
    return q < 0.5 && q > SMALL ? Math.log1p(-q) : p > SMALL && p < 1 ? Math.log(p) : this.computeLogCdf(k)
  }
  logSf(x: number): number {
    if (x < 0) return 0
    if (x >= this.max) return -Infinity
    const k = Math.floor(x)
    if (Number.isNaN(k)) return NaN
    if (!this.tabulated) return this.computeLogSf(k)
    const p = this.cdf(k)
    const q = this.sf(k)
    return p < 0.5 && p > SMALL ? Math.log1p(-p) : q > SMALL && q < 1 ? Math.log(q) : this.computeLogSf(k)
  }
}
