import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dictionaryStrings } from '../../../src/core/batch/dictionary.ts'
import { unifyDictionaries } from '../../../src/core/batch/take.ts'
import { TextInterner } from '../../../src/core/batch/text-interner.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('TextInterner', () => {
  it('gives codes in order of first sight, as a Map would', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 4 }), { maxLength: 300 }), texts => {
        const interner = new TextInterner()
        const map = new Map<string, number>()
        for (const text of texts) {
          if (!map.has(text)) map.set(text, map.size)
          const padded = bytes(`<${text}>`)
          expect(interner.code(padded, 1, padded.length - 1)).toBe(map.get(text))
        }
        expect(dictionaryStrings(interner.dictionary())).toEqual([...map.keys()])
      }),
    )
  })

  it('keeps its codes while it grows', () => {
    const interner = new TextInterner()
    for (let i = 0; i < 5000; i++) expect(interner.code(bytes(`text number ${i}`))).toBe(i)
    for (let i = 0; i < 5000; i++) expect(interner.code(bytes(`text number ${i}`))).toBe(i)
    expect(interner.length).toBe(5000)
  })

  it('gives views that stay as they were while it grows', () => {
    const interner = new TextInterner()
    interner.code(bytes('first'))
    const early = interner.dictionary()
    for (let i = 0; i < 1000; i++) interner.code(bytes(`later ${i}`))
    expect(dictionaryStrings(early)).toEqual(['first'])
    expect(early.id).toBe(interner.dictionary().id)
    expect(early.values.buffer).toBeInstanceOf(SharedArrayBuffer)
  })
})

describe('unifyDictionaries', () => {
  const dictionary = (...texts: string[]) => {
    const interner = new TextInterner()
    for (const text of texts) interner.code(bytes(text))
    return interner.dictionary()
  }

  it('makes one of several and says where the codes went', () => {
    const [a, b] = [dictionary('x', 'y'), dictionary('y', 'z', 'x')]
    const { dictionary: all, codes } = unifyDictionaries([a, b, a])
    expect(dictionaryStrings(all)).toEqual(['x', 'y', 'z'])
    expect(codes.map(map => [...map!])).toEqual([
      [0, 1],
      [1, 2, 0],
      [0, 1],
    ])
  })

  it('goes on with the one made before as dictionaries grow, in whatever order they come', () => {
    const [one, other] = [new TextInterner(), new TextInterner()]
    one.code(bytes('x'))
    other.code(bytes('y'))
    const before = unifyDictionaries([one.dictionary(), other.dictionary()])
    const early = one.dictionary()
    one.code(bytes('z'))
    other.code(bytes('x'))
    const after = unifyDictionaries([other.dictionary(), early, one.dictionary()])
    expect(after.dictionary.id).toBe(before.dictionary.id)
    expect(dictionaryStrings(before.dictionary)).toEqual(['x', 'y'])
    expect(dictionaryStrings(after.dictionary)).toEqual(['x', 'y', 'z'])
    expect(after.codes.map(map => [...map!])).toEqual([[1, 0], [0], [0, 2]])
  })

  it('keeps views of one growing dictionary as they are', () => {
    const interner = new TextInterner()
    interner.code(bytes('x'))
    const early = interner.dictionary()
    interner.code(bytes('y'))
    const late = interner.dictionary()
    expect(unifyDictionaries([early, late, early])).toEqual({
      dictionary: late,
      codes: [undefined, undefined, undefined],
    })
  })
})
