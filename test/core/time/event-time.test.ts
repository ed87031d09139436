import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { cellAt } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { DataError } from '../../../src/core/errors.ts'
import { eventTimesMs, timeStats, timestampColumn } from '../../../src/core/time/event-time.ts'
import type { TimestampType } from '../../../src/core/types/column-type.ts'

const UNITS = { s: 10n ** 9n, ms: 10n ** 6n, us: 1000n, ns: 1n } as const

const timestamps = (unit: keyof typeof UNITS, units: bigint[]): Column =>
  columnFrom(`timestamp[${unit}]`, units, heapArena)

const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof DataError) return error.code
    throw error
  }
}

describe('eventTimesMs', () => {
  for (const unit of ['s', 'ms', 'us', 'ns'] as const) {
    const limit = unit === 's' ? 8_640_000_000_000n : unit === 'ms' ? 8_640_000_000_000_000n : 2n ** 63n - 1n
    const max = unit === 'us' ? 8_640_000_000_000_000_000n : limit

    it(`floors ${unit} exactly, before 1970 and after 2200`, () => {
      fc.assert(
        fc.property(fc.array(fc.bigInt({ min: -max, max }), { minLength: 1, maxLength: 20 }), units => {
          const ms = new Float64Array(units.length)
          const rest = new Float64Array(units.length)
          eventTimesMs(timestamps(unit, units), units.length, undefined, ms, rest)
          const coarse = new Float64Array(units.length)
          eventTimesMs(timestamps(unit, units), units.length, undefined, coarse)
          expect(coarse).toEqual(ms)
          units.forEach((value, i) => {
            const ns = value * UNITS[unit]
            const whole = floorDiv(ns, 1_000_000n)
            expect(BigInt(ms[i]!)).toBe(whole)
            expect(BigInt(rest[i]!)).toBe(ns - whole * 1_000_000n)
          })
        }),
      )
    })
  }

  it('reads dates as midnights', () => {
    const ms = new Float64Array(2)
    const dates = columnFrom('date', [new Date('1969-12-31'), new Date('2300-01-02')], heapArena)
    eventTimesMs(dates, 2, undefined, ms)
    expect([...ms]).toEqual([Date.UTC(1969, 11, 31), Date.UTC(2300, 0, 2)])
  })

  it('reads only the rows selected', () => {
    const ms = new Float64Array(2)
    eventTimesMs(timestamps('ms', [1n, 2n ** 62n, 3n]), 2, Uint32Array.of(0, 2), ms)
    expect([...ms]).toEqual([1, 3])
  })

  it('refuses nulls and times no Date can hold', () => {
    const out = new Float64Array(2)
    const nulls = columnFrom('timestamp[us]', [1n, null], heapArena)
    expect(codeOf(() => eventTimesMs(nulls, 2, undefined, out))).toBe('NULL_EVENT_TIME')
    expect(codeOf(() => eventTimesMs(nulls, 1, Uint32Array.of(0), out))).toBeUndefined()
    for (const [unit, value] of [
      ['s', 2n ** 62n],
      ['ms', 8_640_000_000_000_001n],
      ['ms', -8_640_000_000_000_001n],
      ['us', 8_640_000_000_000_001_000n],
    ] as const) {
      expect(codeOf(() => eventTimesMs(timestamps(unit, [value]), 1, undefined, out))).toBe(
        'EVENT_TIME_RANGE',
      )
    }
  })
})

describe('timeStats', () => {
  const any = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 })
  const steps = fc.array(
    fc.oneof({ arbitrary: fc.nat(2 ** 34), weight: 9 }, fc.integer({ min: -50, max: 0 })),
    {
      minLength: 1,
    },
  )
  const mostlyOrdered = fc.tuple(fc.integer({ min: -5, max: 5 }), steps).map(([start, by]) => {
    let time = start
    return by.map(step => (time += step))
  })
  const times = fc.oneof(any, mostlyOrdered)

  it('finds the range and the worst distance behind the latest time before', () => {
    fc.assert(
      fc.property(times, times => {
        let seen = Number.NEGATIVE_INFINITY
        let worst = 0
        for (const time of times) {
          seen = Math.max(seen, time)
          worst = Math.max(worst, seen - time)
        }
        expect(timeStats(timestamps('ms', times.map(BigInt)), times.length)).toEqual({
          minMs: Math.min(...times),
          maxMs: Math.max(...times),
          worstBehindMs: worst,
        })
      }),
    )
  })

  it('reads the selected rows only', () => {
    fc.assert(
      fc.property(times, times => {
        const doubled = times.flatMap(time => [time, -time])
        const rows = Uint32Array.from(times, (_, i) => 2 * i)
        expect(timeStats(timestamps('ms', doubled.map(BigInt)), times.length, rows)).toEqual(
          timeStats(timestamps('ms', times.map(BigInt)), times.length),
        )
      }),
    )
  })
})

describe('timestampColumn', () => {
  it('is the inverse of eventTimesMs for whole units', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9_000_000_000, max: 9_000_000_000 }),
        fc.constantFrom('s', 'ms', 'us', 'ns'),
        (seconds, unit) => {
          const type = `timestamp[${unit}, Europe/Paris]` as TimestampType
          const column = timestampColumn(Float64Array.of(seconds * 1000), 1, type, heapArena)
          expect(column.type).toBe(type)
          expect(cellAt(column, 0, { timestamps: 'bigint' })).toBe(
            (BigInt(seconds) * 10n ** 9n) / UNITS[unit as keyof typeof UNITS],
          )
        },
      ),
    )
  })

  it('refuses what nanoseconds cannot hold', () => {
    const year2300 = Float64Array.of(Date.UTC(2300, 0, 1))
    expect(codeOf(() => timestampColumn(year2300, 1, 'timestamp[ns]', heapArena))).toBe('EVENT_TIME_RANGE')
    expect(
      codeOf(() => timestampColumn(Float64Array.of(Number.NEGATIVE_INFINITY), 1, 'timestamp[ms]', heapArena)),
    ).toBe('EVENT_TIME_RANGE')
  })
})
