/** The site as `npm run docs` builds it, served below a path as a folder of files. */

import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { errorCodes } from '../../site/error-pages.ts'

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'site/dist')
const BASE = '/docs/'
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

let server: Server
let address: string

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, 'site/build.ts')], {
    cwd: root,
    env: { ...process.env, SITE_BASE: BASE },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost')
    const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : 'none'
    const file = join(
      dist,
      path.endsWith('/') || path === '' ? `${path}index.html` : decodeURIComponent(path),
    )
    const found = [file, `${file}.html`].find(each => existsSync(each) && !each.endsWith('/'))
    if (!found) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream' })
    response.end(readFileSync(found))
  }).listen(0, '127.0.0.1')
  await new Promise(done => server.once('listening', done))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`
})
afterAll(() => server?.close())

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}

const pages = () => [...globSync('**/*.html', { cwd: dist })]
const html = (page: string) => readFileSync(join(dist, page), 'utf8')
const decoded = (text: string) =>
  text.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"')

it('has a page for each page of docs/, each error code and each export', () => {
  const there = new Set(pages())
  const sources = [...globSync('**/*.md', { cwd: join(root, 'docs') })]
  const missing = sources
    .map(path =>
      path
        .replace(/(^|\/)README\.md$/, (_, slash) => (slash ? '/index.md' : 'overview.md'))
        .replace(/\.md$/, '.html'),
    )
    .filter(path => !there.has(path))
  expect(missing).toEqual([])
  const codes = errorCodes(readFileSync(join(root, 'docs/errors.md'), 'utf8'))
  expect(codes.length).toBeGreaterThan(150)
  expect(codes.filter(({ code }) => !there.has(`errors/${code}.html`))).toEqual([])
  for (const name of [
    'functions/tumbling',
    'functions/quantile',
    'classes/Dataset',
    'classes/MillraceError',
  ]) {
    expect(there).toContain(`reference/index/${name}.html`)
  }
})

it('leads to every page by the sidebar, and to each entry point of the package', () => {
  const sidebar = html('overview.html')
  const missing = pages().filter(
    page =>
      !/^(404|index|overview)\.html|^(reference|errors|decisions)\//.test(page) && !leads(sidebar, page),
  )
  expect(missing).toEqual([])
  for (const entry of ['index', 'models', 'plot', 'live', 'testing']) {
    expect(pages()).toContain(`reference/${entry}/index.html`)
  }
})

const leads = (text: string, page: string): boolean =>
  text.includes(`href="${BASE}${page.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`)

it('no link in it leads nowhere, nor loads anything from elsewhere', () => {
  const there = new Set(pages())
  const anchors = new Map<string, Set<string>>()
  const idsOf = (page: string) => {
    let ids = anchors.get(page)
    if (!ids)
      anchors.set(
        page,
        (ids = new Set([...html(page).matchAll(/\sid="([^"]+)"/g)].map(found => decoded(found[1]!)))),
      )
    return ids
  }
  const faults: string[] = []
  for (const page of there) {
    const text = html(page)
    for (const [, attribute, target] of text.matchAll(/\s(href|src)="([^"]+)"/g)) {
      const url = new URL(decoded(target!), `http://site${BASE}${page}`)
      if (url.protocol === 'data:') continue
      if (url.host !== 'site') {
        if (attribute === 'src') faults.push(`${page} loads ${target}`)
        continue
      }
      if (!url.pathname.startsWith(BASE)) {
        faults.push(`${page} leaves the site: ${target}`)
        continue
      }
      const path = decodeURIComponent(url.pathname.slice(BASE.length))
      const file = path === '' || path.endsWith('/') ? `${path}index.html` : path
      const meant = there.has(file) ? file : there.has(`${file}.html`) ? `${file}.html` : undefined
      if (meant === undefined && !existsSync(join(dist, file))) faults.push(`${page}: ${target}`)
      else if (
        meant !== undefined &&
        url.hash.length > 1 &&
        !idsOf(meant).has(decodeURIComponent(url.hash.slice(1)))
      ) {
        faults.push(`${page}: ${target} has no such heading`)
      }
    }
  }
  expect([...new Set(faults)].slice(0, 20)).toEqual([])
})

it.skipIf(CHROMIUM === undefined)(
  'is found through and read in a browser, without an error on its console',
  async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      const errors: string[] = []
      page.on('console', message => void (message.type() === 'error' && errors.push(message.text())))
      page.on('pageerror', error => void errors.push(String(error)))
      await page.goto(address)
      expect(await page.textContent('h1')).toContain('Millrace')
      for (const [words, expected] of [
        ['tumbling', /window|tumbling/i],
        ['quantile', /quantile/i],
        ['UNKNOWN_COLUMN', /UNKNOWN_COLUMN/],
        ['holtWinters', /holt/i],
        ['read.csv', /csv/i],
      ] as const) {
        await page.keyboard.press('Control+k')
        await page.fill('.VPLocalSearchBox input', words)
        // Results of the words before stay until those of these are there.
        await expect.poll(() => page.textContent('.VPLocalSearchBox .results')).toMatch(expected)
        await page.keyboard.press('Escape')
      }
      await page.goto(`${address}verbs/filter.html`)
      expect(await page.textContent('main h1')).toContain('filter')
      expect(errors).toEqual([])
    } finally {
      await browser.close()
    }
  },
)
