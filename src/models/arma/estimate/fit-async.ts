/**
 * Fits on a thread of their own, so that the main thread keeps serving. One worker per fit: it starts in tens of
 * milliseconds, cannot outlive the fit, and an abort ends it at once.
 */
import { MillraceError, ModelError } from '../../../core/errors.ts'
import { toColumns } from '../../series-input.ts'
import type { ArimaEstimate } from './estimate.ts'
import type { ArimaFitOptions } from './fit.ts'

/** Options of `arima.fitAsync`. */
export interface FitAsyncOptions extends ArimaFitOptions {
  /** Aborting rejects with the signal's reason and ends the thread. */
  signal?: AbortSignal
}

/** @internal What the worker is asked. */
export interface FitRequest {
  series: Float64Array
  options: ArimaFitOptions
  progress: boolean
}

/** @internal What the worker answers. */
export type FitReply =
  | { kind: 'progress'; progress: { iteration: number; logLik: number } }
  | { kind: 'done'; estimate: ArimaEstimate }
  | { kind: 'failed'; code: string; message: string; hint: string | undefined }

/** Runs one fit in a worker thread. */
export async function fitInWorker(series: Float64Array, options: FitAsyncOptions): Promise<ArimaEstimate> {
  const { signal, progress, xreg, ...rest } = options
  signal?.throwIfAborted()
  // Loaded on use, so that the rest of the models runs where there are no threads.
  const { Worker } = await import('node:worker_threads')
  signal?.throwIfAborted()
  const request: FitRequest = {
    series,
    options: { ...rest, ...(xreg ? { xreg: toColumns(xreg, series.length, 'arima.fitAsync()') } : {}) },
    progress: progress !== undefined,
  }
  // tsc rewrites imports, not URLs: the worker has the extension this file has.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./fit-worker.${extension}`, import.meta.url), { workerData: request })
  let onAbort: (() => void) | undefined
  try {
    return await new Promise<ArimaEstimate>((resolve, reject) => {
      onAbort = () => reject(signal!.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      worker.on('message', (reply: FitReply) => {
        if (reply.kind === 'progress') {
          try {
            progress?.(reply.progress)
          } catch (error) {
            reject(error)
          }
        } else if (reply.kind === 'done') resolve(reply.estimate)
        else
          reject(
            new ModelError(reply.code, reply.message, reply.hint === undefined ? {} : { hint: reply.hint }),
          )
      })
      worker.on('error', reject)
      worker.on('exit', code => {
        reject(new ModelError('FIT_THREAD', `the fitting thread ended early (exit code ${code})`))
      })
    })
  } finally {
    if (onAbort) signal?.removeEventListener('abort', onAbort)
    await worker.terminate()
  }
}

/** @internal The part of an error that crosses threads. */
export function failure(error: unknown): FitReply {
  if (error instanceof MillraceError) {
    const [message] = error.message.split('\n  HINT: ')
    return { kind: 'failed', code: error.code, message: message ?? '', hint: error.hint }
  }
  return {
    kind: 'failed',
    code: 'FIT_FAILED',
    message: error instanceof Error ? error.message : String(error),
    hint: undefined,
  }
}
