import type { Sink, Source } from '../connector.ts'
import type { OnBadRow, SourceNode } from '../plan.ts'
import { callSite, type Draft, type Lazy } from '../planner/build.ts'
import type { Schema } from '../types/schema.ts'
import { Dataset } from './dataset.ts'
import type { Bounds } from './types.ts'

/** What becomes of records that cannot be decoded, and the sink of those that leave. */
export interface BadRows {
  readonly onBadRow: OnBadRow
  readonly deadLetters?: Lazy<Sink>
}

/**
 * The dataset of a source's rows.
 *
 * @param schema what the user declared: verbs then check their columns at the call, and only these columns are read
 * @param above the user-facing function
 * @param bytes of sources of bytes: what becomes of records that cannot be decoded
 */
export function fromSource<Row, B extends Bounds>(
  source: Lazy<Source>,
  bounded: boolean,
  schema: Schema | undefined,
  above: Function,
  bytes?: BadRows,
): Dataset<Row, B> {
  const body: Omit<SourceNode, 'inputs' | 'connector'> = {
    kind: 'source',
    label: source.label,
    bounded,
    ...(schema ? { schema } : {}),
    ...(bytes && { onBadRow: bytes.onBadRow }),
  }
  const draft: Draft = {
    body,
    inputs: [],
    bounded,
    source,
    ...(bytes?.deadLetters && { deadLetters: bytes.deadLetters }),
    site: callSite(above),
    ...(schema
      ? { nodeOutput: { schema, bounded, lateness: false, timeOrdered: false, rows: 'append' } }
      : {}),
  }
  return new Dataset(draft)
}
