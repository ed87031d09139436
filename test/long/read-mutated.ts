/** Reads damaged Parquet files, one after the other; prints those that fail otherwise than by an error of ours. */

import { join } from 'node:path'
import { MillraceError } from '../../src/core/errors.ts'
import { read } from '../../src/index.ts'

const [directory, count] = process.argv.slice(2)
for (let i = 0; i < Number(count); i++) {
  try {
    await read.parquet(join(directory!, `m${i}.parquet`)).collect({ shards: 0 })
  } catch (error) {
    if (error instanceof MillraceError && error.code !== 'INTERNAL') continue
    process.stdout.write(`${i}: ${String(error)}\n`)
  }
}
