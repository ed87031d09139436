import { nexmarkQuery } from '../query.ts'

export const q22 = nexmarkQuery({
  title: 'folders of the url',
  output: 'append',
  flow: ({ bids }) =>
    bids.select({
      auction: bid => bid.auction,
      bidder: bid => bid.bidder,
      price: bid => bid.price,
      channel: bid => bid.channel,
      dir1: bid => bid.url.splitPart('/', 3),
      dir2: bid => bid.url.splitPart('/', 4),
      dir3: bid => bid.url.splitPart('/', 5),
    }),
  sql: `
    SELECT auction, bidder, price, channel,
      split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2, split_part(url, '/', 6) AS dir3
    FROM bids`,
})
