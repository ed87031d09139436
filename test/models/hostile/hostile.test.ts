/** Every function of `millrace/models` with values that nobody should pass: it works, or says what is wrong with them. */
import { expect, it } from 'vitest'
import * as models from '../../../src/models/index.ts'
import { calls } from './calls.ts'
import { complaint, hostileCalls } from './refusals.ts'

it('there are calls of every function', () => {
  expect(Object.keys(calls).toSorted()).toEqual(Object.keys(models).toSorted())
})

it('calls without arguments', () => {
  for (const [name, list] of Object.entries(calls)) {
    for (const { run } of list)
      expect(
        complaint(() => run()),
        name,
      ).toBeNull()
  }
})

/** One of so many here; all of them in the long tests. */
const EACH = 20

it.each(Object.entries(calls))('%s', (name, list) => {
  let place = name.length
  for (const one of list) {
    expect(
      complaint(() => one.run(...one.given)),
      'as it is',
    ).toBeNull()
    for (const run of hostileCalls(one)) {
      if (place++ % EACH === 0) expect(complaint(run)).toBeNull()
    }
  }
})
