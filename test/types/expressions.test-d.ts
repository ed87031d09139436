import { normal, poisson } from '../../src/models/index.ts'
import { rowsAre } from './expect.ts'
import { flights } from './flights.ts'

const distribution = normal({ mean: 0, sd: 1 })

// Functions of distributions take numbers and distributions that have them.
rowsAre<{ p: number | null; q: number | null; one: number }>()(
  flights.select({
    p: r => r.delay.sf(distribution),
    q: r => r.miles.pmf(poisson({ rate: 3 })),
    one: r => r.delay.coalesce(1).cdf(distribution),
  }),
)
// @ts-expect-error text has no tail
flights.filter(r => r.origin.sf(distribution).lt(0.5))
// @ts-expect-error a discrete distribution has no density
flights.filter(r => r.delay.pdf(poisson({ rate: 3 })).lt(0.5))
// @ts-expect-error a continuous one gives points no probability
flights.filter(r => r.delay.pmf(distribution).lt(0.5))
// @ts-expect-error a distribution, not its name
flights.filter(r => r.delay.cdf('normal').lt(0.5))

// Parts of texts may be missing.
rowsAre<{ part: string | null; group: string | null }>()(
  flights.select({ part: r => r.origin.splitPart('-', 1), group: r => r.origin.regexpExtract('(.)', 1) }),
)
// @ts-expect-error numbers have no parts
flights.select({ part: r => r.miles.splitPart('-', 1) })
