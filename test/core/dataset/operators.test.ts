/** JavaScript's own operators on expressions: refused when the callback is called, with what to write instead. */

import { describe, expect, it } from 'vitest'
import { col, lit, max, PlanError, read, sum, when } from '../../../src/index.ts'
import { FULL } from '../../effort.ts'

// Untyped, as plain JavaScript would have it: the types refuse most of these (test/types/operators.test-d.ts).
const sales: any = read.rows([
  { country: 'DE', amount: 11.65, paid: true },
  { country: 'FR', amount: 150, paid: null },
  { country: 'DE', amount: null, paid: false },
])

function refusal(build: () => unknown): PlanError {
  try {
    build()
  } catch (error) {
    expect(error).toBeInstanceOf(PlanError)
    return error as PlanError
  }
  throw new Error('nothing was refused')
}

const large = (r: any) => r.amount.gt(100)

describe('refused, with what to write instead', () => {
  const cases: [name: string, build: () => unknown, hint: string][] = [
    [
      '&&',
      () => sales.filter((r: any) => r.amount.gt(100) && r.country.eq('DE')),
      "write r.amount.gt(100).and(r.country.eq('DE'))",
    ],
    ['&& of columns', () => sales.with({ x: (r: any) => r.amount && r.paid }), 'write r.amount.and(r.paid)'],
    [
      '&& of a helper',
      () => sales.filter((r: any) => large(r) && r.country.eq('DE')),
      "write large(r).and(r.country.eq('DE'))",
    ],
    [
      '||',
      () => sales.filter((r: any) => r.amount.gt(100) || r.country.eq('DE')),
      "write r.amount.gt(100).or(r.country.eq('DE')), or r.amount.gt(100).coalesce(r.country.eq('DE')) for the first that is not null",
    ],
    ['??', () => sales.with({ x: (r: any) => r.amount ?? 0 }), 'write r.amount.coalesce(0)'],
    ['!', () => sales.filter((r: any) => !r.country.eq('DE')), "write r.country.eq('DE').not()"],
    ['! of a column', () => sales.filter((r: any) => !r.paid), 'write r.paid.not()'],
    ['===', () => sales.filter((r: any) => r.country === 'DE'), "write r.country.eq('DE')"],
    [
      '=== the other way round',
      () => sales.filter((r: any) => 'DE' === r.country),
      "write r.country.eq('DE')",
    ],
    ['!==', () => sales.filter((r: any) => r.country !== 'DE'), "write r.country.ne('DE')"],
    ['=== null', () => sales.filter((r: any) => r.amount === null), 'write r.amount.isNull()'],
    ['!== undefined', () => sales.filter((r: any) => r.amount !== undefined), 'write r.amount.isNotNull()'],
    [
      '=== of two columns',
      () => sales.filter(({ amount, paid }: any) => amount === paid),
      'write amount.eq(paid)',
    ],
    [
      '?:',
      () => sales.with({ size: (r: any) => (r.amount.gt(100) ? 'big' : 'small') }),
      "write when(r.amount.gt(100), 'big').otherwise('small')",
    ],
    [
      '?: on a column',
      () => sales.with({ size: (r: any) => (r.paid ? 'paid' : 'open') }),
      "write when(r.paid, 'paid').otherwise('open')",
    ],
    [
      'if',
      () =>
        sales.with({
          size: (r: any) => {
            if (r.amount.gt(100)) return 'big'
            return 'small'
          },
        }),
      'write when(r.amount.gt(100), value).otherwise(other)',
    ],
    [
      'if on a variable',
      () =>
        sales.with({
          size: (r: any) => {
            const { paid } = r
            const isPaid = paid.coalesce(false)
            if (isPaid) return 1
            return 2
          },
        }),
      'write when(isPaid, value).otherwise(other)',
    ],
    [
      'switch',
      () =>
        sales.with({
          x: (r: any) => {
            switch (r.country) {
              case 'DE':
                return 1
              default:
                return 2
            }
          },
        }),
      'write when(r.country.eq(…), value).otherwise(other)',
    ],
    ['>', () => sales.filter((r: any) => r.amount > 100), 'write r.amount.gt(100)'],
    ['+', () => sales.with({ x: (r: any) => r.amount + 1 }), 'write r.amount.add(1), or concat() for texts'],
    ['*, the number first', () => sales.with({ x: (r: any) => 2 * r.amount }), 'write lit(2).mul(r.amount)'],
    ['-', () => sales.with({ x: (r: any) => -r.amount }), 'write r.amount.neg()'],
    ['a template', () => sales.with({ x: (r: any) => `${r.country}!` }), 'join texts with a.concat(b)'],
    [
      'includes',
      () => sales.filter((r: any) => ['DE', 'FR'].includes(r.country)),
      "write r.country.isIn(['DE', 'FR'])",
    ],
    ['Boolean()', () => sales.filter((r: any) => Boolean(r.paid)), "write r.paid.cast('bool')"],
    [
      'Number.isNaN()',
      () => sales.filter((r: any) => Number.isNaN(r.amount)),
      'write a.isNaN(), or compare it',
    ],
    ['inside of another', () => sales.filter((r: any) => r.amount.gt(1).and(!r.paid)), 'write r.paid.not()'],
    [
      'in a condition of when()',
      () => sales.with({ x: (r: any) => when(r.paid || r.amount.gt(1), 1).otherwise(0) }),
      'write r.paid.or(r.amount.gt(1)), or r.paid.coalesce(r.amount.gt(1)) for the first that is not null',
    ],
    [
      'in reduce',
      () => {
        const isNull = (r: any) => ['amount', 'paid'].map(name => r[name].isNull()).reduce((a, b) => a && b)
        return sales.filter(isNull)
      },
      'write a.and(b)',
    ],
    [
      'in reduce of a variable',
      () =>
        sales.filter((r: any) => {
          const parts = ['amount', 'paid'].map(name => r[name].isNull())
          return parts.reduce((a, b) => a || b)
        }),
      'write a.or(b), or a.coalesce(b) for the first that is not null',
    ],
    [
      'on what a helper made, in a variable',
      () =>
        sales.filter((r: any) => {
          const isLarge = large(r)
          return isLarge && r.paid
        }),
      'write isLarge.and(r.paid)',
    ],
    [
      '&&=',
      () =>
        sales.filter((r: any) => {
          let test = r.paid
          test &&= r.amount.gt(1)
          return test
        }),
      'write test.and(r.amount.gt(1))',
    ],
    ['in select', () => sales.select({ x: (r: any) => r.amount ?? 0 }), 'write r.amount.coalesce(0)'],
    ['in an aggregate', () => sales.agg({ x: sum((r: any) => r.amount ?? 0) }), 'write r.amount.coalesce(0)'],
    [
      'in an aggregate of groups',
      () => sales.groupBy('country').agg({ x: max((r: any) => (r.paid ? r.amount : 0)) }),
      'write when(r.paid, r.amount).otherwise(0)',
    ],
    [
      'in a method',
      () =>
        sales.filter(
          {
            test(r: any) {
              return !r.paid
            },
          }.test,
        ),
      'write r.paid.not()',
    ],
  ]
  for (const [name, build, hint] of cases) {
    it(name, () => {
      const error = refusal(build)
      expect(error.code).toBe('NOT_A_VALUE')
      // Whoever compiles this file chooses the quotes of its source.
      expect(error.hint!.replaceAll('"', "'")).toBe(hint)
      expect(error.stack!.split('\n').find(line => line.includes('    at '))).toContain('operators.test.ts')
    })
  }

  it('says what was written', () => {
    expect(refusal(() => sales.filter((r: any) => r.amount.gt(1) && r.paid)).message).toMatch(
      /^r\.amount\.gt\(1\) && r\.paid is its second part alone/,
    )
  })
})

describe('an expression that is made and not used', () => {
  const both = (r: any) => large(r) && r.country.eq('DE')

  it('is refused, also where the operator is in a helper', () => {
    const error = refusal(() => sales.filter((r: any) => both(r)))
    expect(error.code).toBe('UNUSED_EXPRESSION')
    expect(error.message).toContain('100')
  })

  it('is refused as a statement of its own', () => {
    const build = () =>
      sales.filter((r: any) => {
        r.amount.gt(100)
        return r.paid
      })
    expect(refusal(build).code).toBe('UNUSED_EXPRESSION')
  })
})

it('one operator on columns before their names are known', () => {
  const later: any = read.source({
    label: 'later',
    bounded: true,
    replayable: true,
    canOrder: false,
    canFilter: () => false,
    schema: async () => [],
    splits: async () => [],
    open: async () => {
      throw new Error('never opened')
    },
  })
  expect(refusal(() => later.filter((r: any) => r.anything || r.other)).code).toBe('NOT_A_VALUE')
})

describe("what is JavaScript's own business is left alone", () => {
  const detailed = [false, true][0]!
  const options: { least?: number } = {}
  const names = ['amount', 'paid']
  const chooser = { pick: (one: any, other: any) => (detailed ? one : other) }
  class Kept {
    large: any
    small: any
    constructor(r: any) {
      this.large = r.amount.gt(9)
      this.small = r.amount.lt(1)
    }
  }
  let kept: any
  const cases: [name: string, callback: (r: any) => unknown][] = [
    ['a column that is not used', ({ amount, paid: _ }: any) => amount],
    [
      'a variable that is not always used',
      r => {
        const isLarge = r.amount.gt(100)
        if (detailed) return isLarge
        return r.paid
      },
    ],
    ['a choice between expressions', r => (detailed ? r.amount.gt(1) : r.paid)],
    ['a choice of a number', r => r.amount.gt(detailed ? 1 : 2)],
    [
      'an expression used twice',
      r => {
        const doubled = r.amount.mul(2)
        return doubled.add(doubled)
      },
    ],
    ['a condition that may be left out', r => (detailed && r.paid) || r.amount.gt(1)],
    ['a list by name', r => ({ large: r.amount.gt(1), small: r.amount.lt(1) })[detailed ? 'large' : 'small']],
    ['columns by name', r => names.map(name => r[name].isNull()).reduce((a, b) => a.and(b))],
    [
      'a loop',
      r => {
        let all = lit(true) as any
        for (const name of names) if (name !== 'paid') all = all.and(r[name].isNotNull())
        return all
      },
    ],
    ['an option with a default', r => r.amount.gt(options.least ?? 5)],
    [
      'a variable set by the first of several',
      r => {
        let all: any
        for (const name of names) all = all ? all.and(r[name].isNull()) : r[name].isNull()
        return all
      },
    ],
    [
      'a nested when',
      r =>
        when(r.paid, when(r.amount.gt(1), 1).otherwise(2))
          .when(r.amount.isNull(), 3)
          .otherwise(4),
    ],
    [
      'a variable set by the first of several, beside one that is not always used',
      r => {
        const [large, small] = [r.amount.gt(9), r.amount.lt(1)]
        let all: any
        for (const name of names) all = all ? all.and(r[name].isNull()) : r[name].isNull()
        return detailed ? all.and(large) : small
      },
    ],
    [
      'a variable set where it is not set yet',
      r => {
        let all: any
        for (const name of names) {
          if (!all) all = r[name].isNull()
          else all = all.and(r[name].isNull())
        }
        return all
      },
    ],
    ['an expression kept outside', r => kept ?? (kept = r.amount.gt(1))],
    ['the index of map', r => names.map((name, i) => (i === 0 ? r[name].isNull() : r[name].isNotNull()))[1]],
    ['some of a list', r => names.map(name => r[name].isNull()).slice(0, 1)[0]],
    ['an item by its place', r => [r.amount.gt(1), r.amount.lt(9)].find((_, i) => i === 1)],
    [
      'a flag of a helper inside',
      r => {
        const over = (x: any, strict: boolean) => (strict ? x.gt(1) : x.gte(1))
        const [one, other] = [over(r.amount, true), over(r.amount, false)]
        return detailed ? one : other
      },
    ],
    ['names of columns', r => (Object.keys(r).some(name => names.includes(name)) ? r.paid : r.amount.gt(1))],
    ['a helper of an object that chooses', r => chooser.pick(r.amount.gt(1), r.amount.lt(9))],
    ['an object that keeps expressions', r => new Kept(r).large],
    [
      'names that mean something else inside',
      ({ amount, paid }: any) =>
        [{ amount: 1, paid: true }].map(({ amount, paid: isPaid }) => amount === 1 && isPaid)[0]
          ? paid
          : amount,
    ],
    [
      'names that mean something else in a loop',
      ({ amount, paid }: any) => {
        for (const [amount] of [[1]]) if (amount === 1) return paid
        return amount
      },
    ],
    [
      'names of functions of this package that are others here',
      r => {
        const grid = { col: (n: number) => n }
        return grid.col(1) === 1 ? r.paid : r.amount
      },
    ],
    ['a default as compilers write it', ({ paid: given }: any) => (given === void 0 ? true : given)],
    ['a constant', () => 1],
    ['a column by its name', () => col('amount').isNull()],
    ['a list that includes a name', r => (names.includes('amount') ? r.amount : r.paid)],
    ['a bound function', large.bind(null)],
    ['optional chaining', r => r?.amount?.gt(1)],
  ]
  for (const [name, callback] of cases) {
    it(name, () => {
      expect(() => sales.with({ x: callback })).not.toThrow()
    })
  }
})

describe('expressions that a loop made', () => {
  const grown = (grow: (e: any) => any, times: number) => () =>
    sales.with({
      x: (r: any) => {
        let e = r.amount
        for (let i = 0; i < times; i++) e = grow(e)
        return e
      },
    })

  it('of 300 terms are computed', async () => {
    const [row] = await grown(e => e.add(1), 300)().collect()
    expect(row.x).toBe(311.65)
  })

  it('too deep or too large are refused, not a stack that overflows', () => {
    expect(refusal(grown(e => e.add(1), 3000)).code).toBe('EXPRESSION_SIZE')
    expect(refusal(grown(e => e.add(e), 40)).code).toBe('EXPRESSION_SIZE')
  })

  it('over several verbs are computed, however deep they come to be together', async () => {
    let sum = sales
    for (let i = 0; i < 4; i++) {
      sum = sum.with({
        amount: (r: any) => {
          let e = r.amount
          for (let j = 0; j < 400; j++) e = e.add(1)
          return e
        },
      })
    }
    for (const shards of [0, 1]) expect((await sum.collect({ shards }))[1].amount).toBe(1750)
  })

  it('whose parts are shared are looked at part by part, not path by path', async () => {
    let doubled = sales.filter((r: any) => r.amount.isNotNull())
    for (let i = 0; i < 60; i++) doubled = doubled.with({ amount: (r: any) => r.amount.add(r.amount) })
    expect((await doubled.collect())[1].amount).toBe(150 * 2 ** 60)
    const [, , first] = await grown(e => e.coalesce(1), 60)().collect()
    expect(first.x).toBe(1)
  })

  it.runIf(FULL)('may compare with 200,000 values', async () => {
    const values = Array.from({ length: 200_000 }, (_, i) => i + 0.65)
    expect(await sales.filter((r: any) => r.amount.isIn(values)).count()).toBe(1)
  })

  it('do not take a text for a list', () => {
    expect(refusal(() => sales.filter((r: any) => r.country.isIn('DE'))).code).toBe('ARGUMENT_TYPE')
  })
})
