import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Batch, rowAt, rowCount } from '../../../src/core/batch/batch.ts'
import { columnFrom } from '../../../src/core/batch/build.ts'
import { cellAt } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { partitionByWindow } from '../../../src/core/state/partition-by-window.ts'
import { timeStats } from '../../../src/core/time/event-time.ts'
import { fixedPanes, ONE_BY_ONE, shardOfPane } from '../../../src/core/time/windows/panes.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const PER_MS = { s: 1n, ms: 1n, us: 1000n, ns: 1_000_000n } as const

interface Row {
  readonly ms: number
  readonly flag: boolean
}

function batchOf(rows: readonly Row[], unit: keyof typeof PER_MS, selection?: Uint32Array): Batch {
  const schema = schemaFrom({ at: `timestamp[${unit}]`, place: 'int32', flag: 'bool' })
  const units = rows.map(({ ms }) => (unit === 's' ? BigInt(ms / 1000) : BigInt(ms) * PER_MS[unit]))
  return {
    schema,
    length: rows.length,
    columns: [
      columnFrom(schema[0]!.type, units, heapArena),
      columnFrom('int32', [...rows.keys()], heapArena),
      columnFrom(
        'bool',
        rows.map(({ flag }) => flag),
        heapArena,
      ),
    ],
    position: { split: 0, offset: 1000 },
    ...(selection ? { selection } : {}),
  }
}

/** In order but for a few, in seconds, around 1970 or long after. */
const timesMs = fc
  .tuple(
    fc.constantFrom(-100, 0, 1_700_000_000),
    fc.array(fc.oneof({ arbitrary: fc.nat(3), weight: 40 }, fc.integer({ min: -40, max: 40 })), {
      maxLength: 200,
    }),
  )
  .map(([start, steps]) => {
    let seconds = start
    return steps.map(step => (seconds += step) * 1000)
  })

it('gives each row to the shard that owns its window, in order, once', () => {
  fc.assert(
    fc.property(
      timesMs,
      fc.infiniteStream(fc.boolean()),
      fc.constantFrom('s', 'ms', 'us', 'ns'),
      fc.record({ sizeMs: fc.constantFrom(700, 1000, 20_000), offsetMs: fc.constantFrom(0, 300) }),
      fc.constantFrom(1, 2, 3, 256),
      fc.boolean(),
      fc.constantFrom(ONE_BY_ONE, { fromPane: -3, length: 2 }, { fromPane: 4, length: 7 }),
      (times, flags, unit, { sizeMs, offsetMs }, shards, selected, runs) => {
        const panes = fixedPanes(sizeMs, offsetMs)
        const rows = times.map(ms => ({ ms, flag: flags.next().value as boolean }))
        const wanted = rows.flatMap(({ flag }, i) => (!selected || flag ? [i] : []))
        const batch = batchOf(
          rows,
          unit as keyof typeof PER_MS,
          selected ? Uint32Array.from(wanted) : undefined,
        )
        // What the watermark does first: orders that it finds are not looked for again.
        timeStats(batch.columns[0]!, rowCount(batch), batch.selection)
        const got: number[][] = Array.from({ length: shards }, () => [])
        for (const { shard, batch: part } of partitionByWindow(
          batch,
          batch.columns[0]!,
          panes,
          shards,
          heapArena,
          runs,
        )) {
          for (let i = 0; i < rowCount(part); i++) {
            const row = rowAt(part, i)
            const place = cellAt(part.columns[1]!, row) as number
            expect(cellAt(part.columns[2]!, row)).toBe(rows[place]!.flag)
            expect(part.position.offset + row).toBe(1000 + place)
            got[shard]!.push(place)
          }
        }
        const owner = (place: number) => shardOfPane(panes, panes.startOf(rows[place]!.ms), shards, runs)
        expect(got).toEqual(got.map((_, shard) => wanted.filter(place => owner(place) === shard)))
      },
    ),
  )
})

it('puts neighbouring windows on different shards, before 1970 too', () => {
  const panes = fixedPanes(10, 5)
  const starts = [-25, -15, -5, 5, 15]
  expect(starts.map(start => shardOfPane(panes, start, 2))).toEqual([1, 0, 1, 0, 1])
  expect(starts.map(start => shardOfPane(panes, start, 3))).toEqual([0, 1, 2, 0, 1])
})

it('puts runs of neighbouring windows on different shards, from one of them on', () => {
  const panes = fixedPanes(10)
  const owners = [-30, -20, -10, 0, 10, 20, 30, 40, 50].map(start =>
    shardOfPane(panes, start, 2, { fromPane: -1, length: 3 }),
  )
  expect(owners).toEqual([1, 0, 0, 0, 0, 1, 1, 1, 0])
})
