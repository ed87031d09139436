/**
 * `join(x, separator)`: the texts of a group, one after the other, in the total order of their rows, as DuckDB's `string_agg` does
 * in an order. Nulls do not count; of no values it is null.
 *
 * A group keeps its values, so its state grows with them.
 */

import { JobError } from '../errors.ts'
import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { bytesOfBinaryString } from './cell-key.ts'
import type { FoldOption } from './fold-option.ts'
import { foldOfKeptValues } from './kept-values.ts'
import type { Multiset } from './multiset.ts'
import { placedValues, valueOfPlaced } from './placed-value.ts'
import { textColumn } from './result.ts'

/** What stands between two texts. */
export const separatorText: FoldOption<string> = {
  takes: 'text',
  hint: "join('name', ', ')",
  accepts: (value): value is string => typeof value === 'string',
}

const encoder = new TextEncoder()

/** @param type of the argument; text */
export function joinTexts(type: ColumnType, { separator }: { readonly separator: string }): Fold {
  const between = encoder.encode(separator)
  const fold = foldOfKeptValues(type, {
    resultType: 'utf8',
    ordered: true,
    read(input) {
      if (input.order) return placedValues(type, input, input.order)
      throw new JobError('ROW_ORDER', 'join was stepped without the order of the rows')
    },
    result: (groups, arena) =>
      textColumn(
        groups.map(texts => texts && joined(textsOf(type, texts), between)),
        arena,
      ),
  })
  return { ...fold, keepsValues: true }
}

function textsOf(type: ColumnType, placed: Multiset): Uint8Array[] {
  const texts: Uint8Array[] = []
  placed.forEach((text, weight) => {
    if (weight <= 0) return
    const bytes = bytesOfBinaryString(valueOfPlaced(type, text as string) as string)
    for (let n = 0; n < weight; n++) texts.push(bytes)
  })
  return texts
}

function joined(texts: readonly Uint8Array[], between: Uint8Array): Uint8Array {
  let size = between.length * (texts.length - 1)
  for (const text of texts) size += text.length
  const all = new Uint8Array(size)
  let at = 0
  texts.forEach((text, i) => {
    if (i > 0) {
      all.set(between, at)
      at += between.length
    }
    all.set(text, at)
    at += text.length
  })
  return all
}
