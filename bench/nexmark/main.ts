/**
 * The queries of Nexmark, measured: `npm run bench:nexmark [-- q5 q7 --events 20000000]`.
 *
 * Each run has a process of its own. The table goes to stdout, figures with the environment they were measured in to
 * bench/results/local/, which is not committed. See docs/nexmark.md.
 */

import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { alignedTable } from '../harness/aligned-table.ts'
import { describe, environment } from '../harness/environment.ts'
import { FLINK } from './flink.ts'
import type { Measurement, MeasureRequest } from './measure.ts'
import { QUERIES } from './queries/index.ts'

const MODES = ['made', 'running', 'json'] as const

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '10000000' },
    shards: { type: 'string', default: '2' },
    batch: { type: 'string', default: '65536' },
    mode: { type: 'string', default: 'both' },
    text: { type: 'string', default: 'codes' },
    'no-state': { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter(name => !(name in QUERIES))
if (options.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such query: ${unknown.join(', ')}`)
  console.log(
    'npm run bench:nexmark [-- q5 … --events 20000000 --shards 2 --batch 65536 --mode both|made|running|json ' +
      '--text codes|plain --no-state --profile FOLDER]',
  )
  console.log(
    Object.entries(QUERIES)
      .map(([name, { title }]) => `  ${name.padEnd(5)} ${title}`)
      .join('\n'),
  )
  process.exit(unknown.length > 0 ? 2 : 0)
}

const where = environment()
console.log(describe(where))
const modes = MODES.filter(mode => (options.mode === 'both' ? mode !== 'json' : options.mode === mode))
const names = positionals.length > 0 ? positionals : Object.keys(QUERIES)
const measured: { request: MeasureRequest; measurement: Measurement }[] = []
const rows: string[][] = [header()]
for (const query of names) {
  const ofQuery: Partial<Record<(typeof MODES)[number], Measurement>> = {}
  for (const mode of modes) {
    const request: MeasureRequest = {
      query,
      mode,
      events: Math.round(Number(options.events) / 50) * 50,
      shards: Number(options.shards),
      batchRows: Number(options.batch),
      text: options.text === 'plain' ? 'plain' : 'codes',
      state: mode === modes.at(-1) && !options['no-state'],
    }
    const measurement = await inOwnProcess(request)
    measured.push({ request, measurement })
    ofQuery[mode] = measurement
  }
  rows.push(line(query, ofQuery))
  console.error(rows.at(-1)!.join('  '))
}
console.log(alignedTable(rows))

const results = new URL('../results/local/', import.meta.url)
mkdirSync(results, { recursive: true })
const file = new URL(`nexmark-${where.date.replaceAll(':', '').slice(0, 17)}.json`, results)
const after = environment().loadAverage
writeFileSync(
  file,
  `${JSON.stringify({ environment: { ...where, loadAverageAfter: after }, measured }, undefined, 2)}\n`,
)
console.log(`load average ${after.join(' ')} at the end; figures in ${fileURLToPath(file)}`)

function header(): string[] {
  const ours = modes.flatMap(mode => [`${mode} k/s`, 'k/cpu s', 'cpu s'])
  return ['query', ...ours, 'flink k/s', 'k/cpu s', 'times, per cpu s', 'rows out', 'peak MB', 'state MB']
}

function line(query: string, ofQuery: Partial<Record<(typeof MODES)[number], Measurement>>): string[] {
  const last = ofQuery[modes.at(-1)!]!
  const flink = FLINK[query]
  const perCpu = ({ events, cpuSeconds }: Measurement) => events / cpuSeconds / 1000
  const ours = modes.flatMap(mode => {
    const { events, seconds, cpuSeconds } = ofQuery[mode]!
    return [thousands(events / seconds / 1000), thousands(perCpu(ofQuery[mode]!)), cpuSeconds.toFixed(1)]
  })
  return [
    query,
    ...ours,
    ...(flink ? flink.map(String) : ['', '']),
    flink ? modes.map(mode => (perCpu(ofQuery[mode]!) / flink[1]).toFixed(1)).join(' / ') : '',
    thousands(last.rowsOut),
    thousands(last.peakBytes / 1e6),
    last.stateBytes === undefined ? '' : (last.stateBytes / 1e6).toFixed(1),
  ]
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Runs one query; with `--profile` each thread leaves a profile in the folder. */
function inOwnProcess(request: MeasureRequest): Promise<Measurement> {
  const entry = fileURLToPath(new URL('./measure.ts', import.meta.url))
  const profile = options.profile
    ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`, '--cpu-prof-interval=500']
    : []
  const child = fork(entry, [JSON.stringify(request)], {
    serialization: 'advanced',
    execArgv: [...process.execArgv, '--expose-gc', ...profile],
  })
  return new Promise((resolve, reject) => {
    child.on('message', result => resolve(result as Measurement))
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`${request.query} ended with exit code ${code}`)))
  })
}
