/** A text cut at every separator, as a list. */

import { type Column, NO_VALUES } from '../../batch/column.ts'
import { type Arena, allocInt32, allocUint8 } from '../../batch/slab.ts'
import { PlanError } from '../../errors.ts'
import { listType } from '../../types/nested-type.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { show } from '../show.ts'
import { viewOf } from '../text-bytes.ts'
import { type Needle, needleOf } from '../text-needle.ts'
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
    return boundCall(split, listType('utf8'), [text!], call, { separator: separator!.cell })
  },
  columns(node, args, count, arena) {
    const text = argumentColumn(node, 0, args, count, arena)
    return withValidity(
      splitTexts(text, count, needleOf(node.options.separator as string), arena),
      text.validity,
    )
  },
}

function splitTexts(text: Column, count: number, separator: Needle, arena: Arena): Column {
  const { bytes, startOf, endOf, total } = textsOf(text, count)
  const offsets = allocInt32(arena, count + 1)
  // Parts are shorter than the text by their separators.
  const parts = new Parts(allocUint8(arena, total), count)
  const cut = separator.size === 1 ? cutAtByte(separator.bytes[0]!, bytes, parts.values) : cutAt(separator)
  for (let i = 0; i < count; i++) {
    offsets[i] = parts.count
    if (isValid(text.validity, i)) cut(parts, bytes, startOf(i), endOf(i))
  }
  offsets[count] = parts.count
  return { type: listType('utf8'), values: NO_VALUES, offsets, children: [parts.finish(arena)] }
}

/** Puts the parts of a text with the others. */
type Cut = (parts: Parts, bytes: Uint8Array, start: number, end: number) => void

/** Four bytes without a separator are looked at, and copied, together. */
function cutAtByte(separator: number, bytes: Uint8Array, values: Uint8Array): Cut {
  const [source, target] = [viewOf(bytes), viewOf(values)]
  const separators = Math.imul(separator, 0x01010101)
  return (parts, _bytes, start, end) => {
    let { used } = parts
    let i = start
    for (const last = end - 4; i <= last; i += 4) {
      const word = source.getInt32(i, true)
      // A byte that is zero here is a separator.
      const differing = word ^ separators
      if (((differing - 0x01010101) & ~differing & 0x80808080) === 0) {
        target.setInt32(used, word, true)
        used += 4
      } else used = cutShort(parts, separator, bytes, i, i + 4, values, used)
    }
    parts.end(cutShort(parts, separator, bytes, i, end, values, used))
  }
}

function cutShort(
  parts: Parts,
  separator: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  values: Uint8Array,
  from: number,
): number {
  let used = from
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === separator) parts.end(used)
    else values[used++] = byte
  }
  return used
}

const cutAt =
  (separator: Needle): Cut =>
  (parts, bytes, start, end) => {
    const { values } = parts
    let { used } = parts
    for (let from = start; ; ) {
      const at = separator.find(bytes, from, end)
      const to = at < 0 ? end : at
      for (let i = from; i < to; i++) values[used++] = bytes[i]!
      parts.end(used)
      if (at < 0) break
      from = at + separator.size
    }
  }

/** The parts of all texts, one after the other. */
class Parts {
  readonly values: Uint8Array
  /** Bytes of the parts that have ended. */
  used = 0
  count = 0
  #ends: Int32Array

  constructor(values: Uint8Array, texts: number) {
    this.values = values
    this.#ends = new Int32Array(texts * 4 + 16)
  }

  end(used: number): void {
    if (this.count === this.#ends.length) {
      const grown = new Int32Array(this.count * 2)
      grown.set(this.#ends)
      this.#ends = grown
    }
    this.#ends[this.count++] = used
    this.used = used
  }

  finish(arena: Arena): Column {
    const offsets = allocInt32(arena, this.count + 1)
    offsets[0] = 0
    offsets.set(this.#ends.subarray(0, this.count), 1)
    return { type: 'utf8', values: this.values.subarray(0, this.used), offsets }
  }
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
