/**
 * Pages as rows: what CSS selectors find, page after page. It asks one page at a time, waits between them, says who it is,
 * and keeps to what robots.txt of each host allows.
 */

import type { CheerioAPI } from 'cheerio'
import { ConnectorError } from '../../core/errors.ts'
import { pause } from './back-off.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'
import { answerTo, fetched, requestFailed, shownUrl } from './request.ts'

/**
 * Where a column comes from: a CSS selector within the row's element, whose text is taken; with `@name` behind it, that
 * attribute (`'a.title@href'`); `'@name'` alone is the attribute of the row's element, `''` its text. `'$url'` is the address
 * of the page.
 */
export type Selector = string

export interface ScrapeOptions {
  /** Elements that are a row each. Default: the page is one row. */
  readonly rows?: string
  /** By column. */
  readonly select: Readonly<Record<string, Selector>>
  /** Links to go on with: a CSS selector of elements with `href`. Pages are visited once, hosts are not left. */
  readonly follow?: string
  /** Between two pages, ms. Default: one second; robots.txt may ask for more. */
  readonly delayMs?: number
  /** Default: 100. */
  readonly maxPages?: number
  readonly headers?: Readonly<Record<string, string>>
  /** What robots.txt knows this by. Default: millrace. */
  readonly userAgent?: string
  /** How often in a row a page may fail in a way that may pass. Default: 3. */
  readonly retries?: number
}

const DEFAULT_DELAY_MS = 1000
const DEFAULT_PAGES = 100
const DEFAULT_RETRIES = 3
const TIMEOUT_MS = 60_000
const MAX_PAGE_BYTES = 1 << 25

/** The rows of pages, as CSV without a header: a column per entry of `select`, nothing where nothing was found. */
export function scrapeStream(urls: readonly URL[], options: ScrapeOptions): ByteStream {
  const label = `scrape ${urls.map(shownUrl).join(', ')}`
  return {
    label,
    bounded: true,
    replayable: false,
    open: (_, signal) => scraped(label, urls, options, signal),
  }
}

async function* scraped(
  label: string,
  urls: readonly URL[],
  options: ScrapeOptions,
  signal: AbortSignal,
): AsyncGenerator<ByteChunk> {
  const { load } = await cheerio()
  const { delayMs = DEFAULT_DELAY_MS, maxPages = DEFAULT_PAGES, follow } = options
  const robots = new RobotRules(options, signal)
  const hosts = new Set(urls.map(({ host }) => host))
  const waiting = [...urls]
  const known = new Set(waiting.map(pageOf))
  for (let pages = 0; waiting.length > 0 && pages < maxPages && !signal.aborted; ) {
    const url = waiting.shift()!
    const rule = await robots.of(url)
    if (!rule.allows(url)) continue
    if (pages++ > 0) await pause(Math.max(delayMs, rule.delayMs), signal)
    const html = await page(label, url, options, signal)
    if (html === undefined) return
    const document = load(html)
    yield { bytes: encoder.encode(linesOf(document, url, options)), ends: 'record' }
    for (const link of follow === undefined ? [] : linksOf(document, url, follow)) {
      if (!hosts.has(link.host) || known.has(pageOf(link))) continue
      known.add(pageOf(link))
      waiting.push(link)
    }
  }
}

const encoder = new TextEncoder()

/** An address without its fragment: that is a place in the page. */
function pageOf(url: URL): string {
  const page = new URL(url)
  page.hash = ''
  return page.href
}

function* linksOf(document: CheerioAPI, base: URL, follow: string): Generator<URL> {
  for (const element of document(follow)) {
    const href = document(element).attr('href')
    const link = href === undefined ? null : URL.parse(href, base.href)
    if (link && (link.protocol === 'http:' || link.protocol === 'https:')) yield new URL(pageOf(link))
  }
}

/** A line for each row of a page. */
function linesOf(document: CheerioAPI, url: URL, { rows, select }: ScrapeOptions): string {
  const selectors = Object.values(select)
  let lines = ''
  for (const element of rows === undefined ? document.root() : document(rows)) {
    const cells = selectors.map(selector =>
      selector === '$url' ? url.href : found(document, element, selector, url),
    )
    lines += `${cells.map(quoted).join(',')}\n`
  }
  return lines
}

/** A cell of CSV. Without quotes it is null. */
const quoted = (text: string | undefined): string =>
  text === undefined ? '' : `"${text.replaceAll('"', '""')}"`

/** The text or attribute that a selector finds first, with white space as a browser shows it; undefined for none. */
function found(document: CheerioAPI, element: any, selector: Selector, base: URL): string | undefined {
  const [, css, attribute] = /^(.*?)(?:@([\w-]+))?$/s.exec(selector.trim())!
  const row = document(element)
  const match = css === '' ? row : row.find(css!).first()
  if (match.length === 0) return undefined
  const text = attribute === undefined ? match.text() : match.attr(attribute)
  if (text === undefined) return undefined
  if (attribute === 'href' || attribute === 'src') return URL.parse(text, base.href)?.href ?? text
  return text.replace(/\s+/g, ' ').trim()
}

/** The page; undefined once the signal is aborted. */
async function page(
  label: string,
  url: URL,
  { retries = DEFAULT_RETRIES, headers, userAgent = AGENT }: ScrapeOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const where = `${label}: ${shownUrl(url)}`
  const asked = { 'user-agent': userAgent, accept: 'text/html', ...headers }
  const response = await answerTo(where, url, { headers: asked }, { retries, timeoutMs: TIMEOUT_MS }, signal)
  if (!response) return undefined
  try {
    return await textOf(where, response)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error instanceof ConnectorError ? error : requestFailed(where, error)
  }
}

async function textOf(where: string, response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > MAX_PAGE_BYTES)
      throw new ConnectorError('PAGE_SIZE', `${where} has over ${MAX_PAGE_BYTES >> 20} MiB`, {
        hint: 'read.http() reads large answers',
      })
    parts.push(part)
  }
  const charset = /charset=["']?([\w-]+)/i.exec(response.headers.get('content-type') ?? '')?.[1] ?? 'utf-8'
  return decoderOf(charset).decode(Buffer.concat(parts))
}

function decoderOf(charset: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset)
  } catch {
    return new TextDecoder()
  }
}

interface Rule {
  allows(url: URL): boolean
  /** What the host asks for between two pages, ms. */
  readonly delayMs: number
}

const EVERYTHING: Rule = { allows: () => true, delayMs: 0 }
const NOTHING: Rule = { allows: () => false, delayMs: 0 }

/** What the robots.txt of each host says, RFC 9309: without one all is allowed, and nothing while it cannot be had. */
class RobotRules {
  readonly #options: ScrapeOptions
  readonly #signal: AbortSignal
  readonly #byOrigin = new Map<string, Rule>()

  constructor(options: ScrapeOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  async of({ origin }: URL): Promise<Rule> {
    const known = this.#byOrigin.get(origin) ?? (await this.#asked(origin))
    this.#byOrigin.set(origin, known)
    return known
  }

  async #asked(origin: string): Promise<Rule> {
    const { userAgent = AGENT, headers } = this.#options
    const address = `${origin}/robots.txt`
    try {
      const init = { headers: { 'user-agent': userAgent, ...headers } }
      const response = await fetched(address, init, TIMEOUT_MS, this.#signal)
      if (response.status >= 500) return NOTHING
      if (!response.ok) return EVERYTHING
      const robots = (await robotsParser())(address, await response.text())
      return {
        allows: url => robots.isAllowed(url.href, userAgent) !== false,
        delayMs: 1000 * (robots.getCrawlDelay(userAgent) ?? 0),
      }
    } catch (error) {
      if (error instanceof ConnectorError || this.#signal.aborted) throw error
      throw requestFailed(address, error)
    }
  }
}

const AGENT = 'millrace'

const cheerio = () => needed(() => import('cheerio'), 'cheerio', 'pages are read')

async function robotsParser(): Promise<(url: string, text: string) => Robots> {
  const { default: parse } = await needed(
    () => import('robots-parser'),
    'robots-parser',
    'robots.txt is read',
  )
  return parse as unknown as (url: string, text: string) => Robots
}

interface Robots {
  isAllowed(url: string, agent: string): boolean | undefined
  getCrawlDelay(agent: string): number | undefined
}

async function needed<T>(load: () => Promise<T>, name: string, what: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new ConnectorError('MISSING_PACKAGE', `${what} by ${name}, which is not installed`, {
      cause,
      hint: `npm install ${name}`,
    })
  }
}
