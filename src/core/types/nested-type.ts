/**
 * Types made of types: `list<T>`, `struct<name: T, "a name": T>` and `map<K, V>`.
 *
 * They are text in one canonical form, so that equal types are equal strings. A field's name stands bare where it is an
 * identifier, else as a JSON string: names may hold anything, `>` and quotes too.
 *
 * | type | children of its columns |
 * |---|---|
 * | `list<T>` | one, of the elements: type `T` |
 * | `struct<a: T, …>` | one per field |
 * | `map<K, V>` | one, of the entries: `struct<key: K, value: V>` |
 */

import type { ColumnType } from './column-type.ts'
import type { Field, Schema } from './schema.ts'

export type ListType = `list<${string}>`
export type StructType = `struct<${string}>`
export type MapType = `map<${string}>`
export type NestedType = ListType | StructType | MapType

export const isList = (type: string): type is ListType => type.startsWith('list<')
export const isStruct = (type: string): type is StructType => type.startsWith('struct<')
export const isMap = (type: string): type is MapType => type.startsWith('map<')
export const isNested = (type: string): type is NestedType => isList(type) || isStruct(type) || isMap(type)

export const listType = (element: ColumnType): ListType => `list<${element}>`
export const mapType = (key: ColumnType, value: ColumnType): MapType => `map<${key}, ${value}>`
export const structType = (fields: readonly Field[]): StructType =>
  `struct<${fields.map(({ name, type }) => `${fieldName(name)}: ${type}`).join(', ')}>`

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/

const fieldName = (name: string): string => (IDENTIFIER.test(name) ? name : JSON.stringify(name))

/** What a list holds. */
export const elementType = (type: ListType): ColumnType => type.slice(5, -1) as ColumnType

/** What a map's keys and values are. */
export function mapTypes(type: MapType): { readonly key: ColumnType; readonly value: ColumnType } {
  const [key, value] = entryFields(type)
  return { key: key!.type, value: value!.type }
}

/** The type of a map's entries: `struct<key: K, value: V>`. */
export function entryType(type: MapType): StructType {
  return structType(entryFields(type))
}

const known = new Map<string, Schema>()
const MAX_KNOWN = 1000

/** The fields of a struct, in order. */
export const structFields = (type: StructType): Schema =>
  remembered(type, () => splitTop(type.slice(7, -1))!.map(part => splitField(part)!))

const entryFields = (type: MapType): Schema =>
  remembered(type, () => {
    const [key, value] = splitTop(type.slice(4, -1))! as ColumnType[]
    return [
      { name: 'key', type: key! },
      { name: 'value', type: value! },
    ]
  })

/** Types of the columns in `children` of a column; empty for types that are not nested. */
export function childTypes(type: ColumnType): readonly ColumnType[] {
  if (isList(type)) return [elementType(type)]
  if (isStruct(type)) return structFields(type).map(field => field.type)
  return isMap(type) ? [entryType(type)] : []
}

/** The type with plain text in place of dictionaries. */
export function withoutDictionaries(type: ColumnType): ColumnType {
  if (type === 'dictionary') return 'utf8'
  if (isList(type)) return listType(withoutDictionaries(elementType(type)))
  if (isStruct(type))
    return structType(structFields(type).map(field => ({ ...field, type: withoutDictionaries(field.type) })))
  if (!isMap(type)) return type
  const { key, value } = mapTypes(type)
  return mapType(withoutDictionaries(key), withoutDictionaries(value))
}

/** Whether the type, or one within it, passes the test. */
export const anyType = (type: ColumnType, test: (type: ColumnType) => boolean): boolean =>
  test(type) || childTypes(type).some(child => anyType(child, test))

function remembered(type: string, parse: () => Field[]): Schema {
  let fields = known.get(type)
  if (!fields) {
    if (known.size >= MAX_KNOWN) known.clear()
    fields = Object.freeze(parse().map(field => Object.freeze(field)))
    known.set(type, fields)
  }
  return fields
}

/** Types within types; deeper ones are refused, so that no text can exhaust the stack. */
export const MAX_DEPTH = 64

/**
 * The canonical form of a nested type that a user wrote, spaces to taste; undefined where it is none.
 *
 * @param inner makes the canonical form of a type within it, or throws
 */
export function parseNested(text: string, inner: (type: string) => ColumnType): NestedType | undefined {
  const open = text.indexOf('<')
  if (open < 0 || !text.endsWith('>')) return undefined
  const parts = splitTop(text.slice(open + 1, -1))
  if (!parts) return undefined
  switch (text.slice(0, open).trim()) {
    case 'list':
      return parts.length === 1 ? listType(inner(parts[0]!)) : undefined
    case 'map':
      return parts.length === 2 ? mapType(inner(parts[0]!), inner(parts[1]!)) : undefined
    case 'struct': {
      const fields = parts.map(splitField)
      if (fields.some(field => field === undefined)) return undefined
      return structType(fields.map(field => ({ name: field!.name, type: inner(field!.type) })))
    }
    default:
      return undefined
  }
}

/** The parts between commas that stand in no brackets and no quotes, trimmed; undefined where brackets do not match. */
function splitTop(text: string): string[] | undefined {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '"') {
      i = endOfString(text, i)
      if (i < 0) return undefined
    } else if ('<[('.includes(character)) depth++
    else if ('>])'.includes(character)) {
      if (--depth < 0) return undefined
    } else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  parts.push(text.slice(start).trim())
  return depth === 0 && parts.every(part => part !== '') ? parts : undefined
}

/** Where the JSON string that begins at `start` ends; -1 where it does not. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '"') return i
    if (text[i] === '\\') i++
  }
  return -1
}

/** `name: type` apart; undefined for anything else. */
function splitField(text: string): Field | undefined {
  const quoted = text.startsWith('"')
  const end = quoted ? endOfString(text, 0) + 1 : text.indexOf(':')
  if (end <= 0) return undefined
  const rest = text.slice(end).trimStart()
  const name = quoted ? jsonString(text.slice(0, end)) : text.slice(0, end).trim()
  if (name === undefined || !rest.startsWith(':') || (!quoted && !IDENTIFIER.test(name))) return undefined
  const type = rest.slice(1).trim()
  return type === '' ? undefined : { name, type: type as ColumnType }
}

function jsonString(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}
