import { nexmarkQuery } from '../query.ts'

export const p3 = nexmarkQuery({
  title: 'large bids that nobody exceeds for a second',
  output: 'append',
  flow: ({ bids }) =>
    bids.match(
      start =>
        start('large', bid => bid.price.gt(100_000)).notFollowedBy('higher', (bid, { large }) =>
          bid.price.gt(large.last.price),
        ),
      {
        by: 'auction',
        within: '1s',
        skip: 'toNext',
        measures: m => ({ bidder: m.large.last.bidder, price: m.large.last.price }),
      },
    ),
  sql: `
    SELECT b.auction, b.dateTime AS matchStart, b.dateTime AS matchEnd, b.bidder, b.price
    FROM bids b
    WHERE b.price > 100000 AND NOT EXISTS (
      FROM bids n
      WHERE n.auction = b.auction AND n.price > b.price AND n.dateTime <= b.dateTime + INTERVAL 1 second
        AND (n.dateTime, n.split, n.place) > (b.dateTime, b.split, b.place))`,
})
