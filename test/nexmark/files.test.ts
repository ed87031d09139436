/** What q10 writes, and queries over lines of JSON. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { nexmarkConfig, streams, writeTables } from '../../bench/nexmark/generator/index.ts'
import { q10 } from '../../bench/nexmark/queries/q10.ts'
import { q23 } from '../../bench/nexmark/queries/q23.ts'
import { read, start } from '../../src/index.ts'
import { expectSameRows } from './compare.ts'
import { answer } from './oracle.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config = nexmarkConfig({ events: 2000, eventsPerSecond: 50 })

it('q10 writes a file for each day and minute, of a stream and of files of JSON', async () => {
  await writeTables(config, folder)
  const expected = await answer(config, q10.sql)
  for (const [name, options] of [
    ['stream', {}],
    ['files', { files: folder }],
  ] as const) {
    const out = join(folder, `out of a ${name}`)
    const job = await start([q10.flow(streams(config, options)).write(q10.sink!(out))], { shards: 2 })
    await job.done
    const written = read.json(out, {
      ...{ auction: 'int53', bidder: 'int53', price: 'int53', dateTime: 'timestamp[ms]', extra: 'utf8' },
      ...{ day: 'utf8', minute: 'utf8' },
    })
    const rows = await written.collect()
    expectSameRows(rows, expected, name)
    expect(new Set(rows.map(({ day }) => day)).size).toBe(2)
  }
})

it('a join over files of JSON gives what it gives over the streams', async () => {
  const rows = await q23.flow(streams(config, { files: folder })).collect({ shards: 2 })
  expectSameRows(rows, await answer(config, q23.sql), 'q23 over files')
})
