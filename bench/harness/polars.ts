/**
 * Polars, where `python3` (or `PYTHON`) has it: `pip install polars`. A process of its own that keeps the rows and answers
 * each run; its processor time is not among that of the bench.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { tableToIPC } from 'apache-arrow'
import type { KeyedRows } from './keyed-rows.ts'

const SCRIPT = fileURLToPath(new URL('../group-by-peers/peer.py', import.meta.url))

export class Polars {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** With these rows loaded; undefined where there is no Polars. */
  static async open({ table }: KeyedRows, threads: number): Promise<Polars | undefined> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
    try {
      const file = join(folder, 'rows.arrow')
      writeFileSync(file, tableToIPC(table, 'file'))
      const child = spawn(process.env.PYTHON ?? 'python3', [SCRIPT, file], {
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, POLARS_MAX_THREADS: String(threads) },
      })
      child.on('error', () => {})
      child.stdin.on('error', () => {})
      const polars = new Polars(child)
      return (await polars.#line()) === undefined ? undefined : polars
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  async #line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next()
    return done ? undefined : value
  }

  /** Hour and key to count, sum, least and most. @throws when there are not as many groups */
  async groupBy(groups: number): Promise<void> {
    this.#child.stdin.write('\n')
    const found = Number((await this.#line())?.split(' ')[0])
    if (found !== groups) throw new Error(`expected ${groups} groups of Polars, got ${found}`)
  }

  close(): void {
    this.#child.stdin.end()
  }
}
