/** Metrics of jobs in a registry of prom-client, beside the program's own. */

import { FAMILIES, type MetricFamily, metricFamilies } from './metric-families.ts'
import { type MeteredJobs, readJobs } from './metrics-text.ts'

/** What is needed of a `Registry` of prom-client. */
export interface PromRegistry {
  registerMetric(metric: any): void
  removeSingleMetric(name: string): void
}

/**
 * Registers what jobs measure with a registry of prom-client: it is read whenever the registry is. Gives how to take it away
 * again.
 *
 * @example
 * import { register } from 'prom-client'
 * const job = await hourly.write(memory()).start()
 * const remove = registerMetrics(register, { flights: job })
 * await job.done
 * console.log(await register.metrics())
 * remove()
 */
export function registerMetrics(registry: PromRegistry, jobs: MeteredJobs): () => void {
  let read: { families: Promise<ReadonlyMap<string, MetricFamily>> } | undefined
  /** Read once for all that the registry asks for at a time. */
  const families = () => {
    read ??= {
      families: Promise.resolve().then(() => {
        read = undefined
        return new Map(metricFamilies(readJobs(jobs)).map(family => [family.name, family]))
      }),
    }
    return read.families
  }
  for (const { name, help, type } of FAMILIES) {
    registry.registerMetric({
      name,
      async get() {
        const { samples = [] } = (await families()).get(name) ?? {}
        return { name, help, type, aggregator: 'sum', values: samples }
      },
      reset() {},
    })
  }
  return () => {
    for (const { name } of FAMILIES) registry.removeSingleMetric(name)
  }
}
