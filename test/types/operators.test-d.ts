import { when } from '../../src/index.ts'
import { flights } from './flights.ts'

// JavaScript's own operators on expressions. What the types cannot refuse (`||`, `??`, `!` outside of filters) is an
// error when the callback is called: see test/core/dataset/operators.test.ts.

// @ts-expect-error and() is meant
flights.filter(r => r.delay.gt(60) && r.origin.eq('IAH'))
// @ts-expect-error and() is meant, in a condition of when() too
flights.with({ kind: r => when(r.delay.gt(60) && r.origin.eq('IAH'), 'late').otherwiseNull() })
// @ts-expect-error when() is meant
flights.with({ kind: r => (r.delay.gt(60) ? 'late' : 'fine') })
flights.with({
  kind: r => {
    // @ts-expect-error when() is meant
    if (r.delay.gt(60)) return 'late'
    return 'fine'
  },
})
// @ts-expect-error not() is meant
flights.filter(r => !r.origin.eq('IAH'))
// @ts-expect-error eq() is meant
flights.filter(r => r.origin === 'IAH')
// @ts-expect-error ne() is meant
flights.filter(r => r.origin !== 'IAH')
// @ts-expect-error isNull() is meant
flights.filter(r => r.origin === null)
// @ts-expect-error gt() is meant
flights.filter(r => r.delay > 60)
// @ts-expect-error add() is meant
flights.with({ more: r => r.delay + 1 })
// @ts-expect-error isIn() is meant
flights.filter(r => ['IAH', 'HOU'].includes(r.origin))
// @ts-expect-error no expression is a condition of the plan
flights.filter(r => r.delay)
