import { nexmarkQuery } from '../query.ts'

export const p2 = nexmarkQuery({
  title: 'small bids, each with the next very large one of the same auction within two seconds',
  output: 'append',
  flow: ({ bids }) =>
    bids.match(
      start => start('small', bid => bid.price.lt(1000)).followedBy('large', bid => bid.price.gt(1_000_000)),
      {
        by: 'auction',
        within: '2s',
        skip: 'toNext',
        measures: m => ({ from: m.small.last.price, to: m.large.last.price }),
      },
    ),
  sql: `
    SELECT s.auction, s.dateTime AS matchStart, min(l.dateTime) AS matchEnd, s.price AS "from",
      arg_min(l.price, (l.dateTime, l.split, l.place)) AS "to"
    FROM bids s JOIN bids l
      ON s.auction = l.auction AND (l.dateTime, l.split, l.place) > (s.dateTime, s.split, s.place)
      AND l.dateTime <= s.dateTime + INTERVAL 2 seconds
    WHERE s.price < 1000 AND l.price > 1000000
    GROUP BY s.auction, s.dateTime, s.price, s.split, s.place`,
})
