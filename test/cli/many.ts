/**
 * Runs command lines one after the other in this process, which loads what they share once: JSON of their words on the
 * standard input, JSON of how they ended on the standard output. For those that neither end the process nor read input.
 */

import { text } from 'node:stream/consumers'
import type { Ended } from './run-cli.ts'

const write = process.stdout.write.bind(process.stdout)
const written = { stdout: '', stderr: '' }
for (const stream of ['stdout', 'stderr'] as const) {
  process[stream].write = ((part: string | Uint8Array) => {
    written[stream] += typeof part === 'string' ? part : Buffer.from(part).toString('utf8')
    return true
  }) as typeof process.stdout.write
}

const lines = JSON.parse(await text(process.stdin)) as string[][]
const ended: Ended[] = []
for (const [i, words] of lines.entries()) {
  Object.assign(written, { stdout: '', stderr: '' })
  process.argv.splice(2, process.argv.length, ...words)
  // Its top level runs once for each address, in a module of its own.
  await import(`../../src/cli/main.ts?line=${i}`)
  ended.push({ code: Number(process.exitCode), ...written })
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error')
}
process.exitCode = 0
write(JSON.stringify(ended))
