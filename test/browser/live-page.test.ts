/// <reference lib="dom" />
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Dashboard, DashboardOptions, Job } from '../../src/index.ts'
import { history, replayedJob, scoredJob } from '../live/jobs.ts'
import { faintText } from './contrast.ts'
import { have, program } from './programs.ts'

describe.skipIf(!have('chromium'))('the live page in Chromium', () => {
  let browser: Browser
  let job: Job
  let dashboard: Dashboard
  let page: Page
  let problems: string[]

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: program('chromium')!, args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    // Nothing of the page was refused by its own policy, and nothing went wrong.
    expect(problems).toEqual([])
    await page.context().close()
    await dashboard.close()
    await job.abort()
  })

  async function open(
    made: Promise<Job>,
    options: DashboardOptions = {},
    colorScheme: 'light' | 'dark' = 'light',
  ) {
    job = await made
    dashboard = await job.dashboard({ port: 0, name: 'sensors', ...options })
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    problems = []
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
    })
    page.on('pageerror', error => problems.push(error.message))
    await page.goto(dashboard.url)
    await page.locator('#graph .node').first().waitFor()
  }

  const text = (selector: string) => page.locator(selector).textContent()
  /** Waits until a part of the page says something. */
  const says = (selector: string, pattern: RegExp) =>
    page.locator(selector).filter({ hasText: pattern }).first().waitFor()

  it('shows the plan, and follows the job to its end', async () => {
    await open(replayedJob())
    await job.pause()
    await job.seek(new Date(history.endMs / 2))
    await says('#sources', /200/)
    expect(await text('h1')).toBe('sensors')
    expect(await page.title()).toBe('sensors · Millrace')
    const { operators, sources, sinks } = job.metrics()
    const nodes = await page
      .locator('#graph .node')
      .evaluateAll(all => all.map(node => (node as SVGElement).dataset.id))
    expect(nodes).toEqual([...sources, ...operators, ...sinks].map(({ id }) => id))
    expect(await page.locator('#graph path.edge').count()).toBe(operators.length + sinks.length)
    await says('#state', /paused/)
    await says('#sources', /1970-01-01 01:39/)
    await says('#totals', /Event time\s*1970-01-01 01:39/)
    await says('#log', /paused/)
    expect(await page.locator('#alerts-card').isVisible()).toBe(false)

    job.setSpeed('max')
    job.resume()
    await job.done
    await says('#state', /done/)
    await says('#totals', /Rows read\s*400/)
    await says('#sources', /ended/)
    // The server goes: what was shown stays, and is not called a lost connection.
    await dashboard.close()
    expect(await text('#state')).toBe('done')
    expect(await page.locator('#lost').isVisible()).toBe(false)
  })

  it('draws the newest alert with its band, and the one that is chosen', async () => {
    await open(scoredJob())
    await job.pause()
    await job.seek(new Date(history.alertMs + 120_000))
    await says('#alerts', /value sensor=a<b>/)
    const picture = page.locator('#band svg')
    await picture.waitFor()
    expect(await picture.getAttribute('aria-label')).toMatch(
      /^value sensor=.*: 151 values from 1970-01-01 00:00 to 1970-01-01 02:30/,
    )
    for (const kind of ['value', 'expected', 'area']) {
      const path = await page.locator(`#band path.${kind}`).getAttribute('d')
      expect(path!.length).toBeGreaterThan(100)
      expect(path).not.toMatch(/NaN|Infinity/)
    }
    const other = page.locator('#alerts button', { hasText: 'sensor=b"\\' }).first()
    await other.click()
    await page.locator("#band svg[aria-label*='sensor=b\"']").waitFor()
    expect(await other.getAttribute('aria-pressed')).toBe('true')
    expect(await page.locator('#band circle.mark').count()).toBeGreaterThan(0)
  })

  it('is worked by the keyboard alone', async () => {
    await open(replayedJob(), { onSnapshot() {} })
    const focused = () =>
      page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('data-id'))
    const seen: (string | null | undefined)[] = []
    while (seen.at(-1) !== 'log' && seen.length < 40) {
      await page.keyboard.press('Tab')
      const at = await focused()
      seen.push(at)
      if (at === 'pause') {
        await page.keyboard.press('Enter')
        await says('#state', /paused/)
      }
      if (at === 'savepoint') {
        await page.keyboard.press('Space')
        await says('#message', /savepoint: done/)
      }
      if (at === 'n0:source') {
        await page.keyboard.press('Enter')
        await says('#chosen', /what\s*rows/)
      }
    }
    const order = [
      'pause',
      'speed',
      'savepoint',
      'stop',
      'graph',
      'n0:source',
      'sources',
      'operators',
      'sinks',
      'log',
    ]
    expect(
      order
        .map(id => seen.indexOf(id))
        .every((place, i, all) => place >= 0 && (i === 0 || place > all[i - 1]!)),
    ).toBe(true)
    await page.locator('#speed').focus()
    await page.locator('#speed').selectOption('3600')
    await says('#message', /speed: done/)
    expect(job.metrics().replay?.speed).toBe(3600)
    // Stopping asks again.
    await page.locator('#stop').focus()
    await page.keyboard.press('Enter')
    await says('#stop', /Really stop/)
    expect(job.metrics().state).toBe('paused')
    await page.keyboard.press('Enter')
    await job.done
    await says('#state', /done/)
    expect(await page.locator('#pause').isDisabled()).toBe(true)
  })

  for (const scheme of ['light', 'dark'] as const)
    it(`has text that can be read, ${scheme}`, async () => {
      await open(scoredJob(), { onSnapshot() {} }, scheme)
      await job.pause()
      await job.seek(new Date(history.alertMs + 120_000))
      await page.locator('#band svg').waitFor()
      await page.locator('#graph .node').nth(1).click()
      expect(await faintText(page, 4.5)).toEqual([])
      // It fits a narrow screen: only graph and tables scroll by themselves.
      await page.setViewportSize({ width: 420, height: 800 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(420)
      // Every picture and control has a name.
      const nameless = await page
        .locator(
          'svg[role=img]:not([aria-label]), button:empty, [tabindex]:not([aria-label]):not([role=button]):not(#plan)',
        )
        .count()
      expect(nameless).toBe(0)
    })

  it('draws a band of whatever values there are', async () => {
    await open(replayedJob())
    const point = { expected: null, lower: null, upper: null, anomaly: true }
    const most = { lower: -1.7e308, upper: 1.7e308 }
    const series = [
      [1, 2, 3].map(timeMs => ({ ...point, timeMs, value: null })),
      [-1, 1].map(sign => ({ ...point, ...most, timeMs: sign, value: sign * 1.7e308 })),
      [{ ...point, timeMs: 8.64e15, value: 1 }],
    ]
    // As text: what runs tests rewrites imports.
    const drawn: string[] = await page.evaluate(`import('/band.js').then(({ drawBand }) =>
      ${JSON.stringify(series)}.map(points => {
        const figure = document.createElement('figure')
        drawBand(figure, '', points)
        return figure.innerHTML
      }))`)
    expect(drawn).toHaveLength(3)
    for (const picture of drawn) expect(picture).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('says when the program is gone', async () => {
    await open(replayedJob())
    await dashboard.close()
    await page.locator('#lost').waitFor()
    problems = problems.filter(problem => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY/.test(problem))
  })
})
