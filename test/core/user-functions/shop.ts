/** Functions as users write them in a module of their own; types and all. */

export interface Basket {
  readonly price: number
  readonly items: number
}

export const total = ({ price, items }: Basket): number => price * items

export function score(price: number, origin: string): number {
  return price * origin.length
}

export const rate = 0.2

export class Shop {
  readonly name: string = 'shop'
}
