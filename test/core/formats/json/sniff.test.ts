import { expect, it } from 'vitest'
import { json } from '../../../../src/core/formats/json/index.ts'
import { schemaFrom } from '../../../../src/core/types/schema.ts'
import { readJson, utf8 } from './support.ts'

const sniff = (text: string, options = {}, whole = true) =>
  json.sniff(utf8(text), { options, whole, file: 'a.json' })

const typesOf = (text: string) => Object.fromEntries(sniff(text).schema.map(({ name, type }) => [name, type]))

it('columns are all keys of the sample, of the types that hold all their values', () => {
  const text = [
    '{"n":1,"f":1,"s":"x","b":true,"nothing":null,"list":[1,null],"o":{"x":1},"mixed":1,"empty":{},"none":[]}',
    '{"n":-2,"f":0.5,"s":"","b":null,"list":[],"o":{"y":["a"]},"mixed":"1","late":18446744073709551615}',
    '{"list":[2.5],"o":null,"huge":18446744073709551616,"both":[{"a":1},{"b":"c"}]}',
  ].join('\n')
  expect(typesOf(text)).toEqual({
    n: 'int64',
    f: 'float64',
    s: 'utf8',
    b: 'bool',
    nothing: 'utf8',
    list: 'list<float64>',
    o: 'struct<x: int64, y: list<utf8>>',
    mixed: 'utf8',
    empty: 'utf8',
    none: 'list<utf8>',
    late: 'uint64',
    huge: 'utf8',
    both: 'list<struct<a: int64, b: utf8>>',
  })
})

it('text is a time where all of it is one', () => {
  const text = [
    '{"at":"2024-02-29T06:05:07Z","day":"2024-02-29","fine":"2024-02-29T06:05:07.123456789Z","some":"2024-02-29T06:05Z"}',
    '{"at":"2024-02-29T06:05:07.5+01:00","day":"2024-03-01","fine":"2024-02-29T06:05:08Z","some":"soon"}',
    '{"wall":"2024-02-29 06:05","either":"2024-02-29T06:05Z"}',
    '{"wall":"2024-02-29","either":"2024-02-29T06:05"}',
  ].join('\n')
  expect(typesOf(text)).toEqual({
    at: 'timestamp[us]',
    day: 'date',
    fine: 'timestamp[ns]',
    some: 'utf8',
    wall: 'timestamp[us]',
    either: 'utf8',
  })
})

it.each([
  ['{"a":1}\n{"a":2}\n', 'lines'],
  ['{"a":1}', 'lines'],
  ['\n\n {"a":1}\r\n', 'lines'],
  ['{"a":1', 'lines'],
  ['{"a":"x\n{"a":1}\n', 'lines'],
  ['[{"a":1}]', 'array'],
  ['\n [ {"a":1},\n{"a":2}]', 'array'],
  ['[]', 'array'],
  ['[1]\n[2]\n', 'lines'],
  ['{\n  "a": 1\n}\n{\n  "a": 2\n}\n', 'objects'],
  ['{"a":1}{"a":2}', 'objects'],
  ['{"a":1} {"a":2}\n', 'objects'],
])('the form of %j is %s', (text, form) => {
  const { options } = json.sniff(utf8(text), { options: {}, whole: true, file: 'a.json', schema: A })
  expect(options).toEqual({ form })
})

const A = schemaFrom({ a: 'int32' })

it('lines says what the form is: an array may hold arrays, and a broken first line may look like more', () => {
  const form = (text: string, lines: boolean) =>
    json.sniff(utf8(text), { options: { lines }, whole: true, file: 'a.json', schema: A }).options
  expect(form('[1]\n[2]', true)).toMatchObject({ form: 'lines' })
  expect(form('[[1],[2]]', false)).toMatchObject({ form: 'array' })
  expect(form('{"a":1}\n', false)).toMatchObject({ form: 'objects' })
})

it('a sample may end anywhere: what it cuts off says nothing', () => {
  const text = '{"a":1,"b":"é"}\n{"a":2,"c":true}\n'
  for (let end = 17; end < text.length + 1; end++) {
    const sample = utf8(text).subarray(0, end)
    const { schema, options } = json.sniff(sample, { options: {}, whole: false, file: 'a.json' })
    expect(options).toEqual({ form: 'lines' })
    expect(schema.map(({ name }) => name)).toEqual(end < utf8(text).length ? ['a', 'b'] : ['a', 'b', 'c'])
  }
  const pretty = '{\n "a": 1\n}\n{\n "a": 2.5\n}\n'
  for (let end = 3; end < 12; end++)
    expect(
      json.sniff(utf8(pretty).subarray(0, end), { options: {}, whole: false, file: 'a', schema: A }).options,
    ).toEqual({
      form: 'objects',
    })
})

it('a byte order mark is left out, and broken records imply nothing', () => {
  const { dataStart, schema } = sniff('\ufeff{"a":1}\n{"b":}\n{"c":2}\n')
  expect(dataStart).toBe(3)
  expect(schema.map(({ name }) => name)).toContain('c')
  expect(() => sniff('[1, 2]')).toThrow('a.json begins with no object that has a key')
})

it('an array is read with the columns that it implies', () => {
  const text = '[\n {"a": 1, "u": {"name": "x"}},\n {"a": 2}\n]'
  const { schema, options } = sniff(text)
  expect(readJson(utf8(text), schema, options as {}).rows).toEqual([
    { a: 1n, u: { name: 'x' } },
    { a: 2n, u: null },
  ])
})
