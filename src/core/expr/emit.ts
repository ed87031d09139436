export type Emitted = never
export type Emitter = never
