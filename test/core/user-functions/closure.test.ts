import { describe, expect, it } from 'vitest'
import '../../../src/index.ts'
import { closureOf, compileClosure } from '../../../src/core/user-functions/closure.ts'
import { freeVariables } from '../../../src/core/user-functions/free-variables.ts'
import { functionSource } from '../../../src/core/user-functions/function-source.ts'
import { rate, score, total } from './shop.ts'

const freeIn = (text: string, given: readonly string[] = []): string[] =>
  freeVariables(functionSource(text)!, given).free.map(({ name }) => name)

const made = (work: Function, using?: object): any => compileClosure(closureOf('map', work, using))

describe('free variables', () => {
  it('are those that nothing in the function declares', () => {
    expect(
      freeIn(`function own({ a, b: [c = d, ...e], [f]: g }, h = a) {
        var i = 1
        if (i) { var j = 2; let k = 3; function l() { return own(k) } }
        k
        class M extends N { static o = p; #q = this.#q; r() { return this.o + super.toString() } }
        for (const s of t) { u: for (let v = 0; v < s; v++) continue u }
        try { w() } catch ({ x }) { x } 
        const y = { y2: z, z2() { return arguments }, [a1]: 1, a }
        switch (a) { case b1: let c1 = 1; c1; break }
        d1 = ({ e1: f1 }) => ({ ...f1, g1: new.target })
        return typeof h1 + \`\${i1}\` + h.j1?.k1 + m1\`x\` + Math.max(e, g, l, M, y)
      }`),
    ).toEqual(['d', 'f', 'k', 'N', 'p', 't', 'w', 'z', 'a1', 'b1', 'd1', 'h1', 'i1', 'm1', 'l'])
  })

  it('have the names they were imported by, as test runners and compilers rewrite them', () => {
    const text =
      '(r) => (0, __vite_ssr_import_0__.round)(r.x) + __vite_ssr_import_1__.default + (0, shop_1.score)(r) + import_shop.rate + __name(() => 1, "f")()'
    expect(freeIn(text)).toEqual(['round', 'the default import', 'score', 'rate'])
    expect(freeIn(text, ['round', 'score', 'rate'])).toEqual(['the default import'])
  })

  it('are this and import.meta, where they are those of the surroundings', () => {
    expect(freeIn('() => this.x + import.meta.url')).toEqual(['this', 'import.meta'])
    expect(freeIn('() => [this.x, () => this.y, function () { return this.z }]')).toEqual(['this'])
    expect(freeIn('() => arguments[0]')).toEqual(['arguments'])
  })
})

describe('a closure', () => {
  it('is made again from its source, with copies of the values and functions it uses', () => {
    const limits = { most: [3, 5] }
    const cut = (x: number) => Math.min(x, limits.most[0]!)
    const work = made((x: number) => cut(x) * limits.most[1]!, { cut, limits })
    limits.most[0] = 100
    expect(work(7)).toBe(15)
    expect(
      made(
        {
          twice(x: number) {
            return 2 * x
          },
        }.twice,
      )(4),
    ).toBe(8)
    expect(
      made(function fact(n: number): number {
        return n < 2 ? 1 : n * fact(n - 1)
      })(5),
    ).toBe(120)
  })

  it('finds what was imported under the names it is given, though a test runner has rewritten it', () => {
    const work = made((x: number) => score(x, 'ab') * rate, { score, rate })
    expect(String((x: number) => score(x, 'ab'))).toContain('__vite_ssr_import_')
    expect(work(10)).toBe(4)
  })

  it('that uses what will not be there is refused, with the remedy', () => {
    const factor = 2
    expect(() => closureOf('map', (x: number) => total({ price: x, items: factor }))).toThrow(
      'the function that map was given uses total and factor, which are not there in the thread that runs it\n' +
        "  HINT: using: { factor } gives it copies of values; or export it from a module and give { url: import.meta.resolve('./functions.ts'), export: 'name' }",
    )
    expect(() => closureOf('udf', (x: number) => total({ price: x, items: factor }), { factor })).toThrow(
      'uses total, which is not there',
    )
    expect(() => closureOf('udf', Math.max)).toThrow('takes a function with a source, got one without')
    expect(() => closureOf('udf', (() => 1).bind(null))).toThrow('got one without')
    expect(() => closureOf('udf', class {})).toThrow('got a class')
  })

  it('is given JSON', () => {
    const f = () => 1
    for (const [value, at] of [
      [{ a: [1, new Date(0)] }, 'v.a.1'],
      [1n, 'v'],
      [Number.NaN, 'v'],
      [new Map(), 'v'],
      [undefined, 'v'],
    ] as const) {
      expect(() => closureOf('map', f, { v: value })).toThrow(`at ${at}, which is not JSON`)
    }
    expect(() => closureOf('map', f, { 'x) => process.exit(': 1 })).toThrow('which no variable has')
    expect(() => closureOf('map', f, 3)).toThrow('using takes an object of values by name, got 3')
  })
})
