import { nexmarkQuery } from '../query.ts'

export const q2 = nexmarkQuery({
  title: 'bids on some auctions',
  output: 'append',
  flow: ({ bids }) => bids.filter(bid => bid.auction.mod(123).eq(0)).select('auction', 'price'),
  sql: 'SELECT auction, price FROM bids WHERE auction % 123 = 0',
})
