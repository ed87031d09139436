/**
 * Functions whose source goes into the plan: they use their arguments, globals, and copies of values that are named. What
 * else they use would not be there in the thread that runs them, and is refused when the plan is made.
 */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import { type FreeVariable, freeVariables } from './free-variables.ts'
import { type Closure, kindOf } from './function-ref.ts'
import { type FunctionSource, functionSource } from './function-source.ts'

/**
 * A function as its source.
 *
 * @param caller the verb or function it was given to, for errors
 * @param using what it uses of its surroundings, by name: JSON values, and functions that use no more than these
 * @throws {PlanError} `FUNCTION_CLOSURE` where it uses something else, or has no source; `FUNCTION_USING` for values that
 * are not JSON
 */
export function closureOf(caller: string, work: Function, using: unknown = {}, above?: Function): Closure {
  const where = above ? { above } : {}
  if (typeof using !== 'object' || using === null || Array.isArray(using)) {
    throw new PlanError('FUNCTION_USING', `using takes an object of values by name, got ${shown(using)}`, {
      hint: 'using: { factor, limits }',
      ...where,
    })
  }
  const names = Object.keys(using)
  for (const name of names) {
    if (/^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name)) continue
    throw new PlanError(
      'FUNCTION_USING',
      `using has the name ${JSON.stringify(name)}, which no variable has`,
      where,
    )
  }
  const values: Record<string, unknown> = {}
  const helpers: Record<string, string> = {}
  for (const [name, value] of Object.entries(using)) {
    if (typeof value === 'function') helpers[name] = sourceOf(caller, value, names, where)
    else {
      checkJson(value, name, where)
      values[name] = structuredClone(value)
    }
  }
  return Object.freeze({
    source: sourceOf(caller, work, names, where),
    ...(Object.keys(values).length > 0 && { using: values }),
    ...(Object.keys(helpers).length > 0 && { helpers }),
  })
}

type Where = { above?: Function }

/** The source of a function that uses nothing but these names. */
function sourceOf(caller: string, work: Function, given: readonly string[], where: Where): string {
  const text = Function.prototype.toString.call(work)
  const source = functionSource(text)
  if (!source) {
    const isClass = kindOf(work) === 'a class'
    throw new PlanError(
      'FUNCTION_CLOSURE',
      `${caller} takes a function with a source, got ${isClass ? 'a class' : 'one without'}`,
      {
        hint: `bound functions, methods of the language and classes have none that could be sent to a thread: ${REMEDY}`,
        ...where,
      },
    )
  }
  const { free, rewritten } = freeVariables(source, given)
  if (free.length > 0) throw notSelfContained(caller, work, free, where)
  // The text that was parsed has a bracket or two around it.
  const before = source.isMethod ? 2 : 1
  const own = rewritten.reduceRight(
    (whole, { start, end, name }) => whole.slice(0, start - before) + name + whole.slice(end - before),
    text,
  )
  return asExpression(own, source)
}

/** A method is the value of the only property of an object. */
const asExpression = (text: string, { isMethod }: FunctionSource): string =>
  isMethod ? `Object.values({ ${text} })[0]` : text

const REMEDY =
  "export it from a module and give { url: import.meta.resolve('./functions.ts'), export: 'name' }"

function notSelfContained(
  caller: string,
  work: Function,
  free: readonly FreeVariable[],
  where: Where,
): PlanError {
  const names = free.map(({ name }) => name)
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0]
  const are = names.length > 1 ? 'are' : 'is'
  const named = work.name ? `the function ${work.name}` : 'the function'
  const isValue = ({ name, imported }: FreeVariable) => !imported && /^[\w$]+$/.test(name) && name !== 'this'
  const values = free.filter(isValue).map(({ name }) => name)
  const copies = values.length > 0 ? `using: { ${values.join(', ')} } gives it copies of values; ` : ''
  return new PlanError(
    'FUNCTION_CLOSURE',
    `${named} that ${caller} was given uses ${list}, which ${are} not there in the thread that runs it`,
    { hint: `${copies}${copies ? 'or ' : ''}${REMEDY}`, ...where },
  )
}

/** @throws {PlanError} `FUNCTION_USING` */
function checkJson(value: unknown, path: string, where: Where, depth = 0): void {
  const isPlain =
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0))
  if (isPlain) return
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined
  const isTree = Array.isArray(value) || prototype === null || prototype === Object.prototype
  if (isTree && depth < 100) {
    for (const [key, inner] of Object.entries(value as object))
      checkJson(inner, `${path}.${key}`, where, depth + 1)
    return
  }
  throw new PlanError(
    'FUNCTION_USING',
    `using has ${kindOf(value)} at ${path}, which is not JSON: got ${shown(value)}`,
    {
      hint: 'a plan is JSON: give numbers, texts, arrays and objects of them, and make of them what is needed in the function',
      ...where,
    },
  )
}

/** Makes the function again, with copies of the values it uses. */
export function compileClosure({ source, using = {}, helpers = {} }: Closure): unknown {
  // esbuild keeps the names of functions by calls of a helper.
  const names = ['__name', ...Object.keys(using)]
  // The function comes first: `failure.ts` counts its lines.
  const more = Object.entries(helpers).map(([name, text]) => `const ${name} = (${text}\n)`)
  const body = `'use strict'; const $function = (${source}\n)\n${more.join('\n')}\nreturn $function`
  return new Function(...names, body)((named: unknown) => named, ...Object.values(structuredClone(using)))
}
