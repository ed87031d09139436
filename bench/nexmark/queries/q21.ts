import { when } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q21 = nexmarkQuery({
  title: 'the id of the channel, by its name or from the url',
  output: 'append',
  flow: ({ bids }) =>
    bids
      .select({
        auction: bid => bid.auction,
        bidder: bid => bid.bidder,
        price: bid => bid.price,
        channel: bid => bid.channel,
        channelId: bid =>
          when(bid.channel.lower().eq('apple'), '0')
            .when(bid.channel.lower().eq('google'), '1')
            .when(bid.channel.lower().eq('facebook'), '2')
            .when(bid.channel.lower().eq('baidu'), '3')
            .otherwise(bid.url.regexpExtract('[&?]channel_id=([^&]*)', 1)),
      })
      .filter(bid => bid.channelId.isNotNull()),
  sql: `
    WITH named AS (
      SELECT auction, bidder, price, channel,
        CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3'
          ELSE nullif(split_part(split_part(url, 'channel_id=', 2), '&', 1), '') END AS channelId
      FROM bids)
    SELECT * FROM named WHERE channelId IS NOT NULL`,
})
