import { nexmarkQuery } from '../query.ts'

export const q23 = nexmarkQuery({
  title: 'bids, their bidders and their auctions',
  output: 'append',
  flow: ({ auctions, bids, persons }) =>
    bids
      .select('auction', 'bidder', 'price', 'dateTime')
      .join(
        persons.select({ person: p => p.id, name: p => p.name, city: p => p.city, state: p => p.state }),
        { on: { bidder: 'person' } },
      )
      .join(
        auctions.select({
          id: a => a.id,
          itemName: a => a.itemName,
          category: a => a.category,
          seller: a => a.seller,
        }),
        { on: { auction: 'id' } },
      ),
  sql: `
    SELECT b.auction, b.bidder, b.price, b.dateTime, p.id AS person, p.name, p.city, p.state,
      a.id, a.itemName, a.category, a.seller
    FROM bids b JOIN persons p ON b.bidder = p.id JOIN auctions a ON b.auction = a.id`,
})
