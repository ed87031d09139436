import { nexmarkQuery } from '../query.ts'

export const q13 = nexmarkQuery({
  title: 'bids enriched from a table that ends',
  output: 'append',
  flow: ({ bids, side }) =>
    bids
      .select('auction', 'bidder', 'price', 'dateTime')
      .with({ key: bid => bid.auction.mod(10_000) })
      .join(side, { on: 'key', broadcast: true })
      .drop('key'),
  sql: `
    SELECT b.auction, b.bidder, b.price, b.dateTime, s.value
    FROM bids b JOIN side s ON b.auction % 10000 = s.key`,
})
