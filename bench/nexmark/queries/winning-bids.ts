/** What q6 and q9 have in common: auctions, each with the best bid of its lifetime so far, the earlier of two equal ones. */

import type { Streams } from '../generator/index.ts'

export const winningBids = ({ auctions, bids }: Streams) =>
  auctions
    .join(bids.select('auction', 'bidder', 'price', 'dateTime', 'extra'), {
      on: { id: 'auction' },
      where: (auction, bid) => bid.dateTime.between(auction.dateTime, auction.expires),
      suffix: 'OfBid',
    })
    .topN(
      1,
      [
        ['price', 'desc'],
        ['dateTimeOfBid', 'asc'],
      ],
      { by: 'id' },
    )
