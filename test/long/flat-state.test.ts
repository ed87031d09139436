/**
 * A hundred million events through verbs whose state is bounded by event time: memory stays where it was early on. The
 * heaps are small, so that V8 does not put off collecting what nobody holds any more.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const EVENTS = Number(process.env.EVENTS ?? 100_000_000)
const run = fileURLToPath(new URL('flat-state/run.ts', import.meta.url))
const heap = ['--max-old-space-size=64', '--max-semi-space-size=4']

it.each(['windows', 'sliding', 'sessions', 'distinct', 'aggregation', 'join', 'process'])(
  '%s',
  async name => {
    const { stdout } = await promisify(execFile)(process.execPath, [...heap, run, name, String(EVENTS)])
    const { samples } = JSON.parse(stdout) as { samples: number[] }
    expect(samples.length).toBeGreaterThan(20)
    const second = median(samples, 1)
    const last = median(samples, 4)
    console.log(`${name}: ${megabytes(second)} MB, at the end ${megabytes(last)} MB`)
    expect(last / second).toBeLessThanOrEqual(1.05)
  },
)

/** The median of the n-th fifth. */
function median(samples: readonly number[], n: number): number {
  const fifth = samples.slice((n * samples.length) / 5, ((n + 1) * samples.length) / 5)
  return fifth.sort((a, b) => a - b)[fifth.length >> 1]!
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
