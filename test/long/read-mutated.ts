/**
 * Reads damaged copies of a file, one after the other; prints those that fail otherwise than by an error of ours, or take
 * long. The last line is the number that was read last: a process that ends otherwise ended at the one after it.
 *
 * usage: node read-mutated.ts arrow|parquet WHOLE FROM TO
 */

import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { MillraceError } from '../../src/core/errors.ts'
import { read } from '../../src/index.ts'
import { mutated } from './mutate-file.ts'

const [format, whole, from, to] = process.argv.slice(2) as [string, string, string, string]
/** CPU time of one damaged file that is small. */
const PATIENCE_MS = 5000

const bytes = readFileSync(whole)
const path = `${whole}.${from}.${format}`
const say = (text: string) => writeSync(1, `${text}\n`)

for (let seed = Number(from); seed < Number(to); seed++) {
  writeFileSync(path, mutated(bytes, seed))
  const before = process.cpuUsage()
  try {
    const rows = format === 'arrow' ? read.arrowFile(path) : read.parquet(path)
    await rows.collect({ shards: 0 })
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code === 'INTERNAL') say(`seed ${seed}: ${String(error)}`)
  }
  const { user, system } = process.cpuUsage(before)
  if (user + system > PATIENCE_MS * 1000) say(`seed ${seed}: took ${((user + system) / 1e6).toFixed(1)} s`)
  if (seed % 50 === 49) say(`read ${seed}`)
}
say('done')
