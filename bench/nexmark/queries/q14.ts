import { udf, when } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

const countC = udf(import.meta.resolve('./count-letter.ts'), 'countC', { in: ['utf8'], out: 'int32' })

export const q14 = nexmarkQuery({
  title: 'prices in a range, by time of day, with a count by a user function',
  output: 'append',
  flow: ({ bids }) =>
    bids
      .select({
        auction: bid => bid.auction,
        bidder: bid => bid.bidder,
        price: bid => bid.price.mul(0.908),
        time: bid =>
          when(bid.dateTime.extract('hour').between(8, 18), 'day')
            .when(bid.dateTime.extract('hour').lte(6).or(bid.dateTime.extract('hour').gte(20)), 'night')
            .otherwise('other'),
        dateTime: bid => bid.dateTime,
        extra: bid => bid.extra,
        letters: bid => countC(bid.extra),
      })
      .filter(bid => bid.price.gt(1e6).and(bid.price.lt(5e7))),
  sql: `
    SELECT auction, bidder, price * CAST(0.908 AS DOUBLE) AS price,
      CASE WHEN hour(dateTime) BETWEEN 8 AND 18 THEN 'day' WHEN hour(dateTime) <= 6 OR hour(dateTime) >= 20 THEN 'night'
        ELSE 'other' END AS time,
      dateTime, extra, length(extra) - length(replace(extra, 'c', '')) AS letters
    FROM bids
    WHERE price * CAST(0.908 AS DOUBLE) > 1e6 AND price * CAST(0.908 AS DOUBLE) < 5e7`,
  // Eighteen o'clock has passed, nineteen is near.
  events: { startMs: Date.UTC(2026, 2, 28, 18, 59, 40) },
})
