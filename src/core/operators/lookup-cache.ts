/** What was found, by key: the keys used last, each for as long as it lives. */

import type { FoundRows } from './lookup-calls.ts'

interface Entry {
  readonly found: FoundRows
  readonly untilMs: number
}

export class LookupCache {
  readonly #most: number
  readonly #ttlMs: number
  /** The key used last comes last. */
  readonly #entries = new Map<string, Entry>()

  constructor({ rows, ttlMs }: { readonly rows: number; readonly ttlMs: number }) {
    this.#most = rows
    this.#ttlMs = ttlMs
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): FoundRows | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (entry.untilMs <= Date.now()) return undefined
    this.#entries.set(key, entry)
    return entry.found
  }

  set(key: string, found: FoundRows): void {
    this.#entries.delete(key)
    this.#entries.set(key, { found, untilMs: Date.now() + this.#ttlMs })
    if (this.#entries.size <= this.#most) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest!)
  }
}
