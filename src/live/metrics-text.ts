/** Metrics in the text format of Prometheus, version 0.0.4. */

import type { Job } from '../core/engine.ts'
import type { JobMetrics } from '../core/job-metrics.ts'
import { metricFamilies } from './metric-families.ts'

/** What Prometheus is told that it gets. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A job, or several by the value of the label `job`. */
export type MeteredJobs = Pick<Job, 'metrics'> | Readonly<Record<string, Pick<Job, 'metrics'>>>

/** Of a job that was given no name. */
const UNNAMED = 'millrace'

/**
 * What a job, or several, have measured, in the text format of Prometheus.
 *
 * @example
 * const job = await hourly.write(memory()).start()
 * await job.done
 * console.log(metricsText({ flights: job }))
 */
export function metricsText(jobs: MeteredJobs): string {
  const lines: string[] = []
  for (const { name, help, type, samples } of metricFamilies(readJobs(jobs))) {
    lines.push(
      `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
      `# TYPE ${name} ${type}`,
    )
    for (const { labels, value } of samples) lines.push(`${name}{${labelsText(labels)}} ${numberText(value)}`)
  }
  return `${lines.join('\n')}\n`
}

/** Jobs by name. */
export const namedJobs = (jobs: MeteredJobs): Readonly<Record<string, Pick<Job, 'metrics'>>> =>
  typeof jobs.metrics === 'function'
    ? { [UNNAMED]: jobs as Pick<Job, 'metrics'> }
    : (jobs as Readonly<Record<string, Pick<Job, 'metrics'>>>)

/** The metrics of jobs, by name. */
export const readJobs = (jobs: MeteredJobs): Map<string, JobMetrics> =>
  new Map(Object.entries(namedJobs(jobs)).map(([name, job]) => [name, job.metrics()]))

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')

/** As the format has it; what is no text at all would make all of it unreadable. */
const escaped = (value: string): string =>
  value.toWellFormed().replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')

const numberText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
