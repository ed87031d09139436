import { processFunction } from '../../src/index.ts'
import { rowsAre } from './expect.ts'
import { flights } from './flights.ts'

// Rows are those that `out` and `side` say.
const processed = flights.watermark('date').process('file:///rules.ts', 'rule', {
  by: 'origin',
  out: { origin: 'utf8', since: 'timestamp[ms]' },
  side: { high: { n: 'int64' } },
})
rowsAre<{ origin: string | null; since: Date | null }>()(processed)
rowsAre<{ n: bigint | null }>()(processed.side('high'))

// @ts-expect-error: there is no such side output
processed.side('low')

// @ts-expect-error: a key is a column
flights.process('file:///rules.ts', 'rule', { by: 'orign', out: { n: 'int32' } })

// @ts-expect-error: a type is one of those there are
flights.process('file:///rules.ts', 'rule', { out: { n: 'int' } })

processFunction<{ n: number }, { twice: number }>({
  onRow({ n }, context) {
    context.emit({ twice: 2 * n })
    // @ts-expect-error: not a column of what it emits
    context.emit({ thrice: 3 * n })
    const seen = context.map<string, number>('seen')
    seen.set('a', (seen.get('a') ?? 0) + 1)
    // @ts-expect-error: its values are numbers
    seen.set('a', 'b')
  },
})
