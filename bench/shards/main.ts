/**
 * What two shards cost and give beside one: `node bench/shards/main.ts [PART …] [--pairs 15] [--rows 5000000] [--events
 * 2000000]`. Parts: probe, group-by, nexmark, steps, latency, timer. Without any: all, about forty minutes on two quiet
 * processors.
 *
 * Each figure is a ratio, or a time, of runs that alternate: its median over the pairs, and that of the least runs, which says
 * more where the machine is not quiet. CPU is that of all threads of the process, garbage collection and compilation
 * included. The table goes to stdout.
 */

import { parseArgs } from 'node:util'
import { alignedTable } from '../harness/aligned-table.ts'
import { describe, environment } from '../harness/environment.ts'
import { groupByShards } from './group-by.ts'
import { nexmarkShards } from './nexmark.ts'
import { pacedLatency, pacedSteps } from './paced.ts'
import { twoLoops } from './probe.ts'
import { timerUnderLoad } from './timer.ts'

export interface Settings {
  readonly pairs: number
  readonly rows: number
  readonly events: number
}

/** A line of the table. */
export interface ShardFigure {
  readonly what: string
  readonly got: string
  readonly aim: string
}

type Part = (settings: Settings, show: (figure: ShardFigure) => void) => Promise<void>

const PARTS: Readonly<Record<string, Part>> = {
  probe: twoLoops,
  'group-by': groupByShards,
  nexmark: nexmarkShards,
  steps: pacedSteps,
  latency: pacedLatency,
  timer: timerUnderLoad,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '15' },
    rows: { type: 'string', default: '5000000' },
    events: { type: 'string', default: '2000000' },
  },
})
const unknown = positionals.filter(name => !(name in PARTS))
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`)
  process.exit(2)
}
const settings: Settings = {
  pairs: Number(values.pairs),
  rows: Number(values.rows),
  events: Math.round(Number(values.events) / 50) * 50,
}
console.log(describe(environment()))
const figures: ShardFigure[] = []
for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS))
  await PARTS[name]!(settings, figure => {
    figures.push(figure)
    console.error(`${figure.what}   ${figure.got}`)
  })
const lines = figures.map(({ what, got, aim }) => [what, got, aim])
console.log(alignedTable([['figure', 'got', 'aim'], ...lines]))
console.log(`load average ${environment().loadAverage.join(' ')} at the end`)
process.exit(0)
