/** Verbs that are made of others by the columns there are, or by values that are found first. */

import { callSite, type Draft, outputAt, thrownAt } from '../planner/build.ts'
import type { Schema } from '../types/schema.ts'
import type { Dataset } from './dataset.ts'

type AnyDataset = Dataset<any, any>

/**
 * What `make` makes of a dataset, whose columns it is told: at once where they are known, else when the plan is built.
 *
 * @param above the user-facing function
 */
export function ofColumns(
  dataset: AnyDataset,
  above: Function,
  make: (schema: Schema) => AnyDataset,
): AnyDataset {
  const site = callSite(above)
  const made = (schema: Schema): AnyDataset => {
    try {
      return make(schema)
    } catch (error) {
      throw thrownAt(error, site)
    }
  }
  const known = outputAt(dataset.draft, dataset.port)
  return known ? made(known.schema) : later(dataset, above, async () => made(await dataset.schema()))
}

/** A dataset that is made of another one when a plan is built; it ends when that does. */
export function later(dataset: AnyDataset, above: Function, make: () => Promise<AnyDataset>): AnyDataset {
  const draft: Draft = {
    body: { kind: 'select' },
    inputs: [],
    bounded: dataset.draft.bounded,
    later: async () => {
      const { draft, port } = await make()
      if (port !== 'out') throw new RangeError(`a draft of the port ${port} cannot stand for a dataset`)
      return draft
    },
    site: callSite(above),
  }
  return dataset.made(draft)
}
