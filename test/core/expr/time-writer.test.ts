import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TimeWriter } from '../../../src/core/expr/time-writer.ts'
import { timeZone } from '../../../src/core/types/time-zone.ts'

it('what a writer wrote before does not change what it writes', () => {
  const patterns = ['%Y-%m-%d', '%H:%M', '%I %p %z %Z', '%S', '%s', '%j %A', '%H:%M:%S.%f', '%g', '']
  const zones = [undefined, timeZone('Europe/Warsaw'), timeZone('Asia/Kolkata')]
  // Close to one another, around a change of clocks and on both sides of 1970.
  const seconds = fc.oneof(
    fc.integer({ min: -200, max: 200 }),
    fc.integer({ min: 1_711_846_700, max: 1_711_846_900 }),
    fc.integer({ min: -1e11, max: 1e11 }),
  )
  const moment = fc.record({ seconds, nanos: fc.nat(999_999_999), zone: fc.constantFrom(...zones) })
  fc.assert(
    fc.property(fc.constantFrom(...patterns), fc.array(moment, { minLength: 2 }), (pattern, moments) => {
      const writer = new TimeWriter(pattern)
      const text = (by: TimeWriter, { seconds, nanos, zone }: (typeof moments)[number]) =>
        Buffer.from(by.bytes.subarray(0, by.write(seconds, nanos, zone))).toString()
      for (const each of moments) {
        const first = text(writer, each)
        expect(first).toBe(text(new TimeWriter(pattern), each))
        expect(text(writer, each)).toBe(first)
      }
    }),
  )
})
