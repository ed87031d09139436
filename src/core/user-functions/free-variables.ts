/** The variables that a function's source uses and does not declare: what is not there in another thread. */

import type { AnyNode, FunctionSource } from './function-source.ts'

/** A free variable, as the user wrote it: test runners and bundlers rewrite imports. */
export interface FreeVariable {
  readonly name: string
  /** Whether a rewritten import was read, so that it certainly is one. */
  readonly imported: boolean
}

/** What every thread has. */
const GLOBALS: ReadonlySet<string> = new Set(
  (
    'undefined NaN Infinity globalThis Object Function Array String Number Boolean Symbol BigInt Date Math JSON Reflect Proxy ' +
    'Map Set WeakMap WeakSet WeakRef FinalizationRegistry Promise RegExp Error AggregateError EvalError RangeError ' +
    'ReferenceError SyntaxError TypeError URIError SuppressedError DisposableStack AsyncDisposableStack Iterator Intl Temporal ' +
    'Atomics WebAssembly ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array ' +
    'Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array parseInt parseFloat isNaN ' +
    'isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape eval console process Buffer URL ' +
    'URLSearchParams URLPattern TextEncoder TextDecoder AbortController AbortSignal Event EventTarget MessageChannel ' +
    'MessagePort BroadcastChannel Blob File FormData Headers Request Response fetch WebSocket crypto Crypto CryptoKey ' +
    'performance structuredClone queueMicrotask setTimeout setInterval setImmediate clearTimeout clearInterval ' +
    'clearImmediate atob btoa DOMException ReadableStream WritableStream TransformStream CompressionStream ' +
    'DecompressionStream navigator __name'
  ).split(' '),
)

/** Names that test runners and bundlers give to modules: what was imported is the member that is read. */
const REWRITTEN = /^(?:__vite_ssr_import_\d+__|__vi_import_\d+__|import_\w+)$/

/** A place in the text of a source where an import was rewritten, and the name it had. */
export interface RewrittenImport {
  readonly start: number
  readonly end: number
  readonly name: string
}

/**
 * The free variables of a function, each once, in order of appearance; `this` among them where nothing binds it. And where
 * imports of given names were rewritten.
 *
 * @param given names that will be there
 */
export function freeVariables(
  { node }: FunctionSource,
  given: Iterable<string> = [],
): { readonly free: readonly FreeVariable[]; readonly rewritten: readonly RewrittenImport[] } {
  const reader = new Reader(new Set(given))
  reader.function(node, undefined)
  return { free: [...reader.free.values()], rewritten: reader.rewritten }
}

/** Names declared in a block or function, and those around it. */
class Scope {
  readonly names = new Set<string>()
  readonly outer: Scope | undefined
  /** Whether `this` and `arguments` are bound here or around it. */
  readonly binds: boolean

  constructor(outer: Scope | undefined, binds = outer?.binds ?? false) {
    this.outer = outer
    this.binds = binds
  }

  has(name: string): boolean {
    return this.names.has(name) || (this.outer?.has(name) ?? false)
  }
}

class Reader {
  readonly free = new Map<string, FreeVariable>()
  readonly rewritten: RewrittenImport[] = []
  readonly #given: ReadonlySet<string>

  constructor(given: ReadonlySet<string>) {
    this.#given = given
  }

  function(node: AnyNode, outer: Scope | undefined): void {
    const isArrow = node.type === 'ArrowFunctionExpression'
    // The function itself gets no `this`: nobody calls it as a method.
    const scope = new Scope(outer, isArrow ? outer?.binds : outer !== undefined)
    if (!isArrow) scope.names.add('arguments')
    if (node.id) scope.names.add(node.id.name)
    for (const parameter of node.params) this.#declare(parameter, scope)
    if (node.body.type === 'BlockStatement') this.#hoist(node.body, scope)
    for (const parameter of node.params) this.#pattern(parameter, scope)
    if (node.body.type === 'BlockStatement') this.#block(node.body.body, scope)
    else this.#visit(node.body, scope)
  }

  /** The `var`s of a function, wherever they are in it. */
  #hoist(node: AnyNode, scope: Scope): void {
    if (node.type === 'VariableDeclaration' && node.kind === 'var')
      for (const { id } of node.declarations) this.#declare(id, scope)
    for (const inner of childrenOf(node)) if (!/Function|Class/.test(inner.type)) this.#hoist(inner, scope)
  }

  #block(statements: readonly AnyNode[], scope: Scope): void {
    for (const statement of statements) {
      if (statement.type === 'VariableDeclaration' && statement.kind !== 'var')
        for (const { id } of statement.declarations) this.#declare(id, scope)
      if (/^(?:Function|Class)Declaration$/.test(statement.type)) scope.names.add(statement.id.name)
    }
    for (const statement of statements) this.#visit(statement, scope)
  }

  /** Notes the names that a pattern declares. */
  #declare(pattern: AnyNode | null, scope: Scope): void {
    switch (pattern?.type) {
      case 'Identifier':
        scope.names.add(pattern.name)
        return
      case 'ObjectPattern':
        for (const { value, argument } of pattern.properties) this.#declare(value ?? argument, scope)
        return
      case 'ArrayPattern':
        for (const element of pattern.elements) this.#declare(element, scope)
        return
      case 'AssignmentPattern':
        this.#declare(pattern.left, scope)
        return
      case 'RestElement':
        this.#declare(pattern.argument, scope)
    }
  }

  /** What a pattern computes: defaults, and names in brackets. Names that are only assigned to are read, too. */
  #pattern(pattern: AnyNode | null, scope: Scope): void {
    switch (pattern?.type) {
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.computed) this.#visit(property.key, scope)
          this.#pattern(property.value ?? property.argument, scope)
        }
        return
      case 'ArrayPattern':
        for (const element of pattern.elements) this.#pattern(element, scope)
        return
      case 'AssignmentPattern':
        this.#pattern(pattern.left, scope)
        this.#visit(pattern.right, scope)
        return
      case 'RestElement':
        this.#pattern(pattern.argument, scope)
        return
      default:
        if (pattern) this.#visit(pattern, scope)
    }
  }

  #visit(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'Identifier':
        this.#read(node.name, scope)
        return
      case 'ThisExpression':
      case 'Super':
        if (!scope.binds) this.#note('this', 'this', false)
        return
      case 'MemberExpression':
        this.#member(node, scope, REWRITTEN)
        return
      case 'SequenceExpression': {
        // `(0, module.name)(…)`: only compilers call what was imported so.
        const [first, second, ...more] = node.expressions
        const compiled = first.type === 'Literal' && first.value === 0 && second.type === 'MemberExpression'
        if (compiled && more.length === 0) this.#member(second, scope, /./)
        else for (const part of node.expressions) this.#visit(part, scope)
        return
      }
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        if (node.computed) this.#visit(node.key, scope)
        if (node.value) this.#visit(node.value, new Scope(scope, node.type !== 'Property' || scope.binds))
        return
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.function(node, scope)
        return
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const inner = new Scope(scope, true)
        if (node.id) inner.names.add(node.id.name)
        if (node.superClass) this.#visit(node.superClass, scope)
        for (const member of node.body.body) this.#visit(member, inner)
        return
      }
      case 'BlockStatement':
      case 'StaticBlock':
        this.#block(node.body, new Scope(scope))
        return
      case 'SwitchStatement': {
        this.#visit(node.discriminant, scope)
        const inner = new Scope(scope)
        this.#block(
          node.cases.flatMap(({ consequent }: AnyNode) => consequent),
          inner,
        )
        for (const { test } of node.cases) if (test) this.#visit(test, inner)
        return
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement': {
        const inner = new Scope(scope)
        for (const part of [node.init, node.left])
          if (part?.type === 'VariableDeclaration') this.#block([part], inner)
        for (const part of childrenOf(node))
          if (part.type !== 'VariableDeclaration') this.#pattern(part, inner)
        return
      }
      case 'CatchClause': {
        const inner = new Scope(scope)
        this.#declare(node.param, inner)
        this.#pattern(node.param, inner)
        this.#visit(node.body, inner)
        return
      }
      case 'VariableDeclarator':
        this.#pattern(node.id, scope)
        if (node.init) this.#visit(node.init, scope)
        return
      case 'AssignmentExpression':
        this.#pattern(node.left, scope)
        this.#visit(node.right, scope)
        return
      case 'LabeledStatement':
        this.#visit(node.body, scope)
        return
      case 'BreakStatement':
      case 'ContinueStatement':
        return
      case 'MetaProperty':
        if (node.meta.name === 'import') this.#note('import.meta', 'import.meta', false)
        return
      default:
        for (const inner of childrenOf(node)) this.#visit(inner, scope)
    }
  }

  /** @param modules what names of modules look like */
  #member(node: AnyNode, scope: Scope, modules: RegExp): void {
    const { object, property, computed } = node
    const isModule = object.type === 'Identifier' && modules.test(object.name) && !computed
    if (isModule && !this.#isKnown(object.name, scope)) {
      if (this.#given.has(property.name)) {
        const { start, end } = node
        this.rewritten.push({ start, end, name: property.name })
        return
      }
      const name = property.name === 'default' ? 'the default import' : property.name
      this.#note(`${object.name}.${name}`, name, true)
      return
    }
    this.#visit(object, scope)
    if (computed) this.#visit(property, scope)
  }

  #isKnown = (name: string, scope: Scope): boolean =>
    scope.has(name) || this.#given.has(name) || GLOBALS.has(name)

  #read(name: string, scope: Scope): void {
    if (this.#isKnown(name, scope)) return
    if (/^__(?:vite_ssr|vi)_dynamic_import__$/.test(name)) this.#note(name, 'import()', false)
    else this.#note(name, name, false)
  }

  #note(key: string, name: string, imported: boolean): void {
    if (!this.free.has(key)) this.free.set(key, { name, imported })
  }
}

function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const part of Object.values(node)) {
    for (const inner of Array.isArray(part) ? part : [part]) if (typeof inner?.type === 'string') yield inner
  }
}
