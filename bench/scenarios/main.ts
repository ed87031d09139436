/**
 * What detectors make of the scenarios of `test/models/detectors/scenarios/`: kinds of series × faults × false-alarm rates.
 *
 *     npm run bench:scenarios -- [--detector NAME]… [--series NAME]… [--group NAME]… [--fault NAME]… [--alpha A]…
 *                                [--seeds N] [--values N] [--threads N] [--tuning] [--quick] [--json] [--misses]
 *     npm run bench:scenarios -- --write-docs      the tables of docs/models/detectors/scenarios.md, for auto: 10 minutes on 2 cores
 *     npm run bench:scenarios -- --write-choice    which detector for which series, on that page
 *
 * A detector is opened at alpha as `detect(…, { alpha })` opens it, and stepped directly. Of each kind of series there are
 *
 * - **False alarms** in clean series, among the first 300 values that are judged and among those after them: events (marked
 *   values not more than 50 apart are one) per judged value in times alpha, and the upper end of their exact Poisson
 *   interval of 95 %. The goal: that end is at most 2. `low` is the part of the values with p < alpha, marked or not, in
 *   times alpha: above 20 it is a flood, be it one event, and falls short as well. Where a season has to be known, values
 *   are judged from the third season on.
 * - **Found**: the per cent of seeds in which an alarm lies in [from, to + delay] of what a person would mark, and the
 *   median delay. The goal: 95 % where a fault is large. Delays are those of `faults.ts`, written down beforehand.
 *   `after` are false alarms as above, in the rows 50 to 400 after what is marked.
 *
 * Figures that fall short of the goal have a `!`, those of too few values to decide by a `?`; faults with a `*` are not part
 * of it. `--misses` prints only what falls short.
 *
 * Seeds 1–99 are for tuning: `--tuning` uses them and nothing else. Without it seeds begin at 10,001, for the tables in
 * the docs: nobody tunes on those. Names are matched in part: `--series day --fault spike`. The default is `auto` alone;
 * `--detector all` takes every one.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import {
  FAULTS,
  FIRST_TABLE_SEED,
  FIRST_TUNING_SEED,
  LAST_TUNING_SEED,
  SERIES,
} from '../../test/models/detectors/scenarios/index.ts'
import { toJson } from '../harness/to-json.ts'
import { type Cells, figuresOf, missesOf } from './cells.ts'
import { SCENARIO_DETECTORS } from './detectors.ts'
import { textOf } from './report.ts'
import { runTasks, type Task } from './run.ts'
import { writeChoice, writeTables } from './write-docs.ts'

const USAGE =
  'npm run bench:scenarios -- [--detector NAME]… [--series NAME]… [--group NAME]… [--fault NAME]… [--alpha A]… [--seeds N] [--values N] [--threads N] [--tuning] [--quick] [--json] [--misses] | --write-docs | --write-choice'

function reportError(what: string): never {
  console.error(what)
  console.error(USAGE)
  process.exit(2)
}

function options() {
  try {
    return parseArgs({
      options: {
        detector: { type: 'string', multiple: true },
        series: { type: 'string', multiple: true },
        group: { type: 'string', multiple: true },
        fault: { type: 'string', multiple: true },
        alpha: { type: 'string', multiple: true },
        seeds: { type: 'string' },
        values: { type: 'string' },
        threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
        tuning: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        misses: { type: 'boolean', default: false },
        'write-docs': { type: 'boolean', default: false },
        'write-choice': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return reportError((error as Error).message)
  }
}

/** Those that a name is part of; the one that it is the whole of, if there is one. */
function named<T extends { readonly name: string }>(what: string, all: readonly T[], names?: string[]): T[] {
  if (!names || names.includes('all')) return [...all]
  return names.flatMap(name => {
    const exact = all.filter(one => one.name === name)
    const found = exact.length > 0 ? exact : all.filter(one => one.name.includes(name))
    if (found.length > 0) return found
    return reportError(`no ${what} is called ${name}: there are ${all.map(({ name }) => name).join(', ')}`)
  })
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  return value > 0 ? value : reportError(`--${name} is a number above 0, got ${text}`)
}

const given = options()
if (given.help) {
  console.log(USAGE)
  process.exit(0)
}
const { tuning, quick, json, misses, 'write-docs': writesDocs, 'write-choice': writesChoice } = given
const mostSeeds = tuning ? LAST_TUNING_SEED : 10_000
// Rough figures tell detectors apart: all of them are many.
const usual = quick ? ['10', '6000'] : writesChoice ? ['20', '20000'] : ['150', '100000']
const size = {
  firstSeed: tuning ? FIRST_TUNING_SEED : FIRST_TABLE_SEED,
  seeds: Math.min(mostSeeds, numberOf('seeds', given.seeds ?? usual[0]!)),
  values: numberOf('values', given.values ?? usual[1]!),
  mostSeeds,
}
const alphas = (given.alpha ?? (writesChoice ? ['1e-3'] : ['1e-3', '1e-4'])).map(alpha =>
  numberOf('alpha', alpha),
)
const faults = named('fault', FAULTS, given.fault).map(({ name }) => name)
const series = named('series', SERIES, given.series).filter(
  ({ group }) => given.group?.some(name => group.includes(name)) ?? true,
)
const detectors = named('detector', SCENARIO_DETECTORS, given.detector ?? [writesChoice ? 'all' : 'auto'])
const tasks: Task[] = detectors.flatMap(detector =>
  series.map(kind => ({ detector: detector.name, series: kind.name, faults, alphas, size })),
)
if (writesDocs && (tuning || detectors.length !== 1 || tasks.length !== SERIES.length || given.fault)) {
  reportError('--write-docs is of one detector, all series and faults, and of the seeds of the tables')
}

const all: Cells[] = []
for await (const cells of runTasks(tasks, numberOf('threads', given.threads))) {
  all.push(cells)
  if (!json && (!misses || missesOf(cells).length > 0)) console.log(`${textOf(cells, misses)}\n`)
}
if (writesDocs) writeTables(all, size)
if (writesChoice) writeChoice(all, size)
if (json) console.log(toJson({ size, cells: all }))
else {
  const figures = all.reduce((sum, cells) => sum + figuresOf(cells), 0)
  const short = all.reduce((sum, cells) => sum + missesOf(cells).length, 0)
  const whole = all.filter(cells => missesOf(cells).length === 0).length
  console.log(
    `${figures - short} of ${figures} figures within the goal, all of them in ${whole} of ${all.length} series`,
  )
}
