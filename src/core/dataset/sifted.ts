/** Readers of rows that come with types of their own, and what becomes of those that do not fit. */

import type { Source } from '../connector.ts'
import { marked } from '../formats/bad-rows.ts'
import type { SiftNode } from '../operators/sift.ts'
import { extend, type Lazy, type NodeBody } from '../planner/build.ts'
import type { Schema } from '../types/schema.ts'
import { Dataset } from './dataset.ts'
import { type BadRows, fromSource } from './from-source.ts'
import type { Bounds } from './types.ts'

/**
 * The dataset of a source's rows, without those that it marks.
 *
 * @param source loads it, marking rows or not; `bounded` by default
 * @param schema what the user declared
 * @param above the user-facing function
 */
export function siftedSource<Row, B extends Bounds>(
  source: { readonly label: string; readonly bounded?: boolean; load(marks: boolean): Promise<Source> },
  schema: Schema | undefined,
  { onBadRow, deadLetters }: BadRows,
  above: Function,
): Dataset<Row, B> {
  const { label, bounded = true } = source
  if (onBadRow === 'fail')
    return fromSource({ label, load: () => source.load(false) }, bounded, schema, above)
  const load: Lazy<Source> = { label, load: () => source.load(true) }
  const rows = fromSource<any, B>(load, bounded, schema && marked(schema), above)
  const body: NodeBody<SiftNode> = { kind: 'sift', onBadRow }
  return new Dataset(
    extend(body, [{ draft: rows.draft, port: rows.port }], above, deadLetters && { deadLetters }),
  )
}
