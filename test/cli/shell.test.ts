import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { quoted, quotedSql } from '../../src/cli/shell.ts'

const hostile = fc.oneof(
  fc.string({ unit: fc.constantFrom(...`'"\`$\\!#&;|<>(){}[]*?~ \n\t-ab`) }),
  fc.constantFrom('$(touch x)', "it's", '`id`', '!!', '--', ''),
)

it('a shell reads quoted words as they were', () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 20 }), words => {
      const script = `printf '%s\\0' end ${words.flatMap(word => [quoted(word), quotedSql(word)]).join(' ')}`
      const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(1, -1)
      expect(read).toEqual(words.flatMap(word => [word, word]))
    }),
    { numRuns: 30 },
  )
})

it('leaves plain words and plain SQL readable', () => {
  expect(quoted('out/flights.duckdb')).toBe('out/flights.duckdb')
  expect(quotedSql("SELECT 'a'")).toBe(`"SELECT 'a'"`)
})
