import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import type { SplitReader } from '../../../src/core/connector.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import type { Clock } from '../../../src/engines/threads/clock.ts'
import { ReplayGroup } from '../../../src/engines/threads/replay-group.ts'
import { runs } from '../../effort.ts'

const schema = schemaFrom({ at: 'timestamp[ms]' })

/** A reader of batches of these times, whose memory is told by number; it tells whether it was closed. */
function readerOf(times: readonly number[], batchRows: number): SplitReader & { closed: boolean } {
  let at = 0
  let slab = 0
  return {
    closed: false,
    async next() {
      const part = times.slice(at, at + batchRows)
      if (part.length === 0) return undefined
      const batch = batchFromRows(
        schema,
        part.map(ms => ({ at: new Date(ms) })),
      )
      at += part.length
      return { batch: { ...batch, position: { split: 0, offset: at - part.length } }, slabs: [slab++] }
    },
    async close() {
      this.closed = true
    },
  }
}

const clock = (): Clock & { now(): number } => {
  let now = 0
  return {
    now: () => now,
    sleep: async ms => {
      now += ms
    },
  }
}

interface Left {
  readonly member: number
  readonly ms: number
  readonly wallMs: number
}

/** Reads all members side by side, as a job does; gives the rows in the order in which they left. */
async function play(
  members: readonly (readonly number[])[],
  {
    batchRows = 3,
    speed,
    limit,
  }: { batchRows?: number; speed?: number; limit?: Record<number, number> } = {},
) {
  const wall = clock()
  const group = new ReplayGroup(members.length, speed, wall)
  const readers = members.map(times => readerOf(times, batchRows))
  const joined = readers.map((reader, i) => group.join(i, reader, 0))
  const left: Left[] = []
  const slabs: number[][] = members.map(() => [])
  await Promise.all(
    joined.map(async (reader, member) => {
      let rows = 0
      while (rows < (limit?.[member] ?? Number.POSITIVE_INFINITY)) {
        const read = await reader.next()
        if (!read) break
        expect(read.batch.position.offset).toBe(rows)
        for (const { at } of rowsOf(read.batch)) {
          left.push({ member, ms: (at as Date).getTime(), wallMs: wall.now() })
          rows++
        }
        slabs[member]!.push(...read.slabs)
      }
      await reader.close()
    }),
  )
  expect(readers.every(({ closed }) => closed)).toBe(true)
  return { left, slabs }
}

const before = (a: Left, b: Left) => a.ms - b.ms || a.member - b.member

describe('ReplayGroup', () => {
  it('gives rows of batches of one in time order, ties in the order of the members', async () => {
    const { left } = await play(
      [
        [1, 5, 5, 9],
        [0, 5, 6],
        [5, 5],
      ],
      { batchRows: 1 },
    )
    expect(left.map(({ member, ms }) => `${member}:${ms}`)).toEqual([
      '1:0',
      '0:1',
      '0:5',
      '0:5',
      '1:5',
      '2:5',
      '2:5',
      '1:6',
      '0:9',
    ])
  })

  const times = fc
    .array(fc.integer({ min: 0, max: 30 }), { maxLength: 25 })
    .map(all => all.sort((a, b) => a - b))
  const members = fc.array(times, { minLength: 1, maxLength: 4 })

  it('gives every row once, in its own order, and no row with more than a batch of another before it', () =>
    fc.assert(
      fc.asyncProperty(members, fc.integer({ min: 1, max: 6 }), async (all, batchRows) => {
        const { left, slabs } = await play(all, { batchRows })
        for (const [member, own] of all.entries()) {
          expect(left.filter(row => row.member === member).map(({ ms }) => ms)).toEqual(own)
          expect(slabs[member]).toEqual(
            Array.from({ length: Math.ceil(own.length / batchRows) }, (_, i) => i),
          )
        }
        for (const [i, row] of left.entries()) {
          const late = left.slice(i + 1).filter(later => before(later, row) < 0)
          for (const member of all.keys())
            expect(late.filter(later => later.member === member).length).toBeLessThanOrEqual(batchRows)
        }
        if (batchRows === 1) expect(left).toEqual([...left].sort(before))
      }),
      { numRuns: runs(200) },
    ))

  it('at a speed gives each row no earlier than its time after the first, and not much later', () =>
    fc.assert(
      fc.asyncProperty(
        members,
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(0.001, 0.1, 1),
        async (all, batchRows, speed) => {
          const { left } = await play(all, { batchRows, speed })
          const first = Math.min(...left.map(({ ms }) => ms))
          for (const { ms, wallMs } of left) {
            const due = (ms - first) / speed
            // Within a tick of 50 ms rows leave together.
            expect(wallMs).toBeGreaterThanOrEqual(due - 50)
            expect(wallMs).toBeLessThanOrEqual(due + 1)
          }
        },
      ),
      { numRuns: runs(100) },
    ))

  it('a member that is closed early holds up nobody', () =>
    fc.assert(
      fc.asyncProperty(members, fc.nat(3), fc.nat(5), async (all, quitter, rows) => {
        const { left } = await play(all, { limit: { [quitter]: rows } })
        for (const [member, own] of all.entries())
          if (member !== quitter) expect(left.filter(row => row.member === member)).toHaveLength(own.length)
      }),
      { numRuns: runs(100) },
    ))

  it('tells a member that waits of the failure of another, and lets all be closed', async () => {
    const group = new ReplayGroup(2, undefined, clock())
    const failing: SplitReader = {
      next: async () => Promise.reject(new Error('torn')),
      close: async () => {},
    }
    const good = group.join(0, readerOf([1, 2], 1), 0)
    const bad = group.join(1, failing, 0)
    await expect(Promise.all([good.next(), bad.next()])).rejects.toThrow('torn')
    await good.close()
    await bad.close()
    expect(await good.next()).toBeUndefined()
  })

  it('can be closed while it waits for a member to be opened, and for the clock', async () => {
    const waiting = new ReplayGroup(2, undefined, clock()).join(0, readerOf([1], 1), 0)
    const read = waiting.next()
    await waiting.close()
    expect(await read).toBeUndefined()
    const sleeping: Clock = {
      now: () => 0,
      sleep: (_ms, signal) => new Promise(resolve => signal.addEventListener('abort', () => resolve())),
    }
    const paced = new ReplayGroup(1, 1, sleeping).join(0, readerOf([0, 1_000_000], 1), 0)
    expect(await paced.next()).toBeDefined()
    const second = paced.next()
    await paced.close()
    expect(await second).toBeUndefined()
  })
})
