/** Queries of Nexmark on two shards over one, each run in a process of its own as in `bench/nexmark`. */

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Measurement, MeasureRequest } from '../nexmark/measure.ts'
import type { Settings, ShardFigure } from './main.ts'
import { pairsOf, type Run, ratios } from './pairs.ts'

const QUERIES = ['q4', 'q5', 'q9', 'q18', 'q19', 'q20']

export async function nexmarkShards(
  { pairs, events }: Settings,
  show: (figure: ShardFigure) => void,
): Promise<void> {
  for (const query of QUERIES) {
    const on = (shards: number) => () => measured({ ...REQUEST, query, events, shards })
    const runs = await pairsOf(pairs, on(1), on(2), 0)
    show({ what: `${query}: two shards over one`, got: ratios(runs), aim: 'CPU ≤ 1.2' })
  }
}

const REQUEST = { mode: 'made', batchRows: 65_536, text: 'codes', state: false } as const

function measured(request: MeasureRequest): Promise<Run> {
  const entry = fileURLToPath(new URL('../nexmark/measure.ts', import.meta.url))
  const execArgv = [...process.execArgv, '--expose-gc']
  const child = fork(entry, [JSON.stringify(request)], { serialization: 'advanced', execArgv })
  return new Promise((resolve, reject) => {
    child.on('message', result => {
      const { cpuSeconds, seconds } = result as Measurement
      resolve({ cpuMs: cpuSeconds * 1000, wallMs: seconds * 1000 })
    })
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`${request.query} ended with exit code ${code}`)))
  })
}
