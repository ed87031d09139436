/** Every example compiles, and those over all flights run: with the matrix. See `examples.test.ts`. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FULL } from '../effort.ts'
import { ExampleFolder, type Outcome } from './example-folder.ts'
import { allExamples, isOfAllFlights } from './examples.ts'

const examples = allExamples()
const numbered = examples.map((example, i) => ({ ...example, i }))

describe.runIf(FULL)('examples in full', () => {
  let folder: ExampleFolder
  let outcomes: readonly (Outcome | undefined)[]
  let compilerSays: readonly string[]

  beforeAll(async () => {
    folder = new ExampleFolder(examples)
    await folder.write()
    compilerSays = await folder.compile()
    outcomes = await folder.run(isOfAllFlights)
  }, 420_000)
  afterAll(() => folder.remove())

  /** What the compiler says of one example, with the lines of the page or comment it is in. */
  function errorsOf(i: number): string[] {
    const example = examples[i]!
    const [path, line] = example.at.split(':') as [string, string]
    // A fragment begins one line after its imports, like a fence after its mark.
    const before = example.kind === 'program' ? 0 : example.kind === 'page' ? Number(line) : Number(line) - 1
    const name = example.kind === 'program' ? path : `${i}.mts`
    return compilerSays.flatMap(text => {
      const match = /^(.*?)\((\d+),\d+\): (error .*)$/.exec(text)
      if (!match) return []
      const same =
        example.kind === 'program'
          ? match[1]!.endsWith(name)
          : match[1]!.endsWith(`/${name}`) || match[1] === name
      return same ? [`${path}:${before + Number(match[2])} ${match[3]}`] : []
    })
  }

  it('the compiler sees the examples: it finds a column that is not there, and nothing wrong with the project', () => {
    const errors = compilerSays.filter(text => text.includes('error TS'))
    expect(errors.filter(text => text.includes('wrong.mts(2,'))).toHaveLength(1)
    expect(errors.filter(text => text.startsWith('error TS'))).toEqual([])
  })

  it.each(numbered)('$at compiles', ({ i }) => {
    expect(errorsOf(i)).toEqual([])
  })

  it.each(numbered.filter(example => example.runs && isOfAllFlights(example)))(
    '$at runs and prints what it says',
    ({ i, output }) => {
      expect(outcomes[i]!.failed).toBeUndefined()
      if (output !== undefined) expect(outcomes[i]!.output.trimEnd()).toBe(output.trimEnd())
    },
  )
})
