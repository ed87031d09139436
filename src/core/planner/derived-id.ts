/** Ids of nodes that rules make because of a node of the user's plan. */

export const derivedId = (id: string, what: string | number): string => `${id}~${what}`

/** The node of the user's plan that a node stands for: itself, where no rule made it. */
export const originalId = (id: string): string => id.split('~', 1)[0]!
