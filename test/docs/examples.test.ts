/**
 * Every example runs and prints what it says. Those over the three million flights take a large part of the time, and the
 * compiler as long again: `examples-in-full.test.ts` has both.
 */

import { globSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExampleFolder, type Outcome } from './example-folder.ts'
import { allExamples, type Example, isOfAllFlights, plainPages, root } from './examples.ts'

const examples = allExamples()
const folder = new ExampleFolder(examples)
afterAll(() => folder.remove())

let outcomes: readonly (Outcome | undefined)[]

beforeAll(async () => {
  await folder.write()
  outcomes = await folder.run(example => !isOfAllFlights(example))
}, 420_000)

it('finds examples of every kind', () => {
  for (const kind of ['page', 'comment', 'program']) {
    expect(examples.filter(example => example.kind === kind).length, kind).toBeGreaterThan(0)
  }
})

it('passes over none: every @example of a doc comment and every fence with code is among them', () => {
  const count = (patterns: string[], what: RegExp) =>
    globSync(patterns, { cwd: root }).reduce(
      (sum, path) => sum + (readFileSync(root + path, 'utf8').match(what)?.length ?? 0),
      0,
    )
  const found = (kind: Example['kind']) => examples.filter(example => example.kind === kind).length
  expect(found('comment')).toBe(count(['src/**/*.ts'], /@example\b/g))
  expect(count(['src/**/*.ts'], /^ *\*? *```/gm)).toBe(0)
  // Pages for those who know something else show that, too.
  const own = plainPages().filter(page => !page.startsWith('docs/coming-from/'))
  const others = plainPages().filter(page => page.startsWith('docs/coming-from/'))
  expect(found('page')).toBe(
    count(own, /^ *```[^\S\n]*(?!text|sh)[a-z]+/gim) +
      count(others, /^ *```[^\S\n]*(?!(?:text|sh|js|python|sql|java|r)\b)[a-z]+/gim),
  )
})

const run = examples.flatMap((example, i) =>
  example.runs && !isOfAllFlights(example) ? [{ ...example, i }] : [],
)

describe.each(['page', 'comment', 'program'] as const)('examples of kind %s', kind => {
  it.each(run.filter(example => example.kind === kind))(
    '$at runs and prints what it says',
    ({ i, output }) => {
      expect(outcomes[i]!.failed).toBeUndefined()
      if (output !== undefined) expect(outcomes[i]!.output.trimEnd()).toBe(output.trimEnd())
    },
  )
})
