/**
 * Drafts that stand for others: what a verb makes of its input's columns or values where these are not known yet. They are made
 * when a plan is built, each once for all of the plan.
 */

import type { Draft } from './build.ts'

/** The same drafts, with what they stand for in place of those that do. */
export async function resolved(sinks: readonly Draft[]): Promise<readonly Draft[]> {
  if (!sinks.some(stands(new Map()))) return sinks
  const known = new Map<Draft, Promise<Draft>>()
  const resolve = (draft: Draft): Promise<Draft> => {
    const found = known.get(draft) ?? (draft.later ? draft.later().then(resolve) : withInputs(draft))
    known.set(draft, found)
    return found
  }
  const withInputs = async (draft: Draft): Promise<Draft> => {
    const inputs = await all(draft.inputs.map(({ draft: input }) => resolve(input)))
    if (inputs.every((input, i) => input === draft.inputs[i]!.draft)) return draft
    return { ...draft, inputs: draft.inputs.map(({ port }, i) => ({ draft: inputs[i]!, port })) }
  }
  return all(sinks.map(resolve))
}

/** All of them, or the first failure once none is under way any more. */
async function all<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

/** Whether a draft is one that stands for another, or is made of one. */
const stands = (seen: Map<Draft, boolean>) => {
  const visit = (draft: Draft): boolean => {
    const known = seen.get(draft)
    if (known !== undefined) return known
    const found = draft.later !== undefined || draft.inputs.some(({ draft: input }) => visit(input))
    seen.set(draft, found)
    return found
  }
  return visit
}
