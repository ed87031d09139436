import type { Source } from '../connector.ts'
import type { SourceNode } from '../plan.ts'
import { callSite, type Draft, type Lazy } from '../planner/build.ts'
import type { Schema } from '../types/schema.ts'
import { Dataset } from './dataset.ts'
import type { Bounds } from './types.ts'

/**
 * The dataset of a source's rows.
 *
 * @param schema what the user declared: verbs then check their columns at the call, and only these columns are read
 * @param above the user-facing function
 */
export function fromSource<Row, B extends Bounds>(
  source: Lazy<Source>,
  bounded: boolean,
  schema: Schema | undefined,
  above: Function,
): Dataset<Row, B> {
  const body: Omit<SourceNode, 'inputs' | 'connector'> = {
    kind: 'source',
    label: source.label,
    bounded,
    ...(schema ? { schema } : {}),
  }
  const draft: Draft = {
    body,
    inputs: [],
    bounded,
    source,
    site: callSite(above),
    ...(schema
      ? { nodeOutput: { schema, bounded, lateness: false, timeOrdered: false, rows: 'append' } }
      : {}),
  }
  return new Dataset(draft)
}
