/** The states of a search: after a row of a variable was matched for the so-manieth time. */

import { PlanError } from '../errors.ts'
import type { Gap, PatternStep } from './pattern.ts'

/** From a state to the next row that is matched, or to the end. */
export interface Edge {
  /** The variable that the row is of; {@link ACCEPT}: nothing is to follow. */
  readonly step: number
  /** The state it leads to. */
  readonly to: number
  readonly gap: Gap
  /** Negated variables that the next row must not be. */
  readonly notNext: readonly number[]
  /** Negated variables that no row in between must be. */
  readonly notFollowedBy: readonly number[]
}

export const ACCEPT = -1

export interface Automaton {
  readonly steps: readonly PatternStep[]
  readonly edges: readonly Edge[]
  /** By state the edges out of it, by number, the preferred one first. */
  readonly out: readonly (readonly number[])[]
  /** Those into the pattern. */
  readonly start: readonly number[]
}

/** Conditions are bits of a word. */
export const MAX_STEPS = 32
const MAX_STATES = 10_000

/** @throws {PlanError} `PATTERN` */
export function automatonOf(steps: readonly PatternStep[]): Automaton {
  const firstStates = statesOf(steps)
  const edges: Edge[] = []
  const add = (edge: Edge): number => edges.push(edge) - 1
  const enter = (from: number): number[] => entering(steps, from, firstStates).map(add)
  const start = enter(0)
  const out: number[][] = []
  steps.forEach((step, k) => {
    if (step.negated) return
    const counts = countsOf(step)
    for (let count = 1; count <= counts; count++) {
      const more = step.max === null || count < step.max
      const to = firstStates[k]! + Math.min(count + 1, counts) - 1
      const repeat = { step: k, to, gap: step.between, notNext: [], notFollowedBy: [] }
      const again = () => (more ? [add(repeat)] : [])
      const onward = () => (count >= step.min ? enter(k + 1) : [])
      out.push(step.greedy ? [...again(), ...onward()] : [...onward(), ...again()])
    }
  })
  if (start.some(edge => edges[edge]!.step === ACCEPT)) {
    throw new PlanError(
      'PATTERN',
      'a pattern must match at least one row, and every variable of this one may be absent',
      {
        hint: 'leave out optional() of one of them',
      },
    )
  }
  return { steps, edges, out, start }
}

/** How many states a variable has: how often it was matched, as far as that makes a difference. */
const countsOf = ({ min, max }: PatternStep): number => max ?? Math.max(min, 1)

/** By step, its first state. */
function statesOf(steps: readonly PatternStep[]): number[] {
  let states = 0
  const first = steps.map(step => {
    const own = states
    if (!step.negated) states += countsOf(step)
    return own
  })
  if (states > MAX_STATES) {
    throw new PlanError('PATTERN', `a pattern has at most ${MAX_STATES} states, and this one ${states}`, {
      hint: 'repetitions count one by one: use smaller ones',
    })
  }
  return first
}

/** The ways from before a step to the next row, the preferred one first. */
function entering(steps: readonly PatternStep[], from: number, firstStates: readonly number[]): Edge[] {
  const notNext: number[] = []
  const notFollowedBy: number[] = []
  const edges: Edge[] = []
  const follow = (k: number): void => {
    const step = steps[k]
    const not = { notNext: [...notNext], notFollowedBy: [...notFollowedBy] }
    if (!step) {
      edges.push({ step: ACCEPT, to: ACCEPT, gap: 'followedByAny', ...not })
    } else if (step.negated) {
      const list = step.gap === 'next' ? notNext : notFollowedBy
      list.push(k)
      follow(k + 1)
      list.pop()
    } else {
      const edge = { step: k, to: firstStates[k]!, gap: step.gap, ...not }
      if (step.min > 0) edges.push(edge)
      else if (step.greedy) {
        edges.push(edge)
        follow(k + 1)
      } else {
        follow(k + 1)
        edges.push(edge)
      }
    }
  }
  follow(from)
  return edges
}
