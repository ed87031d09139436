/**
 * One dictionary for columns of several. Shards have a dictionary each, which grow, and their rows are put together step by
 * step: what was joined before is kept, so that a step costs what is new in the dictionaries, not all that they hold.
 */

import type { Dictionary } from './column.ts'
import { TextInterner } from './text-interner.ts'

/** How many are kept, and bytes of all their texts: a source may make a dictionary per batch. */
const MAX_KEPT = 32
const MAX_KEPT_BYTES = 1 << 26

interface JoinedCodes {
  /** How many codes of the dictionary have been joined. */
  length: number
  codes: Int32Array
}

class JointDictionary {
  readonly #texts: TextInterner
  readonly #joined = new Map<string, JoinedCodes>()

  constructor(expected: number) {
    this.#texts = new TextInterner(expected)
  }

  get dictionary(): Dictionary {
    return this.#texts.dictionary()
  }

  /** Its codes for those of a dictionary. */
  codesOf({ id, length, values, offsets }: Dictionary): Int32Array {
    const joined = this.#joined.get(id) ?? { length: 0, codes: new Int32Array(length) }
    this.#joined.set(id, joined)
    if (joined.codes.length < length) {
      const codes = new Int32Array(Math.max(length, 2 * joined.codes.length))
      codes.set(joined.codes)
      joined.codes = codes
    }
    const { codes } = joined
    for (let c = joined.length; c < length; c++)
      codes[c] = this.#texts.code(values, offsets[c]!, offsets[c + 1]!)
    joined.length = Math.max(joined.length, length)
    return codes.subarray(0, length)
  }
}

/** By the ids of the dictionaries; the one used last comes last. */
const kept = new Map<string, JointDictionary>()

/**
 * One dictionary for all: `codes[p][c]` is the new code of code `c` of dictionary `p`; absent when codes stay. Views
 * of one growing dictionary need no new one.
 */
export function unifyDictionaries(dictionaries: readonly Dictionary[]): {
  dictionary: Dictionary
  codes: (Int32Array | undefined)[]
} {
  const longest = new Map<string, Dictionary>()
  for (const dictionary of dictionaries) {
    const known = longest.get(dictionary.id)
    if (!known || known.length < dictionary.length) longest.set(dictionary.id, dictionary)
  }
  const [first, ...others] = longest.values()
  if (others.length === 0) return { dictionary: first!, codes: dictionaries.map(() => undefined) }
  const joint = jointOf([...longest.values()])
  const codes = dictionaries.map(dictionary => joint.codesOf(dictionary))
  const { dictionary } = joint
  letGo()
  return { dictionary, codes }
}

function jointOf(dictionaries: readonly Dictionary[]): JointDictionary {
  const key = dictionaries
    .map(({ id }) => id)
    .sort()
    .join(' ')
  const joint = kept.get(key) ?? new JointDictionary(Math.max(...dictionaries.map(({ length }) => length)))
  kept.delete(key)
  kept.set(key, joint)
  return joint
}

/** What was used longest ago, of too much. */
function letGo(): void {
  let bytes = 0
  for (const { dictionary } of kept.values()) bytes += dictionary.values.length
  for (const [key, { dictionary }] of kept) {
    if (kept.size <= MAX_KEPT && bytes <= MAX_KEPT_BYTES) return
    kept.delete(key)
    bytes -= dictionary.values.length
  }
}
