/** A process for one suite, so that what V8 has learned from the others does not slow it. Started by `bench/main.ts`. */

import { table } from './report.ts'
import { SUITES, type SuiteName } from './suites.ts'

const [name, quick] = process.argv.slice(2)
const suite = await SUITES[name as SuiteName]()
const result = await suite({ quick: quick === 'quick', show: shown => console.log(`${table(shown)}\n`) })
process.send!(result)
process.disconnect()
