/** JSON for programs, indented. It has no infinities: they become the strings `Infinity` and `-Infinity`. */
export const toJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, item: unknown) => (Math.abs(item as number) === Number.POSITIVE_INFINITY ? String(item) : item),
    2,
  )
