/** A text cut at every separator, as a list. */

import { type Column, NO_VALUES } from '../../batch/column.ts'
import { type Arena, allocInt32, allocUint8 } from '../../batch/slab.ts'
import { PlanError } from '../../errors.ts'
import { listType } from '../../types/nested-type.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { show } from '../show.ts'
import { findBytes } from '../text-points.ts'
import type { FunctionSpec } from './contract.ts'
import { argumentColumn, isValid, withValidity } from './nested-cells.ts'
import { asText } from './text-argument.ts'

/** `split(text, separator)`: an empty text is one empty part. */
const split: FunctionSpec = {
  name: 'split',
  bind(args, call) {
    expectArguments(call, 2)
    const [text, separator] = args.map(arg => asText(arg, call))
    if (separator!.kind !== 'literal' || !separator!.cell) {
      throw new PlanError('ARGUMENT_TYPE', `${show(call)}: the separator is a text that is not empty`, {
        hint: "r.tags.split(', ')",
      })
    }
    const bytes = new TextEncoder().encode(separator!.cell as string)
    return boundCall(split, listType('utf8'), [text!], call, { separator: bytes })
  },
  columns(node, args, count, arena) {
    const text = argumentColumn(node, 0, args, count, arena)
    return withValidity(splitTexts(text, count, node.options.separator as Uint8Array, arena), text.validity)
  },
}

function splitTexts(text: Column, count: number, separator: Uint8Array, arena: Arena): Column {
  const { bytes, startOf, endOf, total } = textsOf(text, count)
  const offsets = allocInt32(arena, count + 1)
  // Parts are shorter than the text by their separators.
  const values = allocUint8(arena, total)
  let ends = new Int32Array(count + 16)
  let parts = 0
  let used = 0
  for (let i = 0; i < count; i++) {
    offsets[i] = parts
    if (!isValid(text.validity, i)) continue
    const end = endOf(i)
    for (let from = startOf(i); ; ) {
      const at = findBytes(bytes, from, end, separator, 0, separator.length)
      const to = at < 0 ? end : at
      for (let k = from; k < to; k++) values[used + k - from] = bytes[k]!
      used += to - from
      if (parts === ends.length) {
        const grown = new Int32Array(parts * 2)
        grown.set(ends)
        ends = grown
      }
      ends[parts++] = used
      if (at < 0) break
      from = at + separator.length
    }
  }
  offsets[count] = parts
  const partOffsets = allocInt32(arena, parts + 1)
  partOffsets[0] = 0
  partOffsets.set(ends.subarray(0, parts), 1)
  const child: Column = { type: 'utf8', values: values.subarray(0, used), offsets: partOffsets }
  return { type: listType('utf8'), values: NO_VALUES, offsets, children: [child] }
}

/** Where each text is, plain or coded. */
function textsOf({ values, offsets, dictionary, validity }: Column, count: number) {
  if (!dictionary) {
    return {
      bytes: values as Uint8Array,
      startOf: (i: number) => offsets![i]!,
      endOf: (i: number) => offsets![i + 1]!,
      total: offsets![count]! - offsets![0]!,
    }
  }
  const codes = values as Int32Array
  const places = dictionary.offsets
  let total = 0
  for (let i = 0; i < count; i++)
    if (isValid(validity, i)) total += places[codes[i]! + 1]! - places[codes[i]!]!
  return {
    bytes: dictionary.values,
    startOf: (i: number) => places[codes[i]!]!,
    endOf: (i: number) => places[codes[i]! + 1]!,
    total,
  }
}

export const splits: readonly FunctionSpec[] = [split]
