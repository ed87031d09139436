// Loads the modules named on the command line and prints how many of the package's own came with them, models apart.
import { realpathSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

const [root, entry] = process.argv.slice(2)
const urls = new Set()
registerHooks({
  load(url, context, next) {
    urls.add(url)
    return next(url, context)
  },
})
await import(pathToFileURL(entry).href)
const home = pathToFileURL(realpathSync(root)).href
const own = [...urls].filter(url => url.startsWith(home))
console.log(
  JSON.stringify({ modules: own.length, models: own.filter(url => url.includes('/models/')).length }),
)
