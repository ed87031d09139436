/** Functions of text: right values, edges, errors. */

import { describe, expect, it } from 'vitest'
import { read } from '../../../src/index.ts'
import { codeOf, each } from './each.ts'

const t = { t: 'utf8' } as const
const of = (texts: (string | null)[], expression: (r: any) => any) => each(t, { t: texts }, expression)
const WORDS = ['hello', 'a🦀é', '', null]

describe('pieces', () => {
  it('are counted in code points from 0, ends excluded', () => {
    expect(of(WORDS, r => r.t.substring(1, 3))).toEqual(['el', '🦀é', '', null])
    expect(of(WORDS, r => r.t.substring(2))).toEqual(['llo', 'é', '', null])
    expect(of(WORDS, r => r.t.substring(-2, 1))).toEqual(['h', 'a', '', null])
    expect(of(WORDS, r => r.t.substring(3, 1))).toEqual(['', '', '', null])
    expect(of(WORDS, r => r.t.slice(-2))).toEqual(['lo', '🦀é', '', null])
    expect(of(WORDS, r => r.t.slice(-9, -1))).toEqual(['hell', 'a🦀', '', null])
    expect(of(WORDS, r => r.t.slice(1, -1))).toEqual(['ell', '🦀', '', null])
    const places = { t: 'utf8', n: 'int32' } as const
    expect(each(places, { t: ['hello', 'hello'], n: [1, null] }, r => r.t.substring(r.n))).toEqual([
      'ello',
      null,
    ])
  })

  it('lose white space, or what they are told to lose', () => {
    const texts = [' \t\n\u00a0x y\u3000\ufeff', '\u2003\u205f', 'ü', '']
    expect(of(texts, r => r.t.trim())).toEqual(['x y', '', 'ü', ''])
    expect(of(texts, r => r.t.trimStart())).toEqual(['x y\u3000\ufeff', '', 'ü', ''])
    expect(of(texts, r => r.t.trimEnd())).toEqual([' \t\n\u00a0x y', '', 'ü', ''])
    expect(of(['xxayxx', '🦀a🦀', 'xx', ''], r => r.t.trim('🦀x'))).toEqual(['ay', 'a', '', ''])
    expect(of(['xxayxx'], r => r.t.trimEnd('x'))).toEqual(['xxay'])
  })
})

describe('changes', () => {
  it('are the same in every column that they are written to', async () => {
    const rows = await read
      .rows([{ t: 'a ß x' }, { t: 'é' }, { t: null }], { t: 'utf8' })
      .with({ y: r => r.t.upper() })
      .with({ z: r => r.y, u: r => r.t.upper() })
      .collect({ batchRows: 1 })
    const upper = ['A ẞ X', 'É', null]
    expect(rows.map(row => [row.y, row.z, row.u])).toEqual(upper.map(text => [text, text, text]))
  })

  it('replace what occurs, as it stands', () => {
    const texts = ['aXbXc', 'none', 'XX', '', null]
    expect(of(texts, r => r.t.replace('X', '$&🦀'))).toEqual(['a$&🦀bXc', 'none', '$&🦀X', '', null])
    expect(of(texts, r => r.t.replaceAll('X', ''))).toEqual(['abc', 'none', '', '', null])
    expect(of(['aaaa'], r => r.t.replaceAll('aa', 'b'))).toEqual(['bb'])
    expect(of(['ab'], r => r.t.replaceAll('', 'x'))).toEqual(['ab'])
    expect(of(['ab-cd'], r => r.t.replace('b-', r.t).concat('!', r.t))).toEqual(['aab-cdcd!ab-cd'])
  })

  it('repeat, reverse and pad by code points', () => {
    expect(of(WORDS, r => r.t.repeat(2))).toEqual(['hellohello', 'a🦀éa🦀é', '', null])
    expect(of(WORDS, r => r.t.repeat(-1))).toEqual(['', '', '', null])
    expect(of(WORDS, r => r.t.reverse())).toEqual(['olleh', 'é🦀a', '', null])
    expect(of(WORDS, r => r.t.padStart(6, '🦀-'))).toEqual(['🦀hello', '🦀-🦀a🦀é', '🦀-🦀-🦀-', null])
    expect(of(WORDS, r => r.t.padEnd(6))).toEqual(['hello ', 'a🦀é   ', '      ', null])
    expect(of(WORDS, r => r.t.padEnd(3, 'x'))).toEqual(['hello', 'a🦀é', 'xxx', null])
    expect(of(['a'], r => r.t.padEnd(3, ''))).toEqual(['a'])
    for (const grow of [(r: any) => r.t.repeat(1e9), (r: any) => r.t.padStart(1e9, 'é')])
      expect(codeOf(t, { t: ['a'] }, grow)).toBe('OVERFLOW')
  })

  it('survive a scratch that grows under them', () => {
    const long = 'é'.repeat(3000)
    expect(of([long], r => r.t.reverse().concat(r.t.padStart(3001, 'x'), r.t.replaceAll('é', 'ab')))).toEqual(
      [`${long}x${long}${'ab'.repeat(3000)}`],
    )
  })
})

describe('searches', () => {
  it('give places in code points', () => {
    expect(of(['🦀ab🦀ab', 'b', ''], r => r.t.indexOf('b'))).toEqual([2, 0, -1])
    expect(of(['🦀ab🦀ab', 'b', ''], r => r.t.indexOf('b', 3))).toEqual([5, -1, -1])
    expect(of(['ab'], r => r.t.indexOf(''))).toEqual([0])
  })

  it('take patterns of SQL', () => {
    const texts = ['Poland', 'Polaa', 'land', '', '100%', null]
    expect(of(texts, r => r.t.like('%land'))).toEqual([true, false, true, false, false, null])
    expect(of(texts, r => r.t.like('P%a_'))).toEqual([false, true, false, false, false, null])
    expect(of(texts, r => r.t.like('_%_%l%'))).toEqual([true, true, false, false, false, null])
    expect(of(texts, r => r.t.like('%'))).toEqual([true, true, true, true, true, null])
    expect(of(texts, r => r.t.like(''))).toEqual([false, false, false, true, false, null])
    expect(of(texts, r => r.t.like('%!%', { escape: '!' }))).toEqual([false, false, false, false, true, null])
    expect(of(['a🦀b', 'aab'], r => r.t.like('a_b'))).toEqual([true, true])
    expect(of(['aab', 'aba'], r => r.t.like('%a%b'))).toEqual([true, false])
    expect(codeOf(t, { t: [] }, r => r.t.like('a!', { escape: '!' }))).toBe('ARGUMENT_TYPE')
    expect(codeOf(t, { t: [] }, r => r.t.like('a', { escape: '!!' }))).toBe('OPTION')
    expect(codeOf(t, { t: [] }, r => r.t.like(r.t))).toBe('ARGUMENT_TYPE')
  })

  it('measure how far texts are apart', () => {
    expect(of(['kitten', 'sitting', '', '🦀', 'ab'], r => r.t.levenshtein('sitting'))).toEqual([
      3, 0, 7, 7, 7,
    ])
    const slow = (a: string, b: string): number => {
      let row = [...b, ''].map((_, j) => j)
      ;[...a].forEach((x, i) => {
        const next = [i + 1]
        for (const [j, y] of [...b].entries())
          next.push(Math.min(row[j]! + Number(x !== y), row[j + 1]! + 1, next[j]! + 1))
        row = next
      })
      return row.at(-1)!
    }
    let state = 7
    const text = (size: number) =>
      Array.from({ length: size }, () => 'abcé'[(state = (state * 48271) % 2147483647) % 4]).join('')
    for (const [m, n] of [
      [5, 9],
      [32, 33],
      [70, 64],
      [100, 3],
    ] as const) {
      const [a, b] = [text(m), text(n)]
      expect(of([a], r => r.t.levenshtein(b))).toEqual([slow(a, b)])
    }
    expect(codeOf(t, { t: ['a'.repeat(140_000)] }, r => r.t.levenshtein('b'.repeat(140_000)))).toBe(
      'OVERFLOW',
    )
  })
})

describe('parts', () => {
  it('of URLs are as they are written', () => {
    const urls = [
      'https://bob:s%20t@example.org:8080/a%20b/c?x=1&page=2&empty=&page=3#top',
      'mailto:bob@example.org',
      '//[::1]:80',
      '/plain/path?q',
      '',
    ]
    expect(of(urls, r => r.t.parseUrl('protocol'))).toEqual(['https', 'mailto', null, null, null])
    expect(of(urls, r => r.t.parseUrl('user'))).toEqual(['bob:s%20t', null, null, null, null])
    expect(of(urls, r => r.t.parseUrl('host'))).toEqual(['example.org', null, '[::1]', null, null])
    expect(of(urls, r => r.t.parseUrl('port'))).toEqual(['8080', null, '80', null, null])
    expect(of(urls, r => r.t.parseUrl('path'))).toEqual([
      '/a%20b/c',
      'bob@example.org',
      '',
      '/plain/path',
      '',
    ])
    expect(of(urls, r => r.t.parseUrl('query'))).toEqual(['x=1&page=2&empty=&page=3', null, null, 'q', null])
    expect(of(urls, r => r.t.parseUrl('fragment'))).toEqual(['top', null, null, null, null])
    expect(of(urls, r => r.t.parseUrl('parameter', 'page'))).toEqual(['2', null, null, null, null])
    expect(of(urls, r => r.t.parseUrl('parameter', 'empty'))).toEqual(['', null, null, null, null])
    expect(of(urls, r => r.t.parseUrl('parameter', 'q'))).toEqual([null, null, null, '', null])
    expect(codeOf(t, { t: [] }, r => r.t.parseUrl('domain'))).toBe('OPTION')
    expect(codeOf(t, { t: [] }, r => r.t.parseUrl('parameter'))).toBe('OPTION')
  })

  it('of JSON are found without reading the rest', () => {
    const json = [
      '{"a": {"b": [1, "t\\u00e9\\n", {"c d": null, "e": [[], {}]}], "b2": true}, "a2": 1e3}',
      '{"a": 1',
      '[1, 2]',
      '',
      null,
    ]
    expect(of(json, r => r.t.jsonExtract('$.a.b[1]'))).toEqual(['té\n', null, null, null, null])
    expect(of(json, r => r.t.jsonExtract('a.b[-1].e'))).toEqual(['[[], {}]', null, null, null, null])
    expect(of(json, r => r.t.jsonExtract('$.a.b[2]["c d"]'))).toEqual([null, null, null, null, null])
    expect(of(json, r => r.t.jsonExtract('$.a2'))).toEqual(['1e3', null, null, null, null])
    expect(of(json, r => r.t.jsonExtract('$[1]'))).toEqual([null, null, '2', null, null])
    expect(of(['{"k":1,"k":2}', '{"\\u006b":3}', '{"k":"a\\"}'], r => r.t.jsonExtract('k'))).toEqual([
      '2',
      '3',
      null,
    ])
    expect(of(['  [1]', 'nul', '{'.repeat(1e5)], r => r.t.jsonExtract('$'))).toEqual(['[1]', null, null])
    expect(codeOf(t, { t: [] }, r => r.t.jsonExtract('$..a'))).toBe('ARGUMENT_TYPE')
  })
})

describe('hashes', () => {
  it('are those of MurmurHash3, md5 and SHA-256', () => {
    // Test vectors of the 32-bit variant: seeds 0 and 0x9747b28c.
    expect(of(['', 'test', 'Hello, world!'], r => r.t.hash())).toEqual([0, 0xba6bd213, 0xc0363e43])
    expect(of(['aaaa', 'aaa', 'aa', 'a', 'abcd'], r => r.t.hash(0x9747b28c))).toEqual([
      0x5a97808a, 0x283e0130, 0x5d211726, 0x7fa09ea6, 0xf0478627,
    ])
    expect(of(['abc', null], r => r.t.md5())).toEqual(['900150983cd24fb0d6963f7d28e17f72', null])
    expect(of(['abc'], r => r.t.sha256())).toEqual([
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ])
  })

  it('are equal for equal whole numbers of any type, and for both zeros', () => {
    const whole = each({ n: 'int8' }, { n: [-5, 7] }, r => r.n.hash())
    expect(each({ n: 'int64' }, { n: [-5n, 7n] }, r => r.n.hash())).toEqual(whole)
    expect(each({ n: 'int64' }, { n: [-5n, 7n, 2n ** 62n] }, r => r.n.hash()).slice(0, 2)).toEqual(whole)
    const [zero, minus] = each({ x: 'float64' }, { x: [0, -0] }, r => r.x.hash())
    expect(zero).toBe(minus)
    expect(each({ b: 'bool' }, { b: [true] }, r => r.b.hash())).toEqual(
      each({ n: 'int32' }, { n: [1] }, r => r.n.hash()),
    )
    expect(codeOf(t, { t: [] }, r => r.t.hash(-1))).toBe('OPTION')
  })
})

describe('templates', () => {
  const types = { t: 'utf8', x: 'float64', n: 'int64', b: 'bool' } as const
  const cells = { t: ['é', null], x: [1234.5, 1], n: [-1234567n, 1n], b: [true, false] }
  const formatted = (pattern: string) => each(types, cells, r => r.t.format(pattern, r.x, r.n, r.b))[0]

  it('place values, in the formats that Python has', () => {
    expect(formatted('{} {} {} {} {{}}')).toBe('é 1234.5 -1234567 true {}')
    expect(formatted('{3}{0}{0}')).toBe('trueéé')
    expect(formatted('[{0:>3}|{0:*<3}|{0:-^4}|{0:3}]')).toBe('[  é|é**|-é--|é  ]')
    expect(formatted('{1:.2f} {1:10.1f}| {1:<8}| {1:e} {1:.1%} {1:g} {1:+}')).toBe(
      '1234.50     1234.5| 1234.5  | 1.234500e+03 123450.0% 1234.5 +1234.5',
    )
    expect(formatted('{2:,} {2:012d} {2:x} {2:>10}')).toBe('-1,234,567 -00001234567 -12d687   -1234567')
    expect(each(types, cells, r => r.t.format('{}', r.x))).toEqual(['é', null])
    expect(
      each({ x: 'float64' }, { x: [0.5, 1e22, Number.NaN, 1e-7] }, r => r.x.format('{:.0f} {:g}', r.x)),
    ).toEqual(['1 0.5', '10000000000000000000000 1e+22', 'nan nan', '0 1e-07'])
  })

  it('are refused where they cannot be read, or do not go with their values', () => {
    for (const pattern of ['{', '}', '{9}', '{:d}', '{1:d}', '{2:.2}', '{:99999}', '{x}', '{0:,}', '{3:.1}'])
      expect(
        codeOf(types, cells, r => r.t.format(pattern, r.x, r.n, r.b)),
        pattern,
      ).toBe('ARGUMENT_TYPE')
  })
})
