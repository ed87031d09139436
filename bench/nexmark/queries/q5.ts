import { count, sliding } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q5 = nexmarkQuery({
  title: 'the auctions with most bids in the last ten seconds, every two',
  output: 'append',
  flow: ({ bids }) =>
    bids
      .groupBy('auction')
      .window(sliding('10s', { every: '2s' }))
      .agg({ bids: count() })
      .topN(1, 'bids', 'desc', { by: 'windowStart', ties: true }),
  sql: `
    SELECT auction, windowStart, windowStart + INTERVAL 10 seconds AS windowEnd, count(*) AS bids
    FROM (
      SELECT auction, time_bucket(INTERVAL 2 seconds, dateTime) - to_seconds(2 * unnest(range(5))) AS windowStart
      FROM bids)
    GROUP BY auction, windowStart
    QUALIFY rank() OVER (PARTITION BY windowStart ORDER BY bids DESC) = 1`,
})
