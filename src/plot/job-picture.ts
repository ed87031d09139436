/** A picture of the last rows of a running job, in a notebook. */

import type { Job } from '../core/engine.ts'
import { between, callback, checkNames, whole } from '../core/options.ts'
import type { Figure } from './figure.ts'
import { livePicture } from './live-picture.ts'

/** What of a job is drawn, and how often. */
export interface JobPictureOptions {
  /** How many of the last rows there are, at most 10,000. Default 240. */
  readonly rows?: number
  /** Which of the job's sinks, in the order in which they were given to `start`. Default 0. */
  readonly sink?: number
  /** Milliseconds between two pictures. Default 500. */
  readonly everyMs?: number
}

/**
 * Draws the last rows of a job anew while it runs, at most about every `everyMs`. Resolves when the job is done, with the last
 * picture shown. The rows are those that the sink got from this call on.
 *
 * @throws {PlanError} `OPTION`; and what the job fails with
 * @example
 * import { memory } from 'millrace'
 * const job = await hourly.write(memory()).start()
 * await jobPicture(job, rows => line(rows, { x: 'windowStart', y: 'departures' }))
 */
export async function jobPicture(
  job: Job,
  draw: (rows: any[]) => Figure,
  options: JobPictureOptions = {},
): Promise<void> {
  checkNames('jobPicture', options, ['rows', 'sink', 'everyMs'], jobPicture)
  callback(draw, 'what draws of jobPicture()', jobPicture)
  const { rows = 240, sink = 0, everyMs = 500 } = options
  const sinks = job.lastRows(whole(rows, 'rows of jobPicture()', 1, 10_000, jobPicture))
  whole(sink, 'sink of jobPicture()', 0, sinks.length - 1, jobPicture)
  between(everyMs, 'everyMs of jobPicture()', 0, 3_600_000, jobPicture)
  const picture = livePicture({ everyMs })
  let drawn = 0
  const show = () => {
    const { rowsOut } = job.progress
    if (rowsOut === drawn) return
    const last = job.lastRows(rows)[sink]!.rows
    if (last.length === 0) return
    drawn = rowsOut
    picture.show(draw([...last]))
  }
  const { promise: undrawn, reject } = Promise.withResolvers<never>()
  const timer = setInterval(() => {
    try {
      show()
    } catch (error) {
      reject(error)
    }
  }, everyMs)
  try {
    await Promise.race([job.done, undrawn])
  } finally {
    clearInterval(timer)
  }
  show()
  await picture.close()
}
