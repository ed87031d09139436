import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Output } from '../../../src/core/formats/output.ts'
import {
  dateWriter,
  NUMBER_BYTES,
  writeClock,
  writeFloat,
  writeInteger,
} from '../../../src/core/formats/write-numbers.ts'

function written(write: (out: Output) => void): string {
  const out = new Output()
  out.reserve(NUMBER_BYTES)
  write(out)
  return Buffer.from(out.take()).toString()
}

it('numbers are written as String does', () => {
  const decimals = fc
    .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 8 }))
    .map(([units, places]) => units / 10 ** places)
  const short = fc
    .tuple(fc.integer({ min: -9_999_999, max: 9_999_999 }), fc.integer({ min: 0, max: 8 }))
    .map(([units, places]) => units / 10 ** places)
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(fc.oneof(decimals, short, doubles), value => {
      const expected = Object.is(value, -0) ? '-0' : String(value)
      expect(written(out => writeFloat(out, value))).toBe(expected)
    }),
    { numRuns: 5000 },
  )
  fc.assert(
    fc.property(fc.maxSafeInteger(), value => {
      expect(written(out => writeInteger(out, value))).toBe(String(value))
    }),
  )
})

it('days and times of day are written as ISO 8601 has them', () => {
  const out = new Output()
  const write = dateWriter(out)
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), fc.boolean(), (date, again) => {
      const text = date.toISOString()
      const days = Math.floor(date.getTime() / 86_400_000)
      out.reserve(2 * NUMBER_BYTES)
      for (let i = 0; i < (again ? 2 : 1); i++) {
        write(days)
        expect(Buffer.from(out.take()).toString()).toBe(text.slice(0, text.indexOf('T')))
      }
      writeClock(out, Math.floor(date.getTime() / 1000) - days * 86_400)
      expect(Buffer.from(out.take()).toString()).toBe(/T(.{8})/.exec(text)![1])
    }),
  )
})
