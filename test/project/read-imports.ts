import { stripTypeScriptTypes } from 'node:module'
import { type Node, parse } from 'acorn'

export interface Import {
  readonly specifier: string
  /**
   * `value`: Node loads the other file before this one runs. `type`: the compiler alone reads it.
   * `dynamic`: `import()`, loaded when the call is reached.
   */
  readonly kind: 'value' | 'type' | 'dynamic'
}

const FROM_TYPE = /^(?:import|export)\s+type\b[^;'"`]*?\bfrom\s+'([^']+)'/gm
const TYPE_QUERY = /\bimport\(\s*'([^']+)'\s*\)/g

/**
 * What the text of a TypeScript file imports and re-exports.
 *
 * Node's own stripper tells types from values: what it blanks, and keeps its place, was a type. So `import { type A }`
 * counts as a value import: Node loads that file. Text that looks like an import inside a string or a comment is neither
 * blanked nor part of the syntax tree.
 */
export function importsIn(source: string): Import[] {
  const code = stripTypeScriptTypes(source)
  const found: Import[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const child of node) visit(child)
    if (!isNode(node)) return
    const specifier = (node as { source?: { value?: unknown } | null }).source?.value
    if (typeof specifier === 'string')
      found.push({ specifier, kind: node.type === 'ImportExpression' ? 'dynamic' : 'value' })
    for (const child of Object.values(node)) visit(child)
  }
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }))

  for (const pattern of [FROM_TYPE, TYPE_QUERY])
    for (const match of source.matchAll(pattern))
      if (code[match.index] === ' ') found.push({ specifier: match[1]!, kind: 'type' })
  return found
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
