import { nexmarkQuery } from '../query.ts'

export const q1 = nexmarkQuery({
  title: 'prices in another currency',
  output: 'append',
  flow: ({ bids }) =>
    bids
      .select('auction', 'bidder', 'price', 'dateTime', 'extra')
      .with({ price: bid => bid.price.mul(0.908) }),
  sql: 'SELECT auction, bidder, price * CAST(0.908 AS DOUBLE) AS price, dateTime, extra FROM bids',
})
