/** Parts of URLs and of JSON. */

import { PlanError } from '../../errors.ts'
import { boundCall, expectArguments } from '../bound.ts'
import type { Call } from '../expr.ts'
import { JsonFinder, jsonSteps } from '../json-path.ts'
import { kept } from '../kept.ts'
import { show } from '../show.ts'
import type { Scratch } from '../text-bytes.ts'
import { decodeBetween } from '../text-points.ts'
import { URL_PARTS, type UrlPart, UrlPartFinder } from '../url-parts.ts'
import { type Emitted, type FunctionSpec, strict } from './contract.ts'
import { asText, literalText } from './text-argument.ts'

const encoder = new TextEncoder()

const urlFinder = kept(key => {
  const [part, parameter] = JSON.parse(key) as [UrlPart, string?]
  return new UrlPartFinder(part, parameter)
})

function urlKey(call: Call): string {
  const { part, parameter } = call.options ?? {}
  if (!URL_PARTS.includes(part as UrlPart)) {
    throw new PlanError('OPTION', `${show(call)}: a URL has no part ${JSON.stringify(part)}`, {
      hint: `the parts are ${URL_PARTS.join(', ')}`,
    })
  }
  if ((part === 'parameter') !== (typeof parameter === 'string')) {
    throw new PlanError('OPTION', `${show(call)}: a name goes with 'parameter', and with nothing else`, {
      hint: "r.url.parseUrl('parameter', 'page')",
    })
  }
  return JSON.stringify([part, parameter])
}

/** `parseUrl(url, part)`: as it is written; null where the URL has no such part. */
const parseUrl: FunctionSpec = {
  name: 'parseUrl',
  nulls: 'own',
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(parseUrl, 'utf8', [asText(args[0]!, call)], call, { key: urlKey(call) })
  },
  interpret: strict(({ options }, text: string) => {
    const finder = urlFinder(options.key as string)
    const bytes = encoder.encode(text)
    const start = finder.find(bytes, 0, bytes.length)
    return start < 0 ? null : decodeBetween(bytes, start, finder.end)
  }),
  emit(node, emitter) {
    const { args, valid } = emitter.strict(node)
    const [text] = args as [Emitted]
    const finder = emitter.outside(urlFinder(node.options.key as string))
    const start = emitter.constant(`${finder}.find(${text.value}, ${text.start}, ${text.end})`)
    const end = emitter.constant(`${start} < 0 ? ${start} : ${finder}.end`)
    const some = `${valid === undefined ? '' : `${valid} & `}(${start} >= 0)`
    return { value: text.value, start, end, valid: emitter.constant(`${some} | 0`) }
  },
}

const jsonFinder = kept(path => new JsonFinder(jsonSteps(path)!))

const appendFound = (scratch: Scratch, finder: JsonFinder, a: Uint8Array, s: number, e: number): number => {
  const found = finder.find(a, s, e)
  return found === null ? -1 : scratch.appendText(found)
}

/** `jsonExtract(text, path)`: a string as what it says, anything else as it is written. */
const jsonExtract: FunctionSpec = {
  name: 'jsonExtract',
  costly: true,
  nulls: 'own',
  bind(args, call) {
    expectArguments(call, 2)
    const example = "r.event.jsonExtract('$.user.tags[0]')"
    const path = literalText(args[1]!, call, example)
    if (!jsonSteps(path)) {
      throw new PlanError('ARGUMENT_TYPE', `${show(call)}: ${JSON.stringify(path)} is no path within JSON`, {
        hint: `${example}; other names are quoted: '$["a b"]'`,
      })
    }
    return boundCall(jsonExtract, 'utf8', [asText(args[0]!, call)], call, { path })
  },
  interpret: strict(({ options }, text: string) => {
    const bytes = encoder.encode(text)
    return jsonFinder(options.path as string).find(bytes, 0, bytes.length)
  }),
  emit(node, emitter) {
    const { args, valid } = emitter.strict(node)
    const [text] = args as [Emitted]
    const finder = emitter.outside(jsonFinder(node.options.path as string))
    const code = `${emitter.outside(appendFound)}(scratch, ${finder}, ${text.value}, ${text.start}, ${text.end})`
    const found = emitter.constant(valid === undefined ? code : `${valid} ? ${code} : -1`)
    const start = emitter.constant(`${found} < 0 ? scratch.end : ${found}`)
    return { ...emitter.scratchText(start), valid: emitter.constant(`(${found} >= 0) | 0`) }
  },
}

export const parsers: readonly FunctionSpec[] = [parseUrl, jsonExtract]
