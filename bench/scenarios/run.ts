/** Measures many kinds of series, in this thread or in several. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { FAULTS, SERIES } from '../../test/models/detectors/scenarios/index.ts'
import type { Cells } from './cells.ts'
import { SCENARIO_DETECTORS } from './detectors.ts'
import { measure, type Size } from './measure.ts'

/** A detector on a kind of series, by name: what a thread is asked to measure. */
export interface Task {
  readonly detector: string
  readonly series: string
  readonly faults: readonly string[]
  readonly alphas: readonly number[]
  readonly size: Size
}

/** Undefined where nobody would take the detector for the series. */
export function runTask({ detector, series, faults, alphas, size }: Task): Cells | undefined {
  const kind = SERIES.find(({ name }) => name === series)!
  const spec = SCENARIO_DETECTORS.find(({ name }) => name === detector)!.spec(kind)
  if (!spec) return undefined
  const suiting = FAULTS.filter(
    ({ name, suits }) => faults.includes(name) && suits(kind) && !kind.not?.includes(name),
  )
  const before = process.threadCpuUsage()
  const rates = measure(spec, kind, suiting, alphas, size)
  const { user, system } = process.threadCpuUsage(before)
  return { detector, series, group: kind.group, rates, cpuMs: (user + system) / 1000 }
}

if (!isMainThread) {
  parentPort!.on('message', (task: Task) => parentPort!.postMessage(runTask(task)))
}

/** The cells of each task, in their order, as soon as those before are there. */
export async function* runTasks(tasks: readonly Task[], threads: number): AsyncGenerator<Cells> {
  const pending = tasks.map(() => Promise.withResolvers<Cells | undefined>())
  let next = 0
  const workers = Array.from({ length: Math.min(threads, tasks.length) }, () => {
    const worker = new Worker(new URL(import.meta.url))
    let at = -1
    const take = () => {
      at = next++
      if (at < tasks.length) worker.postMessage(tasks[at]!)
      else void worker.terminate()
    }
    worker.on('message', (cells: Cells | undefined) => {
      pending[at]!.resolve(cells)
      take()
    })
    worker.on('error', error => pending[at]!.reject(error))
    take()
    return worker
  })
  try {
    for (const { promise } of pending) {
      const cells = await promise
      if (cells) yield cells
    }
  } finally {
    for (const worker of workers) void worker.terminate()
  }
}
