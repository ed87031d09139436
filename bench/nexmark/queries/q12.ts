import { count, tumbling } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q12 = nexmarkQuery({
  title: 'bids of each bidder in every ten seconds of the clock',
  output: 'append',
  clock: 'readAt',
  flow: ({ bids }) =>
    bids
      .select('bidder')
      .processingTime('readAt')
      .groupBy('bidder')
      .window(tumbling('10s'))
      .agg({ bids: count() }),
  sql: `
    SELECT bidder, time_bucket(INTERVAL 10 seconds, readAt) AS windowStart, windowStart + INTERVAL 10 seconds AS windowEnd,
      count(*) AS bids
    FROM bids GROUP BY bidder, windowStart`,
})
