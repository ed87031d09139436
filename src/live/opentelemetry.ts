/** Metrics of jobs as observable instruments of OpenTelemetry. */

import { FAMILIES, metricFamilies } from './metric-families.ts'
import { type MeteredJobs, readJobs } from './metrics-text.ts'

/** What is needed of a `Meter` of `@opentelemetry/api`. */
export interface OpenTelemetryMeter {
  createObservableCounter(name: string, options?: { description?: string; unit?: string }): any
  createObservableGauge(name: string, options?: { description?: string; unit?: string }): any
  addBatchObservableCallback(callback: (result: any) => void, observables: any[]): void
  removeBatchObservableCallback(callback: (result: any) => void, observables: any[]): void
}

/** Units of names, as OpenTelemetry writes them: they are no part of its names. */
const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['_timestamp_seconds', 's'],
  ['_seconds', 's'],
  ['_bytes', 'By'],
  ['_ratio', '1'],
]

/**
 * Observes jobs with a meter of OpenTelemetry: instruments are called `millrace.records_in`, `millrace.operator_busy` and so on,
 * with the attributes `job operator source sink`. Gives how to stop.
 *
 * @example
 * import { metrics } from '@opentelemetry/api'
 * const job = await hourly.write(memory()).start()
 * const stop = observeMetrics(metrics.getMeter('my-program'), { flights: job })
 * await job.done
 * stop()
 */
export function observeMetrics(meter: OpenTelemetryMeter, jobs: MeteredJobs): () => void {
  const instruments = new Map(
    FAMILIES.map(({ name, help: description, type }) => {
      const { instrument, unit } = instrumentOf(name)
      const options = { description, ...(unit === undefined ? {} : { unit }) }
      return [
        name,
        type === 'counter'
          ? meter.createObservableCounter(instrument, options)
          : meter.createObservableGauge(instrument, options),
      ]
    }),
  )
  const observe = (result: { observe(instrument: unknown, value: number, attributes: object): void }) => {
    for (const { name, samples } of metricFamilies(readJobs(jobs)))
      for (const { value, labels } of samples) result.observe(instruments.get(name), value, labels)
  }
  const all = [...instruments.values()]
  meter.addBatchObservableCallback(observe, all)
  return () => meter.removeBatchObservableCallback(observe, all)
}

/** `millrace_operator_busy_seconds_total` is `millrace.operator_busy` in `s`; exporters put unit and `_total` back. */
function instrumentOf(name: string): { instrument: string; unit: string | undefined } {
  const base = name.replace(/^millrace_/, 'millrace.').replace(/_total$/, '')
  const found = UNITS.find(([suffix]) => base.endsWith(suffix))
  if (!found) return { instrument: base, unit: undefined }
  // The word says what kind of seconds they are.
  const kept = found[0] === '_timestamp_seconds' ? '_timestamp' : ''
  return { instrument: base.slice(0, -found[0].length) + kept, unit: found[1] }
}
