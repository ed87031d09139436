/**
 * Edges of the grammar of JSON, as suites for its parsers have them: what JSON.parse takes is taken, with the same value, and
 * what it refuses is a bad record, whether a column looks at it or not.
 */

import { expect, it } from 'vitest'
import { schemaFrom } from '../../../../src/core/types/schema.ts'
import { readJson, utf8 } from './support.ts'

const VALUES = [
  // Numbers.
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '10',
    '1.0',
    '0.1',
    '-0.1',
    '1e1',
    '1E1',
    '1e+1',
    '1e-1',
    '1.5e10',
    '0e0',
    '0e+1',
    '0E-0',
    '1e00',
  ],
  ...[
    '123456789012345678901234567890',
    '-9223372036854775809',
    '1e308',
    '1e309',
    '-1e309',
    '1e-400',
    '0.000000000000000000001',
  ],
  ...[
    '01',
    '-01',
    '00',
    '-',
    '+1',
    '1.',
    '.1',
    '-.1',
    '1.e1',
    '1e',
    '1e+',
    '1e1.5',
    '1e1e1',
    '0x1',
    '1_000',
    '1,5',
    '1 2',
    '1a',
    'e1',
  ],
  ...[
    'Infinity',
    '-Infinity',
    'NaN',
    '-NaN',
    '１',
    '1١',
    '--1',
    '-+1',
    '1..2',
    '1.-2',
    '0.0.0',
    '2.e3',
    '9.e+',
    '-2.',
    '0.e1',
    '0e',
    '1eE2',
  ],
  // Literals.
  ...[
    'null',
    'true',
    'false',
    'nul',
    'tru',
    'fals',
    'nulll',
    'truee',
    'True',
    'FALSE',
    'NULL',
    'undefined',
    'nan',
    'n',
    't',
    'f',
    'nu ll',
  ],
  // Text.
  ...[
    '""',
    '"a"',
    '"\\""',
    '"\\\\"',
    '"\\/"',
    '"/"',
    '"\\b\\f\\n\\r\\t"',
    '"\\u0041"',
    '"\\u0000"',
    '"\\uFFFF"',
    '"\\uabCD"',
    '"\u007f"',
  ],
  ...[
    '"\\ud834\\udd1e"',
    '"\u2028\u2029"',
    '"\ufeff"',
    '"𝄞"',
    '"\u{10ffff}"',
    '"\\u0022"',
    '"\\u005c"',
    '"a/*b*/c"',
    '"[,]{:}"',
    '" "',
  ],
  ...[
    '"',
    '"a',
    'a"',
    "'a'",
    '"\\"',
    '"\\a"',
    '"\\x00"',
    '"\\u"',
    '"\\u1"',
    '"\\u12"',
    '"\\u123"',
    '"\\u123g"',
    '"\\U0041"',
    '"\\\u00e9"',
  ],
  ...[
    '"\t"',
    '"\u0000"',
    '"\u001f"',
    '"a""b"',
    '"a" "b"',
    '"\\u00A"',
    '"\\ud834\\"',
    '"\\',
    '"\\ "',
    '“a”',
    '"\\0"',
    '"\\\'"',
    '"\\v"',
  ],
  // Lists.
  ...[
    '[]',
    '[ ]',
    '[1]',
    '[1,2]',
    '[[]]',
    '[[[]]]',
    '[null]',
    '[ 1 , 2 ]',
    '["a",{"b":[]}]',
    '[[1],[2,[3]]]',
    '[1,\t2]',
    '[{}]',
  ],
  ...[
    '[',
    ']',
    '[1',
    '[1,',
    '[,',
    '[,1]',
    '[1,]',
    '[1,,2]',
    '[1 2]',
    '[1;2]',
    '[1:2]',
    '[1}',
    '[[1]',
    '[1]]',
    '[1,[2]',
    '[1,2}',
    '[*]',
    '[a]',
  ],
  // Objects.
  ...[
    '{}',
    '{ }',
    '{"a":1}',
    '{"a":{"b":{}}}',
    '{"":0}',
    '{"a":1,"a":2}',
    '{"a" : 1 , "b" : [ ] }',
    '{"\\u0061":1}',
    '{"a":"}"}',
    '{"__proto__":1}',
  ],
  ...[
    '{',
    '}',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{"a"}',
    '{"a" 1}',
    '{"a",1}',
    '{a:1}',
    "{'a':1}",
    '{1:1}',
    '{"a":1 "b":2}',
  ],
  ...[
    '{"a"::1}',
    '{"a":1,,"b":2}',
    '{"a":1]',
    '{"a":[1}',
    '{null:1}',
    '{"a":}',
    '{:1}',
    '{"a":1}}',
    '{{}}',
    '{[]:1}',
    '{"a":1;"b":2}',
    '{"a"=1}',
  ],
  // What stands between.
  ...[
    '',
    ' ',
    '1 ',
    ' 1',
    '\t1\t',
    '1\r',
    '\u00a01',
    '1\u00a0',
    '\u20601',
    '1\f',
    '\v1',
    '1\u0000',
    '/**/1',
    '1//',
    '#1',
    '1,',
    ',1',
    '1;',
    '1/*',
  ],
]

const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: (JSON.parse(text) as { v: unknown }).v }
  } catch {
    return undefined
  }
}

const records = VALUES.map(value => `{"v":${value}}`)
// A record with another shape than the value's own, such as `{"v":1,"b":2}`, is none of the edges.
const edges = records.filter(record => Object.keys((parsed(record) && JSON.parse(record)) ?? {}).length <= 1)

it('text columns take what JSON.parse takes', () => {
  expect(edges.length).toBeGreaterThan(200)
  for (const record of edges) {
    const { rows, bad } = readJson(utf8(`{"v":"x"}\n${record}\n`), schemaFrom({ v: 'utf8' }))
    const expected = parsed(record)
    expect(bad.length, record).toBe(expected ? 0 : 1)
    if (!expected) continue
    const cell = rows[1]!.v as string | null
    if (typeof expected.value === 'string' || expected.value === null)
      expect(cell, record).toBe(expected.value)
    else expect(JSON.parse(cell!), record).toEqual(expected.value)
  }
})

it('what no column looks at is checked all the same', () => {
  for (const record of edges) {
    const lines = utf8(`{"v":"x"}\n${record}\n`)
    expect(readJson(lines, schemaFrom({ w: 'utf8' })).bad.length, record).toBe(parsed(record) ? 0 : 1)
  }
})

const isNumber = (value: unknown): boolean => value === null || typeof value === 'number'

it.each([
  ['float64', isNumber],
  ['bool', (value: unknown) => value === null || typeof value === 'boolean'],
  ['list<float64>', (value: unknown) => value === null || (Array.isArray(value) && value.every(isNumber))],
] as const)('columns of %s take the values of their kind, and no others', (type, isOfKind) => {
  for (const record of edges) {
    const expected = parsed(record)
    const { rows, bad } = readJson(utf8(`{"v":null}\n${record}\n`), schemaFrom({ v: type }))
    const takes = expected !== undefined && isOfKind(expected.value)
    expect(bad.length, record).toBe(takes ? 0 : 1)
    if (takes) expect(rows[1]!.v, record).toEqual(expected.value)
  }
})
