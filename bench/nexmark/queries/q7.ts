import { max, tumbling } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q7 = nexmarkQuery({
  title: 'the highest bids of every ten seconds',
  output: 'append',
  flow: ({ bids }) =>
    bids
      .select('auction', 'price', 'bidder', 'dateTime', 'extra')
      .join(bids.window(tumbling('10s')).agg({ price: max('price') }), {
        on: 'price',
        within: ['-10s', '0s'],
        where: (bid, highest) => bid.dateTime.lt(highest.windowEnd),
      })
      .drop('windowStart', 'windowEnd'),
  sql: `
    SELECT b.auction, b.price, b.bidder, b.dateTime, b.extra
    FROM bids b JOIN (
      SELECT max(price) AS price, time_bucket(INTERVAL 10 seconds, dateTime) AS start FROM bids GROUP BY start) w
    ON b.price = w.price AND b.dateTime >= w.start AND b.dateTime < w.start + INTERVAL 10 seconds`,
})
