/**
 * Regular expressions over text, in JavaScript's syntax with the `u` flag, less what no engine of linear time has: looking
 * around and referring back. They are data of the plan; each thread compiles its own.
 */

import { decodeText } from '../../batch/column.ts'
import { PlanError } from '../../errors.ts'
import { boundCall, expectArguments } from '../bound.ts'
import type { Call } from '../expr.ts'
import { show } from '../show.ts'
import { type Bound, type BoundCall, type FunctionSpec, strict } from './contract.ts'
import { asText } from './text-argument.ts'

/** Compiled expressions by pattern: a plan that runs again gets the same object, and with it the same kernel. */
const compiled = new Map<string, RegExp>()
const KEPT = 256

function compile(pattern: string): RegExp {
  let known = compiled.get(pattern)
  if (!known) {
    if (compiled.size >= KEPT) compiled.clear()
    compiled.set(pattern, (known = new RegExp(pattern, 'u')))
  }
  return known
}

/** What of a pattern needs a search that may take for ever: `(?=`, `(?!`, `(?<=`, `(?<!`, `\1`, `\k<name>`. */
function endlessPart(pattern: string): string | undefined {
  let inClass = false
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i)
    if (rest.startsWith('\\')) {
      const reference = inClass ? null : /^\\(?:[1-9]\d*|k<[^>]*>)/.exec(rest)
      if (reference) return reference[0]
      i++
    } else if (inClass) inClass = !rest.startsWith(']')
    else if (rest.startsWith('[')) inClass = true
    else {
      const around = /^\(\?<?[=!]/.exec(rest)
      if (around) return around[0]
    }
  }
  return undefined
}

function checkedPattern(node: Bound, group: unknown, call: Call): { pattern: string; group: number } {
  if (node.kind !== 'literal' || typeof node.cell !== 'string') {
    throw new PlanError('ARGUMENT_TYPE', `${show(call)}: the pattern is a text, the same for all rows`, {
      hint: "r.url.regexpExtract('[?&]id=([^&]*)', 1)",
    })
  }
  const pattern = node.cell
  let regexp: RegExp
  try {
    regexp = compile(pattern)
  } catch (error) {
    throw new PlanError('REGEXP', `${show(call)}: ${(error as Error).message}`, {
      hint: "patterns are JavaScript's, with the u flag; in a string, a backslash is written twice",
    })
  }
  const endless = endlessPart(pattern)
  if (endless !== undefined) {
    throw new PlanError('REGEXP', `${show(call)}: ${endless} is not taken, for it may search for ever`, {
      hint: 'match more than is wanted and take a group of it',
    })
  }
  // An alternative that is empty matches the empty text, with all groups.
  const groups = new RegExp(`${regexp.source}|`, 'u').exec('')!.length - 1
  if (!Number.isInteger(group) || (group as number) < 0 || (group as number) > groups) {
    throw new PlanError('REGEXP', `${show(call)}: the pattern has no group ${String(group)}`, {
      hint: `it has ${groups}, counted from 1; 0 is the whole match`,
    })
  }
  return { pattern, group: group as number }
}

/** The group of the first match; null without a match, or when the group has no part in it. */
const extract = (text: string, regexp: RegExp, group: number): string | null =>
  regexp.exec(text)?.[group] ?? null

const extractFromBytes = (
  bytes: Uint8Array,
  start: number,
  end: number,
  regexp: RegExp,
  group: number,
): string | null => extract(decodeText(bytes.subarray(start, end)), regexp, group)

const optionsOf = ({ options }: BoundCall): { regexp: RegExp; group: number } => ({
  regexp: compile(options.pattern as string),
  group: options.group as number,
})

/** No parity: DuckDB has the empty text where nothing matches, and classes of its own. */
const regexpExtract: FunctionSpec = {
  name: 'regexpExtract',
  costly: true,
  nulls: 'own',
  bind(args, call) {
    expectArguments(call, 2)
    const text = asText(args[0]!, call)
    const options = checkedPattern(args[1]!, call.options?.group, call)
    return boundCall(regexpExtract, 'utf8', [text], call, options)
  },
  interpret: strict((node, text: string) => {
    const { regexp, group } = optionsOf(node)
    return extract(text, regexp, group)
  }),
  emit(node, emitter) {
    const { regexp, group } = optionsOf(node)
    const { args, valid } = emitter.strict(node)
    const { value, start, end } = args[0]!
    const given = `${value}, ${start}, ${end}, ${emitter.outside(regexp)}, ${emitter.outside(group)}`
    const call = `${emitter.outside(extractFromBytes)}(${given})`
    const found = emitter.constant(valid === undefined ? call : `(${valid}) ? ${call} : null`)
    return {
      ...emitter.scratchText(emitter.constant(`scratch.text(${found} ?? '')`)),
      valid: emitter.constant(`${found} === null ? 0 : 1`),
    }
  },
}

export const regexps: readonly FunctionSpec[] = [regexpExtract]
