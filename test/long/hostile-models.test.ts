/** Every function of `millrace/models` with a hostile value in every place, one at a time. */
import { expect, it } from 'vitest'
import { calls } from '../models/hostile/calls.ts'
import { complaint, hostileCalls } from '../models/hostile/refusals.ts'

it.each(Object.entries(calls))('%s', (_, list) => {
  for (const one of list) {
    for (const run of hostileCalls(one)) expect(complaint(run)).toBeNull()
  }
})
