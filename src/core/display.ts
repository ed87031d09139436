/**
 * How things show themselves in notebooks: bundles of one content in several forms, the richest that a notebook knows being
 * shown. HTML has the text's colours and fonts around it, so that it is legible in the dark, and every text in it is escaped.
 */

/** The method that notebooks of the Deno kernel call. */
export const DISPLAY: unique symbol = Symbol.for('Jupyter.display') as never

/** The method that `console.log` and `util.inspect` call. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** By media type; `text/plain` is always there. */
export type Bundle = Readonly<Record<string, string>> & { readonly 'text/plain': string }

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
}

/** Text as HTML, in one line that nothing in it can turn. */
export const escapeHtml = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').replace(/[&<>"']/g, letter => ENTITIES[letter]!)

const CELL = 'padding:2px 10px;white-space:pre'

/** Names and what they are, as HTML and as text: what models and jobs say of themselves. */
export function factsBundle(
  title: string,
  facts: readonly (readonly [name: string, value: string])[],
): Bundle {
  const wide = Math.max(0, ...facts.map(([name]) => name.length))
  const lines = facts.map(([name, value]) => `  ${name.padEnd(wide)}  ${value}`)
  const cells = facts.map(
    ([name, value]) =>
      `<tr><td style="${CELL};text-align:left;opacity:.75">${escapeHtml(name)}</td><td style="${CELL};text-align:right">${escapeHtml(value)}</td></tr>`,
  )
  return {
    'text/html': `<div><b>${escapeHtml(title)}</b><table style="border-collapse:collapse;font-variant-numeric:tabular-nums"><tbody>${cells.join('')}</tbody></table></div>`,
    'text/plain': [title, ...lines].join('\n'),
  }
}

/** Gives plain data a way to show itself in notebooks, which is none of its fields. */
export const shownAs = <T extends object>(data: T, bundle: () => Bundle): T =>
  Object.defineProperty(data, DISPLAY, { value: bundle })

const BROADCAST: unique symbol = Symbol.for('Jupyter.broadcast') as never

type Broadcast = (
  type: string,
  content: { data: Bundle; metadata: object; transient: { display_id: string } },
) => Promise<void>

/** What shows things while a cell runs: of the Deno kernel, and of `millrace notebook`. */
function kernel(): Broadcast | undefined {
  const { Deno, [BROADCAST]: broadcast } = globalThis as {
    Deno?: { jupyter?: { broadcast?: Broadcast } }
    [BROADCAST]?: Broadcast
  }
  if (broadcast) return broadcast
  try {
    const { jupyter } = Deno ?? {}
    return jupyter?.broadcast?.bind(jupyter)
  } catch {
    // Outside of a kernel Deno has the name, and throws.
    return undefined
  }
}

export interface LiveDisplay {
  /** Shows this in place of what was shown; of several in a short time the last, which alone is made where it is a function. */
  update(bundle: Bundle | (() => Bundle)): void
  /** Shows what is left to show. */
  close(): Promise<void>
}

/**
 * A place in a notebook whose content changes while a job runs, at most about every `everyMs`. Where there is no notebook,
 * its text is printed, once, when it is closed.
 */
export function liveDisplay(everyMs = 250, print: (text: string) => void = console.log): LiveDisplay {
  const broadcast = kernel()
  const id = `millrace-${Math.random().toString(36).slice(2)}`
  let [isShown, shownMs] = [false, Number.NEGATIVE_INFINITY]
  let waiting: Bundle | (() => Bundle) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let sent: Promise<unknown> = Promise.resolve()
  const send = () => {
    timer = undefined
    if (!waiting || !broadcast) return
    const [data, type] = [made(waiting), isShown ? 'update_display_data' : 'display_data']
    waiting = undefined
    isShown = true
    shownMs = performance.now()
    sent = sent
      .then(() => broadcast(type, { data, metadata: {}, transient: { display_id: id } }))
      .catch(() => {})
  }
  return {
    update(bundle) {
      waiting = bundle
      if (!broadcast || timer !== undefined) return
      const wait = shownMs + everyMs - performance.now()
      if (wait <= 0) send()
      else timer = setTimeout(send, wait)
    },
    async close() {
      clearTimeout(timer)
      if (waiting && !broadcast) print(made(waiting)['text/plain'])
      send()
      await sent
    },
  }
}

const made = (bundle: Bundle | (() => Bundle)): Bundle => (typeof bundle === 'function' ? bundle() : bundle)

/** Whether a notebook shows things while a cell runs. */
export const isLive = (): boolean => kernel() !== undefined
