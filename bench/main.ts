/**
 * The benchmark suites: `npm run bench -- [suite …] [--quick]`.
 *
 * Every figure stands beside a named peer measured in the same run. Tables go to stdout; figures with the environment
 * they were measured in to bench/results/local/, which is not committed. See docs/benchmarks.md.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describe, environment } from './harness/environment.ts'
import type { Measured } from './harness/measure.ts'
import { type Aim, aimLine, table } from './harness/report.ts'
import type { Suite } from './harness/suite.ts'

const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  'group-by': async () => (await import('./group-by.bench.ts')).groupBySuite,
  demo: async () => (await import('./demo.bench.ts')).demoSuite,
  kernel: async () => (await import('./kernel.bench.ts')).kernelSuite,
  'start-up': async () => (await import('./start-up.bench.ts')).startUpSuite,
}

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
for (const [name, load] of Object.entries(SUITES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  console.log(`\n# ${name}`)
  const suite = await load()
  const result = await suite({ quick: options.quick, show: shown => console.log(`${table(shown)}\n`) })
  measured[name] = result.measured
  aims.push(...result.aims)
}
for (const aim of aims) console.log(aimLine(aim))
if (options.quick) console.log('quick: too few rows and rounds to judge by')

const results = new URL('./results/local/', import.meta.url)
mkdirSync(results, { recursive: true })
const file = new URL(`${where.date.replaceAll(':', '').slice(0, 17)}.json`, results)
const after = environment().loadAverage
const saved = { environment: { ...where, loadAverageAfter: after }, quick: options.quick, aims, measured }
writeFileSync(file, `${JSON.stringify(saved, undefined, 2)}\n`)
console.log(`load average ${after.join(' ')} at the end; figures in ${fileURLToPath(file)}`)
