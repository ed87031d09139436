import { mustBe } from '../../core/dataset/source-arguments.ts'

/**
 * The address that a user gave, of one of the protocols (`'http:'`).
 *
 * @throws {PlanError} `SOURCE` for anything else
 */
export function addressOf(
  address: string | URL,
  protocols: readonly string[],
  hint: string,
  above: Function,
): URL {
  const url = address instanceof URL ? address : typeof address === 'string' ? URL.parse(address) : null
  const right = url !== null && protocols.includes(url.protocol)
  mustBe(right, `${above.name} takes an address (${protocols.join(', ')})`, address, hint, above)
  return new URL(url!)
}
