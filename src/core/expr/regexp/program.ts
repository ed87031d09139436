/**
 * Regular expressions as programs: RE2's syntax, read and compiled by re2js. Only this file knows re2js.
 *
 * A program is a graph of instructions over code points, as in K. Thompson's construction; `automaton.ts` runs it over bytes.
 */

import type { RE2JS } from 're2js'

/** Patterns are read while a plan is built, at once; the library is large, and loaded with the first of them. */
let loaded: typeof RE2JS | undefined

function re2js(): typeof RE2JS {
  loaded ??= process.getBuiltinModule('node:module').createRequire(import.meta.url)('re2js').RE2JS
  return loaded!
}

/** What an instruction does, and which come next: `out`, of a branch the one that is preferred, then `other`. */
export type Instruction =
  | { readonly kind: 'next'; readonly out: number }
  | { readonly kind: 'branch'; readonly out: number; readonly other: number }
  | { readonly kind: 'capture'; readonly out: number; readonly slot: number }
  | { readonly kind: 'assert'; readonly out: number; readonly flags: number }
  | { readonly kind: 'point'; readonly out: number; readonly ranges: Ranges }
  | { readonly kind: 'match' }
  | { readonly kind: 'fail' }

/** Code points from each first to its second, ascending: `[48, 57, 97, 102]`. */
export type Ranges = readonly number[]

export interface Program {
  readonly instructions: readonly Instruction[]
  readonly start: number
  /** It matches at the start of a text only. */
  readonly anchored: boolean
  /** Besides group 0. */
  readonly groups: number
  readonly groupNames: Readonly<Record<string, number>>
}

/** What an `assert` asks for, as bits. */
export const ASSERTIONS = {
  lineStart: 1,
  lineEnd: 2,
  textStart: 4,
  textEnd: 8,
  wordEdge: 16,
  noWordEdge: 32,
} as const

const OP = {
  branch: 1,
  branchMatch: 2,
  capture: 3,
  assert: 4,
  fail: 5,
  match: 6,
  next: 7,
  ranges: 8,
  one: 9,
  any: 10,
  anyButNewline: 11,
} as const
const FOLD_CASE = 1
const LAST_POINT = 0x10ffff

interface Re2Instruction {
  readonly op: number
  readonly out: number
  readonly arg: number
  readonly runes: ArrayLike<number>
  matchRune(point: number): boolean
}

/**
 * The program of a pattern.
 *
 * @throws {Error} when it cannot be read; the message is for users
 */
export function compileProgram(pattern: string): Program {
  const compiled = re2js().compile(pattern)
  const { inst, start, startCond } = compiled.re2Input.prog as {
    inst: readonly Re2Instruction[]
    start: number
    startCond(): number
  }
  return {
    instructions: inst.map(instruction),
    start,
    anchored: (startCond.call(compiled.re2Input.prog) & ASSERTIONS.textStart) !== 0,
    groups: compiled.groupCount(),
    groupNames: compiled.namedGroups(),
  }
}

function instruction(from: Re2Instruction): Instruction {
  const { op, out, arg } = from
  switch (op) {
    case OP.branch:
    case OP.branchMatch:
      return { kind: 'branch', out, other: arg }
    case OP.capture:
      return { kind: 'capture', out, slot: arg }
    case OP.assert:
      return { kind: 'assert', out, flags: arg }
    case OP.match:
      return { kind: 'match' }
    case OP.next:
      return { kind: 'next', out }
    case OP.ranges:
    case OP.one:
      return { kind: 'point', out, ranges: rangesOf(from) }
    case OP.any:
      return { kind: 'point', out, ranges: [0, LAST_POINT] }
    case OP.anyButNewline:
      return { kind: 'point', out, ranges: [0, 9, 11, LAST_POINT] }
    case OP.fail:
      return { kind: 'fail' }
    default:
      throw new Error(`an instruction of kind ${op} is not known`)
  }
}

function rangesOf(from: Re2Instruction): Ranges {
  const { runes, arg } = from
  if (runes.length !== 1) return Array.from(runes)
  return (arg & FOLD_CASE) === 0 ? [runes[0]!, runes[0]!] : foldedRanges(from)
}

const folded = new Map<number, Ranges>()

/** A letter in any case: there is no list of them, so that all code points with case are asked for, once per letter. */
function foldedRanges(from: Re2Instruction): Ranges {
  const letter = from.runes[0]!
  const known = folded.get(letter)
  if (known) return known
  const ranges: number[] = []
  for (let point = 0; point < 0x1f000; point++) if (from.matchRune(point)) ranges.push(point, point)
  folded.set(letter, ranges)
  return ranges
}
