import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InStepOrder } from '../../../src/engines/threads/step.ts'

it('work is done in the order of steps, one after the other, also where work gives other work', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 12 })
        .chain(steps =>
          fc.tuple(
            fc.shuffledSubarray([...Array(steps).keys()], { minLength: steps, maxLength: steps }),
            fc.array(fc.boolean(), { minLength: steps, maxLength: steps }),
          ),
        ),
      ([order, nested]) => {
        const inOrder = new InStepOrder()
        const waiting = [...order]
        const seen: string[] = []
        const submitNext = () => {
          const step = waiting.shift()
          if (step === undefined) return
          inOrder.submit(step, () => {
            expect(inOrder.next).toBe(step)
            seen.push(`begins ${step}`)
            if (nested[step]) submitNext()
            seen.push(`ends ${step}`)
          })
        }
        while (waiting.length > 0) submitNext()
        expect(seen).toEqual(
          order.toSorted((a, b) => a - b).flatMap(step => [`begins ${step}`, `ends ${step}`]),
        )
        expect(inOrder.next).toBe(order.length)
      },
    ),
  )
})
