/** What has happened to a job: the newest entries. */

import type { JobLogEntry } from '../../core/job-metrics.ts'

const KEPT = 200

export class JobLog {
  readonly #entries: JobLogEntry[] = []
  readonly #told = new Set<string>()

  get entries(): readonly JobLogEntry[] {
    return [...this.#entries]
  }

  add(level: JobLogEntry['level'], text: string): void {
    this.#entries.push({ atMs: Date.now(), level, text })
    if (this.#entries.length > KEPT) this.#entries.shift()
  }

  /** What is worth telling the first time only. */
  once(key: string, level: JobLogEntry['level'], text: string): void {
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.add(level, text)
  }
}
