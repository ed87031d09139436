/** Thread entry of `arima.fitAsync`: one request in `workerData`, progress and one answer out. */
import { parentPort, workerData } from 'node:worker_threads'
import { estimateArima } from './fit.ts'
import { type FitReply, type FitRequest, failure } from './fit-async.ts'

const { series, options, progress } = workerData as FitRequest
const reply = (message: FitReply) => parentPort!.postMessage(message)
try {
  const estimate = estimateArima(series, {
    ...options,
    ...(progress ? { progress: report => reply({ kind: 'progress', progress: report }) } : {}),
  })
  reply({ kind: 'done', estimate })
} catch (error) {
  reply(failure(error))
}
