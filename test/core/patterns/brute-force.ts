/**
 * Pattern matching by going back and forth: every way is tried, the preferred one first, over a plain array of rows. Slow,
 * and written from the definition alone.
 */

import type { Gap, PatternStep, Skip } from '../../../src/core/patterns/pattern.ts'

/** What has been matched: rows by their index, with the step each is of. */
export interface Matched {
  readonly row: number
  readonly step: number
}

export interface Sought {
  readonly steps: readonly PatternStep[]
  /** Whether row `row` satisfies the condition of a step, after what was matched before it. */
  holds(step: number, row: number, before: readonly Matched[]): boolean
  readonly timesMs: readonly number[]
  readonly withinMs: number
  readonly skip: Skip
}

/** All matches over one sequence of rows. */
export function bruteForce(sought: Sought): Matched[][] {
  const matches: Matched[][] = []
  for (let start = 0; start < sought.timesMs.length; ) {
    const match = matchFrom(sought, start)
    if (!match) {
      start++
      continue
    }
    matches.push(match)
    start = resume(sought, start, match)
  }
  return matches
}

function resume({ skip, steps }: Sought, start: number, match: Matched[]): number {
  const past = match.at(-1)!.row + 1
  if (skip.to === 'next') return start + 1
  if (!('of' in skip)) return past
  const of = match.filter(({ step }) => steps[step]!.name === skip.of)
  const to = skip.to === 'first' ? of[0] : of.at(-1)
  return to === undefined ? past : Math.max(to.row, start + 1)
}

/** The preferred match that begins at a row. */
function matchFrom(sought: Sought, start: number): Matched[] | undefined {
  const { steps, timesMs, withinMs } = sought
  /** The rows that the match may have: up to here. */
  let end = start
  while (end < timesMs.length && timesMs[end]! - timesMs[start]! <= withinMs) end++

  /** `count` rows of step `at` have been matched; the rest, or undefined. */
  const rest = (matched: readonly Matched[], at: number, count: number): Matched[] | undefined => {
    const step = steps[at]!
    const again = () =>
      step.max === null || count < step.max
        ? take(matched, at, step.between, [], (more, k) => rest(more, k, count + 1))
        : undefined
    const on = () => (count >= step.min ? onward(matched, at + 1, []) : undefined)
    return step.greedy ? (again() ?? on()) : (on() ?? again())
  }

  /** The steps from `at` on, after negated ones that hold until the next row. */
  const onward = (matched: readonly Matched[], at: number, not: readonly number[]): Matched[] | undefined => {
    const step = steps[at]
    if (!step) return isFree(matched, not, end) ? [...matched] : undefined
    if (step.negated) return onward(matched, at + 1, [...not, at])
    const enter = () => take(matched, at, step.gap, not, (more, k) => rest(more, k, 1))
    if (step.min > 0) return enter()
    const leaveOut = () => onward(matched, at + 1, not)
    return step.greedy ? (enter() ?? leaveOut()) : (leaveOut() ?? enter())
  }

  /** The next row of step `at`, in every place that the gap allows, the nearest first. */
  const take = (
    matched: readonly Matched[],
    at: number,
    gap: Gap,
    not: readonly number[],
    then: (matched: readonly Matched[], at: number) => Matched[] | undefined,
  ): Matched[] | undefined => {
    const last = matched.at(-1)?.row
    const from = last === undefined ? start : last + 1
    const until = gap === 'next' || last === undefined ? Math.min(from + 1, end) : end
    for (let row = from; row < until; row++) {
      const holds = sought.holds(at, row, matched)
      if (holds && isFree(matched, not, row, true)) {
        const found = then([...matched, { row, step: at }], at)
        if (found) return found
      }
      if (holds && gap === 'followedBy') return undefined
    }
    return undefined
  }

  /** Whether nothing forbidden lies between the last row and `to`; with `next` also not at it, if it is the next one. */
  const isFree = (
    matched: readonly Matched[],
    not: readonly number[],
    to: number,
    taken = false,
  ): boolean => {
    const last = matched.at(-1)?.row
    if (last === undefined) return true
    return not.every(step => {
      if (steps[step]!.gap === 'next') {
        const isSeen = last + 1 < to || (taken && last + 1 === to)
        return !(isSeen && sought.holds(step, last + 1, matched))
      }
      for (let row = last + 1; row < to; row++) if (sought.holds(step, row, matched)) return false
      return true
    })
  }

  return onward([], 0, [])
}
