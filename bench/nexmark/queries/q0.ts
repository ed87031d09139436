import { nexmarkQuery } from '../query.ts'

export const q0 = nexmarkQuery({
  title: 'pass through',
  output: 'append',
  flow: ({ bids }) => bids.select('auction', 'bidder', 'price', 'dateTime', 'extra'),
  sql: 'SELECT auction, bidder, price, dateTime, extra FROM bids',
})
