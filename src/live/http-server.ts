/**
 * A small HTTP server for one page and its data.
 *
 * On loopback it answers only requests for a loopback name, so that no page of another site reaches it by a name that it has made
 * point here (DNS rebinding); elsewhere every request needs a token. What changes something is a POST with a header that pages of
 * other sites cannot send, from this page or from no page.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectorError, PlanError } from '../core/errors.ts'

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
}

/** By method and path, such as `GET /metrics`. What throws is answered by 500. */
export type Routes = Readonly<Record<string, (exchange: Exchange) => void | Promise<void>>>

export interface ServerOptions {
  /** 0: any free one. */
  readonly port: number
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Asked of every request but `GET /healthz`; needed where `host` is not loopback. */
  readonly token?: string | undefined
  /** Routes that need no token. */
  readonly open?: readonly string[]
}

/** A server that listens until it is closed. */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:8081`. */
  readonly url: string
  /** Resolves when all connections are closed. */
  close(): Promise<void>
}

/** The header of requests that change something. */
export const ACTION_HEADER = 'x-millrace-action'

/** The one route whose address may give the token. */
const PAGE = 'GET /'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]'])

export const isLoopback = (host: string): boolean => LOOPBACK.has(host)

/** For everything that is sent: nothing is loaded from elsewhere, framed, guessed or kept. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Serves until it is closed; it keeps the process from ending no more than its callers do. */
export async function serve(routes: Routes, options: ServerOptions): Promise<RunningServer> {
  const { port, host = '127.0.0.1', token } = options
  const guard = new Guard(options)
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    handle(routes, guard, request, response).catch(error => {
      if (response.headersSent) response.destroy()
      else answerError(response, 500, 'INTERNAL', error instanceof Error ? error.message : String(error))
    })
  })
  server.on('connection', socket => socket.unref())
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  await listening.catch(error => {
    throw new ConnectorError('LISTEN_FAILED', `no server can listen at ${host}:${port}: ${error.message}`, {
      cause: error,
      hint: 'port: 0 takes any that is free',
    })
  })
  // What goes wrong with one connection is not the end of the job.
  server.on('error', () => {})
  server.unref()
  const address = server.address() as AddressInfo
  guard.port = address.port
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${address.port}${token === undefined ? '' : `/?token=${encodeURIComponent(token)}`}`,
    close: () =>
      new Promise(closed => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

async function handle(
  routes: Routes,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://page.invalid')
  if (!url) return answerError(response, 400, 'URL', 'the address of the request is none')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = `${method} ${url.pathname}`
  const refusal = guard.refuses(request, url, route)
  if (refusal) return answerError(response, refusal.status, refusal.code, refusal.message)
  if (route === PAGE && guard.isGivenToken(url)) {
    // The token goes from the address into a cookie, so that it is neither shown nor handed on.
    response.setHeader('set-cookie', `${guard.cookie}=${guard.secret}; Path=/; HttpOnly; SameSite=Strict`)
    response.writeHead(303, { location: '/' }).end()
    return
  }
  const known = routes[route]
  if (known) return known({ request, response, url })
  const others = Object.keys(routes).filter(other => other.endsWith(` ${url.pathname}`))
  if (others.length === 0) return answerError(response, 404, 'NOT_FOUND', `there is no ${url.pathname}`)
  response.setHeader('allow', others.map(other => other.split(' ')[0]).join(', '))
  return answerError(response, 405, 'METHOD', `${url.pathname} takes no ${request.method}`)
}

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

class Guard {
  port = 0
  readonly #token: string | undefined
  readonly #loopback: boolean
  readonly #open: readonly string[]

  constructor({ host = '127.0.0.1', token, open = [] }: ServerOptions) {
    this.#token = token
    this.#loopback = isLoopback(host)
    this.#open = open
  }

  /** What the cookie holds: not the token itself. */
  get secret(): string {
    return digest(this.#token!).toString('hex')
  }

  /** Browsers send cookies to every port of a host: pages of several jobs keep theirs apart by the name. */
  get cookie(): string {
    return `millrace-token-${this.port}`
  }

  isGivenToken(url: URL): boolean {
    const given = url.searchParams.get('token')
    return this.#token !== undefined && given !== null && same(digest(given), digest(this.#token))
  }

  refuses(request: IncomingMessage, url: URL, route: string): Refusal | undefined {
    const { host, origin } = request.headers
    if (this.#loopback && !isLoopbackName(host))
      return refusal(403, 'HOST', `this server is not ${String(host).slice(0, 100)}`)
    if (isOfOtherSite(request))
      return refusal(403, 'SITE', 'pages of other sites may link here, and load nothing from here')
    if (!this.#open.includes(route) && !this.#hasToken(request, url))
      return refusal(401, 'TOKEN', 'a token is needed: the address that dashboard() gave has it')
    if (request.method === 'GET' || request.method === 'HEAD') return undefined
    if (request.headers[ACTION_HEADER] === undefined)
      return refusal(403, 'ACTION', `requests that change something have the header ${ACTION_HEADER}: 1`)
    if (origin !== undefined && URL.parse(origin)?.host !== host)
      return refusal(403, 'ORIGIN', 'pages of other sites may change nothing')
    return undefined
  }

  #hasToken({ headers }: IncomingMessage, url: URL): boolean {
    if (this.#token === undefined) return true
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
    const given = bearer ?? url.searchParams.get('token')
    if (given !== null && given !== undefined) return same(digest(given), digest(this.#token))
    const cookie = new RegExp(`(?:^|; )${this.cookie}=([0-9a-f]+)`).exec(headers.cookie ?? '')?.[1]
    return cookie !== undefined && same(Buffer.from(cookie), Buffer.from(this.secret))
  }
}

/** Whatever the port: of a forwarded one (`ssh -L 9000:localhost:8081`) it is not ours. */
function isLoopbackName(host: string | undefined): boolean {
  const [, name] = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host ?? '') ?? []
  return name !== undefined && isLoopback(name)
}

/** What a page of another site makes a browser load; following a link is something else. */
const isOfOtherSite = ({ headers }: IncomingMessage): boolean =>
  headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

const refusal = (status: number, code: string, message: string): Refusal => ({ status, code, message })

export function answer(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

export const answerJson = (response: ServerResponse, status: number, value: unknown): void =>
  answer(response, status, 'application/json; charset=utf-8', JSON.stringify(value))

export const answerError = (response: ServerResponse, status: number, code: string, message: string): void =>
  answerJson(response, status, { error: { code, message } })

/** @throws {PlanError} `PORT`; `TOKEN` for a host that is not loopback and no token of 16 characters */
export function checkServer({ port, host, token }: ServerOptions, what: string): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new PlanError('PORT', `${what} takes a port from 0 to 65535, got ${String(port)}`, {
      hint: '0 takes any that is free',
    })
  }
  if (host === undefined || isLoopback(host) || (token !== undefined && token.length >= 16)) return
  throw new PlanError(
    'TOKEN',
    `${what} at ${host} is open to others and needs a token of 16 characters or more`,
    {
      hint: 'leave out host to listen on this machine only, or give { token: process.env.MILLRACE_TOKEN }',
    },
  )
}
