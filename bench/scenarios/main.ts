/**
 * What detectors make of the scenarios of `test/models/detectors/scenarios/`: kinds of series × faults × false-alarm rates.
 *
 *     npm run bench:scenarios -- [--detector NAME]… [--series NAME]… [--group NAME]… [--fault NAME]… [--alpha A]…
 *                                [--seeds N] [--values N] [--tuning] [--quick] [--json] [--misses]
 *
 * A detector is opened at alpha as `detect(…, { alpha })` opens it, and stepped directly. Two figures are of each kind:
 *
 * - **False alarms** in clean series, from the first value that has a score: events (marked values not more than 50 apart
 *   are one) per judged value, with the ends of their exact Poisson interval of 95 %. The goal: its upper end is at most
 *   2 · alpha. `low` is the part of the values with p < alpha, marked or not: a flood shows there though it is one event.
 * - **Found**: the per cent of seeds in which an alarm lies in [from, to + delay] of what a person would mark, and the
 *   median delay. The goal: 95 % where a fault is large. Delays are those of `faults.ts`, written down beforehand.
 *   `after` are false alarms, events per value in times alpha, in the rows 50 to 400 after it.
 *
 * Figures that fall short of the goal have a `!`, those of too few values to decide by a `?`; faults with a `*` are not part
 * of it. `--misses` prints only those.
 *
 * Seeds 1–99 are for tuning: `--tuning` uses them and nothing else. Without it seeds begin at 10,001, for the tables in
 * the docs: nobody tunes on those. Names are matched in part: `--series day --fault spike`. The default is `auto` alone;
 * `--detector all` takes every one.
 */
import { parseArgs } from 'node:util'
import {
  FAULTS,
  FIRST_TABLE_SEED,
  FIRST_TUNING_SEED,
  LAST_TUNING_SEED,
  SERIES,
} from '../../test/models/detectors/scenarios/index.ts'
import { toJson } from '../harness/to-json.ts'
import { SCENARIO_DETECTORS } from './detectors.ts'
import { type Measured, measureClean, measureFaults } from './measure.ts'
import { type Cells, fallsShort, textOf } from './report.ts'

const USAGE =
  'npm run bench:scenarios -- [--detector NAME]… [--series NAME]… [--group NAME]… [--fault NAME]… [--alpha A]… [--seeds N] [--values N] [--tuning] [--quick] [--json] [--misses]'

function reportError(what: string): never {
  console.error(what)
  console.error(USAGE)
  process.exit(2)
}

function options() {
  try {
    return parseArgs({
      options: {
        detector: { type: 'string', multiple: true, default: ['auto'] },
        series: { type: 'string', multiple: true },
        group: { type: 'string', multiple: true },
        fault: { type: 'string', multiple: true },
        alpha: { type: 'string', multiple: true, default: ['1e-3', '1e-4'] },
        seeds: { type: 'string' },
        values: { type: 'string' },
        tuning: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        misses: { type: 'boolean', default: false },
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
const { tuning, quick, json, misses } = given
const mostSeeds = tuning ? LAST_TUNING_SEED : 10_000
const size = {
  firstSeed: tuning ? FIRST_TUNING_SEED : FIRST_TABLE_SEED,
  seeds: Math.min(mostSeeds, numberOf('seeds', given.seeds ?? (quick ? '20' : '200'))),
  values: numberOf('values', given.values ?? (quick ? '10000' : '100000')),
  mostSeeds,
}
const alphas = given.alpha.map(alpha => numberOf('alpha', alpha))
const detectors = named('detector', SCENARIO_DETECTORS, given.detector)
const series = named('series', SERIES, given.series).filter(
  ({ group }) => given.group?.some(name => group.includes(name)) ?? true,
)
const faults = named('fault', FAULTS, given.fault)

const all: Cells[] = []
for (const detector of detectors) {
  for (const kind of series) {
    const spec = detector.spec(kind)
    if (!spec) continue
    const before = process.threadCpuUsage()
    const rates = alphas.map(alpha => {
      const measured: Measured = { ...size, alpha }
      const suiting = faults.filter(fault => fault.suits(kind) && !kind.not?.includes(fault.name))
      return {
        alpha,
        clean: measureClean(spec, kind, measured),
        faults: measureFaults(spec, kind, suiting, measured),
      }
    })
    const { user, system } = process.threadCpuUsage(before)
    const cells: Cells = {
      detector: detector.name,
      series: kind.name,
      group: kind.group,
      rates,
      cpuMs: (user + system) / 1000,
    }
    all.push(cells)
    if (!json && (!misses || fallsShort(cells))) console.log(`${textOf(cells, misses)}\n`)
  }
}
if (json) console.log(toJson({ size, cells: all }))
else {
  const short = all.filter(fallsShort)
  console.log(`${all.length - short.length} of ${all.length} series within the goal`)
}
