/** Cells as text: one block a series, one line a fault. */
import { alignedTable } from '../harness/aligned-table.ts'
import {
  alarmsTooOften,
  byFrequency,
  type Cells,
  type FalseAlarms,
  type FaultCell,
  foundTooSeldom,
  isDecided,
  recoversTooLate,
} from './cells.ts'

const times = (rate: number, alpha: number): string => (rate / alpha).toFixed(2)
const flag = (isShort: boolean): string => (isShort ? '!' : ' ')

function falseAlarms(sum: FalseAlarms, alpha: number): string {
  const { judged, events, low, interval } = sum
  const verdict = isDecided(sum, alpha) ? flag(alarmsTooOften(sum, alpha)) : '?'
  const figures = [events / judged, interval[1], low / judged].map(rate => times(rate, alpha))
  return `${figures[0]} ≤${figures[1]} low ${figures[2]}${verdict}`
}

function found(cell: FaultCell, alpha: number): string {
  const { seeds, medianDelay, reasons, after } = cell
  const [reason] = byFrequency(reasons).map(([name]) => name)
  const median = medianDelay === null ? '' : ` (${medianDelay} ${reason})`
  const later = after
    ? ` after ${times(after.events / after.judged, alpha)} low ${times(after.low / after.judged, alpha)}${flag(recoversTooLate(after, alpha))}`
    : ''
  return `${((100 * cell.found) / seeds).toFixed(0)}${flag(foundTooSeldom(cell))}${median}${later}`
}

/** The cells of a series; with `missesOnly`, those that fall short. */
export function textOf({ detector, series, rates, cpuMs }: Cells, missesOnly: boolean): string {
  const isShort = (cell: FaultCell, alpha: number) =>
    foundTooSeldom(cell) || (cell.after !== null && recoversTooLate(cell.after, alpha))
  const faults = rates[0]!.faults.flatMap(({ fault, large }, f) =>
    missesOnly && !rates.some(({ alpha, faults }) => isShort(faults[f]!, alpha))
      ? []
      : [[`${fault}${large ? '' : ' *'}`, ...rates.map(({ alpha, faults }) => found(faults[f]!, alpha))]],
  )
  const table = alignedTable([
    ['', ...rates.map(({ alpha }) => `alpha ${alpha}`)],
    ['first values', ...rates.map(({ alpha, first }) => falseAlarms(first, alpha))],
    ['later values', ...rates.map(({ alpha, later }) => falseAlarms(later, alpha))],
    ...faults,
  ])
  return `# ${detector} on ${series}   (${(cpuMs / 1000).toFixed(1)} s)\n${table}`
}
