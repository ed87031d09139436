/**
 * Does `auto` keep its goal on the scenarios? Of what falls short in the table of the docs, `auto-scenarios.json` has the
 * figures, which must not get worse; both are written by `npm run bench:scenarios -- --write-docs`.
 *
 * There are fewer seeds here than in the table. A figure fails where it is worse by more than chance allows once in a
 * million figures.
 */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  type Cells,
  type FalseAlarms,
  isDecided,
  LEAST_FOUND,
  MOST_FALSE,
} from '../../bench/scenarios/cells.ts'
import { runTasks } from '../../bench/scenarios/run.ts'
import { SHORT_OF_GOAL, type ShortOfGoal } from '../../bench/scenarios/write-docs.ts'
import { binomial, poisson } from '../../src/models/distributions/index.ts'
import { FAULTS, FIRST_TABLE_SEED, SERIES } from '../models/detectors/scenarios/index.ts'

const CHANCE = 1e-6
/** As `isFlooded` of the table, but for fewer values, of which one long event takes a larger part. */
const FLOOD = 60
const size = { firstSeed: FIRST_TABLE_SEED, seeds: 20, values: 6_000, mostSeeds: 10_000 }
const short: ShortOfGoal = JSON.parse(readFileSync(SHORT_OF_GOAL, 'utf8'))

const listed = (series: string, alpha: number, cell: string): number | undefined =>
  short[series]?.[alpha]?.[cell]

/** Whether so many of the seeds are too few where a part of them has to be found. */
const tooFew = (found: number, seeds: number, part: number): boolean =>
  part > 0 && binomial({ trials: seeds, p: Math.min(part, 1 - 1e-9) }).cdf(found) < CHANCE

/** Whether there are more events than a rate of so many times alpha explains. */
const tooMany = ({ events, judged }: FalseAlarms, alpha: number, times: number): boolean =>
  events > 0 && poisson({ rate: Math.max(times, MOST_FALSE) * alpha * judged }).sf(events - 1) < CHANCE

function worse({ series, rates }: Cells): string[] {
  return rates.flatMap(({ alpha, first, later, faults }) => {
    const name = (cell: string, figure: string) => `${series} at ${alpha}: ${cell} ${figure}`
    const alarms = (cell: string, sum: FalseAlarms) => {
      const figure = listed(series, alpha, cell)
      const flooded = figure === undefined && isDecided(sum, alpha) && sum.low > FLOOD * alpha * sum.judged
      return flooded || tooMany(sum, alpha, figure ?? MOST_FALSE)
        ? [name(cell, `${sum.events} events, ${sum.low} low in ${sum.judged} values`)]
        : []
    }
    return [
      ...alarms('first values', first),
      ...alarms('later values', later),
      ...faults.flatMap(({ fault, large, found, seeds, after }) => [
        ...(large && tooFew(found, seeds, listed(series, alpha, fault) ?? LEAST_FOUND)
          ? [name(fault, `found in ${found} of ${seeds}`)]
          : []),
        ...(after ? alarms(`after ${fault}`, after) : []),
      ]),
    ]
  })
}

it('auto keeps its goal on the scenarios, or the figure that is listed', async () => {
  const faults = FAULTS.map(({ name }) => name)
  const tasks = SERIES.map(({ name }) => ({
    detector: 'auto',
    series: name,
    faults,
    alphas: [1e-3, 1e-4],
    size,
  }))
  const wrong: string[] = []
  for await (const cells of runTasks(tasks, 2)) wrong.push(...worse(cells))
  expect(wrong).toEqual([])
})

it('lists cells that there are', () => {
  const cells = Object.entries(short).flatMap(([series, rates]) =>
    Object.values(rates).flatMap(figures => Object.keys(figures).map(cell => ({ series, cell }))),
  )
  for (const { series, cell } of cells) {
    const kind = SERIES.find(({ name }) => name === series)
    const fault = FAULTS.find(({ name }) => name === cell.replace(/^after /, ''))
    expect(kind, series).toBeDefined()
    expect(fault !== undefined || cell === 'first values' || cell === 'later values', cell).toBe(true)
  }
})
