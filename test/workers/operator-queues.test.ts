import { expect, it } from 'vitest'
import { Interruption, newAbortFlag, raiseAbort } from '../../src/workers/interruption.ts'
import { OperatorQueues } from '../../src/workers/operator-queues.ts'

it('operators take their work in order, and all is settled when what they gave each other is done', async () => {
  const queues = new OperatorQueues(2)
  const done: string[] = []
  const first = Promise.withResolvers<void>()
  expect(queues.settled()).toBeUndefined()
  queues.add(0, () => void done.push('at once'))
  expect(queues.settled()).toBeUndefined()
  queues.add(0, async () => {
    await first.promise
    done.push('a')
    // The next operator has what this one emits before this one is done.
    queues.add(1, async () => {
      await undefined
      done.push('b')
    })
  })
  queues.add(0, () => void done.push('after a'))
  const settled = queues.settled()
  expect(done).toEqual(['at once'])
  first.resolve()
  await settled
  expect(done.filter(work => work !== 'b')).toEqual(['at once', 'a', 'after a'])
  expect(done).toContain('b')
  expect(queues.settled()).toBeUndefined()
})

it('a failure is heard by who waits, and what was queued behind it is not done', async () => {
  const queues = new OperatorQueues(1)
  queues.add(0, () => Promise.reject(new RangeError('broken')))
  queues.add(0, () => expect.unreachable())
  await expect(queues.settled()).rejects.toThrow('broken')
})

it('work that never ends ends with the job; what comes after it is refused', async () => {
  const flag = newAbortFlag()
  const interruption = new Interruption(flag)
  expect(interruption.unless(() => 1)).toBe(1)
  expect(await interruption.unless(async () => 2)).toBe(2)
  const endless = interruption.unless(() => new Promise(() => {}))
  raiseAbort(flag)
  await expect(endless).rejects.toMatchObject({ code: 'ABORTED' })
  expect(interruption.signal.aborted).toBe(true)
  expect(() => interruption.unless(() => 3)).toThrow('the job was aborted')
})
