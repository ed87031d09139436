import { nexmarkQuery } from '../query.ts'

export const q20 = nexmarkQuery({
  title: 'bids with their auctions, of category 10',
  output: 'append',
  flow: ({ auctions, bids }) =>
    bids.join(
      auctions.filter(auction => auction.category.eq(10)),
      { on: { auction: 'id' }, suffix: 'OfAuction' },
    ),
  sql: `
    SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime, b.extra, a.id, a.itemName, a.description,
      a.initialBid, a.reserve, a.dateTime AS dateTimeOfAuction, a.expires, a.seller, a.category,
      a.extra AS extraOfAuction
    FROM bids b JOIN auctions a ON b.auction = a.id
    WHERE a.category = 10`,
})
