import { nexmarkQuery } from '../query.ts'

export const p1 = nexmarkQuery({
  title: 'bids of more than ten times the bid right before, of the same auction',
  output: 'append',
  flow: ({ bids }) =>
    bids.match(start => start('low').next('high', (bid, { low }) => bid.price.gt(low.last.price.mul(10))), {
      by: 'auction',
      skip: 'toNext',
      measures: m => ({ from: m.low.last.price, to: m.high.last.price, bidder: m.high.last.bidder }),
    }),
  sql: `
    SELECT auction, before AS matchStart, dateTime AS matchEnd, low AS "from", price AS "to", bidder
    FROM (
      SELECT *, lag(price) OVER own AS low, lag(dateTime) OVER own AS before
      FROM bids WINDOW own AS (PARTITION BY auction ORDER BY dateTime, split, place))
    WHERE price > 10 * low`,
})
