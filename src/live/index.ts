/**
 * `millrace/live`: what a job has measured, for Prometheus, prom-client and OpenTelemetry. The live page, `job.dashboard()`, is
 * served from this folder.
 *
 * May import `core`; reads jobs only through `metrics()`, `alerts()` and `scoredPoints()`, and never waits for one but where a
 * button asks it to act.
 */

export type { RunningServer } from './http-server.ts'
export { type MeteredJobs, metricsText } from './metrics-text.ts'
export { type OpenTelemetryMeter, observeMetrics } from './opentelemetry.ts'
export { type PromRegistry, registerMetrics } from './prom-client.ts'
export { type ServeMetricsOptions, serveMetrics } from './serve-metrics.ts'
