/** `job.dashboard()`: the live page of a job, with its data and its buttons. */

import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import type { Dashboard, DashboardOptions, Job } from '../core/engine.ts'
import { MillraceError, textOf } from '../core/errors.ts'
import {
  answer,
  answerError,
  answerJson,
  checkServer,
  type Exchange,
  type Routes,
  serve,
} from './http-server.ts'
import { EVENTS_TYPE, LiveFeed } from './live-feed.ts'
import { METRICS_TYPE, metricsText } from './metrics-text.ts'
import { pageHtml } from './page/html.ts'
import { PAGE_STYLE } from './page/style.ts'

/** What the page's script is made of. */
const SCRIPTS = ['main', 'band', 'controls', 'elements', 'graph', 'format', 'panels', 'trend'] as const

const DEFAULT_PORT = 8081
/** What a POST may send. */
const MAX_BODY = 1024

/** The buttons, each with what it needs to be told. */
type Actions = Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => unknown>>

/** Serves the live page of a job; see `Job.dashboard`. */
export async function dashboard(job: Job, options: DashboardOptions = {}): Promise<Dashboard> {
  const { port = DEFAULT_PORT, host, token, name = 'millrace', onSnapshot } = options
  const served = { port, host, token, open: ['GET /healthz'] }
  checkServer(served, 'dashboard()')
  const feed = new LiveFeed(job)
  const title = { name, savepoints: onSnapshot !== undefined }
  const routes: Routes = {
    'GET /': ({ response }) => answer(response, 200, 'text/html; charset=utf-8', pageHtml(title)),
    'GET /style.css': ({ response }) => answer(response, 200, 'text/css; charset=utf-8', PAGE_STYLE),
    ...Object.fromEntries(
      SCRIPTS.map(script => [`GET /${script}.js`, exchange => sendScript(exchange, script)]),
    ),
    'GET /events': ({ request, response }) => {
      // A HEAD would take the place of a page, and read nothing.
      if (request.method === 'HEAD') return answer(response, 200, EVENTS_TYPE, '')
      if (!feed.add(response)) answerError(response, 503, 'PAGES', 'too many pages are open')
    },
    'GET /series': ({ response, url }) =>
      answerJson(response, 200, job.scoredPoints(url.searchParams.get('name') ?? '')),
    ...actionRoutes(actionsOf(job, onSnapshot)),
    ...metricsRoutes({ [name]: job }),
  }
  try {
    const server = await serve(routes, served)
    return {
      url: server.url,
      async close() {
        feed.close()
        await server.close()
      },
    }
  } catch (error) {
    feed.close()
    throw error
  }
}

function actionsOf(job: Job, onSnapshot: DashboardOptions['onSnapshot']): Actions {
  return {
    pause: () => job.pause(),
    resume: () => job.resume(),
    speed: ({ speed }) => job.setSpeed(speed as 'max' | number),
    async stop() {
      const snapshot = await job.stop()
      await onSnapshot?.(snapshot, 'stop')
    },
    ...(onSnapshot ? { savepoint: async () => onSnapshot(await job.snapshot(), 'savepoint') } : {}),
  }
}

function actionRoutes(actions: Actions): Routes {
  return Object.fromEntries(
    Object.entries(actions).map(([name, act]) => [
      `POST /actions/${name}`,
      async ({ request, response }: Exchange) => {
        const body = await readJson(request)
        if (!body) return answerError(response, 400, 'BODY', 'the body is no JSON object, or too long')
        try {
          await act(body)
          answerJson(response, 200, { done: name })
        } catch (error) {
          const code = error instanceof MillraceError ? error.code : 'INTERNAL'
          const message = error instanceof MillraceError ? textOf(error) : String(error)
          answerError(response, 409, code, message)
        }
      },
    ]),
  )
}

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > MAX_BODY) return undefined
  }
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

async function sendScript({ response }: Exchange, name: string): Promise<void> {
  const text = await readFile(new URL(`./page/${name}.js`, import.meta.url))
  answer(response, 200, 'text/javascript; charset=utf-8', text)
}

/** `/metrics`, and `/healthz`: 200 while no job has failed, 503 after. */
export function metricsRoutes(jobs: Readonly<Record<string, Pick<Job, 'metrics'>>>): Routes {
  return {
    'GET /metrics': ({ response }) => answer(response, 200, METRICS_TYPE, metricsText(jobs)),
    'GET /healthz': ({ response }) => {
      const states = Object.fromEntries(
        Object.entries(jobs).map(([name, job]) => [name, job.metrics().state]),
      )
      const failed = Object.values(states).includes('failed')
      answerJson(response, failed ? 503 : 200, { status: failed ? 'failed' : 'ok', jobs: states })
    },
  }
}
