/**
 * Reads the source of a callback to say which of JavaScript's operators it used on an expression, and what to write in
 * its place. For messages only: nothing here decides what a plan computes.
 *
 * The parser is loaded when a callback has such an operator at all (`MAY_MISUSE`), which most
 * have not. Where there is no parser or no source (bound functions), nothing is found.
 */

import { type AnyNode, functionSource, walk } from '../user-functions/function-source.ts'

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
 * Whether a piece of source stands for an expression: surely, likely (a helper made it of one), perhaps (only running it
 * would tell), or not.
 */
type Standing = 'yes' | 'likely' | 'perhaps' | 'no'

interface Source {
  readonly text: string
  readonly callback: AnyNode
  /** Whether an expression may be left unused for a good reason: a variable, a list, or a helper that chooses. */
  readonly mayLeaveUnused: boolean
  /** Whether variables or lists hold expressions: one left unused then says nothing of uncertain operands elsewhere. */
  readonly holdsExpressions: boolean
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

function parsed(source: string): Source | undefined {
  const found = functionSource(source)
  if (!found) return undefined
  const { text, node: callback } = found
  const holdsExpressions = holds(callback)
  return { text, callback, mayLeaveUnused: holdsExpressions || helperMayChoose(callback), holdsExpressions }
}

/** Methods that take one of several values, or keep one. */
const KEEPS_OR_PICKS =
  /^(?:at|slice|splice|find|findLast|filter|pop|shift|push|unshift|set|get|values|entries|fromEntries)$/

/** Variables can be needed in one case and not in another, and so can the parts of a list or of an object. */
function holds(callback: AnyNode): boolean {
  let found = false
  walk(callback, node => {
    const { type, init, callee } = node
    if (type === 'VariableDeclarator' && init && !/Function|Literal/.test(init.type)) found = true
    if (/^(?:AssignmentExpression|ArrayExpression|ObjectExpression|PropertyDefinition)$/.test(type))
      found = true
    if (type === 'CallExpression' && callee.type === 'MemberExpression' && !callee.computed) {
      if (KEEPS_OR_PICKS.test(callee.property.name)) found = true
    }
    // A part of what a helper gave.
    if (type === 'MemberExpression' && node.computed && /^(?:Call|New)/.test(node.object.type)) found = true
  })
  return found
}

/** A helper that is given several expressions, and whatever a class keeps, need not use all. */
function helperMayChoose(callback: AnyNode): boolean {
  let found = false
  walk(callback, ({ type, callee, arguments: args, quasi }) => {
    if (type === 'NewExpression' && args.length > 0) found = true
    if (type === 'TaggedTemplateExpression' && quasi.expressions.length > 0) found = true
    if (type !== 'CallExpression' || args.length < 2) return
    const name = calledName(callee)
    if (name !== 'when' && !MAKERS.has(name) && !GIVES_EXPRESSION.has(name)) found = true
  })
  return found
}

/** Methods of expressions that give an expression, whatever their names mean elsewhere. */
const GIVES_EXPRESSION = new Set(
  (
    'add sub mul div intDiv mod neg abs eq ne lt lte gt gte between isIn and or not isNull isNotNull coalesce nullIf ' +
    'isNaN cast startsWith endsWith contains lower upper length concat splitPart regexpExtract truncate extract cdf sf logCdf logSf pdf logPdf ' +
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

/** Methods of lists whose functions are given an item, its index and the list. */
const EACH = /^(?:map|flatMap|filter|forEach|some|every|find|findIndex|findLast|findLastIndex)$/

/** Methods that give a truth, a number or a text, whatever they are asked. */
const GIVES_PLAIN =
  /^(?:some|every|includes|indexOf|lastIndexOf|findIndex|findLastIndex|has|join|push|unshift|startsWith|endsWith)$/

/** Objects whose functions are no helpers that make an expression of another. */
const NO_HELPERS = /^(?:Object|Array|Map|Set|JSON|Math|Number|String|Reflect|console|process)$/

class Reading {
  readonly #text: string
  readonly #callback: AnyNode
  readonly #suspected: boolean
  /** Whether what is only perhaps an expression counts as one. */
  readonly #countsPerhaps: boolean
  /** Nodes that look like mistakes and are none. */
  readonly #exempt = new Set<AnyNode>()
  /** The names of the row, and what the callback's variables stand for. */
  readonly #rows = new Set<string>()
  readonly #names = new Map<string, Standing>()
  /** What functions given to methods of lists are called with. */
  readonly #given = new Map<AnyNode, readonly Standing[]>()

  constructor({ text, callback, holdsExpressions }: Source, suspected: boolean) {
    this.#text = text
    this.#callback = callback
    this.#suspected = suspected
    this.#countsPerhaps = suspected && !holdsExpressions
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
    if (this.#exempt.has(node)) return undefined
    switch (node.type) {
      case 'LogicalExpression':
        return this.#isExpression(node.left) ? this.#logical(node) : undefined
      case 'UnaryExpression':
        return this.#unary(node)
      case 'BinaryExpression':
        return this.#binary(node)
      case 'AssignmentExpression':
        if (!/^(?:&&|\|\||\?\?)=$/.test(node.operator) || !this.#isExpression(node.left)) return undefined
        return this.#logical({ ...node, operator: node.operator.slice(0, -1) } as AnyNode)
      case 'ConditionalExpression':
        if (isDefault(node)) this.#exempt.add(node.test)
        return this.#isExpression(node.test) ? this.#choice(node) : undefined
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
        return node.test && this.#isExpression(node.test) ? this.#test(node.test) : undefined
      case 'SwitchStatement':
        return this.#isExpression(node.discriminant) ? this.#test(node.discriminant, '.eq(…)') : undefined
      case 'CallExpression':
        return this.#call(node)
      case 'TaggedTemplateExpression':
        this.#exempt.add(node.quasi)
        return undefined
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
    if (standing === 'likely') return this.#suspected
    return standing === 'yes' || (standing === 'perhaps' && this.#countsPerhaps)
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
        if (!node.computed && node.property.name === 'length') return 'no'
        return this.#standing(node.object) === 'no' ? 'no' : 'perhaps'
      case 'CallExpression':
        return this.#standingOfCall(node)
      case 'ConditionalExpression': {
        const [yes, no] = [this.#standing(node.consequent), this.#standing(node.alternate)]
        return yes === no ? yes : 'perhaps'
      }
      case 'LogicalExpression': {
        const [left, right] = [this.#standing(node.left), this.#standing(node.right)]
        if (left === 'yes' || left === 'likely') return left
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
    const method = callee.type === 'MemberExpression' && !callee.computed
    const of = method ? this.#standing(callee.object) : 'no'
    if (method && GIVES_EXPRESSION.has(name)) {
      if (/^otherwise/.test(name)) return 'yes'
      if (of !== 'no') return of
    }
    const root = rootOf(callee)
    if (MAKERS.has(name) && !this.#names.has(root ?? '')) return 'yes'
    if (method && GIVES_PLAIN.test(name)) return 'no'
    if (root && NO_HELPERS.test(root)) return name === 'keys' ? 'no' : this.#uncertain([callee, ...args])
    const takesOne = args.some(
      (part: AnyNode) => this.#isRow(part) || /yes|likely/.test(this.#standing(part)),
    )
    if (takesOne && !KEEPS_OR_PICKS.test(name)) return 'likely'
    return this.#uncertain([callee, ...args])
  }

  #uncertain(parts: readonly AnyNode[]): Standing {
    return parts.some(part => this.#mentions(part)) ? 'perhaps' : 'no'
  }

  #isRow(node: AnyNode): boolean {
    return node.type === 'Identifier' && this.#rows.has(node.name)
  }

  /** Whether an expression or the row occurs in a node. */
  #mentions(node: AnyNode): boolean {
    let found = false
    walk(node, inner => {
      // The names of columns are no columns.
      if (inner.type === 'CallExpression' && rootOf(inner.callee) === 'Object') {
        if (calledName(inner.callee) === 'keys') return false
      }
      if (inner.type !== 'Identifier') return true
      if (this.#rows.has(inner.name) || (this.#names.get(inner.name) ?? 'no') !== 'no') found = true
      return true
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
    const declared = new Set<AnyNode>()
    walk(this.#callback, node => {
      switch (node.type) {
        case 'ForOfStatement':
        case 'ForInStatement': {
          const items = node.type === 'ForInStatement' ? 'no' : this.#uncertain([node.right])
          const each = node.left.type === 'VariableDeclaration' ? node.left.declarations[0] : node.left
          declared.add(each)
          this.#bind(each.id ?? each, items)
          return
        }
        case 'VariableDeclarator':
          if (!declared.has(node)) this.#declare(node)
          return
        case 'AssignmentExpression':
          // A variable of the surroundings may hold anything at first.
          if (node.left.type === 'Identifier' && !this.#isKnown(node.left.name))
            this.#bind(node.left, 'perhaps')
          this.#bind(node.left, this.#standing(node.right), node.right)
          return
        case 'CatchClause':
          if (node.param) this.#bind(node.param, 'no')
          return
        case 'CallExpression':
          this.#giveFunctions(node)
          return
        case 'ClassDeclaration':
          this.#bind(node.id, 'no')
          return
        default:
          if (!/Function/.test(node.type) || node === this.#callback) return
          if (node.type === 'FunctionDeclaration') this.#bind(node.id, 'no')
          node.params.forEach((parameter: AnyNode, i: number) => {
            this.#bind(parameter, this.#given.get(node)?.[i] ?? 'perhaps')
          })
      }
    })
  }

  #declare({ id, init }: AnyNode): void {
    if (!init) this.#bind(id, 'perhaps')
    else if (id.type === 'ObjectPattern' && this.#isRow(init)) this.#takePattern(id)
    else if (id.type === 'ArrayPattern' && init.type === 'ArrayExpression') {
      id.elements.forEach((part: AnyNode | null, i: number) => {
        const value = init.elements[i]
        if (part && value) this.#bind(part, this.#standing(value), value)
        else if (part) this.#bind(part, this.#uncertain([init]))
      })
    } else this.#bind(id, id.type === 'Identifier' ? this.#standing(init) : this.#uncertain([init]), init)
  }

  /** What `list.map(x => …)` and `list.reduce((a, b) => …)` call their function with. */
  #giveFunctions({ callee, arguments: args }: AnyNode): void {
    const [work, first] = args as AnyNode[]
    if (callee.type !== 'MemberExpression' || callee.computed || !/Function/.test(work?.type ?? '')) return
    const { object, property } = callee
    const item = this.#uncertain([object])
    if (EACH.test(property.name)) this.#given.set(work!, [item, 'no', 'no'])
    if (!/^reduce(?:Right)?$/.test(property.name)) return
    // Items that are expressions, or lists of them, are combined with no other kind.
    const isList = item === 'perhaps' && !/^(?:entries|values)$/.test(calledName(object.callee ?? object))
    const [whole, part] = isList ? (['likely', 'likely'] as const) : (['perhaps', item] as const)
    const start = first ? this.#standing(first) : whole
    this.#given.set(work!, [start === 'no' ? 'perhaps' : start, part, 'no', 'no'])
  }

  #isKnown(name: string): boolean {
    return this.#rows.has(name) || this.#names.has(name)
  }

  /** Notes what a name stands for. One that stands for several things, here or in a function inside, is uncertain. */
  #bind(target: AnyNode, standing: Standing, value?: AnyNode): void {
    switch (target.type) {
      case 'Identifier': {
        const { name } = target
        if (value && this.#isRow(value)) {
          if (!this.#names.has(name)) this.#rows.add(name)
          return
        }
        const known = this.#isKnown(name)
        this.#rows.delete(name)
        this.#names.set(name, known && this.#names.get(name) !== standing ? 'perhaps' : standing)
        return
      }
      case 'AssignmentPattern':
        this.#bind(target.left, standing === 'no' ? this.#standing(target.right) : standing)
        return
      case 'RestElement':
        this.#bind(target.argument, this.#weaker(standing))
        return
      case 'ArrayPattern':
        for (const part of target.elements) if (part) this.#bind(part, this.#weaker(standing))
        return
      case 'ObjectPattern':
        for (const { value: part, argument } of target.properties)
          this.#bind(part ?? argument, this.#weaker(standing))
    }
  }

  #weaker(standing: Standing): Standing {
    return standing === 'no' ? 'no' : 'perhaps'
  }
}

/** `x === void 0 ? value : x`: what compilers make of a default. */
function isDefault({ test, alternate }: AnyNode): boolean {
  return (
    test.type === 'BinaryExpression' &&
    test.right.type === 'UnaryExpression' &&
    test.right.operator === 'void' &&
    test.left.type === 'Identifier' &&
    alternate.type === 'Identifier' &&
    alternate.name === test.left.name
  )
}

/** The variable that a chain of members and calls begins with. */
function rootOf(node: AnyNode): string | undefined {
  let root = node
  for (;;) {
    if (root.type === 'MemberExpression') root = root.object
    else if (root.type === 'CallExpression') root = root.callee
    else return root.type === 'Identifier' ? root.name : undefined
  }
}

/** The last name of what is called: `when` of `when`, `millrace.when` and `(0, millrace.when)`. */
function calledName(callee: AnyNode): string {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression' && !callee.computed) return callee.property.name
  if (callee.type === 'SequenceExpression') return calledName(callee.expressions.at(-1))
  return ''
}
