import { describe, expect, it } from 'vitest'
import type { FunctionRef } from '../../../src/core/user-functions/function-ref.ts'
import { functionsFor } from '../../../src/workers/functions-for.ts'
import { newAbortFlag, raiseAbort } from '../../../src/workers/interruption.ts'
import type { OpenMessage } from '../../../src/workers/messages.ts'

const shop = new URL('./shop.ts', import.meta.url).href

/** What opens a shard whose only stage calls these functions in an expression. */
function opening(refs: readonly FunctionRef[], aborted = newAbortFlag()): OpenMessage {
  const calls = refs.map(ref => ({ kind: 'call', fn: 'udf', args: [], options: { function: ref } }))
  const test = { kind: 'call', fn: 'and', args: calls }
  const operators = [{ id: 'n1:filter', node: { kind: 'filter', inputs: [], test } }]
  return { stages: [{ id: 0, operators }], aborted } as unknown as OpenMessage
}

const load = (url: string, name: string) => functionsFor(opening([{ url, export: name }]))

describe('functions that a plan names', () => {
  it('are there before an operator opens: exports of TypeScript modules, and closures', async () => {
    const closure = { source: '(a, b) => a + b + more.by', using: { more: { by: 1 } } }
    const total = { url: shop, export: 'total' }
    const functions = await functionsFor(opening([total, { url: shop, export: 'Shop' }, closure]))
    expect(functions.callable(total)({ price: 2, items: 3 })).toBe(6)
    expect(functions.callable(closure)(1, 2)).toBe(4)
    expect(functions.exported({ url: shop, export: 'Shop' })).toHaveProperty('name', 'Shop')
    expect(() => functions.exported({ url: shop, export: 'score' })).toThrow('no stage mentions it')
  })

  it('that are not there are named, with what is', async () => {
    const gone = new URL('./gone.ts', import.meta.url).href
    await expect(load(gone, 'score')).rejects.toMatchObject({
      code: 'FUNCTION_MODULE',
      message: expect.stringContaining(`there is no module ${gone}, of which score was to be called`),
    })
    await expect(load(shop, 'toString')).rejects.toMatchObject({
      code: 'FUNCTION_EXPORT',
      message: expect.stringContaining(`${shop} does not export "toString"`),
      hint: expect.stringMatching(/^it exports Shop, .*rate, score, /),
    })
    const throws = new URL('./throws.ts', import.meta.url).href
    await expect(load(throws, 'score')).rejects.toMatchObject({
      name: 'JobError',
      code: 'FUNCTION_IMPORT',
      message: expect.stringContaining('cannot be imported: no licence'),
    })
    const rate = { url: shop, export: 'rate' }
    const functions = await functionsFor(opening([rate]))
    expect(() => functions.callable(rate)).toThrow('the export "rate" of')
    expect(() => functions.callable(rate)).toThrow('is not a function but a number')
  })

  it('whose module never ends to be imported are not waited for after the job is over', async () => {
    const never = 'data:text/javascript,export const score = 1; await new Promise(() => {})'
    const aborted = newAbortFlag()
    const loading = functionsFor(opening([{ url: never, export: 'score' }], aborted))
    raiseAbort(aborted)
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
