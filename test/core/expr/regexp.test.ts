/** Regular expressions: what matches, against re2js as an oracle; linear time; functions of them. */

import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../../src/core/errors.ts'
import { columnsOf } from '../../../src/core/expr/builder.ts'
import { Alphabet } from '../../../src/core/expr/regexp/alphabet.ts'
import { Automaton } from '../../../src/core/expr/regexp/automaton.ts'
import { compileProgram } from '../../../src/core/expr/regexp/program.ts'
import { regexpReplacer } from '../../../src/core/expr/regexp/regexp.ts'
import { Scratch } from '../../../src/core/expr/text-bytes.ts'
import { hasParity, show } from '../../../src/core/expr/type-of.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { runs } from '../../effort.ts'
import { codeOf, each } from './each.ts'

const ATOMS = [
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  'é',
  '\\w',
  '\\b',
  '^',
  '$',
  '(?m:^)',
  '(?m:$)',
  '\\B',
  '🦀',
  '(?i:K)',
  '\\pL',
  '\\n',
  '(?s:.)',
]
const patterns = fc.letrec<{ pattern: string }>(tie => ({
  pattern: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...ATOMS),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    tie('pattern').map(a => `(${a})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}'))
      .map(([a, times]) => `(?:${a})${times}`),
  ),
})).pattern
const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', 'é', '🦀', 'k', 'K', '\u212a', '\n', ' ', '1'), { maxLength: 10 })
  .map(points => points.join(''))
const encoder = new TextEncoder()

it('matches where RE2 does, with the groups that it has, within a longer text', () => {
  fc.assert(
    fc.property(patterns, fc.array(texts, { minLength: 1, maxLength: 4 }), (pattern, examples) => {
      const program = compileProgram(pattern)
      const alphabet = new Alphabet(program)
      const groups = Array.from({ length: program.groups }, (_, i) => i + 1)
      const searching = new Automaton(program, alphabet, groups)
      const testing = new Automaton(program, alphabet, [], true)
      const oracle = RE2JS.compile(pattern)
      for (const text of examples) {
        const bytes = encoder.encode(`xx${text}yy`)
        const [s, e] = [2, bytes.length - 2]
        const matcher = oracle.matcher(bytes.slice(s, e))
        const matches = matcher.find()
        expect(testing.search(bytes, s, e)).toBe(matches)
        expect(searching.search(bytes, s, e)).toBe(matches)
        if (!matches) continue
        const wanted = [0, ...groups].flatMap(group => [matcher.start(group), matcher.end(group)])
        expect(Array.from(searching.found, at => (at < 0 ? at : at - s))).toEqual(wanted)
      }
    }),
    { numRuns: runs(400) },
  )
})

describe('the automaton', () => {
  it('takes time in proportion to the text where backtracking would take for ever', () => {
    const text = encoder.encode('a'.repeat(200_000))
    for (const pattern of ['(a+)+$x', '(a|a)*b', '(?:a?){30}a{30}b', '.*.*.*x', '(.*)(.*)(.*)(.*)y']) {
      const program = compileProgram(pattern)
      const automaton = new Automaton(program, new Alphabet(program), [])
      expect(automaton.search(text, 0, text.length)).toBe(false)
      expect(automaton.steps).toBe(text.length)
    }
  })

  it('goes on when its table is full', () => {
    // Some 2^13 states.
    const program = compileProgram('(a|b)*a(a|b){12}c')
    const automaton = new Automaton(program, new Alphabet(program), [1])
    let state = 7
    const text = Array.from({ length: 12_000 }, () => 'ab'[(state = (state * 48271) % 2147483647) & 1]).join(
      '',
    )
    const bytes = encoder.encode(`${text}a${'b'.repeat(12)}c`)
    expect(automaton.search(bytes, 0, bytes.length)).toBe(true)
    expect([...automaton.found]).toEqual([0, bytes.length, 11_999, 12_000])
  })

  it('ends a search for all matches that would take hours', () => {
    const text = encoder.encode('a'.repeat(100_000))
    const replacer = regexpReplacer(JSON.stringify(['a.*b|a', '', true]))
    expect(() => replacer.append(new Scratch(), text, 0, text.length)).toThrow(DataError)
  })
})

const t = { t: 'utf8' } as const
const of = (cells: (string | null)[], expression: (r: any) => any) => each(t, { t: cells }, expression)

describe('functions of regular expressions', () => {
  it('tell whether they match, somewhere unless anchored', () => {
    expect(of(['IAH', 'xI', '', null], r => r.t.regexpMatch('I'))).toEqual([true, true, false, null])
    expect(of(['IAH', 'xI', '', null], r => r.t.regexpMatch('^I.*$'))).toEqual([true, false, false, null])
    expect(of(['İstanbul', 'ΣΑΣ'], r => r.t.regexpMatch('(?i)^(σας|i)'))).toEqual([false, true])
  })

  it('give a group of the first match, null without one', () => {
    const urls = ['/x?a=1&channel_id=7&channel_id=8', '?channel_id=', '/x', null]
    expect(of(urls, r => r.t.regexpExtract('[?&]channel_id=([^&]*)', 1))).toEqual(['7', '', null, null])
    expect(of(urls, r => r.t.regexpExtract('[?&]channel_id=([^&]*)'))).toEqual([
      '&channel_id=7',
      '?channel_id=',
      null,
      null,
    ])
    expect(of(urls, r => r.t.regexpExtract('a=(?<value>\\d+)', 'value'))).toEqual(['1', null, null, null])
    expect(of(['a', 'b'], r => r.t.regexpExtract('(a)|b', 1))).toEqual(['a', null])
    expect(of(['x🦀y'], r => r.t.regexpExtract('x(.)y', 1).concat('!'))).toEqual(['🦀!'])
    expect(of(['aé', 'ab'], r => r.t.regexpExtract('a(.)', 1).upper())).toEqual(['É', 'B'])
  })

  it('replace the first match, or all, with groups of it', () => {
    expect(
      of(['Doe, Jane', 'none', null], r => r.t.regexpReplace('^(?<last>\\w+), (\\w+)$', '$2 $<last>$$')),
    ).toEqual(['Jane Doe$', 'none', null])
    expect(of(['a1b22', ''], r => r.t.regexpReplace('\\d+', '<$0>'))).toEqual(['a<1>b22', ''])
    expect(of(['a1b22', ''], r => r.t.regexpReplace('\\d+', '<$&>', { all: true }))).toEqual([
      'a<1>b<22>',
      '',
    ])
    expect(of(['abc', 'é', ''], r => r.t.regexpReplace('x*', '-', { all: true }))).toEqual([
      '-a-b-c-',
      '-é-',
      '-',
    ])
    expect(of(['aab'], r => r.t.regexpReplace('a*', '-', { all: true }))).toEqual(['-b-'])
    expect(of(['foo bar'], r => r.t.regexpReplace('\\b', '|', { all: true }))).toEqual(['|foo| |bar|'])
    expect(of(['a'], r => r.t.regexpReplace('(a)|(b)', '[$1$2]'))).toEqual(['[a]'])
  })

  it('refuse what cannot be read, groups that are not there, and searches that may not end', () => {
    for (const pattern of [
      '(',
      '[',
      '(?=a)b',
      '(?<!a)b',
      '(a)\\1',
      '(?<n>a)\\k<n>',
      'a{1001}',
      '[\\u0041]',
    ]) {
      expect(
        codeOf(t, { t: [] }, r => r.t.regexpExtract(pattern)),
        pattern,
      ).toBe('REGEXP')
    }
    for (const pattern of [
      '[(?=a)]b',
      '\\(?=a',
      '\\\\1',
      '(?<name>a)',
      '(?P<name>a)',
      '\\-',
      '\\x{1F980}',
      '\\p{Greek}',
    ]) {
      expect(
        codeOf(t, { t: [] }, r => r.t.regexpExtract(pattern)),
        pattern,
      ).toBe('no error')
    }
    for (const group of [2, -1, 0.5, 'a'])
      expect(codeOf(t, { t: [] }, r => r.t.regexpExtract('(a)', group))).toBe('REGEXP')
    for (const by of ['$', '$2', '$<x>', '$x'])
      expect(
        codeOf(t, { t: [] }, r => r.t.regexpReplace('(a)', by)),
        by,
      ).toBe('REGEXP')
    expect(codeOf(t, { t: [] }, r => r.t.regexpMatch(r.t))).toBe('ARGUMENT_TYPE')
    expect(codeOf(t, { t: [] }, r => r.t.regexpReplace('a', 'b', { all: 1 }))).toBe('OPTION')
  })

  it('are shown as they are written, and never sent to DuckDB', () => {
    const schema = schemaFrom(t)
    const { expr } = columnsOf<any>(schema).t.regexpExtract('a(b)', 1)
    expect(show(expr)).toBe('regexpExtract(t, "a(b)", 1)')
    expect(hasParity(expr, schema, 'duckdb')).toBe(false)
  })
})
