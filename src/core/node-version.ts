/** Which versions of Node Millrace runs on. Imports nothing, and uses nothing that an old Node lacks. */

/** As `engines` of package.json says. */
export const NEEDED_NODE = '22.22'

/** What is wrong with a version of Node, such as `20.19.1`; undefined when nothing is. */
export function nodeRefusal(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = NEEDED_NODE.split('.').map(Number)
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return undefined
  return `Millrace needs Node >= ${NEEDED_NODE}, got v${version}`
}
