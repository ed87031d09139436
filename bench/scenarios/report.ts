/** Cells as text: one block a series, one line a fault. */
import { alignedTable } from '../harness/aligned-table.ts'
import type { FalseAlarms, FaultCell } from './measure.ts'

export interface RateCells {
  readonly alpha: number
  readonly clean: FalseAlarms
  readonly faults: readonly FaultCell[]
}

/** All that was measured of a detector on the series of a kind. */
export interface Cells {
  readonly detector: string
  readonly series: string
  readonly group: string
  readonly rates: readonly RateCells[]
  readonly cpuMs: number
}

/** The upper end of the interval of false alarms may be so many times alpha. */
const MOST_FALSE = 2
/** The part of the seeds in which a large fault has to be found. */
const LEAST_FOUND = 0.95

export const alarmsTooOften = ({ interval }: FalseAlarms, alpha: number): boolean =>
  !(interval[1] <= MOST_FALSE * alpha)
export const foundTooSeldom = ({ large, found, seeds }: FaultCell): boolean =>
  large && found < LEAST_FOUND * seeds

export const fallsShort = ({ rates }: Cells): boolean =>
  rates.some(
    ({ alpha, clean, faults }) =>
      (alarmsTooOften(clean, alpha) && !undecided(clean, alpha)) || faults.some(foundTooSeldom),
  )

const times = (rate: number, alpha: number): string => (rate / alpha).toFixed(2)
const flag = (isShort: boolean): string => (isShort ? '!' : ' ')
/** Nothing is decided by few values. */
const undecided = ({ judged }: FalseAlarms, alpha: number): boolean => judged * alpha < 8
const percent = (part: number): string => `${(100 * part).toFixed(0)}`

const falseAlarms = (sum: FalseAlarms, alpha: number): string => {
  const { judged, events, low, interval } = sum
  return `${times(events / judged, alpha)}α ≤${times(interval[1], alpha)}α low ${times(low / judged, alpha)}α${undecided(sum, alpha) ? '?' : flag(alarmsTooOften(sum, alpha))}`
}

function found(cell: FaultCell, alpha: number): string {
  const { seeds, delays, after } = cell
  const median = delays.length > 0 ? ` (${delays[delays.length >> 1]})` : ''
  const later = after
    ? ` after ${times(after.events / after.judged, alpha)}α low ${times(after.low / after.judged, alpha)}α`
    : ''
  return `${percent(cell.found / seeds)}${flag(foundTooSeldom(cell))}${median}${later}`
}

/** The cells of a series; with `missesOnly`, those that fall short. */
export function textOf({ detector, series, rates, cpuMs }: Cells, missesOnly: boolean): string {
  const lines = rates[0]!.faults.flatMap(({ fault, large }, f) =>
    missesOnly && !rates.some(({ faults }) => foundTooSeldom(faults[f]!))
      ? []
      : [[`${fault}${large ? '' : ' *'}`, ...rates.map(({ alpha, faults }) => found(faults[f]!, alpha))]],
  )
  const table = alignedTable([
    ['', ...rates.map(({ alpha }) => `alpha ${alpha}`)],
    ['false alarms', ...rates.map(({ alpha, clean }) => falseAlarms(clean, alpha))],
    ...lines,
  ])
  return `# ${detector} on ${series}   (${(cpuMs / 1000).toFixed(1)} s)\n${table}`
}
