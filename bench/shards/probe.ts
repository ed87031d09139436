/** Whether there are two free processors at all: a plain loop on two threads beside the same on one. */

import { Worker } from 'node:worker_threads'
import type { Settings, ShardFigure } from './main.ts'
import { pairsOf, ratios, run } from './pairs.ts'

const LOOP = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', () => {
    let x = 1
    for (let i = 0; i < 2e8; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
    parentPort.postMessage(x)
  })`

/** Twice the work on two threads as on one: of two free processors, twice the CPU at the same speed. */
export async function twoLoops({ pairs }: Settings, show: (figure: ShardFigure) => void): Promise<void> {
  const workers = [0, 1].map(() => new Worker(LOOP, { eval: true }))
  const loop = (worker: Worker) =>
    new Promise(done => {
      worker.once('message', done)
      worker.postMessage(0)
    })
  const runs = await pairsOf(
    pairs,
    () => run(() => loop(workers[0]!)),
    () => run(() => Promise.all(workers.map(loop))),
  )
  await Promise.all(workers.map(worker => worker.terminate()))
  show({ what: 'probe: two loops on two threads over one on one', got: ratios(runs), aim: 'CPU 2, speed 1' })
}
