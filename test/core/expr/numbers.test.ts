/** Functions of numbers and logic: right values, edges, errors. */

import { describe, expect, it } from 'vitest'
import { columnsOf, when } from '../../../src/core/expr/builder.ts'
import { typeOf } from '../../../src/core/expr/type-of.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { codeOf, each } from './each.ts'

const x = { x: 'float64' } as const
const n = { n: 'int32' } as const
const big = { n: 'int64' } as const
const MAX = 2n ** 63n - 1n

describe('rounding', () => {
  it('goes to the nearest number, halves away from zero', () => {
    const cells = { x: [2.5, -2.5, 0.49999999999999994, -0.4, 1e300, Number.NaN, Number.POSITIVE_INFINITY] }
    expect(each(x, cells, r => r.x.round())).toEqual([
      3,
      -3,
      0,
      -0,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ])
    expect(each(x, { x: [1.25, -1.25, 1.005, 1e300] }, r => r.x.round(1))).toEqual([1.3, -1.3, 1, 1e300])
    expect(each(x, { x: [1250, -1249.9, 1e300] }, r => r.x.round(-2))).toEqual([1300, -1200, 1e300])
    expect(each(x, { x: [1.5, -1.5, -0.5] }, r => r.x.floor())).toEqual([1, -2, -1])
    expect(each(x, { x: [1.5, -1.5, -0.5] }, r => r.x.ceil())).toEqual([2, -1, -0])
  })

  it('leaves whole numbers exact, and of their type', () => {
    const schema = schemaFrom({ n: 'int64' })
    const r = columnsOf<any>(schema)
    for (const made of [r.n.round(2), r.n.round(-2), r.n.floor(), r.n.ceil()])
      expect(typeOf(made.expr, schema)).toBe('int64')
    expect(each(big, { n: [MAX, -149n, 150n, -150n] }, r => r.n.floor())).toEqual([MAX, -149n, 150n, -150n])
    expect(each(big, { n: [149n, -149n, 150n, -150n] }, r => r.n.round(-2))).toEqual([
      100n,
      -100n,
      200n,
      -200n,
    ])
    expect(each(n, { n: [149, -149, 150, -150] }, r => r.n.round(-2))).toEqual([100, -100, 200, -200])
    expect(each(big, { n: [9_007_199_254_740_993_049n] }, r => r.n.round(-2))).toEqual([
      9_007_199_254_740_993_000n,
    ])
    expect(codeOf(big, { n: [MAX] }, r => r.n.round(-1))).toBe('OVERFLOW')
    expect(codeOf({ n: 'int8' }, { n: [127] }, r => r.n.round(-1))).toBe('OVERFLOW')
    expect(codeOf(n, { n: [1] }, r => r.n.round(0.5))).toBe('OPTION')
  })

  it('has signs and bounds', () => {
    expect(each(x, { x: [2.5, -0, Number.NaN, Number.NEGATIVE_INFINITY] }, r => r.x.sign())).toEqual([
      1, 0, 0, -1,
    ])
    expect(each(big, { n: [MAX, 0n, -MAX] }, r => r.n.sign())).toEqual([1, 0, -1])
    expect(each(x, { x: [1, Number.NaN, Number.POSITIVE_INFINITY] }, r => r.x.isFinite())).toEqual([
      true,
      false,
      false,
    ])
    expect(each(n, { n: [-5, 5, 50] }, r => r.n.clamp(0, 10))).toEqual([0, 5, 10])
    expect(each(big, { n: [-5n, MAX] }, r => r.n.clamp(0, MAX))).toEqual([0n, MAX])
  })
})

it('logarithms are natural unless they say otherwise, and what has no value is NaN', () => {
  expect(each(x, { x: [Math.E, 0, -1] }, r => r.x.log())).toEqual([1, Number.NEGATIVE_INFINITY, Number.NaN])
  expect(each(n, { n: [8] }, r => r.n.log2())).toEqual([3])
  expect(each(n, { n: [1000] }, r => r.n.log10())).toEqual([3])
  expect(each(n, { n: [9, -1] }, r => r.n.sqrt())).toEqual([3, Number.NaN])
  expect(each(n, { n: [3] }, r => r.n.pow(2))).toEqual([9])
  expect(each(x, { x: [0, 1] }, r => r.x.sin().add(r.x.cos()).add(r.x.tan()))).toEqual([
    1,
    Math.sin(1) + Math.cos(1) + Math.tan(1),
  ])
  expect(each(x, { x: [1] }, r => r.x.asin().add(r.x.acos()).add(r.x.atan()))).toEqual([
    Math.PI / 2 + Math.PI / 4,
  ])
  expect(each(x, { x: [1, -1] }, r => r.x.atan2(-1))).toEqual([(3 * Math.PI) / 4, (-3 * Math.PI) / 4])
  expect(each(x, { x: [1] }, r => r.x.exp().log())).toEqual([1])
})

describe('bits', () => {
  it('are those of two’s complements, of any length', () => {
    const pairs = {
      a: [6n, -1n, MAX, -(2n ** 40n), 2n ** 52n + 5n],
      b: [3n, 2n ** 62n + 1n, -2n, 2n ** 41n + 7n, -4n],
    }
    const types = { a: 'int64', b: 'int64' } as const
    expect(each(types, pairs, r => r.a.bitAnd(r.b))).toEqual(pairs.a.map((a, i) => a & pairs.b[i]!))
    expect(each(types, pairs, r => r.a.bitOr(r.b))).toEqual(pairs.a.map((a, i) => a | pairs.b[i]!))
    expect(each(types, pairs, r => r.a.bitXor(r.b))).toEqual(pairs.a.map((a, i) => a ^ pairs.b[i]!))
    const small = { a: [-(2n ** 40n), 2n ** 52n + 5n, -3n], b: [2n ** 41n + 7n, -4n, 1n] }
    expect(each(types, small, r => r.a.bitXor(r.b))).toEqual(small.a.map((a, i) => a ^ small.b[i]!))
    expect(each({ n: 'uint32' }, { n: [4294967295, 1] }, r => r.n.bitAnd(4294967294))).toEqual([
      4294967294, 0,
    ])
    expect(codeOf(x, { x: [1] }, r => r.x.bitAnd(1))).toBe('ARGUMENT_TYPE')
  })

  it('move to the left with an error where they no longer fit, and to the right with the sign', () => {
    expect(each(n, { n: [5, -5, 0] }, r => r.n.shift(2))).toEqual([20, -20, 0])
    expect(each(n, { n: [5, -5, 0] }, r => r.n.shift(-1))).toEqual([2, -3, 0])
    expect(each(n, { n: [5, -5] }, r => r.n.shift(-2_000_000_000))).toEqual([0, -1])
    expect(each(big, { n: [1n, -1n] }, r => r.n.shift(62))).toEqual([2n ** 62n, -(2n ** 62n)])
    expect(each(big, { n: [2n ** 62n + 1n, -1n] }, r => r.n.shift(-60))).toEqual([4n, -1n])
    expect(each(n, { n: [0] }, r => r.n.shift(2_000_000_000))).toEqual([0])
    expect(codeOf(n, { n: [1] }, r => r.n.shift(31))).toBe('OVERFLOW')
    expect(codeOf(big, { n: [1n] }, r => r.n.shift(63))).toBe('OVERFLOW')
  })
})

it('the greatest and the least are null where one is, and NaN is greatest', () => {
  const types = { a: 'float64', b: 'float64' } as const
  const cells = { a: [1, Number.NaN, null, 2], b: [2, 1, 1, null] }
  expect(each(types, cells, r => r.a.greatest(r.b))).toEqual([2, Number.NaN, null, null])
  expect(each(types, cells, r => r.a.least(r.b, 1.5))).toEqual([1, 1, null, null])
  const texts = { a: 'utf8', b: 'utf8' } as const
  expect(each(texts, { a: ['é', 'b', null], b: ['z', 'ba', 'a'] }, r => r.a.greatest(r.b, 'a'))).toEqual([
    'é',
    'ba',
    null,
  ])
  expect(each(texts, { a: ['é', 'b', null], b: ['z', 'ba', 'a'] }, r => r.a.least(r.b))).toEqual([
    'z',
    'b',
    null,
  ])
  expect(each({ a: 'int64', b: 'int32' }, { a: [MAX, -3n], b: [5, 7] }, r => r.a.greatest(r.b))).toEqual([
    MAX,
    7n,
  ])
})

it('conditions have a then() of their own, and nulls a filling', () => {
  const pace = (r: any) => when(r.n.gt(60)).then('late').when(r.n.gt(15)).then('slow').otherwise('fine')
  expect(each(n, { n: [61, 16, 1, null] }, pace)).toEqual(['late', 'slow', 'fine', 'fine'])
  expect(
    each(n, { n: [61, 16] }, r => when(r.n.gt(60)).then(r.n).when(r.n.gt(20), 1).otherwiseNull()),
  ).toEqual([61, null])
  expect(codeOf(n, { n: [] }, r => r.n.add(when(r.n.gt(1))))).toBe('WHEN_OPEN')
  expect(each(n, { n: [1, null] }, r => r.n.fillNull(7))).toEqual([1, 7])
  expect(each(n, { n: [1, 2, null] }, r => r.n.in([2, 3]))).toEqual([false, true, null])
})
