import { json } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q10 = nexmarkQuery({
  title: 'bids by day and minute',
  output: 'append',
  flow: ({ bids }) =>
    bids.select('auction', 'bidder', 'price', 'dateTime', 'extra').with({
      day: bid => bid.dateTime.format('%Y-%m-%d'),
      minute: bid => bid.dateTime.format('%H:%M'),
    }),
  sink: folder => json(folder, { partitionBy: ['day', 'minute'] }),
  sql: `
    SELECT auction, bidder, price, dateTime, extra,
      strftime(dateTime, '%Y-%m-%d') AS day, strftime(dateTime, '%H:%M') AS minute
    FROM bids`,
})
