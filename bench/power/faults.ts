/** What the power suite does to series. Sizes are in sigmas: the standard deviation of what cannot be predicted. */

import type { BaseSeries, Change } from '../../test/models/generators/base-series.ts'

export interface Fault {
  readonly name: string
  /** `sign` is 1 or −1; counts only go up, as their least value is near. */
  change(onset: number, sign: number, base: BaseSeries): Change
  /** The kinds of series it can happen to. Default all. */
  suits?(base: BaseSeries): boolean
}

/** Values of a flat line, and of a burst of variance. */
const LASTING = 30
/** Values for which a source is down. */
const OUTAGE = 20
/** Where the spikes of a cluster are. */
const CLUSTER = [0, 3, 7, 12, 14, 19]

const spike = (size: number): Fault => ({
  name: `spike ${size}σ`,
  change: (onset, sign) => ({ onset, outlier: k => (k === 0 ? sign * size : 0) }),
})

const shift = (size: number): Fault => ({
  name: `shift ${size}σ`,
  change: (onset, sign) => ({ onset, level: () => sign * size }),
})

const hasSeason = ({ season }: BaseSeries): boolean => season !== undefined

export const FAULTS: readonly Fault[] = [
  spike(4),
  spike(6),
  spike(10),
  {
    name: 'spikes 4σ',
    change: (onset, sign) => ({ onset, outlier: k => (CLUSTER.includes(k) ? 4 * sign : 0) }),
  },
  shift(1),
  shift(2),
  shift(4),
  { name: 'flat 30', change: onset => ({ onset, stuck: LASTING }) },
  { name: 'down 20', change: onset => ({ onset, down: OUTAGE }) },
  { name: 'spread ×3', change: onset => ({ onset, spread: k => (k < LASTING ? 3 : 1) }) },
  {
    name: 'season ¼',
    change: (onset, _sign, { season = 0 }) => ({ onset, ahead: () => Math.round(season / 4) }),
    suits: hasSeason,
  },
  { name: 'season still', change: onset => ({ onset, ahead: k => -k }), suits: hasSeason },
  { name: 'season back', change: onset => ({ onset, ahead: k => -2 * k }), suits: hasSeason },
  { name: 'season ×2', change: onset => ({ onset, ahead: k => k }), suits: hasSeason },
  {
    name: 'AR turned',
    change: onset => ({ onset, turned: true }),
    suits: ({ turns }) => turns === true,
  },
  { name: 'ramp σ/10', change: (onset, sign) => ({ onset, level: k => 0.1 * sign * (k + 1) }) },
]
