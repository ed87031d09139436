/** Detection rates and delays as tables for people: one a kind of series, one line a detector. */

import { alignedTable } from '../harness/aligned-table.ts'
import type { Power } from './measure-power.ts'

/** The detectors on one kind of series. A cell is `rate % (median delay)`. */
export const powerTable = (powers: readonly Power[]): string =>
  alignedTable([
    ['', 'score ≥', ...powers[0]!.seen.map(({ fault }) => fault), 'CPU s'],
    ...powers.map(({ detector, threshold, seen, cpuMs }) => [
      detector,
      threshold.reachable ? (-threshold.logP / Math.LN10).toFixed(1) : 'none',
      ...seen.map(({ rate, medianDelay }) =>
        medianDelay === null ? '0' : `${(100 * rate).toFixed(0)} (${medianDelay})`,
      ),
      (cpuMs / 1000).toFixed(1),
    ]),
  ])
