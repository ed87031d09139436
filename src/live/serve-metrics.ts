/** Metrics of jobs over HTTP, for Prometheus and whoever asks whether they are well. */

import { metricsRoutes } from './dashboard.ts'
import { checkServer, type RunningServer, serve } from './http-server.ts'
import { type MeteredJobs, namedJobs } from './metrics-text.ts'

/** Where metrics are served. */
export interface ServeMetricsOptions {
  /** Default 9464, as OpenTelemetry's exporters have it; 0: any that is free. */
  readonly port?: number
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Of 16 characters or more, where `host` is not of this machine; Prometheus has it as `authorization: credentials`. */
  readonly token?: string
}

const DEFAULT_PORT = 9464

/**
 * Serves `/metrics` and `/healthz` until it is closed. It does not keep the process from ending.
 *
 * @throws {PlanError} `PORT`, `TOKEN`; {@link ConnectorError} `LISTEN_FAILED`
 * @example
 * const job = await hourly.write(memory()).start()
 * const { url, close } = await serveMetrics({ flights: job }, { port: 0 })
 * await job.done
 * await close()
 */
export async function serveMetrics(
  jobs: MeteredJobs,
  { port = DEFAULT_PORT, host, token }: ServeMetricsOptions = {},
): Promise<RunningServer> {
  const options = { port, host, token, open: ['GET /healthz'] }
  checkServer(options, 'serveMetrics()')
  return serve(metricsRoutes(namedJobs(jobs)), options)
}
