/** How a job is run, checked before anything is planned. */

import type { Clock, JobOptions } from '../engine.ts'
import { PlanError } from '../errors.ts'
import { between, callback, checkNames, oneOf, shown, whole } from '../options.ts'
import { type CallSite, thrownAt } from '../planner/build.ts'

/** Typed so that an option added to a job is checked here or does not compile. */
const CHECKS: Readonly<Record<keyof JobOptions, (value: unknown) => void>> = {
  shards: value => {
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 256) return
    throw new PlanError('SHARDS', `shards must be a whole number from 0 to 256, got ${shown(value)}`, {
      hint: 'leave it out to use every processor; 0 runs on the calling thread',
    })
  },
  batchRows: value => whole(value, 'batchRows', 1, 2 ** 24),
  signal: value => {
    if (value instanceof AbortSignal) return
    throw new PlanError('OPTION', `signal is an AbortSignal, got ${shown(value)}`, {
      hint: 'new AbortController().signal, or AbortSignal.timeout(1000)',
    })
  },
  exchange: value => oneOf(value, 'exchange', ['auto', 'rows', 'partials', 'windows']),
  onProgress: value => callback(value, 'onProgress'),
  restore: value => {
    if (typeof value === 'object' && value !== null) return
    throw new PlanError('OPTION', `restore is what snapshot() or stop() gave, got ${shown(value)}`, {
      hint: 'const snapshot = await job.stop()',
    })
  },
  // A timer of Node's holds 31 bits; one beyond fires at once.
  commitEveryMs: value => between(value, 'commitEveryMs', 0, 2 ** 31),
  lingerMs: value => (value === 0 ? value : between(value, 'lingerMs', 0, 2 ** 31)),
  clock: value => {
    const { now, sleep } = (value ?? {}) as Partial<Clock>
    if (typeof now === 'function' && typeof sleep === 'function') return
    throw new PlanError('OPTION', `clock is an object with now() and sleep(), got ${shown(value)}`, {
      hint: "manualClock() of 'millrace/testing'; leave it out for the system's",
    })
  },
  clockLog: value => {
    if (Array.isArray(value)) return
    throw new PlanError('OPTION', `clockLog is a list of marks, got ${shown(value)}`, {
      hint: 'the clockLog of an earlier job, or the marks of a snapshot',
    })
  },
}

/** The options that every end takes. */
export const JOB_OPTIONS: readonly string[] = Object.keys(CHECKS)

/** @throws {PlanError} `OPTION`, `SHARDS`; the trace begins at `site` */
export function checkJobOptions(options: JobOptions, site: CallSite | undefined): void {
  try {
    checkNames('a job', options, JOB_OPTIONS)
    for (const [name, value] of Object.entries(options)) {
      if (value !== undefined) CHECKS[name as keyof JobOptions](value)
    }
  } catch (error) {
    throw thrownAt(error, site)
  }
}
