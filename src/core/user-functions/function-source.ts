/**
 * The source of functions as a syntax tree. The parser, which `src/index.ts` wires, is loaded with the first function that
 * is read.
 */

import type { Node } from 'acorn'

export type AnyNode = Node & Record<string, any>

/** What parses a program. */
export type Parse = (
  text: string,
  options: { ecmaVersion: 'latest'; sourceType?: 'script' | 'module' },
) => Node

let parse: Parse | undefined
let loadParser = (): Parse => {
  throw new Error('no parser is wired')
}

/** Wires the parser; it is loaded with the first callback that needs it. */
export function useParser(load: () => Parse): void {
  loadParser = load
}

/** A function's source, as an expression of which it is the whole, or the value of the only property. */
export interface FunctionSource {
  /** The expression in parentheses; positions of nodes are in it. */
  readonly text: string
  readonly node: AnyNode
  readonly isMethod: boolean
}

/** The source of a function; undefined where it cannot be read, as that of bound functions. */
export function functionSource(text: string): FunctionSource | undefined {
  try {
    parse ??= loadParser()
    // Functions, and methods written as such.
    for (const [before, after] of [
      ['(', ')'],
      ['({', '})'],
    ] as const) {
      const whole = before + text + after
      try {
        // Only modules have `import.meta`; they are parsed as such for the message that refuses it.
        const sourceType = /\bimport\s*\.\s*meta\b/.test(text) ? 'module' : 'script'
        const program = parse(whole, { ecmaVersion: 'latest', sourceType }) as AnyNode
        const found = program.body[0].expression as AnyNode
        const isMethod = before !== '('
        const node = isMethod ? found.properties[0].value : found
        if (/Function/.test(node.type)) return { text: whole, node, isMethod }
      } catch {}
    }
  } catch {}
  return undefined
}

/** Visits a node and all within it, outer ones first; where `visit` gives false, not what is within. */
export function walk(node: AnyNode, visit: (node: AnyNode) => unknown): void {
  if (visit(node) === false) return
  for (const [key, part] of Object.entries(node)) {
    // Names of properties are no variables.
    if ((key === 'property' || key === 'key') && !node.computed) continue
    for (const inner of Array.isArray(part) ? part : [part]) {
      if (typeof inner?.type === 'string' && inner !== node) walk(inner, visit)
    }
  }
}
