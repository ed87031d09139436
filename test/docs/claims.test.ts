import { expect, it } from 'vitest'
import { claim, printed } from './checks.ts'
import { type Example, moduleOf } from './examples.ts'

const fragment = (code: string): Example => ({
  at: 'src/a.ts:1',
  kind: 'comment',
  code,
  output: undefined,
  runs: true,
})
const linesOf = (code: string) =>
  moduleOf(fragment(code), [{ from: 'a', names: ['f', 'g'] }])
    .split('\n')
    .slice(1)

it('a claim holds when the value is what the comment says, in the digits it gives', () => {
  claim('1.5', 1.5)
  claim('1.64…, π²/6', Math.PI ** 2 / 6)
  claim('5.55…e-17', 2 ** -54)
  claim("[1, 'a', null]", [1, 'a', null])
  claim('[0.5, NaN]', Float64Array.of(0.5, Number.NaN))
  claim('−2: a minus as printed', -2)
})

it.each([
  ['1.5', 1.6],
  ['1.5', 1.5000001],
  ['1.63…', 1.65],
  ['0', false],
  ['true', 1],
  ["'1'", 1],
  ['[1, 2]', [1, 2, 3]],
  ['[]', [1]],
])('the claim %s does not hold for %s', (comment, value) => {
  expect(() => claim(comment, value)).toThrow('says')
})

it('what is printed must be the comment, letter by letter', () => {
  printed('true 1.50', true, '1.50')
  expect(() => printed('1.5', '1.50')).toThrow('says it prints 1.5, prints 1.50')
})

it('comments after expressions become checks, whole statements are planned, the rest stays', () => {
  expect(linesOf('f(1) // 2: why')).toEqual(['claim("2: why", f(1))'])
  expect(linesOf('console.log(f(1)) // two')).toEqual(['printed("two", f(1))'])
  expect(linesOf('await f(1) // [1, 2]')).toEqual(['claim("[1, 2]", await f(1))'])
  expect(linesOf('f(1) // whatever comes')).toEqual(['await planned(f(1))'])
  expect(linesOf('const x = f(1) // 2')).toEqual(['const x = f(1) // 2'])
  expect(linesOf('f({\n  a: 1, // 2\n})')).toEqual(['f({', '  a: 1, // 2', '})'])
})

it('imports what a fragment uses and does not have, and nothing it only says', () => {
  const imports = (code: string) =>
    moduleOf(fragment(code), [{ from: 'a', names: ['f', 'g'] }]).split('\n')[0]
  expect(imports('f(x.g)')).toContain(`import { f } from "a"`)
  expect(imports(`const f = 1\nf + 'g' // g`)).not.toContain('from "a"')
})
