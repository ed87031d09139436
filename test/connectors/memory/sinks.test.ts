import { describe, expect, it } from 'vitest'
import { consoleSink } from '../../../src/connectors/console.ts'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { SlabArena, SlabPool } from '../../../src/core/batch/slab.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { sinkLaws } from '../laws.ts'

sinkLaws('memory', () => {
  const sink = collectSink()
  return { sink, rows: () => sink.rows(), again: () => sink }
})

describe('collectSink', () => {
  it('keeps plain copies, with one copy of a dictionary for all its batches', async () => {
    const sink = collectSink()
    const schema = schemaFrom({ t: 'dictionary' })
    const arena = new SlabArena(new SlabPool())
    const first = batchFromRows(schema, [{ t: 'a' }, { t: 'b' }], arena)
    await sink.open(schema)
    await sink.begin(0)
    await sink.write(first)
    await sink.write({ ...first, selection: Uint32Array.of(1) })
    await sink.commit(0)
    const [a, b] = sink.batches.map(batch => batch.columns[0]!)
    expect(a!.values.buffer).toBeInstanceOf(ArrayBuffer)
    expect(a!.dictionary!.values.buffer).toBeInstanceOf(ArrayBuffer)
    expect(b!.dictionary).toBe(a!.dictionary)
    expect(sink.rows()).toEqual([{ t: 'a' }, { t: 'b' }, { t: 'b' }])
  })

  it('takes the rows of a job from where it goes on, when it holds nothing of it', async () => {
    const sink = collectSink()
    const schema = schemaFrom({ n: 'int32' })
    for (const job of ['a', 'b']) {
      await sink.open(schema, { job })
      expect(await sink.committed!()).toBeUndefined()
      await sink.begin(3)
      await sink.write(batchFromRows(schema, [{ n: 3 }]))
      await sink.commit(3)
      await sink.close()
    }
    expect(sink.rows()).toEqual([{ n: 3 }, { n: 3 }])
  })
})

describe('consoleSink', () => {
  const schema = schemaFrom({ origin: 'utf8', n: 'int32', at: 'timestamp[us]' })
  const rows = [
    { origin: 'IAH', n: 27, at: 1_500_000n },
    { origin: '\x1b[2J', n: null, at: null },
    { origin: null, n: 370, at: 0n },
  ]

  async function printed(epochs: (typeof rows)[], limit?: number): Promise<string> {
    let text = ''
    const sink = consoleSink({ write: part => (text += part), ...(limit ? { limit } : {}) })
    await sink.open(schema)
    for (const [epoch, of] of epochs.entries()) {
      await sink.begin(epoch)
      for (const row of of) await sink.write(batchFromRows(schema, [row]))
      await sink.commit(epoch)
    }
    await sink.close()
    await sink.close()
    return text
  }

  it('prints a table an epoch, with every digit and no control characters', async () => {
    expect(await printed([rows])).toBe(
      [
        'origin      n  at',
        '───────  ────  ───────────────────────',
        'IAH        27  1970-01-01 00:00:01.500',
        '\\x1b[2J  null  null',
        'null      370  1970-01-01 00:00:00.000',
        '',
      ].join('\n'),
    )
  })

  it('counts the rows beyond its limit', async () => {
    expect(await printed([rows], 1)).toMatch(/IAH.*\n… and 2 more rows\n$/)
  })

  it('says so when there was no row at all, and is silent about later empty epochs', async () => {
    expect(await printed([[], []])).toBe('origin  n  at\n──────  ─  ──\n(no rows)\n')
    expect((await printed([[rows[0]!], []])).match(/origin/g)).toHaveLength(1)
  })

  it('prints nothing of an aborted epoch', async () => {
    let text = ''
    const sink = consoleSink({ write: part => (text += part) })
    await sink.open(schema)
    await sink.begin(0)
    await sink.write(batchFromRows(schema, rows))
    await sink.abort()
    await sink.close()
    expect(text).toBe('')
  })
})
