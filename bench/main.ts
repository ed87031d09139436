/**
 * The benchmark suites: `npm run bench -- [suite …] [--quick]`.
 *
 * Every figure stands beside a named peer measured in the same run. Tables go to stdout; figures with the environment
 * they were measured in to bench/results/local/, which is not committed. See docs/benchmarks.md.
 */

import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describe, environment } from './harness/environment.ts'
import type { Measured } from './harness/measure.ts'
import { type Aim, aimLine } from './harness/report.ts'
import type { SuiteResult } from './harness/suite.ts'
import { SUITES } from './harness/suites.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
const unknown = positionals.filter(name => !(name in SUITES))
if (options.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such suite: ${unknown.join(', ')}`)
  console.log(`npm run bench -- [${Object.keys(SUITES).join(' | ')}]… [--quick]`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const where = environment()
console.log(describe(where))
const measured: Record<string, readonly Measured[]> = {}
const aims: Aim[] = []
for (const name of Object.keys(SUITES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  console.log(`\n# ${name}`)
  const result = await inOwnProcess(name)
  measured[name] = result.measured
  aims.push(...result.aims)
}
for (const aim of aims) console.log(aimLine(aim))
if (options.quick) console.log('quick: too few rows and rounds to score by')

const results = new URL('./results/local/', import.meta.url)
mkdirSync(results, { recursive: true })
const file = new URL(`${where.date.replaceAll(':', '').slice(0, 17)}.json`, results)
const after = environment().loadAverage
const saved = { environment: { ...where, loadAverageAfter: after }, quick: options.quick, aims, measured }
writeFileSync(file, `${JSON.stringify(saved, undefined, 2)}\n`)
console.log(`load average ${after.join(' ')} at the end; figures in ${fileURLToPath(file)}`)

/** Runs a suite; its tables appear as they are measured. */
function inOwnProcess(name: string): Promise<SuiteResult> {
  const entry = fileURLToPath(new URL('./harness/run-suite.ts', import.meta.url))
  const child = fork(entry, [name, options.quick ? 'quick' : 'full'], { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.on('message', result => resolve(result as SuiteResult))
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`suite ${name} ended with exit code ${code}`)))
  })
}
