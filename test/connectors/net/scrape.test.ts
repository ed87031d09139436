import { expect, it } from 'vitest'
import { scrapeStream } from '../../../src/connectors/net/scrape.ts'
import { served, textOf } from './servers.ts'

const shop = (robots?: string) => {
  const asked: string[] = []
  const url = served((request, response) => {
    const path = request.url!
    asked.push(path)
    if (path === '/robots.txt') response.writeHead(robots === undefined ? 404 : 200).end(robots)
    else if (path === '/missing') response.writeHead(404).end()
    else
      response.setHeader('content-type', 'text/html; charset=utf-8').end(`
        <ul>
          <li data-id="${path}1"><a class="name" href="/item/1">First "one",\n  of two</a> <b>3.50</b></li>
          <li><a class="name" href="/item/2">Zwölf</a></li>
        </ul>
        <a class="next" href="/page2#top">next</a> <a class="next" href="http://elsewhere.invalid/">else</a>
        <a class="next" href="mailto:x@y">mail</a>`)
  })
  return { url, asked }
}
const select = { id: '@data-id', name: '.name', link: '.name@href', price: 'b', page: '$url' }

it('rows of selectors, of pages that are followed once each, within their host', async () => {
  const { url, asked } = shop()
  const base = await url
  const text = await textOf(scrapeStream([base], { rows: 'li', select, follow: '.next', delayMs: 0 }))
  expect(text.split('\n')).toEqual([
    `"/1","First ""one"", of two","${base}item/1","3.50","${base}"`,
    `,"Zwölf","${base}item/2",,"${base}"`,
    `"/page21","First ""one"", of two","${base}item/1","3.50","${base}page2"`,
    `,"Zwölf","${base}item/2",,"${base}page2"`,
    '',
  ])
  expect(asked).toEqual(['/robots.txt', '/', '/page2'])
})

it('pages that robots.txt refuses are not asked for', async () => {
  const { url, asked } = shop('User-agent: *\nDisallow: /page2\n')
  const text = await textOf(scrapeStream([await url], { rows: 'li', select, follow: '.next', delayMs: 0 }))
  expect(text.split('\n')).toHaveLength(3)
  expect(asked).toEqual(['/robots.txt', '/'])
})

it('no more pages than asked for; one that is not there is an error', async () => {
  const { url, asked } = shop()
  const base = await url
  await textOf(scrapeStream([base], { rows: 'li', select, follow: '.next', maxPages: 1 }))
  expect(asked).toEqual(['/robots.txt', '/'])
  await expect(textOf(scrapeStream([new URL('/missing', base)], { select }))).rejects.toMatchObject({
    code: 'HTTP_STATUS',
  })
})
