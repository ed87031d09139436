import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { schemaFrom } from '../../../../src/core/types/schema.ts'
import { readJson, utf8 } from './support.ts'

const schema = schemaFrom({ v: 'float64' })

const doublesOf = (texts: readonly string[]): unknown[] => {
  const { rows, bad } = readJson(utf8(texts.map(text => `{"v":${text}}\n`).join('')), schema)
  expect(bad).toEqual([])
  return rows.map(({ v }) => v)
}

const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength })

it('numbers of any digits become the nearest double', () => {
  const whole = digits(20).map(text => text.replace(/^0+(?=\d)/, ''))
  const number = fc.oneof(
    fc.tuple(fc.constantFrom('', '-'), whole, digits(24)).map(([sign, a, b]) => `${sign}${a}.${b}`),
    fc.tuple(fc.constantFrom('', '-'), whole).map(([sign, a]) => sign + a),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map(value => (Object.is(value, -0) ? '-0' : String(value))),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(value => value.toFixed(14)),
  )
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 40 }), texts => {
      expect(doublesOf(texts)).toStrictEqual(texts.map(Number))
    }),
    { numRuns: 150 },
  )
})

it('half-way between two doubles, and next to it', () => {
  const texts: string[] = []
  // 2^53 + 1 lies half-way; with more digits, just above and below it.
  for (const text of [
    '9007199254740993',
    '9007199254740992.9',
    '9007199254740993.1',
    '900719925474099.35',
    '0.9007199254740993',
  ])
    texts.push(text, `-${text}`)
  // The midpoints of doubles of three digits before the point have up to 48 after it: cut at 16, they lie beside them.
  for (let i = 0; i < 500; i++) {
    const value = 100 + i / 7
    const next = value + 2 ** -46
    texts.push(((value + next) / 2).toFixed(16), (value + 2 ** -47).toFixed(14))
  }
  expect(doublesOf(texts)).toStrictEqual(texts.map(Number))
})
