/** Tells `onProgress` how far a job is: about ten times a second, and once at its end. */

import type { Progress } from '../../core/engine.ts'
import { JobError } from '../../core/errors.ts'

const EVERY_MS = 100

export class ProgressReport {
  readonly #onProgress: ((progress: Progress) => void) | undefined
  readonly #progress: () => Progress
  /** For a callback that fails after it has returned. */
  readonly #fail: (error: JobError) => void
  #nextMs = 0

  constructor(
    onProgress: ((progress: Progress) => void) | undefined,
    progress: () => Progress,
    fail: (error: JobError) => void,
  ) {
    this.#onProgress = onProgress
    this.#progress = progress
    this.#fail = fail
  }

  /** Tells it, unless it was told just now. @throws {JobError} `ON_PROGRESS`, as the next */
  report(): void {
    if (!this.#onProgress) return
    const nowMs = performance.now()
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + EVERY_MS
    this.tell()
  }

  tell(): void {
    try {
      const told: unknown = this.#onProgress?.(this.#progress())
      if (told instanceof Promise) told.catch(cause => this.#fail(onProgressFailed(cause)))
    } catch (cause) {
      throw onProgressFailed(cause)
    }
  }
}

function onProgressFailed(cause: unknown): JobError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new JobError('ON_PROGRESS', `onProgress threw: ${message}`, { cause })
}
