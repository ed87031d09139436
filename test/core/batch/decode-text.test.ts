import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeText } from '../../../src/core/batch/column.ts'

it('texts are decoded as by TextDecoder, in shared memory too, long and short, whole and broken', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map(text => [...new TextEncoder().encode(text)]),
    fc.constantFrom(
      [0xef, 0xbb, 0xbf],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0xa6, 0x80],
      [0xff],
      [0xed, 0xa0, 0x80],
      [0],
    ),
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 30 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), fc.boolean(), (pieces, shared) => {
      const plain = Uint8Array.from([1, 2, 3, ...pieces.flat()])
      const buffer = shared ? new SharedArrayBuffer(plain.length) : new ArrayBuffer(plain.length)
      const bytes = new Uint8Array(buffer)
      bytes.set(plain)
      expect(decodeText(bytes.subarray(3))).toBe(decoder.decode(plain.subarray(3)))
    }),
  )
})
