/**
 * What detectors see at equal rates of false alarms: `npm run bench:power -- [--quick] [--json] [--detector NAME]…`.
 * See docs/benchmarks.md.
 */

import { parseArgs } from 'node:util'
import { BASE_SERIES } from '../../test/models/generators/base-series.ts'
import { MONITORING_SERIES } from '../../test/models/generators/monitoring-series.ts'
import { RESTLESS_SERIES } from '../../test/models/generators/restless-series.ts'
import { DETECTORS } from '../detectors.ts'
import { describe, environment } from '../harness/environment.ts'
import { toJson } from '../harness/to-json.ts'
import { HORIZON, measurePower, type Power, VALUES_PER_EVENT } from './measure-power.ts'
import { powerTable } from './report.ts'

const USAGE = 'npm run bench:power -- [--quick] [--json] [--detector NAME]…'
/** A false alarm in 10,000 values: 40 of them settle a threshold to a sixth, and 5 to a half. */
const SERIES = { full: 400, quick: 50 }

function reportError(what: string): never {
  console.error(what)
  console.error(USAGE)
  process.exit(2)
}

function options() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        detector: { type: 'string', multiple: true },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return reportError((error as Error).message)
  }
}

const { quick, json, detector: names, help } = options()
if (help) {
  console.log(USAGE)
  process.exit(0)
}
for (const name of names ?? []) {
  if (!DETECTORS.some(detector => detector.name === name)) {
    reportError(`no detector is called ${name}: there are ${DETECTORS.map(({ name }) => name).join(', ')}`)
  }
}
const series = quick ? SERIES.quick : SERIES.full
const asked = DETECTORS.filter(({ name }) => names?.includes(name) ?? true)
if (!json) {
  console.log(describe(environment()))
  console.log(`${series} series of each kind; a false alarm in ${VALUES_PER_EVENT} values`)
  console.log(`cells: % seen within ${HORIZON} values (median delay)`)
}
const all: Power[] = []
for (const base of [...BASE_SERIES, ...MONITORING_SERIES, ...RESTLESS_SERIES]) {
  const powers = asked
    .filter(({ countsOnly }) => !countsOnly || base.counts)
    .map(detector => measurePower(detector, base, series))
  all.push(...powers)
  if (!json && powers.length > 0) console.log(`\n# ${base.name}\n${powerTable(powers)}`)
}
if (json) console.log(toJson({ environment: environment(), quick, powers: all }))
else if (quick) console.log('\nquick: too few series to score by')
