/** Waits for changes in a directory: told by the system where it can, and looked for now and then. */

import { type FSWatcher, watch } from 'node:fs'

/** How often it is looked without being told: some file systems tell nothing. */
const LOOK_EVERY_MS = 1_000

export class FileWatch {
  #watcher: FSWatcher | undefined
  readonly #directory: string
  #changed = true
  #closed = false
  #wake: () => void = () => {}

  constructor(directory: string) {
    this.#directory = directory
    this.#watch()
  }

  /** Resolves once something may have changed since the call before, or it is closed. */
  async change(): Promise<void> {
    if (!this.#changed && !this.#closed) {
      this.#watch()
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, LOOK_EVERY_MS)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#changed = false
  }

  close(): void {
    this.#closed = true
    this.#watcher?.close()
    this.#watcher = undefined
    this.#wake()
  }

  /** The directory may not be there yet, or no longer. */
  #watch(): void {
    if (this.#watcher || this.#closed) return
    const over = () => {
      this.#watcher?.close()
      this.#watcher = undefined
    }
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => {
        this.#changed = true
        this.#wake()
      })
      this.#watcher.on('error', over)
    } catch {
      over()
    }
  }
}
