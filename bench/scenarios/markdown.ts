/** Tables for the docs. */
import {
  FAULTS,
  type Fault,
  type ScenarioSeries,
  SERIES,
} from '../../test/models/detectors/scenarios/index.ts'
import {
  alarmsTooOften,
  byFrequency,
  type Cells,
  type FalseAlarms,
  figuresOf,
  foundTooSeldom,
  missesOf,
  type RateCells,
  recoversTooLate,
} from './cells.ts'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n')

const bold = (text: string, isShort: boolean): string => (isShort ? `**${text}**` : text)
const percent = (part: number): string => (100 * part).toFixed(0)
const times = (rate: number, alpha: number): string => (rate / alpha).toFixed(1)
/** A figure for each rate. */
const beside = (figures: readonly string[]): string => figures.join(' · ')

const kindOf = (name: string): ScenarioSeries => SERIES.find(series => series.name === name)!
const suits = (fault: Fault, series: ScenarioSeries): boolean =>
  fault.suits(series) && !series.not?.includes(fault.name)

/** Every fault: what it is, how long it may take, and in how many kinds of series it is found. */
export function faultsTable(all: readonly Cells[]): string {
  const alphas = all[0]?.rates.map(({ alpha }) => alpha) ?? []
  const rows = FAULTS.map(fault => {
    const kinds = SERIES.filter(series => suits(fault, series))
    const found = alphas.map((_, a) => {
      const cells = all.flatMap(({ rates }) =>
        rates[a]!.faults.filter(({ fault: name }) => name === fault.name),
      )
      return String(cells.filter(cell => !foundTooSeldom({ ...cell, large: true })).length)
    })
    return [
      fault.large ? fault.name : `${fault.name} *`,
      fault.what,
      delays(fault, kinds),
      String(kinds.length),
      beside(found),
      given(fault, all),
    ]
  })
  return table(['fault', 'what it is', 'delay', 'kinds', 'found in 95 %', 'said to be'], rows)
}

/** The reasons that were given where it was found, with their share. */
function given({ name }: Fault, all: readonly Cells[]): string {
  const sum: Record<string, number> = {}
  const cells = all.flatMap(({ rates }) => rates.flatMap(({ faults }) => faults))
  for (const { reasons } of cells.filter(({ fault }) => fault === name)) {
    for (const [reason, times] of Object.entries(reasons)) sum[reason] = (sum[reason] ?? 0) + times
  }
  const total = Object.values(sum).reduce((a, b) => a + b, 0)
  const shares = byFrequency(sum).map(([reason, times]) => [reason, percent(times / total)])
  return shares
    .slice(0, 3)
    .map(words => words.join(' '))
    .join(', ')
}

function delays(fault: Fault, kinds: readonly ScenarioSeries[]): string {
  const all = [...new Set(kinds.map(series => fault.delay(series)))].sort((a, b) => a - b)
  return all.length > 2 ? 'a season' : all.join(', ')
}

/** A table for each group of series: false alarms, recovery, and the per cent of the seeds in which each fault is found. */
export function seriesTables(all: readonly Cells[]): string {
  const groups = [...new Set(all.map(({ group }) => group))]
  return groups
    .map(group => {
      const ofGroup = all.filter(cells => cells.group === group)
      const faults = FAULTS.filter(fault => ofGroup.some(({ series }) => suits(fault, kindOf(series))))
      const header = ['series', 'first values', 'later values', 'recovery', ...faults.map(({ name }) => name)]
      const rows = ofGroup.map(cells => seriesRow(cells, faults))
      return `### ${group[0]!.toUpperCase()}${group.slice(1)}\n\n${table(header, rows)}`
    })
    .join('\n\n')
}

function seriesRow({ series, rates }: Cells, faults: readonly Fault[]): string[] {
  return [
    series.replaceAll('|', '\\|'),
    beside(rates.map(({ alpha, first }) => falseAlarms(first, alpha))),
    beside(rates.map(({ alpha, later }) => falseAlarms(later, alpha))),
    beside(rates.map(recovery)),
    ...faults.map(({ name }) => {
      const cells = rates.flatMap(rate => rate.faults.filter(({ fault }) => fault === name))
      return beside(cells.map(cell => bold(percent(cell.found / cell.seeds), foundTooSeldom(cell))))
    }),
  ]
}

function falseAlarms(sum: FalseAlarms, alpha: number): string {
  if (sum.judged === 0) return '–'
  const { events, judged, interval } = sum
  const text = `${times(events / judged, alpha)} ≤ ${times(interval[1], alpha)}`
  return bold(text, alarmsTooOften(sum, alpha))
}

/** Over all events that a detector should recover from. */
function recovery({ alpha, faults }: RateCells): string {
  const afters = faults.flatMap(({ after }) => (after ? [after] : []))
  const judged = afters.reduce((sum, after) => sum + after.judged, 0)
  if (judged === 0) return '–'
  const events = afters.reduce((sum, after) => sum + after.events, 0)
  return bold(
    times(events / judged, alpha),
    afters.some(after => recoversTooLate(after, alpha)),
  )
}

export function summary(all: readonly Cells[]): string {
  const figures = all.reduce((sum, cells) => sum + figuresOf(cells), 0)
  const misses = all.flatMap(missesOf)
  const ofAlarms = misses.filter(({ cell }) => cell.endsWith('values'))
  const ofRecovery = misses.filter(({ cell }) => cell.startsWith('after '))
  const whole = all.filter(cells => missesOf(cells).length === 0).length
  return [
    `${figures - misses.length} of ${figures} figures are within the goal, and all figures of ${whole} of ${all.length} kinds of series.`,
    `Short of it are ${ofAlarms.length} rates of false alarms, ${ofRecovery.length} recoveries and ${misses.length - ofAlarms.length - ofRecovery.length} faults.`,
  ].join(' ')
}

interface Rated {
  readonly detector: string
  /** The mean part of the seeds in which large faults are found. */
  readonly found: number
  /** Its rates of false alarms are within the goal, first and later. */
  readonly honest: boolean
}

function ratedOf({ detector, rates }: Cells): Rated {
  const [{ alpha, first, later, faults }] = rates as readonly [RateCells]
  const large = faults.filter(cell => cell.large)
  return {
    detector,
    found: large.reduce((sum, { found, seeds }) => sum + found / seeds, 0) / large.length,
    honest: !alarmsTooOften(first, alpha) && !alarmsTooOften(later, alpha),
  }
}

const BEST = 3

/** Which detectors find most in each kind of series, among those that keep their rate of false alarms. */
export function choiceTable(all: readonly Cells[]): string {
  const rows = [...new Set(all.map(({ series }) => series))].map(series => {
    const rated = all.filter(cells => cells.series === series).map(ratedOf)
    const best = rated.filter(({ honest }) => honest).sort((a, b) => b.found - a.found)
    const auto = rated.find(({ detector }) => detector === 'auto')
    return [
      series.replaceAll('|', '\\|'),
      auto ? `${percent(auto.found)}${auto.honest ? '' : ' (too many alarms)'}` : '–',
      best
        .filter(({ detector }) => detector !== 'auto')
        .slice(0, BEST)
        .map(({ detector, found }) => `${detector} ${percent(found)}`)
        .join(', ') || 'none',
    ]
  })
  return table(['series', '`auto`', 'others that keep their rate of false alarms, best first'], rows)
}

/** By group: the mean per cent of large faults found, and in how many kinds the rate of false alarms is kept. */
export function groupTable(all: readonly Cells[]): string {
  const detectors = [...new Set(all.map(({ detector }) => detector))]
  const groups = [...new Set(all.map(({ group }) => group))]
  const rows = groups.map(group => [
    group,
    ...detectors.map(detector => {
      const rated = all.filter(cells => cells.group === group && cells.detector === detector).map(ratedOf)
      if (rated.length === 0) return '–'
      const found = rated.reduce((sum, one) => sum + one.found, 0) / rated.length
      return `${percent(found)} (${rated.filter(({ honest }) => honest).length}/${rated.length})`
    }),
  ])
  return table(['series', ...detectors], rows)
}
