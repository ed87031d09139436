import { expect, it } from 'vitest'
import { count, duckdb, ewma, memory, read, replay, tumbling } from '../../../src/index.ts'

const rows = Array.from({ length: 1000 }, (_, i) => ({ at: new Date(i * 1000), key: `k${i % 3}`, x: i }))
const dataset = read.rows(rows, { at: 'timestamp[ms]', key: 'utf8', x: 'int32' })
const windows = dataset
  .filter(r => r.x.gte(100))
  .watermark('at')
  .groupBy('key')
  .window(tumbling('1m'))
  .agg({ n: count() })

/** Numbers that differ from run to run are left out. */
const lasting = (text: string): string => text.replace(/\d[\d.,]* (ms|s|B|kB|MB|GB)\b/g, '… $1')

it('runs the plan, and says under each line what it did', async () => {
  const text = await windows.detect('n', ewma()).explain({ analyze: true, shards: 0 })
  const arrows = lasting(text)
    .split('\n')
    .filter(line => line.startsWith('    → '))
    .map(line => line.slice(6))
  expect(arrows[0]).toMatch(/^1,000 rows, 1 batches, … kB; waited … ms for rows/)
  expect(arrows[1]).toMatch(/^1,000 rows in, 900 out; 1 batches, … kB; CPU … ms, busy … ms$/)
  expect(arrows.find(line => line.includes('3 keys'))).toMatch(
    /^48 rows in, 48 out; .*state … k?B at most, 3 keys/,
  )
  expect(arrows.at(-1)).toMatch(/^48 rows, 1 batches/)
  expect(text).toMatch(/ran in .* on 1 shard\(s\); .*1,000 rows in, 48 out; nothing was written$/)
  // The plan is the same as without.
  const plan = text
    .split('\n')
    .filter(line => !line.startsWith('    → '))
    .slice(0, -1)
    .join('\n')
  expect(plan).toBe(await windows.detect('n', ewma()).explain({ shards: 0 }))
})

it('does not take bytes for rows', async () => {
  const text = await read
    .csv(new Blob(['x\n1\n2\n3\n']), { x: 'int32' })
    .filter(r => r.x.gt(1))
    .explain({ analyze: true, shards: 0 })
  const arrows = lasting(text)
    .split('\n')
    .filter(line => line.startsWith('    → '))
  expect(arrows[0]).toMatch(/→ 1 batches, … B; waited/)
  expect(arrows[1]).toMatch(/→ 3 rows out; 1 batches, … B; CPU/)
  expect(arrows[2]).toMatch(/→ 3 rows in, 2 out;/)
})

it('writes nothing, whatever the sink', async () => {
  const sink = memory()
  expect(await windows.write(sink).explain({ analyze: true })).toContain('nothing was written')
  expect(sink.rows()).toEqual([])
  const nowhere = windows.write(duckdb('/nonexistent/folder/x.duckdb', 'windows'))
  expect(await nowhere.explain({ analyze: true })).toContain('→ 48 rows')
})

it('refuses what does not end, and what is no yes or no', async () => {
  await expect(replay(dataset, { time: 'at' }).explain({ analyze: true })).rejects.toMatchObject({
    code: 'UNBOUNDED',
  })
  await expect(dataset.explain({ analyze: 'yes' as any })).rejects.toMatchObject({ code: 'OPTION' })
})

it('fails as the job does', async () => {
  const failing = dataset.with({ y: r => r.x.add(2_147_483_647) })
  await expect(failing.explain({ analyze: true })).rejects.toMatchObject({ code: 'OVERFLOW' })
})
