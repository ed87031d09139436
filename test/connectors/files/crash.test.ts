/** Processes that are killed while they write files. */

import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../docs/examples.ts'
import { temporaryDirectory } from '../duckdb/helpers.ts'

const directory = temporaryDirectory()

/** Writes epochs of numbers, ten each, and kills itself at a point of one of them. */
const PROGRAM = `
import { fileSink } from '${root}src/connectors/files/file-sink.ts'
import { EncodedParts } from '${root}src/connectors/files/encoded-parts.ts'
import { formatOf } from '${root}src/core/formats/index.ts'
import { batchFromRows } from '${root}src/core/batch/build.ts'
import { schemaFrom } from '${root}src/core/types/schema.ts'
const [folder, killEpoch, killAt] = [process.argv[2], Number(process.argv[3]), process.argv[4]]
const die = () => process.kill(process.pid, 'SIGKILL')
let epoch = 0
const parts = new EncodedParts({ format: formatOf('lines'), options: {}, packing: 'none' })
const assemble = parts.assemble
parts.assemble = async (...args) => {
  if (epoch === killEpoch && killAt === 'before files') die()
  const files = await assemble(...args)
  if (epoch === killEpoch && killAt === 'after files') die()
  return files
}
// Files hold the rows of three commits or so.
const sink = fileSink(folder, parts, { rollBytes: 75, partitionBy: 'part', job: 'j' })
const schema = schemaFrom({ text: 'utf8', part: 'utf8' })
await sink.open(schema)
for (epoch = ((await sink.committed()) ?? -1) + 1; epoch < 10; epoch++) {
  await sink.begin(epoch)
  const rows = Array.from({ length: 10 }, (_, i) => ({ text: String(epoch * 10 + i), part: String(i % 2) }))
  await sink.write(batchFromRows(schema, rows.slice(0, 5)))
  if (epoch === killEpoch && killAt === 'rows') die()
  await sink.write(batchFromRows(schema, rows.slice(5)))
  await sink.commit(epoch, epoch === 9)
  if (epoch === killEpoch && killAt === 'commit') die()
}
await sink.close()
`

it('no row is lost or written twice, wherever the process is killed', () => {
  const program = join(directory, 'write.ts')
  writeFileSync(program, PROGRAM)
  const folder = mkdtempSync(join(directory, 'out-'))
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, folder, ...args], { encoding: 'utf8' })
  // Each goes on where the one before was killed; the last is not.
  const kills = [
    ['1', 'rows'],
    ['2', 'before files'],
    ['3', 'after files'],
    ['4', 'commit'],
    ['6', 'after files'],
    ['9', 'after files'],
    ['9', 'before files'],
  ]
  const killed = kills.filter(kill => run(...kill).signal === 'SIGKILL').map(([, at]) => at)
  expect(new Set(killed)).toEqual(new Set(['rows', 'before files', 'after files', 'commit']))
  expect(run('-1', 'never')).toMatchObject({ status: 0, stderr: '' })
  const files = globSync('**/*.lines', { cwd: folder }).sort()
  expect(files.length).toBeGreaterThan(4)
  const texts = files.flatMap(file => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'))
  expect(texts.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
})
