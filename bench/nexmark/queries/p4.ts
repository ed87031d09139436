import { nexmarkQuery } from '../query.ts'

export const p4 = nexmarkQuery({
  title: 'prices of an auction that rise three times in a row, or more often',
  output: 'append',
  flow: ({ bids }) =>
    bids.match(
      start =>
        start('first')
          .next('rise', (bid, { prev }) => bid.price.gt(prev.price))
          .atLeast(3),
      {
        by: 'auction',
        measures: m => ({ from: m.first.last.price, to: m.rise.last.price, rises: m.rise.count() }),
      },
    ),
  sql: `
    SELECT auction, min(dateTime) AS matchStart, max(dateTime) AS matchEnd, min(price) AS "from", max(price) AS "to",
      count(*) - 1 AS rises
    FROM (
      SELECT *, count(*) FILTER (falls) OVER (PARTITION BY auction ORDER BY dateTime, split, place) AS run
      FROM (
        SELECT *, coalesce(price <= lag(price) OVER own, false) AS falls
        FROM bids WINDOW own AS (PARTITION BY auction ORDER BY dateTime, split, place)))
    GROUP BY auction, run
    HAVING count(*) > 3`,
})
