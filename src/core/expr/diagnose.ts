/**
 * Reads the source of a callback to say which of JavaScript's operators it used on an expression, and what to write in
 * its place. For messages only: nothing here decides what a plan computes.
 *
 * The parser, which `src/index.ts` wires, is loaded when a callback has such an operator at all (`MAY_MISUSE`), which most
 * have not. Where there is no parser or no source (bound functions), nothing is found.
 */

import type { Node } from 'acorn'

/** What was written, what is wrong with it, and what to write instead. */
export interface Mistake {
  readonly written: string
  readonly reason: string
  readonly instead: string
}

/** Sources without any of these have no operator whose misuse goes unnoticed. */
export const MAY_MISUSE =
  /&&|\|\||\?|!|==|\b(?:if|while|for|switch|includes|indexOf|lastIndexOf|has|Boolean|is)\b|\bNumber\.is/

/**
 * Whether a piece of source stands for an expression: surely, perhaps (it is computed from one in a way that only running
 * it would tell), or not.
 */
type Standing = 'yes' | 'perhaps' | 'no'

type AnyNode = Node & Record<string, any>

interface Source {
  readonly text: string
  readonly callback: AnyNode
  /** Whether an expression may be left unused for a good reason: a variable, or a choice of JavaScript's. */
  readonly mayLeaveUnused: boolean
}

const sources = new WeakMap<Function, Source | undefined>()

/** The parsed source of a function; undefined where it cannot be read. */
export function sourceOf(callback: Function): Source | undefined {
  if (!sources.has(callback)) sources.set(callback, parsed(String(callback)))
  return sources.get(callback)
}

/**
 * The first operator used on an expression.
 *
 * @param suspected an expression was made and not used, so that what is only perhaps an expression counts as one
 */
export function mistakeIn(callback: Function, suspected: boolean): Mistake | undefined {
  const source = sourceOf(callback)
  return source && new Reading(source, suspected).mistake()
}

/** What parses a program. */
export type Parse = (text: string, options: { ecmaVersion: 'latest' }) => Node

let parse: Parse | undefined
let loadParser = (): Parse => {
  throw new Error('no parser is wired')
}

/** Wires the parser; it is loaded with the first callback that needs it. */
export function useParser(load: () => Parse): void {
  loadParser = load
}

function parsed(text: string): Source | undefined {
  try {
    parse ??= loadParser()
    // Functions, and methods written as such.
    for (const [before, after] of [
      ['(', ')'],
      ['({', '})'],
    ] as const) {
      const whole = before + text + after
      try {
        const program = parse(whole, { ecmaVersion: 'latest' }) as AnyNode
        const found = program.body[0].expression as AnyNode
        const callback = before === '(' ? found : found.properties[0].value
        if (!/Function/.test(callback.type)) continue
        return { text: whole, callback, mayLeaveUnused: leavesUnused(callback) }
      } catch {}
    }
  } catch {}
  return undefined
}

/** Variables can be needed in one case and not in another, and so can the parts of a list or the arguments of a helper. */
function leavesUnused(callback: AnyNode): boolean {
  let found = false
  walk(callback, node => {
    const { type } = node
    if (type === 'VariableDeclarator' && node.init) found = true
    if (type === 'AssignmentExpression' || type === 'ArrayExpression' || type === 'ObjectExpression')
      found = true
    if (type === 'CallExpression' && node.callee.type === 'Identifier' && node.arguments.length > 1) {
      if (node.callee.name !== 'when') found = true
    }
  })
  return found
}

/** Methods of expressions that give an expression, whatever their names mean elsewhere. */
const GIVES_EXPRESSION = new Set(
  (
    'add sub mul div intDiv mod neg abs eq ne lt lte gt gte between isIn and or not isNull isNotNull coalesce nullIf ' +
    'isNaN cast startsWith endsWith contains lower upper length concat truncate extract cdf sf logCdf logSf pdf logPdf ' +
    'pmf logPmf quantile isf otherwise otherwiseNull'
  ).split(' '),
)

/** Functions of this package that give an expression. */
const MAKERS = new Set(['lit', 'col'])

const METHOD_FOR: Readonly<Record<string, string>> = {
  '===': 'eq',
  '==': 'eq',
  '!==': 'ne',
  '!=': 'ne',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '&': 'and',
  '|': 'or',
}

class Reading {
  readonly #text: string
  readonly #callback: AnyNode
  readonly #suspected: boolean
  /** The names of the row, and what the callback's variables stand for. */
  readonly #rows = new Set<string>()
  readonly #names = new Map<string, Standing>()

  constructor({ text, callback }: Source, suspected: boolean) {
    this.#text = text
    this.#callback = callback
    this.#suspected = suspected
    this.#takeParameter(callback.params[0])
    this.#takeVariables()
  }

  mistake(): Mistake | undefined {
    let first: Mistake | undefined
    walk(this.#callback, node => {
      first ??= this.#mistakeAt(node)
    })
    return first
  }

  #mistakeAt(node: AnyNode): Mistake | undefined {
    switch (node.type) {
      case 'LogicalExpression':
        return this.#isExpression(node.left) ? this.#logical(node) : undefined
      case 'UnaryExpression':
        return this.#unary(node)
      case 'BinaryExpression':
        return this.#binary(node)
      case 'ConditionalExpression':
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
        if (!node.test || !this.#isExpression(node.test)) return undefined
        return node.type === 'ConditionalExpression' ? this.#choice(node) : this.#test(node.test)
      case 'SwitchStatement':
        return this.#isExpression(node.discriminant) ? this.#test(node.discriminant, '.eq(…)') : undefined
      case 'CallExpression':
        return this.#call(node)
      case 'TemplateLiteral': {
        const part = node.expressions.find((inner: AnyNode) => this.#isExpression(inner))
        if (!part || !this.#suspected) return undefined
        return this.#found(
          node,
          'makes a text of the expression itself, not of its values',
          'join texts with a.concat(b)',
        )
      }
      default:
        return undefined
    }
  }

  #logical(node: AnyNode): Mistake {
    const [left, right] = [this.#receiver(node.left), this.#show(node.right)]
    if (node.operator === '&&') {
      return this.#found(
        node,
        'is its second part alone: an expression is always true',
        `write ${left}.and(${right})`,
      )
    }
    if (node.operator === '??') {
      return this.#found(
        node,
        'is its first part alone: an expression is never null',
        `write ${left}.coalesce(${right})`,
      )
    }
    return this.#found(
      node,
      'is its first part alone: an expression is always true',
      `write ${left}.or(${right}), or ${left}.coalesce(${right}) for the first that is not null`,
    )
  }

  #unary(node: AnyNode): Mistake | undefined {
    if (!this.#isExpression(node.argument)) return undefined
    const of = this.#receiver(node.argument)
    if (node.operator === '!') {
      return this.#found(node, 'is always false: an expression is always true', `write ${of}.not()`)
    }
    if (!this.#suspected || node.operator === 'typeof' || node.operator === 'void') return undefined
    const instead =
      node.operator === '-'
        ? `write ${of}.neg()`
        : "write the function of expressions: neg(), cast('float64')"
    return this.#found(node, 'has no value: an expression stands for a whole column', instead)
  }

  #binary(node: AnyNode): Mistake | undefined {
    const { operator, left, right } = node
    const onLeft = this.#isExpression(left)
    if (!onLeft && !this.#isExpression(right)) return undefined
    const method = METHOD_FOR[operator]
    if (!method) return undefined
    // Those other than equality fail when they are run, which is how it came to be suspected.
    const isEquality = method === 'eq' || method === 'ne'
    if (!isEquality && !this.#suspected) return undefined
    const [of, other] = onLeft ? [left, right] : [right, left]
    const receiver = this.#receiver(of)
    if (isEquality) {
      const isNull = (other.type === 'Literal' && other.value === null) || other.name === 'undefined'
      const isNot = method === 'ne'
      const instead = isNull
        ? `${receiver}.${isNot ? 'isNotNull' : 'isNull'}()`
        : `${receiver}.${method}(${this.#show(other)})`
      return this.#found(
        node,
        `is always ${isNot}: it compares the expression itself, not its values`,
        `write ${instead}`,
      )
    }
    const instead = onLeft
      ? `write ${receiver}.${method}(${this.#show(right)})`
      : `write lit(${this.#show(left)}).${method}(${this.#show(right)})`
    const texts = operator === '+' ? ', or concat() for texts' : ''
    return this.#found(node, 'has no value: an expression stands for a whole column', instead + texts)
  }

  #choice(node: AnyNode): Mistake {
    const [test, yes, no] = [node.test, node.consequent, node.alternate].map(part => this.#show(part))
    return this.#found(
      node,
      'is always its first choice: an expression is always true',
      `write when(${test}, ${yes}).otherwise(${no})`,
    )
  }

  #test(test: AnyNode, compared = ''): Mistake {
    return this.#found(
      test,
      'is no condition for JavaScript: the callback is called once for the plan, not for every row',
      `write when(${this.#show(test)}${compared}, value).otherwise(other)`,
    )
  }

  /** Functions of JavaScript that take an expression for the object it is. */
  #call({ callee, arguments: args, ...node }: AnyNode): Mistake | undefined {
    const [first] = args
    if (!first || !this.#isExpression(first)) return undefined
    const at = { ...node } as AnyNode
    if (callee.type === 'Identifier' && callee.name === 'Boolean') {
      return this.#found(
        at,
        'is always true: an expression is an object',
        `write ${this.#receiver(first)}.cast('bool')`,
      )
    }
    if (callee.type !== 'MemberExpression' || callee.computed) return undefined
    const { object, property } = callee
    if (this.#standing(object) !== 'no') return undefined
    if (/^(?:includes|indexOf|lastIndexOf|has)$/.test(property.name) && args.length === 1) {
      return this.#found(
        at,
        'looks for the expression itself, not for its values',
        `write ${this.#receiver(first)}.isIn(${this.#show(object)})`,
      )
    }
    if (object.name === 'Object' && property.name === 'is') {
      return this.#found(
        at,
        'compares the expression itself, not its values',
        `write ${this.#receiver(first)}.eq(…)`,
      )
    }
    if (object.name === 'Number' && /^is/.test(property.name)) {
      return this.#found(at, 'is always false: an expression is no number', 'write a.isNaN(), or compare it')
    }
    return undefined
  }

  #found(node: AnyNode, reason: string, instead: string): Mistake {
    return { written: this.#show(node), reason, instead }
  }

  #show(node: AnyNode): string {
    const text = this.#text
      .slice(node.start, node.end)
      .replace(/\(0,\s*[\w$]+\.([\w$]+)\)/g, '$1')
      .replace(/\s+/g, ' ')
    return text.length > 80 ? `${text.slice(0, 79)}…` : text
  }

  /** The text of a node that a method is to be called on. */
  #receiver(node: AnyNode): string {
    const text = this.#show(node)
    return /^(?:Identifier|MemberExpression|CallExpression)$/.test(node.type) ? text : `(${text})`
  }

  #isExpression(node: AnyNode): boolean {
    const standing = this.#standing(node)
    return standing === 'yes' || (standing === 'perhaps' && this.#suspected)
  }

  #standing(node: AnyNode): Standing {
    switch (node.type) {
      case 'Identifier':
        return this.#names.get(node.name) ?? 'no'
      case 'ParenthesizedExpression':
      case 'ChainExpression':
        return this.#standing(node.expression)
      case 'SequenceExpression':
        return this.#standing(node.expressions.at(-1))
      case 'MemberExpression':
        if (this.#isRow(node.object)) return 'yes'
        return this.#standing(node.object) === 'no' ? 'no' : 'perhaps'
      case 'CallExpression':
        return this.#standingOfCall(node)
      case 'ConditionalExpression': {
        const both = [this.#standing(node.consequent), this.#standing(node.alternate)]
        return both.every(each => each === 'yes')
          ? 'yes'
          : both.every(each => each === 'no')
            ? 'no'
            : 'perhaps'
      }
      case 'LogicalExpression': {
        const [left, right] = [this.#standing(node.left), this.#standing(node.right)]
        if (left === 'yes') return 'yes'
        return right === 'no' && left === 'no' ? 'no' : 'perhaps'
      }
      case 'ArrayExpression':
      case 'ObjectExpression':
        return 'no'
      default:
        return 'no'
    }
  }

  #standingOfCall({ callee, arguments: args }: AnyNode): Standing {
    const name = calledName(callee)
    if (callee.type === 'MemberExpression' && !callee.computed && GIVES_EXPRESSION.has(name)) {
      const of = this.#standing(callee.object)
      if (of === 'yes') return 'yes'
      if (/^otherwise/.test(name)) return 'yes'
      if (of === 'perhaps') return 'perhaps'
    }
    if (MAKERS.has(name)) return 'yes'
    const takes = [callee, ...args].some((part: AnyNode) => this.#isRow(part) || this.#mentions(part))
    return takes ? 'perhaps' : 'no'
  }

  #isRow(node: AnyNode): boolean {
    return node.type === 'Identifier' && this.#rows.has(node.name)
  }

  /** Whether an expression or the row occurs in a node. */
  #mentions(node: AnyNode): boolean {
    let found = false
    walk(node, inner => {
      if (inner.type !== 'Identifier') return
      if (this.#rows.has(inner.name) || (this.#names.get(inner.name) ?? 'no') !== 'no') found = true
    })
    return found
  }

  #takeParameter(parameter: AnyNode | undefined): void {
    if (parameter?.type === 'Identifier') this.#rows.add(parameter.name)
    else if (parameter?.type === 'ObjectPattern') this.#takePattern(parameter)
  }

  /** `{ a, b: c }` of a row. */
  #takePattern({ properties }: AnyNode): void {
    for (const { type, value, argument } of properties) {
      if (type === 'RestElement') this.#rows.add(argument.name)
      else if (value.type === 'Identifier') this.#names.set(value.name, 'yes')
      else if (value.type === 'AssignmentPattern' && value.left.type === 'Identifier')
        this.#names.set(value.left.name, 'yes')
    }
  }

  #takeVariables(): void {
    const known = new Set([...this.#rows, ...this.#names.keys()])
    walk(this.#callback, node => {
      if (node.type === 'VariableDeclarator' && node.init) {
        if (node.id.type === 'Identifier') this.#takeValue(node.id.name, node.init, known)
        else if (node.id.type === 'ObjectPattern' && this.#isRow(node.init)) this.#takePattern(node.id)
      } else if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier') {
        this.#names.set(node.id.name, 'perhaps')
      } else if (node.type === 'AssignmentExpression' && node.left.type === 'Identifier') {
        this.#takeValue(node.left.name, node.right, known)
      } else if (/Function/.test(node.type) && node !== this.#callback) {
        // What a function inside is called with is not known; a name it shares with one outside is uncertain, too.
        for (const { name } of node.params as AnyNode[]) {
          if (name === undefined) continue
          this.#rows.delete(name)
          this.#names.set(name, 'perhaps')
        }
      }
    })
  }

  #takeValue(name: string, value: AnyNode, known: Set<string>): void {
    if (this.#isRow(value)) {
      this.#rows.add(name)
      return
    }
    const standing = this.#standing(value)
    this.#names.set(name, known.has(name) && this.#names.get(name) !== standing ? 'perhaps' : standing)
    known.add(name)
  }
}

/** The last name of what is called: `when` of `when`, `millrace.when` and `(0, millrace.when)`. */
function calledName(callee: AnyNode): string {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression' && !callee.computed) return callee.property.name
  if (callee.type === 'SequenceExpression') return calledName(callee.expressions.at(-1))
  return ''
}

/** Visits a node and all within it, outer ones first. */
function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node)
  for (const [key, part] of Object.entries(node)) {
    // Names of properties are no variables.
    if ((key === 'property' || key === 'key') && !node.computed) continue
    for (const inner of Array.isArray(part) ? part : [part]) {
      if (typeof inner?.type === 'string' && inner !== node) walk(inner, visit)
    }
  }
}
