/**
 * Regular expressions over text, in RE2's syntax, which has nothing that could search for ever: no looking around, no referring
 * back. They are data of the plan; each thread compiles its own.
 *
 * No parity: DuckDB has the empty text where nothing matches, and classes of another version of Unicode.
 */

import { PlanError } from '../../errors.ts'
import { boundCall, expectArguments } from '../bound.ts'
import type { Call } from '../expr.ts'
import type { Program } from '../regexp/program.ts'
import {
  regexpFinder,
  regexpProgram,
  regexpReplacer,
  regexpTester,
  replacementParts,
} from '../regexp/regexp.ts'
import { show } from '../show.ts'
import { Scratch } from '../text-bytes.ts'
import { decodeBetween } from '../text-points.ts'
import { type Bound, type BoundCall, type Emitted, type FunctionSpec, strict } from './contract.ts'
import { asText, literalText } from './text-argument.ts'

const encoder = new TextEncoder()
const keyOf = ({ options }: BoundCall): string => options.key as string
const bytesOf = ({ value, start, end }: Emitted): string => `${value}, ${start}, ${end}`

function checkedPattern(node: Bound, call: Call): { pattern: string; program: Program } {
  const pattern = literalText(node, call, "r.url.regexpExtract('[?&]id=([^&]*)', 1)")
  try {
    return { pattern, program: regexpProgram(pattern) }
  } catch (error) {
    throw new PlanError('REGEXP', `${show(call)}: ${(error as Error).message}`, { hint: hintFor(pattern) })
  }
}

function hintFor(pattern: string): string {
  if (/\(\?<?[=!]/.test(pattern))
    return 'looking around, (?= and the like, may search for ever: match more than is wanted and take a group of it'
  if (/\\[1-9]|\\k</.test(pattern))
    return 'referring back, \\1, may search for ever: there is no way to say it'
  return "patterns are RE2's; in a string, a backslash is written twice"
}

function checkedGroup(group: unknown, { groups, groupNames }: Program, call: Call): number {
  const number = typeof group === 'string' ? groupNames[group] : group
  if (Number.isInteger(number) && (number as number) >= 0 && (number as number) <= groups)
    return number as number
  throw new PlanError('REGEXP', `${show(call)}: the pattern has no group ${String(group)}`, {
    hint: `it has ${groups}, counted from 1; 0 is the whole match`,
  })
}

const regexpMatch: FunctionSpec = {
  name: 'regexpMatch',
  costly: true,
  bind(args, call) {
    expectArguments(call, 2)
    const text = asText(args[0]!, call)
    return boundCall(regexpMatch, 'bool', [text], call, { key: checkedPattern(args[1]!, call).pattern })
  },
  interpret: strict((node, text: string) => {
    const bytes = encoder.encode(text)
    return regexpTester(keyOf(node)).search(bytes, 0, bytes.length)
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const code = `${emitter.outside(regexpTester(keyOf(node)))}.search(${bytesOf(args[0]!)})`
    return {
      value: emitter.constant(nulls.valid === undefined ? code : `${nulls.valid} && ${code}`),
      ...nulls,
    }
  },
}

/** A piece of the text itself: no bytes are copied. */
const regexpExtract: FunctionSpec = {
  name: 'regexpExtract',
  costly: true,
  nulls: 'own',
  bind(args, call) {
    expectArguments(call, 2)
    const text = asText(args[0]!, call)
    const { pattern, program } = checkedPattern(args[1]!, call)
    const group = checkedGroup(call.options?.group, program, call)
    return boundCall(regexpExtract, 'utf8', [text], call, { key: JSON.stringify([pattern, group]) })
  },
  interpret: strict((node, text: string) => {
    const finder = regexpFinder(keyOf(node))
    const bytes = encoder.encode(text)
    const start = finder.find(bytes, 0, bytes.length)
    return start < 0 ? null : decodeBetween(bytes, start, finder.end)
  }),
  emit(node, emitter) {
    const finder = emitter.outside(regexpFinder(keyOf(node)))
    const { args, valid } = emitter.strict(node)
    const code = `${finder}.find(${bytesOf(args[0]!)})`
    const start = emitter.constant(valid === undefined ? code : `(${valid}) ? ${code} : -1`)
    return {
      value: args[0]!.value,
      start,
      end: emitter.constant(`${start} < 0 ? ${start} : ${finder}.end`),
      valid: emitter.constant(`(${start} >= 0) | 0`),
    }
  },
}

const regexpReplace: FunctionSpec = {
  name: 'regexpReplace',
  costly: true,
  bind(args, call) {
    expectArguments(call, 3)
    const text = asText(args[0]!, call)
    const { pattern, program } = checkedPattern(args[1]!, call)
    const replacement = literalText(args[2]!, call, "r.name.regexpReplace('(.*), (.*)', '$2 $1')")
    const parts = replacementParts(replacement, program)
    if (typeof parts === 'string') {
      throw new PlanError('REGEXP', `${show(call)}: ${parts}`, {
        hint: 'in a replacement $1 and $<name> are groups, $0 the whole match, $$ a dollar',
      })
    }
    const all = call.options?.all ?? false
    if (typeof all !== 'boolean') {
      throw new PlanError('OPTION', `${show(call)}: all is true or false, got ${String(all)}`, {
        hint: "r.name.regexpReplace('[0-9]+', '#', { all: true })",
      })
    }
    return boundCall(regexpReplace, 'utf8', [text], call, {
      key: JSON.stringify([pattern, replacement, all]),
    })
  },
  interpret: strict((node, text: string) => {
    const bytes = encoder.encode(text)
    const scratch = new Scratch()
    const start = regexpReplacer(keyOf(node)).append(scratch, bytes, 0, bytes.length)
    return start < 0 ? text : decodeBetween(scratch.bytes, start, scratch.end)
  }),
  emit(node, emitter) {
    const replacer = emitter.outside(regexpReplacer(keyOf(node)))
    const { args, ...nulls } = emitter.strict(node)
    const [text] = args as [Emitted]
    const code = `${replacer}.append(scratch, ${bytesOf(text)})`
    const at = emitter.constant(nulls.valid === undefined ? code : `${nulls.valid} ? ${code} : -1`)
    const made = emitter.scratchText(at)
    // What does not match is not copied.
    return {
      value: emitter.constant(`${at} < 0 ? ${text.value} : ${made.value}`),
      start: emitter.constant(`${at} < 0 ? ${text.start} : ${at}`),
      end: emitter.constant(`${at} < 0 ? ${text.end} : ${made.end}`),
      ...nulls,
    }
  },
}

export const regexps: readonly FunctionSpec[] = [regexpMatch, regexpExtract, regexpReplace]
