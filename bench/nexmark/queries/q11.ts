import { count, session } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q11 = nexmarkQuery({
  title: 'bids of each bidder, until there is none for ten seconds',
  output: 'append',
  flow: ({ bids }) => bids.groupBy('bidder').window(session('10s')).agg({ bids: count() }),
  sql: `
    SELECT bidder, min(dateTime) AS windowStart, max(dateTime) + INTERVAL 10 seconds AS windowEnd, count(*) AS bids
    FROM (
      SELECT bidder, dateTime, count(*) FILTER (begins) OVER (PARTITION BY bidder ORDER BY dateTime) AS session
      FROM (
        SELECT bidder, dateTime,
          coalesce(dateTime - lag(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime) > INTERVAL 10 seconds, true) AS begins
        FROM bids))
    GROUP BY bidder, session`,
})
