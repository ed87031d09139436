import { nexmarkQuery } from '../query.ts'

export const q3 = nexmarkQuery({
  title: 'sellers in three states, and their auctions of category 10',
  output: 'append',
  flow: ({ auctions, persons }) =>
    auctions
      .filter(auction => auction.category.eq(10))
      .select('id', 'seller')
      .join(
        persons
          .filter(person => person.state.isIn(['OR', 'ID', 'CA']))
          .select({ person: p => p.id, name: p => p.name, city: p => p.city, state: p => p.state }),
        { on: { seller: 'person' } },
      )
      .select('name', 'city', 'state', 'id'),
  sql: `
    SELECT p.name, p.city, p.state, a.id
    FROM auctions a JOIN persons p ON a.seller = p.id
    WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')`,
})
