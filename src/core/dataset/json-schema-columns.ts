/** Columns of a JSON Schema, which many validators can say of themselves. */

import type { ColumnTypeSpec } from '../types/column-type.ts'
import { MAX_DEPTH } from '../types/nested-type.ts'
import type { ColumnTypes } from './source-arguments.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const INT32 = 2 ** 31

/**
 * The columns of objects that a JSON Schema describes: text `utf8`, whole numbers `int53`, `int32` where their limits allow,
 * numbers `float64`, `bool`, lists, structs. Undefined where something of it has no column type.
 */
export function columnsOfJsonSchema(root: JsonSchema): ColumnTypes | undefined {
  const type = typeOf(root, root, 0)
  return typeof type === 'object' && !Array.isArray(type) ? (type as ColumnTypes) : undefined
}

function typeOf(schema: JsonSchema, root: JsonSchema, depth: number): ColumnTypeSpec | undefined {
  if (depth > MAX_DEPTH) return undefined
  if (typeof schema.$ref === 'string') {
    const target = pointed(root, schema.$ref)
    return target && typeOf(target, root, depth + 1)
  }
  const choices = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined
  if (choices)
    return common(choices.map(choice => typeOf(choice, root, depth + 1)).filter(type => type !== NULL))
  const types = [schema.type ?? typesOfValues(schema)].flat().filter(type => type !== 'null')
  if (types.length !== 1) return types.length === 0 && schema.type === 'null' ? NULL : undefined
  switch (types[0]) {
    case 'string':
      return 'utf8'
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    case 'integer':
      return isSmall(schema) ? 'int32' : 'int53'
    case 'array': {
      const element = schema.items && typeOf(schema.items as JsonSchema, root, depth + 1)
      return element && element !== NULL ? [element as ColumnTypeSpec] : undefined
    }
    case 'object':
      return structOf(schema, root, depth)
    default:
      return undefined
  }
}

/** In place of a type: nothing but null. */
const NULL = 'null' as unknown as ColumnTypeSpec

function structOf(schema: JsonSchema, root: JsonSchema, depth: number): ColumnTypeSpec | undefined {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const fields = properties.map(([name, field]) => [name, typeOf(field, root, depth + 1)] as const)
  if (fields.length === 0 || fields.some(([, type]) => type === undefined || type === NULL)) return undefined
  return Object.fromEntries(fields) as ColumnTypeSpec
}

/** One type that all are, numbers the wider one. */
function common(types: readonly (ColumnTypeSpec | undefined)[]): ColumnTypeSpec | undefined {
  const [first, ...others] = types
  if (others.every(type => JSON.stringify(type) === JSON.stringify(first))) return first
  const numbers = ['int32', 'int53', 'float64']
  if (!types.every(type => numbers.includes(type as string))) return undefined
  return numbers[Math.max(...types.map(type => numbers.indexOf(type as string)))] as ColumnTypeSpec
}

function typesOfValues({ enum: values, const: value }: JsonSchema): readonly string[] {
  const all = (values as readonly unknown[] | undefined) ?? (value === undefined ? [] : [value])
  const words = { string: 'string', number: 'number', boolean: 'boolean' } as Record<string, string>
  return [...new Set(all.map(each => (each === null ? 'null' : (words[typeof each] ?? 'unknown'))))]
}

function isSmall({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): boolean {
  const least = Math.max(...[minimum, exclusiveMinimum].map(value => (value as number) ?? -Infinity))
  const most = Math.min(...[maximum, exclusiveMaximum].map(value => (value as number) ?? Infinity))
  return least >= -INT32 && most < INT32
}

/** What `#/$defs/name` points to. */
function pointed(root: JsonSchema, ref: string): JsonSchema | undefined {
  if (!ref.startsWith('#')) return undefined
  const pieces = ref
    .slice(1)
    .split('/')
    .filter(piece => piece !== '')
  return pieces.reduce<unknown>(
    (at, piece) => (at as JsonSchema | undefined)?.[piece.replaceAll('~1', '/').replaceAll('~0', '~')],
    root,
  ) as JsonSchema | undefined
}
