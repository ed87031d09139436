import { expect, it } from 'vitest'
import { schemaFrom } from '../../../../src/core/types/schema.ts'
import { readJson, utf8 } from './support.ts'

const read = (text: string, columns: Parameters<typeof schemaFrom>[0], options = {}) =>
  readJson(utf8(text), schemaFrom(columns), options)

/** What a value becomes in a column of that type; or why it is refused. */
function cell(value: string, type: Parameters<typeof schemaFrom>[0][string], options = {}): unknown {
  // Lines like it come first, so that the generated reader sees it, too.
  const lines = `{"v":null}\n{"v":null}\n{"v":${value}}\n`
  const { rows, bad } = read(lines, { v: type }, options)
  return bad.length > 0 ? bad[0]!.code : rows[2]!.v
}

it('keys are found in any order, absent ones are null, others are skipped, the last of equal ones counts', () => {
  const text = [
    '{"a":1,"b":"x"}',
    '{"b":"y","a":2}',
    ' { "a" : 3 , "c" : [ {"a":9} ] , "b" : "z" } ',
    '{"b":"only"}',
    '{}',
    '{"a":4,"b":"first","b":"last","a":5}',
    '{"\\u0061":6}',
    '{"a":7,"b":"x","c":{"a":"}"}}',
  ].join('\n')
  expect(read(text, { a: 'int32', b: 'utf8' }).rows).toEqual([
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
    { a: 3, b: 'z' },
    { a: null, b: 'only' },
    { a: null, b: null },
    { a: 5, b: 'last' },
    { a: 6, b: null },
    { a: 7, b: 'x' },
  ])
})

it('blank lines, carriage returns and a last line without its end', () => {
  const { rows, bad, starts } = read('\r\n{"a":1}\r\n  \n{"a":2}  \r\n\n{"a":3}', { a: 'int32' })
  expect(rows).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }])
  expect(bad).toEqual([])
  expect(starts).toEqual([2, 14, 26])
})

it('names of columns that objects have by themselves are names like any other', () => {
  const { rows } = read(
    '{"__proto__":1,"constructor":2}',
    JSON.parse('{"__proto__":"int32","constructor":"int32"}'),
  )
  expect(Object.entries(rows[0]!)).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
  ])
})

it.each([
  ['12', 'int32', 12],
  ['-12', 'int8', -12],
  ['1.0', 'int32', 1],
  ['12e2', 'int32', 1200],
  ['-0', 'int32', 0],
  ['1.5', 'int32', 'VALUE_TYPE'],
  ['128', 'int8', 'VALUE_TYPE'],
  ['4294967295', 'uint32', 4294967295],
  ['4294967296', 'uint32', 'VALUE_TYPE'],
  ['-1', 'uint16', 'VALUE_TYPE'],
  ['"12"', 'int32', 'VALUE_TYPE'],
  ['9007199254740993', 'int64', 9007199254740993n],
  ['-9223372036854775808', 'int64', -9223372036854775808n],
  ['9223372036854775808', 'int64', 'VALUE_TYPE'],
  ['9223372036854775808', 'uint64', 9223372036854775808n],
  ['18446744073709551616', 'uint64', 'VALUE_TYPE'],
  ['-1', 'uint64', 'VALUE_TYPE'],
  ['"9007199254740993"', 'int64', 9007199254740993n],
  ['"9x"', 'int64', 'VALUE_TYPE'],
  ['1e3', 'int64', 1000n],
  ['9007199254740991', 'int53', 9007199254740991],
  ['9007199254740992', 'int53', 'VALUE_TYPE'],
  ['0.1', 'float64', 0.1],
  ['123456789.123456', 'float64', 123456789.123456],
  ['1.7976931348623157e308', 'float64', Number.MAX_VALUE],
  ['5e-324', 'float64', 5e-324],
  ['0.30000000000000004', 'float64', 0.30000000000000004],
  ['1e400', 'float64', Number.POSITIVE_INFINITY],
  ['-0.0', 'float64', -0],
  ['1e39', 'float32', 'VALUE_TYPE'],
  ['01', 'float64', 'JSON_SYNTAX'],
  ['1.', 'float64', 'JSON_SYNTAX'],
  ['.5', 'float64', 'JSON_SYNTAX'],
  ['+1', 'int32', 'JSON_SYNTAX'],
  ['00', 'int64', 'JSON_SYNTAX'],
  ['NaN', 'float64', 'JSON_SYNTAX'],
  ['true', 'bool', true],
  ['false', 'bool', false],
  ['1', 'bool', 'VALUE_TYPE'],
  ['tru', 'bool', 'JSON_SYNTAX'],
] as const)('number %s as %s', (value, type, expected) => {
  expect(cell(value, type)).toStrictEqual(expected)
})

it.each([
  ['"a\\"b\\\\\\/\\b\\f\\n\\r\\t"', 'a"b\\/\b\f\n\r\t'],
  ['"\\u00e9\\u20AC\\ud83d\\ude00"', 'é€😀'],
  ['"é€😀"', 'é€😀'],
  ['""', ''],
  ['"\\ud83d"', 'UTF8'],
  ['"\\ud83d\\u0041"', 'UTF8'],
  ['"\\ude00"', 'UTF8'],
  ['"\\x41"', 'JSON_SYNTAX'],
  ['"\\u12g4"', 'JSON_SYNTAX'],
  ['"a\tb"', 'JSON_SYNTAX'],
  ['"open', 'JSON_SYNTAX'],
  ['{"k": [1, 2]}', '{"k": [1, 2]}'],
  ['[1,"x"]', '[1,"x"]'],
  ['1.50', '1.50'],
  ['true', 'true'],
  ["'x'", 'JSON_SYNTAX'],
])('text %s', (value, expected) => {
  expect(cell(value, 'utf8')).toBe(expected)
  expect(cell(value, 'dictionary')).toBe(expected)
})

it('bytes that are no UTF-8 make bad records, also where no column looks', () => {
  const line = (bytes: number[]) => Uint8Array.from([...utf8('{"x":"'), ...bytes, ...utf8('"}\n')])
  const wrong = [
    [0x80],
    [0xc3],
    [0xc0, 0xaf],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xff],
  ]
  for (const bytes of wrong)
    for (const name of ['x', 'other'])
      expect(readJson(line(bytes), schemaFrom({ [name]: 'utf8' })).bad.map(({ code }) => code)).toEqual([
        'UTF8',
      ])
})

it.each([
  ['"2024-02-29T06:05:07Z"', 1709186707000000n],
  ['"2024-02-29T06:05:07.5Z"', 1709186707500000n],
  ['"2024-02-29 06:05:07.123456"', 1709186707123456n],
  ['"2024-02-29T06:05"', 1709186700000000n],
  ['"2024-02-29"', 1709164800000000n],
  ['"2024-02-29T06:05:07+02:00"', 1709179507000000n],
  ['"2024-02-29T06:05:07.1230000-0230"', 1709195707123000n],
  ['"1969-12-31T23:59:59.999Z"', -1000n],
  ['"9999-12-31T23:59:59.999999Z"', 253402300799999999n],
  ['"+012024-02-29T00:00:00Z"', 317278684800000000n],
  ['1709186707123', 1709186707123000n],
  ['-1', -1000n],
  ['1709186707123.25', 1709186707123250n],
  ['1.7091867e12', 1709186700000000n],
  ['"2023-02-29"', 'VALUE_TYPE'],
  ['"2024-13-01"', 'VALUE_TYPE'],
  ['"2024-02-29T24:00:00Z"', 'VALUE_TYPE'],
  ['"2024-02-29T06:05:07.1234567Z"', 'VALUE_TYPE'],
  ['"29.02.2024"', 'VALUE_TYPE'],
  ['""', 'VALUE_TYPE'],
  ['0.0001', 'VALUE_TYPE'],
  ['true', 'VALUE_TYPE'],
] as const)('timestamp %s', (value, expected) => {
  expect(cell(value, 'timestamp')).toBe(expected)
})

it('epoch numbers count the unit that is given, and nanoseconds are kept', () => {
  expect(cell('1709186707', 'timestamp', { epochUnit: 's' })).toBe(1709186707000000n)
  expect(cell('1709186707123456789', 'timestamp[ns]', { epochUnit: 'ns' })).toBe(1709186707123456789n)
  expect(cell('1709186707000', 'timestamp[s]')).toBe(1709186707n)
  expect(cell('1709186707001', 'timestamp[s]')).toBe('VALUE_TYPE')
  expect(cell('"2024-02-29T06:05:07.123456789Z"', 'timestamp[ns]')).toBe(1709186707123456789n)
  expect(cell('"1677-09-22T00:00:00.000000001Z"', 'timestamp[ns]')).toBe(-9223286399999999999n)
  expect(cell('"2300-01-01T00:00:00Z"', 'timestamp[ns]')).toBe('VALUE_TYPE')
})

it('a column with a zone takes no time without an offset', () => {
  expect(cell('"2024-02-29T06:05:07+01:00"', 'timestamp[s, Europe/Paris]')).toBe(1709183107n)
  expect(cell('"2024-02-29T06:05:07"', 'timestamp[s, Europe/Paris]')).toBe('VALUE_TYPE')
})

it('dates are text, of a day or of its midnight', () => {
  expect(cell('"2024-02-29"', 'date')).toEqual(new Date('2024-02-29'))
  expect(cell('"2024-02-29T00:00:00.000Z"', 'date')).toEqual(new Date('2024-02-29'))
  expect(cell('"2024-02-29T00:00:01Z"', 'date')).toBe('VALUE_TYPE')
  expect(cell('19782', 'date')).toBe('VALUE_TYPE')
})

it('objects become structs and maps, arrays become lists', () => {
  const text = [
    '{"u":{"name":"a","at":{"x":1}},"tags":["p","q"],"m":{"k":1,"l":null},"all":[{"n":1},{"n":null},null,{}]}',
    '{"u":null,"tags":[],"m":{},"all":null}',
    '{"u":{"at":null,"more":0},"tags":[null],"m":null}',
    '{"u":5}',
    '{"tags":["x",5,{}]}',
    '{"tags":["x",]}',
    '{"u":{"name":"z","at":{"x":2}},"tags":["r"],"m":{"k":3},"all":[]}',
  ].join('\n')
  const { rows, bad } = read(text, {
    u: { name: 'utf8', at: { x: 'int32' } },
    tags: ['utf8'],
    m: 'map<utf8, int32>',
    all: [{ n: 'int32' }],
  })
  expect(rows).toEqual([
    {
      u: { name: 'a', at: { x: 1 } },
      tags: ['p', 'q'],
      m: new Map([
        ['k', 1],
        ['l', null],
      ]),
      all: [{ n: 1 }, { n: null }, null, { n: null }],
    },
    { u: null, tags: [], m: new Map(), all: null },
    { u: { name: null, at: null }, tags: [null], m: null, all: null },
    { u: null, tags: ['x', '5', '{}'], m: null, all: null },
    { u: { name: 'z', at: { x: 2 } }, tags: ['r'], m: new Map([['k', 3]]), all: [] },
  ])
  expect(bad.map(({ column, code }) => [column, code])).toEqual([
    ['u', 'VALUE_TYPE'],
    ['tags[1]', 'JSON_SYNTAX'],
  ])
})

it('what is deep is skipped without recursion, and kept as text', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const { rows } = read(`{"x":${deep},"a":1}\n{"a":${deep}}`, { a: 'utf8' })
  expect(rows).toEqual([{ a: '1' }, { a: deep }])
})

it('a bad record says where it is, what is wrong, and what to do', () => {
  const { rows, bad } = read('{"n":1}\n{"n":"n/a"}\r\n[{"n":2}]\n{"n":3}}\n{"n":4', { n: 'int32' })
  expect(rows).toEqual([{ n: 1 }])
  expect(bad).toEqual([
    {
      ...{ start: 8, end: 19, column: 'n', code: 'VALUE_TYPE', problem: '"n/a" is no int32' },
    },
    {
      ...{ start: 21, end: 30, code: 'ROW_TYPE', problem: '[{"n":2}] is no object (byte 0 of the record)' },
      hint: 'a file that is one array is read with lines: false',
    },
    {
      ...{ start: 31, end: 39, code: 'JSON_SYNTAX' },
      problem: "the end of the line expected, got '}' (byte 7 of the record)",
    },
    {
      ...{ start: 40, end: 46, code: 'JSON_SYNTAX' },
      problem: "',' or '}' expected, got the end of the record (byte 6 of the record)",
    },
  ])
})

it('arrays and objects one after the other', () => {
  const pretty =
    '[\n  {\n    "a": 1,\n    "b": "]"\n  },\n  {"a": 2}, 5, "x", [{"a": 3}], {"a": 4,}, {"a": 5}\n]\n'
  const array = read(pretty, { a: 'int32', b: 'utf8' }, { form: 'array' })
  expect(array.rows).toEqual([
    { a: 1, b: ']' },
    { a: 2, b: null },
    { a: 5, b: null },
  ])
  expect(array.bad.map(({ code, problem }) => [code, problem.split(' (')[0]])).toEqual([
    ['ROW_TYPE', '5 is no object'],
    ['ROW_TYPE', '"x" is no object'],
    ['ROW_TYPE', '[{"a": 3}] is no object'],
    ['JSON_SYNTAX', "a key expected, got '}'"],
  ])
  const objects = read('{"a":1}{"a":2}\n\n{\n"a":\n3}', { a: 'int32' }, { form: 'objects' })
  expect(objects.rows).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }])
})

it.each([
  ['[{"a":1} {"a":2}]', 'a comma is missing between two records'],
  ['[{"a":1},,{"a":2}]', 'a comma of the array has no record beside it'],
  ['[{"a":1},]', 'a comma of the array has no record beside it'],
  ['[{"a":1}] {"a":2}', 'something follows the array'],
])('an array that is broken between its records is an error of the file: %s', (text, problem) => {
  expect(() => read(text, { a: 'int32' }, { form: 'array' })).toThrow(problem)
})

it('one record of another shape among many alike changes none of the others', () => {
  const lines = Array.from({ length: 500 }, (_, i) =>
    i % 7 === 3
      ? `{"b":"odd ${i}","a":${i}}`
      : i % 11 === 5
        ? `{"a":${i}}`
        : i % 13 === 6
          ? `{"a":"bad","b":"x"}`
          : `{"a":${i},"b":"text ${i}"}`,
  )
  const { rows, bad } = read(lines.join('\n'), { a: 'int32', b: 'utf8' })
  const good = lines.filter(line => !line.includes('bad')).map(line => ({ b: null, ...JSON.parse(line) }))
  expect(rows).toEqual(good)
  expect(bad.length).toBe(lines.length - good.length)
})

it('lists as deep as a type can be, and long ones before many', () => {
  const deep = 60
  const text = `{"v":${'['.repeat(deep)}7${']'.repeat(deep)}}\n`
  let type = 'int32'
  let value: unknown = 7
  for (let i = 0; i < deep; i++) {
    type = `list<${type}>`
    value = [value]
  }
  expect(read(text, { v: type as 'list<int32>' }).rows).toEqual([{ v: value }])
  // A block of one row with many elements, then blocks of many rows without any.
  const long = `{"v":[${'1,'.repeat(1 << 19)}1]}\n`
  const many = '{"v":[]}\n'.repeat(1 << 13)
  const bytes = utf8(long + many)
  const { rows } = readJson(bytes, schemaFrom({ v: 'list<list<int32>>' }), {}, [long.length, many.length])
  expect(rows).toHaveLength(1 << 13)
})
