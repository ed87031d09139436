/**
 * Regular expressions over UTF-8 bytes, in linear time: tested, searched, replaced.
 *
 * This folder reads patterns of RE2 (`program.ts`), puts code points in classes (`alphabet.ts`) and runs automata (`automaton.ts`).
 * It may import what `core/expr` has of bytes; each thread compiles a pattern once.
 */

import { DataError } from '../../errors.ts'
import { kept } from '../kept.ts'
import type { Scratch } from '../text-bytes.ts'
import { pointAt } from '../text-points.ts'
import { Alphabet } from './alphabet.ts'
import { Automaton } from './automaton.ts'
import { compileProgram, type Program } from './program.ts'

/** Steps that all searches in one text may take beyond a few for each of its bytes: less than a second. */
const MAX_STEPS = 2 ** 26
const STEPS_PER_BYTE = 16

interface Compiled {
  readonly program: Program
  readonly alphabet: Alphabet
}

const compiled = kept((pattern): Compiled => {
  const program = compileProgram(pattern)
  return { program, alphabet: new Alphabet(program) }
})

/** @throws {Error} when the pattern cannot be read; the message is for users */
export const regexpProgram = (pattern: string): Program => compiled(pattern).program

/** Tells whether a pattern occurs. */
export const regexpTester = kept((pattern): Automaton => {
  const { program, alphabet } = compiled(pattern)
  return new Automaton(program, alphabet, [], true)
})

/** Finds a group of the first match. */
export class RegexpFinder {
  /** Where the group that was found last ends. */
  end = 0
  readonly #automaton: Automaton
  readonly #place: number

  constructor({ program, alphabet }: Compiled, group: number) {
    this.#automaton = new Automaton(program, alphabet, group === 0 ? [] : [group])
    this.#place = group === 0 ? 0 : 2
  }

  /** Where the group begins; -1: nothing matches, or the group has no part in the match. */
  find(a: Uint8Array, s: number, e: number): number {
    if (!this.#automaton.search(a, s, e)) return -1
    const start = this.#automaton.found[this.#place]!
    this.end = this.#automaton.found[this.#place + 1]!
    return this.end < 0 ? -1 : start
  }
}

/** By `[pattern, group]` as JSON. */
export const regexpFinder = kept((key): RegexpFinder => {
  const [pattern, group] = JSON.parse(key) as [string, number]
  return new RegexpFinder(compiled(pattern), group)
})

/** Bytes as they are, or a group of the match. */
type ReplacementPart = Uint8Array | number

/**
 * The parts of a replacement: `$1` and `$<name>` are groups, `$0` and `$&` the whole match, `$$` is a dollar. A text: what is wrong
 * with it.
 */
export function replacementParts(
  replacement: string,
  { groups, groupNames }: Program,
): ReplacementPart[] | string {
  const parts: ReplacementPart[] = []
  const encoder = new TextEncoder()
  let literal = ''
  const add = (group: number): void => {
    if (literal !== '') parts.push(encoder.encode(literal))
    literal = ''
    parts.push(group)
  }
  const reference = /\$(?:(\$)|(&)|(\d{1,2})|<([^>]*)>)/y
  for (let i = 0; i < replacement.length; i++) {
    reference.lastIndex = i
    const match = replacement[i] === '$' ? reference.exec(replacement) : null
    if (replacement[i] !== '$') literal += replacement[i]
    else if (!match) return 'a $ stands alone: write $$ for a dollar'
    else {
      i = reference.lastIndex - 1
      const group = match[2] ? 0 : match[3] === undefined ? groupNames[match[4] ?? ''] : Number(match[3])
      if (match[1]) literal += '$'
      else if (group === undefined || group > groups) return `the pattern has no group ${match[0]}`
      else add(group)
    }
  }
  if (literal !== '') parts.push(encoder.encode(literal))
  return parts
}

/** Replaces the first match, or all. */
export class RegexpReplacer {
  readonly #automaton: Automaton
  readonly #all: boolean
  readonly #parts: readonly ReplacementPart[]
  /** By group, its place among what is found. */
  readonly #places: ReadonlyMap<number, number>

  constructor({ program, alphabet }: Compiled, replacement: string, all: boolean) {
    this.#all = all
    this.#parts = replacementParts(replacement, program) as ReplacementPart[]
    const groups = [...new Set(this.#parts)].filter(part => typeof part === 'number' && part > 0) as number[]
    this.#places = new Map([[0, 0], ...groups.map((group, i) => [group, 2 + 2 * i] as const)])
    this.#automaton = new Automaton(program, alphabet, groups)
  }

  /**
   * Appends the text with its replacements and says where it starts; -1: nothing matches. An empty match right after another one
   * is none, as RE2 has it.
   *
   * @throws {DataError} `REGEXP_STEPS` where finding all matches of one text takes far more than one pass
   */
  append(scratch: Scratch, a: Uint8Array, s: number, e: number): number {
    const { found } = this.#automaton
    const start = scratch.end
    let done = s
    let from = s
    let steps = 0
    let last = -1
    while (from <= e && this.#automaton.search(a, s, e, from)) {
      const [matchStart, matchEnd] = [found[0]!, found[1]!]
      if (matchEnd > matchStart || matchStart !== last) {
        scratch.append(a, done, matchStart)
        this.#appendParts(scratch, a)
        done = matchEnd
        last = matchEnd
        if (!this.#all) break
      }
      from = matchEnd > matchStart ? matchEnd : matchEnd < e ? pointAt(a, matchEnd, e, 1) : e + 1
      steps += this.#automaton.steps
      if (steps > MAX_STEPS + STEPS_PER_BYTE * (e - s)) throw tooManySteps(e - s)
    }
    if (last < 0) return -1
    scratch.append(a, done, e)
    return start
  }

  #appendParts(scratch: Scratch, a: Uint8Array): void {
    const { found } = this.#automaton
    for (const part of this.#parts) {
      if (typeof part !== 'number') scratch.append(part, 0, part.length)
      else {
        const place = this.#places.get(part)!
        // A group that has no part in the match is empty.
        if (found[place + 1]! >= 0) scratch.append(a, found[place]!, found[place + 1]!)
      }
    }
  }
}

/** By `[pattern, replacement, all]` as JSON. */
export const regexpReplacer = kept((key): RegexpReplacer => {
  const [pattern, replacement, all] = JSON.parse(key) as [string, string, boolean]
  return new RegexpReplacer(compiled(pattern), replacement, all)
})

const tooManySteps = (size: number): DataError =>
  new DataError('REGEXP_STEPS', `replacing all matches in a text of ${size} bytes takes too long`, {
    hint: 'the pattern looks far beyond its matches, as `a.*b|a` does: make it more particular, or cut the text before',
  })
