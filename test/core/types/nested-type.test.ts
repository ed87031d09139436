import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ColumnType, columnType } from '../../../src/core/types/column-type.ts'
import {
  elementType,
  entryType,
  isList,
  isMap,
  isStruct,
  mapTypes,
  structFields,
} from '../../../src/core/types/nested-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { nestedType } from '../batch/arbitrary.ts'

/** The type as object literals and one-element arrays. */
function asLiteral(type: ColumnType): any {
  if (isList(type)) return [asLiteral(elementType(type))]
  if (!isStruct(type)) return type
  return Object.fromEntries(structFields(type).map(field => [field.name, asLiteral(field.type)]))
}

describe('a nested type', () => {
  it('reads as it is written, as text and as literals, whatever its fields are called', () => {
    fc.assert(
      fc.property(nestedType, type => {
        expect(columnType(type)).toBe(type)
        expect(columnType(asLiteral(type))).toBe(type)
        if (isMap(type)) {
          const { key, value } = mapTypes(type)
          expect(`map<${key}, ${value}>`).toBe(type)
          expect(structFields(entryType(type))).toEqual([
            { name: 'key', type: key },
            { name: 'value', type: value },
          ])
        }
      }),
    )
  })

  it('has one form, whatever spaces and names of types it is given with', () => {
    expect(schemaFrom({ user: { name: 'utf8', at: ['timestamp'] }, tags: ['utf8'] })).toEqual([
      { name: 'user', type: 'struct<name: utf8, at: list<timestamp[us]>>' },
      { name: 'tags', type: 'list<utf8>' },
    ])
    expect(columnType(' map < utf8,list<timestamp> >'.trim() as any)).toBe('map<utf8, list<timestamp[us]>>')
    expect(columnType('struct<"a": int32 ,"b c":timestamp[us, UTC]>')).toBe(
      'struct<a: int32, "b c": timestamp[us, UTC]>',
    )
  })

  it('is refused where it is none', () => {
    const deep = (levels: number) => `${'list<'.repeat(levels)}utf8${'>'.repeat(levels)}`
    for (const wrong of [
      'list<>',
      'list<utf8',
      'list<utf8, utf8>',
      'list<list>',
      'map<utf8>',
      'struct<>',
      'struct<a>',
      'struct<a b: utf8>',
      'struct<: utf8>',
      'struct<"a: utf8>',
      'struct<"\\x": utf8>',
      'struct<a: utf8, a: int32>',
      'struct<a: utf8>>',
      'set<utf8>',
      deep(100),
      deep(2000),
      [],
      ['utf8', 'utf8'],
      {},
      { a: {} },
      { a: null },
      null,
      7,
    ])
      expect(() => columnType(wrong as any)).toThrow(expect.objectContaining({ code: 'COLUMN_TYPE' }))
    expect(columnType(deep(60) as any)).toBe(deep(60))
  })
})
