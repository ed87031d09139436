/** What the power suite does to series. Sizes are in sigmas: the standard deviation of what cannot be predicted. */

import type { BaseSeries, Change } from '../../test/models/generators/base-series.ts'

export interface Fault {
  readonly name: string
  /** `sign` is 1 or −1; counts only go up, as their least value is near. */
  change(onset: number, sign: number): Change
  /** The kinds of series it can happen to. Default all. */
  suits?(base: BaseSeries): boolean
}

/** Values of a flat line, and of a burst of variance. */
const LASTING = 30

const spike = (size: number): Fault => ({
  name: `spike ${size}σ`,
  change: (onset, sign) => ({ onset, outlier: k => (k === 0 ? sign * size : 0) }),
})

const shift = (size: number): Fault => ({
  name: `shift ${size}σ`,
  change: (onset, sign) => ({ onset, level: () => sign * size }),
})

export const FAULTS: readonly Fault[] = [
  spike(4),
  spike(6),
  spike(10),
  shift(1),
  shift(2),
  shift(4),
  { name: 'flat 30', change: onset => ({ onset, stuck: LASTING }) },
  { name: 'spread ×3', change: onset => ({ onset, spread: k => (k < LASTING ? 3 : 1) }) },
  {
    name: 'season ¼',
    change: (onset, _sign) => ({ onset, ahead: () => 6 }),
    suits: ({ season }) => season !== undefined,
  },
  { name: 'ramp σ/10', change: (onset, sign) => ({ onset, level: k => 0.1 * sign * (k + 1) }) },
]
